"""Questions about how a network sees: each a generator that yields its progress and returns its answer."""

from cnnstudio.engine.explaining.desk import ANSWERS, Cancelled, Explaining, Opened, unforeseen

__all__ = ["ANSWERS", "Cancelled", "Explaining", "Opened", "unforeseen"]
