"""The export dialog: forms, what they ask for, progress and result."""

from cnnstudio.app.dialogs.export.dialog import ExportDialog

__all__ = ["ExportDialog"]
