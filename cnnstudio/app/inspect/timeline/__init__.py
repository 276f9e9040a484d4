"""The moments of a run: play, step, compare, export."""
