"""The presets gallery: cards to find a design by, what is known of it, and what a person does with their own."""

from cnnstudio.app.dialogs.presets.gallery import PresetsGallery

__all__ = ["PresetsGallery"]
