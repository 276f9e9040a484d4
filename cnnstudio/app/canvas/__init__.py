"""The canvas: blocks as cards, connections as curves, both edited with mouse and keyboard."""

from cnnstudio.app.canvas.view import CanvasView

__all__ = ["CanvasView"]
