"""The style sheet, made from the colours. Widgets carry no style sheets of their own; see `mark` for their looks."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.app.theme.colors import Role

ICONS = Path(__file__).parent / "icons"

_GENERAL = """
QMainWindow, QDialog { background: $window; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 8px; }
QLabel[scale="caption"] { font-size: ${caption}pt; }
QLabel[scale="title"] { font-size: ${title}pt; font-weight: 600; }
QLabel[scale="page"] { font-size: ${page}pt; font-weight: 600; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="error"] { color: $error; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="hint"] { color: $hint; }
QLabel[tone="ok"] { color: $ok; }
QLabel[tone="muted"]:disabled { color: $disabled; }
QFrame[kind="card"] { background: $surface; border: 1px solid $border; border-radius: ${radius}px; }
QFrame[kind="popup"] { background: $surface; border: 1px solid $edge; border-radius: ${radius}px; }
QFrame[kind="drop"] { background: $selection; border: 4px solid $accent; border-radius: ${radius}px; }
QFrame[kind="panel"] { background: $surface; border: none; }
QFrame[kind="bar"] { background: $surface; border: none; }
QFrame[kind="bar"][edge="top"] { border-top: 1px solid $border; }
QFrame[kind="bar"][edge="bottom"] { border-bottom: 1px solid $border; }
QFrame[kind="bar"][edge="right"] { border-right: 1px solid $border; }
QFrame[kind="message"] { background: $raised; border: none; border-bottom: 1px solid $border; }
QFrame[kind="message"][tone="error"] { border-left: 4px solid $error; }
QFrame[kind="message"][tone="warning"] { border-left: 4px solid $warning; }
QFrame[kind="message"][tone="hint"] { border-left: 4px solid $accent; }
QFrame[kind="message"][tone="ok"] { border-left: 4px solid $ok; }
"""

_BUTTONS = """
QPushButton, QToolButton {
    background: $raised; color: $text; border: 1px solid $border; border-radius: ${radius}px; padding: 4px 12px;
}
QPushButton { min-height: 20px; }
QToolButton { padding: 4px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked { background: $selection; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 3px 11px; }
QToolButton:focus { padding: 3px; }
QPushButton:disabled, QToolButton:disabled { color: $disabled; background: $window; border-color: $grid; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $hover; color: $disabled; border-color: $hover; }
QPushButton[kind="danger"] { color: $error; border-color: $error; font-weight: 600; }
QPushButton[kind="danger"]:focus { border: 2px solid $error; }
QPushButton[kind="danger"]:disabled { color: $disabled; border-color: $grid; }
QPushButton[kind="flat"], QToolButton[kind="flat"], QToolBar QToolButton {
    background: transparent; border-color: transparent;
}
QPushButton[kind="flat"]:hover, QToolButton[kind="flat"]:hover, QToolBar QToolButton:hover { background: $hover; }
QPushButton[kind="flat"]:checked, QToolButton[kind="flat"]:checked { background: $selection; }
QPushButton[kind="flat"]:focus, QToolButton[kind="flat"]:focus, QToolBar QToolButton:focus {
    border-color: $accent;
}
QToolButton[kind="section"] {
    background: transparent; border-color: transparent; padding: 4px 0; text-align: left; font-weight: 600;
}
QToolButton[kind="section"]:hover { background: $hover; }
QToolButton[kind="section"]:focus { border: 2px solid $accent; padding: 3px 0; }
QToolButton[kind="page"] {
    background: transparent; color: $muted; border: 2px solid transparent; border-radius: ${radius}px; padding: 4px 0;
    font-size: ${caption}pt;
}
QToolButton[kind="page"]:hover { background: $hover; color: $text; }
QToolButton[kind="page"]:checked { background: $selection; color: $text; font-weight: 600; }
QToolButton[kind="page"]:focus { border: 2px solid $accent; padding: 4px 0; }
QToolButton[kind="picture"], QToolButton[kind="picture"]:disabled { background: transparent; border: none; }
QToolButton::menu-indicator { image: none; }
"""

_FIELDS = """
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit {
    background: $surface; color: $text; border: 1px solid $border; border-radius: ${radius}px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QAbstractSpinBox, QComboBox { padding: 3px 8px; min-height: 20px; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $edge; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QComboBox:on { border: 2px solid $accent; padding: 2px 7px; }
QPlainTextEdit, QTextEdit { padding: 1px 4px; }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid $accent; padding: 0 3px; }
QPlainTextEdit[kind="code"] {
    border: 2px solid transparent; border-radius: 0; padding: 0;
    font-family: "DejaVu Sans Mono", "Menlo", "Consolas", "monospace";
}
QPlainTextEdit[kind="code"]:focus { border-color: $accent; padding: 0; }
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"] { border-color: $error; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {
    color: $disabled; background: $window; border-color: $grid;
}
QAbstractSpinBox { padding: 3px 20px 3px 4px; min-height: 17px; }  /* Qt adds 3: as high as the other fields */
QAbstractSpinBox:focus { padding: 2px 19px 2px 3px; }
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {
    border: none; padding: 0 2px; background: transparent; min-height: 0;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 20px; border: none; background: transparent; border-radius: ${radius}px;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 2px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url($icons/mark-arrow-up-$shade.svg); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url($icons/mark-arrow-down-$shade.svg); width: 10px; height: 10px; }
QAbstractSpinBox::up-arrow:off { image: url($icons/mark-arrow-up-off-$shade.svg); }
QAbstractSpinBox::down-arrow:off { image: url($icons/mark-arrow-down-off-$shade.svg); }
QAbstractSpinBox[bare="true"], QAbstractSpinBox[bare="true"]:focus { padding-right: 4px; }
QAbstractSpinBox[bare="true"]::up-button, QAbstractSpinBox[bare="true"]::down-button { width: 0; margin: 0; }
QAbstractSpinBox[bare="true"]::up-arrow, QAbstractSpinBox[bare="true"]::down-arrow { image: none; width: 0; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 24px; border: none; }
QComboBox::down-arrow { image: url($icons/mark-arrow-down-$shade.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
    background: $surface; color: $text; border: 1px solid $border; padding: 4px; outline: none;
    selection-background-color: $selection; selection-color: $text;
}
QCheckBox, QRadioButton { spacing: 8px; padding: 2px; border: 2px solid transparent; border-radius: ${radius}px; }
QCheckBox:focus, QRadioButton:focus { border-color: $accent; }
QCheckBox::indicator, QRadioButton::indicator {
    width: 14px; height: 14px; border: 1px solid $edge; background: $surface;
}
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url($icons/mark-check-$shade.svg);
}
QCheckBox::indicator:indeterminate {
    background: $accent; border-color: $accent; image: url($icons/mark-dash-$shade.svg);
}
QRadioButton::indicator:checked { background: $surface; border: 5px solid $accent; width: 6px; height: 6px; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; background: $window; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QSlider { min-height: 20px; border: 2px solid transparent; border-radius: ${radius}px; }
QSlider:focus { border-color: $accent; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $accent; }
QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled { background: $disabled; }
QProgressBar {
    background: $hover; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; color: transparent;
}
QProgressBar::chunk { background: $accent; border-radius: 4px; }
"""

_VIEWS = """
QAbstractScrollArea { background: $surface; border: none; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }
QScrollArea[kind="panel"] { background: $surface; }
QGraphicsView { background: $canvas; }
QAbstractItemView {
    background: $surface; alternate-background-color: $raised; border: none; outline: none;
    selection-background-color: $selection; selection-color: $text;
}
QAbstractItemView::item { padding: 4px; border-radius: 4px; }
QAbstractItemView::item:hover { background: $hover; }
QAbstractItemView::item:selected { background: $selection; color: $text; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url($icons/mark-branch-closed-$shade.svg); }
QTreeView::branch:has-children:open { image: url($icons/mark-branch-open-$shade.svg); }
QListView[kind="roomy"]::item { min-height: 28px; padding: 0 8px; }
QListView[kind="roomy"] { border: 1px solid $border; border-radius: ${radius}px; padding: 3px; }
QListView[kind="roomy"]:focus { border: 2px solid $accent; padding: 2px; }
QTableView::item { border-radius: 0; }
QTableView { gridline-color: $grid; }
QTreeView, QListView, QTableView { border: 2px solid transparent; }
QTreeView:focus, QListView:focus, QTableView:focus { border: 2px solid $accent; }
QGraphicsView { border: 1px solid transparent; }
QGraphicsView:focus { border: 1px solid $accent; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
    background: $surface; color: $muted; border: none; border-bottom: 1px solid $border; padding: 4px 8px;
    font-weight: 600;
}
QTableView[kind="compact"]::item { padding: 4px 0; }
QTableView[kind="compact"] QHeaderView::section { padding: 4px 2px; font-size: ${caption}pt; }
QTableView[kind="compact"] QHeaderView::up-arrow, QTableView[kind="compact"] QHeaderView::down-arrow {
    subcontrol-position: top center; width: 7px; height: 5px;
}
QTableCornerButton::section { background: $surface; border: none; }
QTabWidget::pane { border: none; background: $surface; }
QTabBar { background: transparent; }
QTabBar::tab {
    background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent; padding: 6px 12px;
}
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { border: 2px solid $accent; padding: 4px 10px; }
QTabBar::tab:disabled { color: $disabled; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover, QSplitter::handle:pressed { background: $accent; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: $border; border-radius: 4px; }
QScrollBar::handle:vertical { margin: 2px; min-height: 24px; }
QScrollBar::handle:horizontal { margin: 2px; min-width: 24px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; }
QGroupBox {
    border: 1px solid $border; border-radius: ${radius}px; margin-top: 12px; padding: 12px 8px 8px 8px;
    font-weight: 600;
}
QGroupBox::title { subcontrol-origin: margin; subcontrol-position: top left; left: 8px; padding: 0 4px; }
"""

_WINDOW = """
QMenuBar { background: $surface; color: $text; border-bottom: 1px solid $border; padding: 2px 4px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; }
QMenu { background: $surface; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 8px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QToolBar { background: $surface; border: none; border-bottom: 1px solid $border; padding: 4px 8px; spacing: 4px; }
QToolBar QToolButton { padding: 5px; }
QToolBar QToolButton:focus { padding: 4px; }
QToolBar QToolButton:disabled, QToolButton[kind="flat"]:disabled { background: transparent; border-color: transparent; }
QToolBar::separator { width: 1px; background: $border; margin: 4px; }
QStatusBar { background: $surface; border-top: 1px solid $border; }
"""


def style_sheet(colors: Mapping[Role, str], *, is_dark: bool, radius: int, points: float) -> str:
    """The style sheet for these colours; `points` is the size of the system font."""
    values = {role.value: color for role, color in colors.items()}
    values |= {
        "radius": str(radius),
        "shade": "dark" if is_dark else "light",
        "icons": ICONS.as_posix(),
        "caption": f"{points - 1:g}",
        "title": f"{points + 2:g}",
        "page": f"{points + 6:g}",
        "accent_hover": _towards(values["accent"], values["text"], 0.15),
    }
    return Template(_GENERAL + _BUTTONS + _VIEWS + _FIELDS + _WINDOW).substitute(values)


def _towards(color: str, other: str, share: float) -> str:
    """`color` moved by that share towards `other`; both "#rrggbb"."""
    pairs = zip(bytes.fromhex(color[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + share * (b - a)) for a, b in pairs).hex()
