"""The tabs below the canvas."""
