"""The palette: the blocks that can be placed, and the one way by which they are."""

from cnnstudio.app.palette.panel import PalettePanel

__all__ = ["PalettePanel"]
