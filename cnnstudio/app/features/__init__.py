"""Feature maps on screen: every channel of a block at once, as numbers, as pictures and as a widget."""
