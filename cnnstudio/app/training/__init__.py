"""The Train page: curves of the run, the wall of feature maps, the recipe and the result."""

from cnnstudio.app.training.page import TrainPage

__all__ = ["TrainPage"]
