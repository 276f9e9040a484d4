"""Placing: what is drawn of a design, and where it lies on the canvas."""
