"""The themes: contrast, families apart for every eye, icons that exist, tint and stay crisp."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QPushButton

from cnnstudio.app.theme import Mode, Role, Scale, Theme, app_icon, icon, icon_names, set_icon, theme, themes
from cnnstudio.app.theme.style_sheet import ICONS
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.core.catalogue.base import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

LOOKS = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda t: t.name)

# Machado, Oliveira and Fernandes (2009), full deficiency, on linear RGB.
EYES = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "deuteranopic": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopic": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
}


@pytest.fixture(autouse=True)
def light_again(qapp: QApplication) -> Iterator[None]:
    yield
    themes.use(LIGHT)


def linear(color: QColor) -> tuple[float, ...]:
    parts = (color.redF(), color.greenF(), color.blueF())
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def contrast(a: QColor, b: QColor) -> float:
    bright, dark = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (a, b)), reverse=True
    )
    return (bright + 0.05) / (dark + 0.05)


def times(matrix: tuple[tuple[float, ...], ...], vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)


def oklab(rgb: tuple[float, ...]) -> tuple[float, ...]:
    lms = times(
        ((0.41222, 0.53633, 0.05145), (0.21190, 0.68070, 0.10740), (0.08830, 0.28172, 0.62998)),
        tuple(min(1.0, max(0.0, c)) for c in rgb),
    )
    roots = tuple(math.cbrt(c) for c in lms)
    return times(((0.21045, 0.79362, -0.00407), (1.97800, -2.42859, 0.45059), (0.02590, 0.78277, -0.80868)), roots)


@LOOKS
@pytest.mark.parametrize("ground", [Role.WINDOW, Role.SURFACE, Role.RAISED, Role.CANVAS, Role.HOVER, Role.SELECTION])
@pytest.mark.parametrize("ink", [Role.TEXT, Role.MUTED])
def test_text_can_be_read_on_every_ground(look: Theme, ground: Role, ink: Role) -> None:
    assert contrast(look.color(ink), look.color(ground)) >= 4.5


@LOOKS
@pytest.mark.parametrize("tone", [Role.ERROR, Role.WARNING, Role.HINT, Role.OK, Role.ACCENT])
@pytest.mark.parametrize("ground", [Role.WINDOW, Role.SURFACE, Role.RAISED, Role.CANVAS, Role.HOVER, Role.SELECTION])
def test_tones_can_be_read_as_text(look: Theme, tone: Role, ground: Role) -> None:
    assert contrast(look.color(tone), look.color(ground)) >= 4.5


@LOOKS
def test_text_on_the_accent_can_be_read(look: Theme) -> None:
    assert contrast(look.color(Role.ON_ACCENT), look.color(Role.ACCENT)) >= 4.5


@LOOKS
def test_every_role_and_every_family_has_a_colour(look: Theme) -> None:
    assert set(look.colors) == set(Role)
    assert set(look.families) == set(GROUPS)
    assert all(QColor(c).isValid() for c in [*look.colors.values(), *look.families.values()])


@LOOKS
def test_families_are_of_equal_lightness_and_stand_out_from_surface_and_canvas(look: Theme) -> None:
    lightness = [oklab(linear(look.family(g)))[0] for g in GROUPS]
    assert max(lightness) - min(lightness) < 0.07
    for ground in (Role.SURFACE, Role.CANVAS):
        assert all(contrast(look.family(g), look.color(ground)) >= 3.0 for g in GROUPS)


@LOOKS
@pytest.mark.parametrize("eye", EYES)
def test_any_two_families_look_different_to_every_eye(look: Theme, eye: str) -> None:
    seen = {g: oklab(times(EYES[eye], linear(look.family(g)))) for g in GROUPS}
    least = {(a, b): math.dist(seen[a], seen[b]) for a, b in combinations(GROUPS, 2)}
    closest = min(least, key=least.__getitem__)
    assert least[closest] >= 0.04, f"{closest} are {least[closest]:.3f} apart; 0.02 is just noticeable"


@pytest.mark.parametrize("name", [
    "design", "data", "train", "inspect", "play", "stop", "pause", "undo", "redo", "save", "open", "new", "search",
    "zoom-in", "zoom-out", "zoom-fit", "tidy", "error", "warning", "hint", "ok", "close", "add", "remove", "up", "down",
    "copy", "export", "preset", "settings", "sun", "moon", "chevron-right", "chevron-down", "image", "reset",
])  # fmt: skip
def test_icons_are_drawn_at_every_size_and_greyed_when_disabled(name: str) -> None:
    drawn = icon(name)
    for size in (16, 24, 48):
        image = drawn.pixmap(size, size).toImage()
        assert image.width() == size
        inked = sum(image.pixelColor(x, y).alpha() > 128 for x in range(size) for y in range(size))
        assert 0.03 < inked / size**2 < 0.7
    assert drawn.pixmap(16, QIcon.Mode.Disabled).toImage() != drawn.pixmap(16, QIcon.Mode.Normal).toImage()


def test_every_drawing_is_one_stroke_colour_on_the_grid() -> None:
    for name in icon_names():
        text = (ICONS / f"{name}.svg").read_text()
        assert 'viewBox="0 0 16 16"' in text, name
        assert 'stroke="currentColor"' in text, name
        assert "#" not in text, name


def test_marks_of_the_style_sheet_are_in_the_colours_of_the_themes() -> None:
    for look, shade in ((LIGHT, "light"), (DARK, "dark")):
        for mark, role in (
            ("arrow-up", Role.MUTED), ("arrow-down", Role.MUTED), ("check", Role.ON_ACCENT),
            ("arrow-up-off", Role.DISABLED), ("arrow-down-off", Role.DISABLED),
        ):  # fmt: skip
            assert look.colors[role] in (ICONS / f"mark-{mark}-{shade}.svg").read_text()


def test_an_unknown_icon_names_the_closest() -> None:
    with pytest.raises(KeyError, match="zoom-in"):
        icon("zoom-inn")


def test_switching_the_theme_changes_palette_style_sheet_and_worn_icons(qtbot: QtBot, qapp: QApplication) -> None:
    themes.choose(Mode.LIGHT)
    button = QPushButton()
    qtbot.addWidget(button)
    set_icon(button, "play")
    before = button.icon().pixmap(16).toImage()
    with qtbot.waitSignal(themes.changed):
        themes.choose(Mode.DARK)
    assert theme().is_dark
    assert qapp.palette().window().color() == DARK.color(Role.WINDOW)
    assert DARK.colors[Role.WINDOW] in qapp.styleSheet()
    assert button.icon().pixmap(16).toImage() != before


def test_choosing_the_same_mode_twice_is_quiet(qapp: QApplication) -> None:
    themes.choose(Mode.SYSTEM)
    themes.choose(Mode.SYSTEM)
    assert theme() is LIGHT  # offscreen has no scheme of its own


def test_the_type_scale_rises() -> None:
    sizes = [theme().font(s).pointSizeF() for s in (Scale.CAPTION, Scale.BODY, Scale.TITLE, Scale.PAGE)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4
    assert theme().font(mono=True).families()[0] == "DejaVu Sans Mono"


def test_the_application_icon_is_sharp_up_to_256_pixels() -> None:
    assert max(s.width() for s in app_icon().availableSizes()) == 256
