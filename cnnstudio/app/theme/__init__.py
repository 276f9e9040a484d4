"""The look: colours, type, spacing and icons. Widgets ask here and name no colour, size of type or font themselves."""

from cnnstudio.app.theme.icons import icon
from cnnstudio.app.theme.theme import Role, Scale, Theme, theme, themes

__all__ = ["Role", "Scale", "Theme", "icon", "theme", "themes"]
