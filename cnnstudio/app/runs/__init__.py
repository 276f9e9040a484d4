"""The Runs page: the table of all runs, what is noted about them, what can be done with them, and their comparison."""
