"""The command line: one module per verb; everything the window does, it does too."""

from cnnstudio.cli.command import run

__all__ = ["run"]
