"""The strip of pinned samples: which is looked at, and the ways to pin another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QScrollArea, QToolButton, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.probes.intake import Intake
from cnnstudio.app.inspect.probes.pad import DrawingPad
from cnnstudio.app.inspect.probes.picker import SamplePicker
from cnnstudio.app.inspect.probes.pin import Pin
from cnnstudio.app.inspect.probes.pin_menu import PinMenu, name_dialog, number_dialog
from cnnstudio.app.inspect.probes.tile import LOOSE, PinTile
from cnnstudio.app.tab_order import settle_before
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.core.formats.pinned_samples import MOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction, QContextMenuEvent

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.core.data.info import DataInfo


class ProbeStrip(QWidget):
    """One to eight probes, one of them in front."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_probes")
        self._inspection = inspection
        self._pins = inspection.pins
        self._tiles: dict[int, PinTile] = {}
        self._ordered: list[PinTile] = []
        """The tiles as the Tab key goes along them."""
        self._loose = Pin(inspection.sample)
        self._picker: SamplePicker | None = None
        self._pad: DrawingPad | None = None
        self._place = LOOSE
        """Of the pin that a dialog is about."""
        self._intake = Intake(inspection, self)
        self._told = words("inspect_probes_message", tone="muted")
        self._restore = tool("pin_restore", "undo", "Bring the removed pin back", text="Undo")
        self._retry = tool("pin_retry", "reset", "Ask for the pinned samples again", text="Retry")
        self._add = QToolButton()
        self._arrange()
        self._connect()
        self._follow()

    def _arrange(self) -> None:
        self._add.setObjectName("pin_add")
        self._add.setAccessibleName("Pin a sample")
        self._add.setToolTip(f"Pin a sample: its maps are a click away; at most {MOST}")
        self._add.setText("Pin")
        self._add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(self._add, "add")
        self._add.setMenu(self._made_menu())
        holder = QWidget()
        self._row = QHBoxLayout(holder)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(space(1))
        self._row.addWidget(self._add, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addStretch(1)
        self._area = QScrollArea()
        self._area.setObjectName("pin_area")
        self._area.setAccessibleName("Pinned samples")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._area.setWidget(holder)
        mark(self._area, kind="bare")
        said = QHBoxLayout()
        said.setSpacing(space(1))
        said.addWidget(self._told, 1)
        said.addWidget(self._restore)
        said.addWidget(self._retry)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(space(2))
        line.addWidget(self._area, 3)
        line.addLayout(said, 1)

    def _made_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self._ways: dict[str, QAction] = {}
        for name, text, tip, slot in (
            ("this", "This sample", "Keep the sample that is looked at", self.pin_this),
            ("data", "From the data…", "Choose among the samples of the data", self.pin_from_data),
            ("file", "From a file…", "Take a picture, a signal or an array of your own", self.pin_from_file),
            ("paste", "Paste", "Take the picture, file or numbers of the clipboard", self.paste),
            ("draw", "Draw…", "Draw a sample by hand and see what the network makes of it", self.draw),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"pin_{name}")
            action.setToolTip(tip)
            action.triggered.connect(slot)
            self._ways[name] = action
        menu.aboutToShow.connect(self._show_ways)
        return menu

    def _connect(self) -> None:
        self._pins.changed.connect(self._follow)
        self._pins.seen.connect(self._follow)
        self._pins.said.connect(self._say)
        self._intake.begun.connect(self._hush)
        self._intake.refused.connect(self._refuse)
        self._restore.clicked.connect(self._pins.restore)
        self._restore.clicked.connect(self._hush)
        self._retry.clicked.connect(self._pins.values.retry)

    def serve(self, page: QWidget) -> None:
        """Take what is pasted or dropped anywhere on the page."""
        self._intake.serve(page, Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _unpinned(self) -> Pin:
        probe = self._inspection.probe
        return Pin(probe.sample, probe.words if probe.is_own else "")

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it asks for nothing and draws nothing."""
        self._pins.set_active(active)
        if not active:
            self._pins.save()

    @property
    def said(self) -> str:
        """What is said beside the pins; "" where nothing is."""
        return self._told.text()

    @property
    def pad(self) -> DrawingPad | None:
        """The drawing pad; None before it was first opened."""
        return self._pad

    @property
    def picker(self) -> SamplePicker | None:
        """The window in which samples of the data are chosen; None before it was first opened."""
        return self._picker

    @property
    def _info(self) -> DataInfo | None:
        subject = self._inspection.subject
        return subject.info if subject is not None else None

    # Ways to pin

    def pin_this(self) -> None:
        """Pin the sample that is looked at."""
        self._hush()
        self._pins.pin(self._inspection.sample)

    def pin_from_data(self) -> None:
        """Show the samples of the data to choose from."""
        subject = self._inspection.subject
        if subject is None:
            return
        if self._picker is None:
            self._picker = SamplePicker(self._inspection, self)
        self._picker.begin(subject.experiment)

    def pin_from_file(self) -> None:
        """Ask for a file."""
        self._intake.ask_file()

    def paste(self) -> None:
        """Take what the clipboard holds."""
        self._intake.paste()

    def draw(self) -> None:
        """Open the drawing pad on a new sample."""
        self._hush()
        self._open_pad(LOOSE)

    def _open_pad(self, place: int) -> None:
        if self._pad is None:
            self._pad = DrawingPad(self._inspection, self)
        if not self._pad.begin(place):
            self._say("Samples of this network cannot be drawn: pin one from a file.", "error")

    def _show_ways(self) -> None:
        """What can be done now, and why the rest cannot."""
        info, full = self._info, self._pins.is_full
        can_draw = info is not None and info.rank in (1, 2)
        self._ways["this"].setEnabled(self._pins.front < 0 and not full)
        for name in ("data", "file", "paste"):
            self._ways[name].setEnabled(info is not None and not full)
        self._ways["draw"].setEnabled(can_draw and not full)

    # What is shown

    def _follow(self) -> None:
        info = self._info
        if info is None:
            return
        shown = list(self._pins.items)
        if self._pins.front < 0:
            if self._loose.sample != self._inspection.sample:
                self._loose = self._unpinned()
            shown.append(self._loose)
        for key in [key for key in self._tiles if key not in {pin.key for pin in shown}]:
            self._row.removeWidget(self._tiles[key])
            self._tiles.pop(key).deleteLater()
        problems = False
        for at, pin in enumerate(shown):
            tile = self._tiles.get(pin.key) or self._made_tile(pin)
            problem = self._pins.values.problem(pin.sample)
            problems = problems or bool(problem)
            place = LOOSE if pin is self._loose and at == len(self._pins.items) else at
            tile.show_pin(pin, place, self._pins.values.inputs(pin.sample), problem, info)
            tile.setChecked(pin.sample == self._inspection.sample)
            if self._row.indexOf(tile) != at:
                self._row.insertWidget(at, tile)
                tile.show()  # a layout would show it an event later, and it is to take the focus now
        self._order_stops(shown)
        self._retry.setVisible(problems)
        self._restore.setVisible(self._pins.can_restore and bool(self._told.text()))
        self._fit()

    def _order_stops(self, shown: Sequence[Pin]) -> None:
        """The Tab key goes along the strip, from the left to the right; new tiles would come last."""
        tiles = [self._tiles[pin.key] for pin in shown]
        if tiles != self._ordered:
            self._ordered = tiles
            settle_before(self._add, tiles)

    def _fit(self) -> None:
        tallest = max((tile.sizeHint().height() for tile in self._tiles.values()), default=0)
        self._area.setFixedHeight(tallest + space(1))

    def _made_tile(self, pin: Pin) -> PinTile:
        tile = self._tiles[pin.key] = PinTile()
        tile.picked.connect(self._choose)
        tile.stepped.connect(self._step)
        tile.moved.connect(self._move)
        tile.dragged.connect(self._drag)
        tile.remove_wanted.connect(self._remove)
        tile.rename_wanted.connect(self._rename)
        return tile

    def _tile_at(self, place: int) -> PinTile | None:
        return next((tile for tile in self._tiles.values() if tile.place == place), None)

    def _focus(self, place: int) -> None:
        tile = self._tile_at(place)
        if tile is not None:
            tile.setFocus(Qt.FocusReason.OtherFocusReason)
            self._area.ensureWidgetVisible(tile)

    def _choose(self, place: int) -> None:
        self._hush()
        self._pins.choose(place)
        self._follow()  # a pressed tile turned itself off

    def _step(self, by: int) -> None:
        self._pins.step(by)
        self._focus(self._pins.front)

    def _move(self, place: int, by: int) -> None:
        self._pins.move(place, place + by)
        self._focus(max(0, min(len(self._pins.items) - 1, place + by)))

    def _drag(self, place: int, where: QPoint) -> None:
        for tile in self._tiles.values():
            box = tile.geometry()
            if tile.place not in (place, LOOSE) and box.left() <= where.x() <= box.right():
                past_middle = (where.x() > box.center().x()) == (tile.place > place)
                if past_middle:
                    self._pins.move(place, tile.place)
                    return

    def _remove(self, place: int) -> None:
        if len(self._pins.items) == 1:
            self._say("The last pin stays: pin another sample first.", "")
            return
        self._pins.remove(place)
        self._focus(min(place, len(self._pins.items) - 1))

    def _rename(self, place: int) -> None:
        self._place = place
        dialog = name_dialog(self._pins.items[place], self)
        dialog.textValueSelected.connect(self._take_name)
        dialog.open()

    def _take_name(self, name: str) -> None:
        self._pins.rename(self._place, name)
        self._focus(self._place)

    def _choose_other(self, place: int) -> None:
        self._place = place
        pin = self._pins.items[place]
        dialog = number_dialog(pin, self._pins.values.total(pin.sample), self)
        dialog.intValueSelected.connect(self._take_other)
        dialog.open()

    def _take_other(self, number: int) -> None:
        self._pins.take(self._place, number)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the pin under the mouse, or with the one that has the focus."""
        tile = next((t for t in self._tiles.values() if t.hasFocus() or t.underMouse()), None)
        over = next((t for t in self._tiles.values() if t.underMouse()), tile)
        if over is not None and over.place != LOOSE:
            self.pin_menu(over.place).popup(event.globalPos())

    def pin_menu(self, place: int) -> PinMenu:
        """What can be done with the pin at that place."""
        menu = PinMenu(self._pins, place, self)
        menu.rename_wanted.connect(self._rename)
        menu.redraw_wanted.connect(self._open_pad)
        menu.other_wanted.connect(self._choose_other)
        menu.moved.connect(self._move)
        menu.remove_wanted.connect(self._remove)
        return menu

    def _say(self, sentence: str, tone: str) -> None:
        self._told.setText(sentence)
        self._told.setToolTip(sentence)
        if self._told.property("tone") != (tone or "muted"):
            mark(self._told, tone=tone or "muted")
        self._restore.setVisible(self._pins.can_restore and bool(sentence) and not tone)

    def _refuse(self, sentence: str) -> None:
        self._say(sentence, "error")

    def _hush(self) -> None:
        self._say("", "")
