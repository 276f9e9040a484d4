"""The strip of pinned samples: which is looked at, and the ways to pin another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QWidget,
)

from cnnstudio.app.dialogs.files import ask_open
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.probes import sources
from cnnstudio.app.inspect.probes.pad import DrawingPad
from cnnstudio.app.inspect.probes.picker import SamplePicker
from cnnstudio.app.inspect.probes.pin import Pin
from cnnstudio.app.inspect.probes.tile import LOOSE, PinTile
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.core.formats.pinned_samples import LONGEST_NAME, MOST

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent

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
        self._loose = Pin(inspection.sample)
        self._picker: SamplePicker | None = None
        self._pad: DrawingPad | None = None
        self._folder = Path.home()
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
        self._restore.clicked.connect(self._pins.restore)
        self._restore.clicked.connect(self._hush)
        self._retry.clicked.connect(self._pins.retry)

    def serve(self, page: QWidget) -> None:
        """Take what is pasted or dropped anywhere on the page."""
        page.setAcceptDrops(True)
        page.installEventFilter(self)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), page)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self.paste)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What is dragged across the page comes here."""
        if isinstance(event, QDragEnterEvent):
            self.dragEnterEvent(event)
            return event.isAccepted()
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.dropEvent(event)
            return event.isAccepted()
        return super().eventFilter(watched, event)

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
        if self._info is not None:
            dialog = ask_open(self, self._folder, "Pin a sample from a file", sources.file_kinds(self._info.rank))
            dialog.fileSelected.connect(self._take_file)
            dialog.open()

    def _take_file(self, path: str) -> None:
        self._hush()
        self._folder = Path(path).parent
        self._pins.pin_file(Path(path))

    def paste(self) -> None:
        """Take what the clipboard holds."""
        self._hush()
        if self._info is None:
            return
        self._take(sources.of_clipboard(self._info.rank))

    def _take(self, found: sources.Found) -> None:
        if found.path is not None:
            self._pins.pin_file(found.path)
        elif found.data:
            self._pins.pin_data(found.data, found.ending, found.name)
        else:
            self._say(found.problem, "error")

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

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file, whatever it is: what cannot be used is said when it was read."""
        if sources.dropped_path(event.mimeData()) is not None and self._info is not None:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Pin the file."""
        path = sources.dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self._take_file(str(path))

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
            problem = self._pins.problem(pin.sample)
            problems = problems or bool(problem)
            place = LOOSE if pin is self._loose and at == len(self._pins.items) else at
            tile.show_pin(pin, place, self._pins.inputs(pin.sample), problem, info)
            tile.setChecked(pin.sample == self._inspection.sample)
            if self._row.indexOf(tile) != at:
                self._row.insertWidget(at, tile)
                tile.show()  # a layout would show it an event later, and it is to take the focus now
        self._retry.setVisible(problems)
        self._restore.setVisible(self._pins.can_restore and bool(self._told.text()))
        self._fit()

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
        pin = self._pins.items[place]
        dialog = QInputDialog(self)
        dialog.setObjectName("pin_rename")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Rename pin")
        dialog.setLabelText("Name")
        dialog.setTextValue(pin.words)
        field = dialog.findChild(QLineEdit)
        if field is not None:
            field.setObjectName("pin_name")
            field.setAccessibleName("Name")
            field.setToolTip("What the sample is called in the strip; empty: by its place in the data")
            field.setMaxLength(LONGEST_NAME)
        self._renamed = place
        dialog.textValueSelected.connect(self._take_name)
        dialog.open()

    def _take_name(self, name: str) -> None:
        self._pins.rename(self._renamed, name)
        self._focus(self._renamed)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the pin under the mouse, or with the one that has the focus."""
        tile = next((t for t in self._tiles.values() if t.hasFocus() or t.underMouse()), None)
        over = next((t for t in self._tiles.values() if t.underMouse()), tile)
        if over is not None and over.place != LOOSE:
            self.pin_menu(over.place).popup(event.globalPos())

    def pin_menu(self, place: int) -> QMenu:
        """What can be done with the pin at that place."""
        pin, menu = self._pins.items[place], QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        last = len(self._pins.items) - 1
        self._menu_place = place
        for name, text, slot, enabled in (
            ("rename", "Rename…", self._rename_here, True),
            ("redraw", "Draw on…", self._draw_here, pin.is_own and pin.file.endswith(".npy")),
            ("other", "Another sample of the file…", self._choose_other, self._pins.total(pin.sample) > 1),
            ("left", "Move left", self._move_left, place > 0),
            ("right", "Move right", self._move_right, place < last),
            ("remove", "Remove", self._remove_here, last > 0),
        ):
            action = menu.addAction(text)
            action.setObjectName(f"pin_menu_{name}")
            action.setEnabled(enabled)
            action.triggered.connect(slot)
        return menu

    def _choose_other(self) -> None:
        pin = self._pins.items[self._menu_place]
        dialog = QInputDialog(self)
        dialog.setObjectName("pin_other")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Another sample of the file")
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setLabelText(f"Sample, 0 to {self._pins.total(pin.sample) - 1:,}")
        dialog.setIntRange(0, self._pins.total(pin.sample) - 1)
        dialog.setIntValue(pin.number)
        field = dialog.findChild(QSpinBox)
        if field is not None:
            field.setObjectName("pin_number")
            field.setAccessibleName("Sample")
            field.setToolTip("Which sample of the file is pinned, counted from 0")
        dialog.intValueSelected.connect(self._take_other)
        dialog.open()

    def _take_other(self, number: int) -> None:
        self._pins.take(self._menu_place, number)

    def _rename_here(self) -> None:
        self._rename(self._menu_place)

    def _draw_here(self) -> None:
        self._open_pad(self._menu_place)

    def _move_left(self) -> None:
        self._move(self._menu_place, -1)

    def _move_right(self) -> None:
        self._move(self._menu_place, 1)

    def _remove_here(self) -> None:
        self._remove(self._menu_place)

    def _say(self, sentence: str, tone: str) -> None:
        self._told.setText(sentence)
        self._told.setToolTip(sentence)
        if self._told.property("tone") != (tone or "muted"):
            mark(self._told, tone=tone or "muted")
        self._restore.setVisible(self._pins.can_restore and bool(sentence) and not tone)

    def _hush(self) -> None:
        self._say("", "")
