"""What is known of the preset that is marked: what it shows, its numbers, what to expect, where it comes from."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.dialogs.presets.facts import NOTHING, SHIPPED, YOURS, results, rows
from cnnstudio.app.dialogs.presets.thumbnail import Picture
from cnnstudio.app.features.words import words
from cnnstudio.app.theme import Role, mark, set_icon, space, theme, themes

if TYPE_CHECKING:
    from cnnstudio.core.about import Paper
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.presets import Preset


class PresetDetails(QFrame):
    """Shows one preset. Buttons ask for what can be done with it."""

    edit_wanted = Signal()
    delete_wanted = Signal()
    export_wanted = Signal()
    reveal_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preset_details")
        mark(self, kind="card")
        self._preset: Preset | None = None
        self._picture = Picture()
        self._name = words("preset_name", scale="title", wrap=True)
        self._whose = words("preset_whose", tone="muted", scale="caption", wrap=True)
        self._problem = words("preset_problem", tone="error", wrap=True)
        self._text = words("preset_description", wrap=True)
        self._grid = QGridLayout()
        self._numbers: list[tuple[QLabel, QLabel]] = []
        self._expected_title = _heading("preset_expected_title", "Expected result on the test part")
        self._expected_title.setToolTip("Measured after training as the preset says, with one seed")
        self._expected = words("preset_expected", wrap=True)
        self._papers_title = _heading("preset_papers_title", "Papers")
        self._papers = _linked("preset_papers")
        self._notes_title = _heading("preset_notes_title", "Notes")
        self._notes = words("preset_notes", wrap=True)
        self._tags = words("preset_tags", tone="muted", scale="caption", wrap=True)
        self._edit = _button("preset_edit", "pen", "Edit", "Change name, description, tags and notes (F2)")
        self._delete = _button(
            "preset_delete", "remove", "Delete", "Take your preset away; it can be brought back (Del)"
        )
        self._export = _button(
            "preset_export", "export", "Save copy", "Write the preset to a file, to give it to others"
        )
        self._reveal = _button("preset_reveal", "open", "", "Show the preset's file in the file manager")
        self._lay_out()
        self._edit.clicked.connect(self.edit_wanted)
        self._delete.clicked.connect(self.delete_wanted)
        self._export.clicked.connect(self.export_wanted)
        self._reveal.clicked.connect(self.reveal_wanted)
        self._papers.linkActivated.connect(_open_address)
        themes.changed.connect(self._repaint)

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(2))
        for widget in (self._picture, self._name, self._whose, self._problem, self._text):
            column.addWidget(widget)
        self._grid.setHorizontalSpacing(space(3))
        self._grid.setVerticalSpacing(space(1))
        self._grid.setColumnStretch(1, 1)
        column.addLayout(self._grid)
        for title, text in (
            (self._expected_title, self._expected),
            (self._papers_title, self._papers),
            (self._notes_title, self._notes),
        ):
            column.addWidget(title)
            column.addWidget(text)
        column.addWidget(self._tags)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("preset_details_scroll")
        self._scroll.setAccessibleName("Details of the preset")
        self._scroll.setToolTip("What is known of the preset; arrow keys scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidget(inner)
        bar = QHBoxLayout()
        bar.setContentsMargins(space(3), space(2), space(3), space(2))
        bar.setSpacing(space(1))
        for button in (self._edit, self._export, self._delete):
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self._reveal)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(1, 1, 1, 1)
        whole.setSpacing(0)
        whole.addWidget(self._scroll, 1)
        whole.addWidget(_rule())
        whole.addLayout(bar)

    @property
    def preset(self) -> Preset | None:
        """The preset that is shown."""
        return self._preset

    def show_preset(self, preset: Preset | None) -> None:
        """Show that one; None says that there is none to show."""
        if preset is not self._preset:
            self._scroll.verticalScrollBar().setValue(0)
        self._preset = preset
        self.setEnabled(preset is not None)
        sound = preset is not None and preset.experiment is not None
        self._export.setEnabled(sound)
        own = preset is not None and preset.user
        self._edit.setVisible(own)
        self._edit.setEnabled(sound)
        self._delete.setVisible(own)
        self._show_head(preset)
        self._show_rest(preset.experiment if preset is not None else None)
        self._show_numbers(preset)
        self._picture.show_miniature(preset.known_summary.miniature if preset and preset.known_summary else None)

    def _show_head(self, preset: Preset | None) -> None:
        self._name.setText(preset.name if preset is not None else "")
        whose = NOTHING if preset is None else f"{YOURS} \u00b7 {preset.path.name}" if preset.user else SHIPPED
        self._whose.setText(whose)
        problem = "" if preset is None else preset.error or (preset.summary.problem if preset.summary else "")
        _fill(self._problem, problem)

    def _show_rest(self, experiment: Experiment | None) -> None:
        found = experiment
        _fill(self._text, found.description if found is not None else "")
        _fill(self._expected, results(found.expected) if found is not None else "", self._expected_title)
        _fill(self._notes, found.notes if found is not None else "", self._notes_title)
        _fill(self._tags, "Tags: " + ", ".join(found.tags) if found is not None and found.tags else "")
        papers = found.papers if found is not None else ()
        self._papers_title.setText("Papers" if len(papers) > 1 else "Paper")
        _fill(self._papers, "<br>".join(map(self._cited, papers)), self._papers_title)

    def _cited(self, paper: Paper) -> str:
        """A paper as rich text; what comes from a file is escaped, and only its checked address is a link."""
        title = escape(paper.title)
        if paper.link:
            color = theme().color(Role.ACCENT).name()
            title = f'<a href="{escape(paper.link, quote=True)}" style="color: {color}">{title}</a>'
        said = f"{escape(paper.authors)}: {title}" if paper.authors else title
        return f"{said} ({paper.year})" if paper.year else said

    def _show_numbers(self, preset: Preset | None) -> None:
        found = list(rows(preset)) if preset is not None else []
        while len(self._numbers) < len(found):
            name, value = words("preset_number_name", tone="muted"), words("preset_number", wrap=True)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(name, len(self._numbers), 0)
            self._grid.addWidget(value, len(self._numbers), 1)
            self._numbers.append((name, value))
        for at, (name, value) in enumerate(self._numbers):
            shown = at < len(found)
            for label in (name, value):
                label.setVisible(shown)
                label.setToolTip(found[at][2] if shown else "")
            name.setText(found[at][0] if shown else "")
            value.setText(found[at][1] if shown else "")

    def _repaint(self) -> None:
        """Links have the theme's colour in their text."""
        if self._preset is not None and self._preset.experiment is not None:
            papers = self._preset.experiment.papers
            self._papers.setText("<br>".join(map(self._cited, papers)))


def _open_address(address: str) -> None:
    """In the person's browser; the file's reader has seen to it that it is an address of the web."""
    QDesktopServices.openUrl(QUrl(address))


def _fill(label: QLabel, text: str, title: QLabel | None = None) -> None:
    label.setText(text)
    for widget in (label, title):
        if widget is not None:
            widget.setVisible(bool(text))


def _rule() -> QFrame:
    """Where the text goes on below the buttons."""
    line = QFrame()
    line.setFixedHeight(1)
    mark(line, kind="bar", edge="top")
    return line


def _heading(name: str, text: str) -> QLabel:
    label = words(name, text, tone="muted", scale="caption", wrap=True)
    label.setContentsMargins(0, space(2), 0, 0)
    return label


def _linked(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName("Papers")
    label.setToolTip("A click or Enter opens the paper in your browser")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    flags = Qt.TextInteractionFlag
    label.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


def _button(name: str, icon: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(text or tip)
    button.setToolTip(tip)
    if text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    mark(button, kind="flat")
    set_icon(button, icon)
    return button
