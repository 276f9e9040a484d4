"""The timeline along the bottom: which moment of the run is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.format import counted
from cnnstudio.app.inspect.timeline.player import SPEEDS, Player
from cnnstudio.app.inspect.timeline.slider import EpochAxis, MomentSlider
from cnnstudio.app.tab_order import settle_tabs
from cnnstudio.app.theme import set_icon, space

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cnnstudio.app.inspect.inspection import Inspection

_WIDEST = "Epoch 100, 100,000 steps, 10.0 s"


class TimelineBar(QWidget):
    """A slider over the moments of the run, with the buttons of a player; a second one for comparison."""

    export_wanted = Signal(str)
    """Save what is shown, moment by moment: "gif" or "png"."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_timeline")
        self._inspection = inspection
        self._active = False
        self.player = Player(inspection, self)
        self.slider = MomentSlider("timeline_moment", "Moment", "The moment of the run that is shown")
        self.second = MomentSlider("timeline_second", "Second moment", "The moment that is shown beside the first one")
        self._epochs = EpochAxis(self.slider)
        self._told = words("timeline_told", tone="muted", tip="The moment that is shown")
        self._second_told = words("timeline_second_told", tone="muted", tip="The moment that is shown beside it")
        self._message = words("timeline_message", tone="muted")
        self._problem = words("timeline_problem", tone="warning", scale="caption")
        self._second_title = words("timeline_second_title", "Beside it", tone="muted")
        self._make_buttons()
        self._of_moments: tuple[QWidget, ...] = (
            *(self._first, self._back, self._play, self._on, self._last, self.slider, self._epochs, self._told),
            *(self._speed, self._live, self._compare, self._export),
        )
        """What is of no use without moments."""
        self._arrange()
        self._connect()
        self._follow()

    def _make_buttons(self) -> None:
        self._first = tool("timeline_first", "first", "First moment of the run (Home)")
        self._back = tool("timeline_back", "step-back", "One moment back (Left)")
        self._play = tool("timeline_play", "play", "Play the moments one after the other (Space)")
        self._on = tool("timeline_on", "step-on", "One moment on (Right)")
        self._last = tool("timeline_last", "last", "Last moment that was kept")
        self._live = tool("timeline_live", "running", "The network as it is now (End)", text="Live")
        self._live.setCheckable(True)
        self._compare = tool("timeline_compare", "compare", "Show a second moment beside this one", text="Compare")
        self._compare.setCheckable(True)
        self._export = tool("timeline_export", "export", "Save what the page shows, moment by moment", text="Export")
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._export)
        menu.setObjectName("timeline_export_menu")
        menu.setToolTipsVisible(True)
        for form, text, tip in (
            ("gif", "GIF animation\u2026", "One file that plays in any browser"),
            ("png", "PNG sequence\u2026", "A folder with one image for each moment"),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"timeline_export_{form}")
            action.setToolTip(tip)
            action.setData(form)
        menu.triggered.connect(self._want_export)
        self._export.setMenu(menu)
        self._speed = QComboBox()
        self._speed.setObjectName("timeline_speed")
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("How many moments are played in a second")
        for speed in SPEEDS:
            self._speed.addItem(f"{speed}/s", speed)
        self._speed.setCurrentIndex(self._speed.findData(self.player.speed))

    def _arrange(self) -> None:
        for label in (self._told, self._second_told):
            label.setFixedWidth(label.fontMetrics().horizontalAdvance(_WIDEST))
        rail = QVBoxLayout()
        rail.setSpacing(0)
        for part in (self.slider, self._epochs, self._message):
            rail.addWidget(part)
        buttons, tools = QHBoxLayout(), QHBoxLayout()
        for button in (self._first, self._back, self._play, self._on, self._last):
            buttons.addWidget(button)
        for control in (self._speed, self._live, self._compare, self._export):
            tools.addWidget(control)
        for row in (buttons, tools):
            row.setSpacing(space(1))
        grid = QGridLayout()
        grid.setHorizontalSpacing(space(2))
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.addLayout(buttons, 0, 0)
        grid.addLayout(rail, 0, 1)
        grid.addWidget(self._told, 0, 2)
        grid.addLayout(tools, 0, 3)
        grid.addWidget(self._second_title, 1, 0, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.second, 1, 1)
        grid.addWidget(self._second_told, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addLayout(grid)
        column.addWidget(self._problem)
        stops = (self._first, self._back, self._play, self._on, self._last, self.slider)
        settle_tabs(self, (*stops, self._speed, self._live, self._compare, self._export, self.second))

    def _connect(self) -> None:
        player = self.player
        for button, slot in (
            (self._first, player.first),
            (self._back, player.previous),
            (self._play, player.toggle),
            (self._on, player.next),
            (self._last, player.last),
            (self._live, player.live),
        ):
            button.clicked.connect(slot)
        self._compare.toggled.connect(player.compare)
        for slider, chosen in ((self.slider, player.go), (self.second, self._choose_second)):
            slider.name_places(player.words_of)
            slider.chosen.connect(chosen)
            slider.play_wanted.connect(player.toggle)
        self._speed.activated.connect(self._choose_speed)
        player.changed.connect(self._follow)
        self._inspection.record.changed.connect(self._follow_moments)
        self._inspection.subject_changed.connect(self._follow_moments)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it reads nothing and plays nothing."""
        self._active = active
        if not active:
            self.player.pause()
        self._inspection.record.set_active(active)
        self._follow_moments()

    def _choose_speed(self) -> None:
        self.player.set_speed(int(self._speed.currentData()))

    def _choose_second(self, place: int) -> None:
        self.player.go_second(place)
        self._follow()  # behind the last moment there is none that could stand beside

    def export(self, form: str) -> None:
        """Ask for a film of that form, "gif" or "png", where there is something to film."""
        self.player.pause()
        if self.player.count:
            self.export_wanted.emit(form)

    def _want_export(self, action: QAction) -> None:
        self.export(str(action.data()))

    def _follow_moments(self) -> None:
        if self._active:
            self._epochs.show_moments(self._inspection.record.timeline.moments)
            self._follow()

    def _follow(self) -> None:
        player, second = self.player, self._inspection.second_moment
        count = player.count
        self._message.setText("" if count else self._why_empty())
        self._message.setVisible(not count)
        for part in self._of_moments:
            part.setVisible(bool(count))
        for part in (self._second_title, self.second, self._second_told):
            part.setVisible(second is not None and bool(count))
        self._compare.setChecked(second is not None)
        self.slider.show_place(count, player.place)
        self.second.show_place(count, second or 0)
        self._told.setText(player.words_of(player.place))
        self._told.setToolTip(f"The moment that is shown, of {counted(count, 'moment')}")
        self._second_told.setText(player.words_of(second or 0))
        self._live.setChecked(player.place == count)
        self._play.setEnabled(count > 1)
        self._back.setEnabled(player.place > 0)
        self._on.setEnabled(player.place < count)
        set_icon(self._play, "pause" if player.is_playing else "play")
        problem = self._inspection.record.problem if count else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def _why_empty(self) -> str:
        record = self._inspection.record
        if record.problem:
            return record.problem
        if not self._inspection.timeline_folder:
            return "Timeline: press Train (F5), and every moment of the run can be replayed here."
        if record.grows:
            return "Timeline: the first moment appears when training begins."
        return "This run has no timeline: its folder holds no moments to replay."
