"""The inspector: the selected block's parameters and numbers, and the form that any declaration gets."""

from cnnstudio.app.inspector.form import DeclaredForm
from cnnstudio.app.inspector.panel import InspectorPanel

__all__ = ["DeclaredForm", "InspectorPanel"]
