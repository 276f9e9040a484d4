"""The Data page: which samples there are, how they are split, and what they look like."""

from cnnstudio.app.data.page import DataPage

__all__ = ["DataPage"]
