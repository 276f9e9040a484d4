"""The tabs below the canvas: problems, the table of layers, the Keras code."""

from cnnstudio.app.panels.code import CodePanel
from cnnstudio.app.panels.layers import LayersPanel
from cnnstudio.app.panels.problems import ProblemsPanel

__all__ = ["CodePanel", "LayersPanel", "ProblemsPanel"]
