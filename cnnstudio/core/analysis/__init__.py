"""Analysis: what a design comes to, block by block, and what is to be said about it."""
