"""The look: colours, type, spacing and icons. Widgets ask here and name no colour, size of type or font themselves."""

from cnnstudio.app.theme.colors import Role
from cnnstudio.app.theme.icons import app_icon, icon, icon_names, pixmap, set_icon
from cnnstudio.app.theme.theme import RADIUS, Mode, Scale, Theme, mark, space, theme, themes

__all__ = [
    "RADIUS", "Mode", "Role", "Scale", "Theme", "app_icon", "icon", "icon_names", "mark", "pixmap", "set_icon",
    "space", "theme", "themes",
]  # fmt: skip
