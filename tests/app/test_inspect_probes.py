"""Pinned samples: the strip, the ways to pin, what is remembered, and the drawing pad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
)

from cnnstudio.app.inspect.page import InspectPage
from cnnstudio.app.inspect.probes import sources
from cnnstudio.app.inspect.probes.canvas import PictureCanvas, SignalCanvas
from cnnstudio.app.inspect.probes.pad import sheet_shape
from cnnstudio.app.inspect.probes.pad_answer import ENDED, LOADS
from cnnstudio.app.inspect.probes.pins import FULL
from cnnstudio.app.inspect.probes.sheet import Sheet
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.runs.library import RunLibrary
from cnnstudio.core.data.builtin import Digits, Noise, Waveforms
from cnnstudio.core.edits import SetData
from cnnstudio.core.formats.pinned_samples import MOST, Kept, list_path, read_probes, samples_folder, write_probes
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.using.new_samples import endings
from cnnstudio.wire.messages import (
    PINNED,
    Failed,
    GetMaps,
    GetSamples,
    KeepProbes,
    Maps,
    Pinned,
    PinSample,
    Sample,
    UnpinSample,
)
from tests.helpers.looking import unnamed
from tests.helpers.recording import Studio, studio

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.inspect.probes.pad import DrawingPad
    from cnnstudio.app.inspect.probes.pins import Pins
    from cnnstudio.app.inspect.probes.strip import ProbeStrip

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


class Shown:
    """The Inspect page on a studio whose worker answers when it is told to."""

    def __init__(self, qtbot: QtBot, made: Studio) -> None:
        self.bot, self.studio, self.worker = qtbot, made, made.worker
        self._answered = 0
        self.page = InspectPage(
            made.bridge, made.selection, made.worker, made.run, Preferences(), RunLibrary(made.run, made.bridge)
        )
        qtbot.addWidget(self.page)
        self.page.resize(1200, 700)
        self.page.show()
        self.page.activateWindow()
        qtbot.waitUntil(self.strip.isVisible)
        self.answer()

    @property
    def strip(self) -> ProbeStrip:
        return self.page.content().probes

    @property
    def pins(self) -> Pins:
        return self.page.content().inspection.pins

    @property
    def samples(self) -> list[Sample]:
        return [pin.sample for pin in self.pins.items]

    @property
    def front(self) -> Sample:
        return self.studio.bridge.probe.sample

    def answer(self, refuse: str = "", total: int = 1) -> None:
        """Answer what was asked about samples since the last time."""
        news, self._answered = self.worker.sent[self._answered :], len(self.worker.sent)
        for asked in news:
            if isinstance(asked, GetSamples):
                self.worker.answer(asked)
            elif isinstance(asked, PinSample) and refuse:
                self.worker.arrive(Failed(asked.request, refuse))
            elif isinstance(asked, PinSample):
                shape = self.studio.bridge.experiment.data.info().input_shape
                self.worker.arrive(Pinned(asked.request, asked.pin, np.full(shape, 0.5, "float32"), "a file", total))

    def tile(self, place: int) -> QToolButton:
        (found,) = [t for t in self.strip.findChildren(QToolButton, f"pin_{place}") if t.isVisible()]
        return found

    def press(self, place: int) -> None:
        QTest.mouseClick(self.tile(place), LEFT)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key, modifier)

    def pin_four(self) -> None:
        for index in (3, 5, 7):
            assert self.pins.pin(Sample("training", index))
        self.answer()

    @property
    def pad(self) -> DrawingPad:
        assert self.strip.pad is not None
        return self.strip.pad


def grey() -> bytes:
    """A picture's file."""
    image = QImage(8, 8, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.gray)
    return sources.png(image)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot, studio())


def test_the_first_sample_of_validation_is_pinned_until_a_person_pins_others(shown: Shown) -> None:
    assert shown.samples == [Sample()]
    assert shown.tile(0).isChecked()
    shown.pin_four()
    assert shown.samples == [Sample(), *(Sample("training", n) for n in (3, 5, 7))]
    assert shown.front == Sample("training", 7)
    shown.press(1)
    assert shown.front == Sample("training", 3)
    assert [shown.tile(n).isChecked() for n in range(4)] == [False, True, False, False]
    assert unnamed(shown.strip) == []


def test_a_sample_that_is_looked_at_is_shown_beside_the_pins_and_can_join_them(shown: Shown) -> None:
    loose = Sample("validation", 9)
    shown.studio.bridge.probe.choose(loose)
    shown.answer()
    (tile,) = [t for t in shown.strip.findChildren(QToolButton, "pin_loose") if t.isVisible()]
    assert tile.isChecked()
    assert "not pinned" in tile.accessibleName()
    assert tile.text() == "validation 9"  # at once, in the font that it will have
    shown.strip.pin_this()
    assert shown.samples == [Sample(), loose]
    assert shown.tile(1).isChecked()


def test_keys_go_along_the_strip_move_remove_and_bring_back(shown: Shown) -> None:
    shown.pin_four()
    shown.press(1)
    shown.tile(1).setFocus()
    shown.key(Qt.Key.Key_Right)
    assert shown.front == Sample("training", 5)
    shown.key(Qt.Key.Key_Left, CTRL)
    assert [s.index for s in shown.samples] == [0, 5, 3, 7]
    assert QApplication.focusWidget() is shown.tile(1)
    shown.key(Qt.Key.Key_Delete)
    assert [s.index for s in shown.samples] == [0, 3, 7]
    assert shown.front == Sample("training", 3)
    assert "Removed training sample 5" in shown.strip.said
    (undo,) = shown.strip.findChildren(QToolButton, "pin_restore")
    QTest.mouseClick(undo, LEFT)
    assert [s.index for s in shown.samples] == [0, 5, 3, 7]
    assert shown.front == Sample("training", 5)
    shown.key(Qt.Key.Key_Right)
    shown.key(Qt.Key.Key_Right)
    shown.key(Qt.Key.Key_Right)
    assert shown.front == Sample(), "round the end"


def test_the_last_pin_stays(shown: Shown) -> None:
    shown.tile(0).setFocus()
    shown.key(Qt.Key.Key_Delete)
    assert shown.samples == [Sample()]
    assert "The last pin stays" in shown.strip.said


def test_a_pin_is_dragged_to_another_place_and_is_not_pressed(shown: Shown) -> None:
    shown.pin_four()
    shown.press(0)
    tile, onto = shown.tile(0), shown.tile(2)
    grip = tile.rect().center()
    there = tile.mapFromGlobal(onto.mapToGlobal(onto.rect().center() + QPoint(12, 0)))
    QTest.mousePress(tile, LEFT, NONE, grip)
    for share in (0.2, 0.5, 0.8, 1.0):
        QTest.mouseMove(tile, grip + (there - grip) * share)
    QTest.mouseRelease(tile, LEFT, NONE, tile.mapFromGlobal(onto.mapToGlobal(onto.rect().center())))
    assert [s.index for s in shown.samples] == [3, 5, 0, 7]
    assert shown.front == Sample()


def test_a_pin_gets_a_name(shown: Shown) -> None:
    shown.tile(0).setFocus()
    shown.key(Qt.Key.Key_F2)
    dialog = shown.strip.findChild(QInputDialog, "pin_rename")
    assert dialog is not None
    field = dialog.findChild(QLineEdit, "pin_name")
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, "the odd one")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert shown.pins.items[0].words == "the odd one"
    assert shown.studio.bridge.probe.words == "the odd one"


def test_there_is_room_for_eight(shown: Shown) -> None:
    for index in range(1, MOST):
        assert shown.pins.pin(Sample("training", index))
    assert not shown.pins.pin(Sample("training", 99))
    assert shown.strip.said == FULL
    assert len(shown.pins.items) == MOST


def test_pins_are_remembered_for_the_data_and_another_source_has_its_own(shown: Shown, qtbot: QtBot) -> None:
    shown.pin_four()
    shown.pins.pin_data(b"0.5\n", ".csv", "Pasted")
    shown.answer()
    own = shown.samples[-1]
    shown.pins.rename(0, "first")
    shown.page.hide()
    assert [k.name for k in read_probes(Digits())] == ["first", "", "", "", "Pasted"]
    again = Shown(qtbot, studio())
    assert again.samples == shown.samples
    (told,) = [c for c in again.worker.all(PinSample) if c.pin == own.index]
    assert told.path == str(samples_folder() / f"{own.index}.csv")
    again.studio.bridge.do(SetData(recipe=DataRecipe(source=Noise(shape=(8, 8, 1)))))
    assert again.samples == [Sample()]
    again.studio.bridge.undo()
    assert again.samples == shown.samples


@pytest.mark.parametrize(
    "text", ["", "{", '{"format": "9.0", "probes": []}', '{"probes": [{"part": "x"}]}', "[" * 9999]
)
def test_a_list_that_makes_no_sense_counts_as_none(text: str) -> None:
    list_path(Digits()).parent.mkdir(parents=True, exist_ok=True)
    list_path(Digits()).write_text(text, encoding="utf-8")
    assert read_probes(Digits()) == ()


def test_of_a_list_only_what_makes_sense_is_taken() -> None:
    good = Kept("training", 4, "a name"), Kept("pinned", 12, "mine", "12.npy")
    odd = (
        Kept("nowhere", 1), Kept("training", -3), Kept("pinned", 5), Kept("training", 4, "twice"),
        Kept("training", 1, "n" * 200),
    )  # fmt: skip
    write_probes(Digits(), (*good, *odd))
    assert {(k.part, k.index) for k in read_probes(Digits())} == {("training", 4), ("pinned", 12)}
    assert Kept("pinned", 1, file="../../other").path.parent == samples_folder()


def test_a_new_worker_is_told_of_own_samples_again(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_bytes(grey())
    shown.pins.pin_file(tmp_path / "mine.png")
    shown.answer()
    first = shown.worker.all(PinSample)
    shown.worker.enter("lost")
    shown.worker.enter("ready")
    again = shown.worker.all(PinSample)[len(first) :]
    assert [(c.pin, c.path) for c in again] == [(first[0].pin, first[0].path)]
    own = Sample(PINNED, first[0].pin)
    shown.bot.waitUntil(lambda: [own] == [kept.samples[0] for kept in shown.worker.all(KeepProbes)[-1:]])


def test_a_file_is_chosen_copied_and_pinned(shown: Shown, tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(grey())
    shown.strip.pin_from_file()
    dialog = shown.strip.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.close()
    path.unlink()
    (told,) = shown.worker.all(PinSample)
    assert told.path == str(samples_folder() / f"{told.pin}.png")
    shown.answer()
    assert (shown.pins.items[-1].words, shown.front) == ("cat", Sample(PINNED, told.pin))
    assert shown.pins.values.inputs(shown.front) is not None


def test_a_file_that_cannot_be_used_is_not_pinned_and_why_is_said(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "song.png").write_bytes(b"no picture")
    shown.pins.pin_file(tmp_path / "song.png")
    shown.answer(refuse='"song.png" cannot be read: it is no picture.')
    assert (shown.samples, shown.front) == ([Sample()], Sample())
    assert shown.strip.said == '"song.png" cannot be read: it is no picture.'
    shown.pins.pin_file(tmp_path / "gone.png")
    assert "gone.png" in shown.strip.said


def test_one_that_was_kept_and_cannot_be_read_any_more_says_so_and_can_be_tried_again(
    shown: Shown, qtbot: QtBot
) -> None:
    write_probes(Digits(), (Kept("training", 1), Kept("pinned", 44, "lost", "44.png")))
    again = Shown(qtbot, studio())
    again.page.hide()
    again.worker.enter("lost")
    again.page.show()
    qtbot.waitUntil(again.strip.isVisible)
    again.worker.enter("ready")
    again.answer(refuse='"44.png" is not there.')
    assert again.pins.values.problem(Sample(PINNED, 44)) == '"44.png" is not there.'
    assert again.tile(1).toolTip() == '"44.png" is not there.'
    (retry,) = again.strip.findChildren(QToolButton, "pin_retry")
    QTest.mouseClick(retry, LEFT)
    again.answer()
    assert again.pins.values.problem(Sample(PINNED, 44)) == ""


def test_of_a_file_with_several_samples_the_first_is_pinned_and_that_is_said(shown: Shown, tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.zeros((5, 8, 8)))
    shown.pins.pin_file(tmp_path / "many.npy")
    shown.answer(total=5)
    assert "5 samples" in shown.strip.said
    menu = shown.strip.pin_menu(1)
    next(a for a in menu.actions() if a.objectName() == "pin_menu_other").trigger()
    menu.close()
    dialog = shown.strip.findChild(QInputDialog, "pin_other")
    assert dialog is not None
    field = dialog.findChild(QSpinBox, "pin_number")
    assert field is not None
    assert field.maximum() == 4
    field.selectAll()
    QTest.keyClicks(field, "3")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert shown.worker.all(PinSample)[-1].number == 3
    assert shown.front == shown.samples[1]


def test_a_picture_is_pasted(shown: Shown) -> None:
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(picture)
    shown.tile(0).setFocus()
    shown.key(Qt.Key.Key_V, CTRL)
    (told,) = shown.worker.all(PinSample)
    assert QImage(told.path).pixelColor(3, 3) == Qt.GlobalColor.red
    QGuiApplication.clipboard().setText("some words")
    shown.key(Qt.Key.Key_V, CTRL)
    assert "copy a picture or its file" in shown.strip.said
    assert len(shown.worker.all(PinSample)) == 1


def test_numbers_are_pasted_as_a_signal(qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("0.5\t1\n-2;3\n")
    found = sources.of_clipboard(1)
    assert (found.data, found.ending) == (b"0.5,1\n-2,3\n", ".csv")
    QGuiApplication.clipboard().setText("0.5, much")
    assert "no sample" in sources.of_clipboard(1).problem


def test_an_empty_clipboard_says_what_to_copy(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was ever copied there are no data at all, not even empty ones."""
    monkeypatch.setattr(type(QGuiApplication.clipboard()), "mimeData", lambda _clipboard: None)
    for rank, wanted in ((1, "numbers"), (2, "picture"), (3, ".npy")):
        assert wanted in sources.of_clipboard(rank).problem


def test_a_file_is_dropped_on_the_page(shown: Shown, tmp_path: Path) -> None:
    path = tmp_path / "dropped.png"
    path.write_bytes(grey())
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy = Qt.DropAction.CopyAction
    entering = QDragEnterEvent(QPoint(5, 5), copy, mime, LEFT, NONE)
    QApplication.sendEvent(shown.page.content(), entering)
    assert entering.isAccepted()
    QApplication.sendEvent(shown.page.content(), QDropEvent(QPointF(5, 5), copy, mime, LEFT, NONE))
    assert shown.pins.items[-1].words == "dropped"


def test_the_files_offered_are_those_that_the_engine_reads() -> None:
    for rank in range(4):
        assert {f".{ending}" for ending in sources.endings(rank)} == endings(rank), rank


def test_samples_of_the_data_are_picked_with_keys_from_either_part(shown: Shown) -> None:
    shown.strip.pin_from_data()
    picker = shown.strip.picker
    assert picker is not None
    shown.answer()
    picker.list.setFocus()
    QTest.keyClick(picker.list, Qt.Key.Key_Right)
    QTest.keyClick(picker.list, Qt.Key.Key_Return)
    assert shown.samples == [Sample(), Sample("validation", 1)]
    (pin,) = picker.findChildren(QPushButton, "picker_pin")
    QTest.mouseClick(pin, LEFT)
    assert len(shown.samples) == 2, "pinned already"
    assert unnamed(picker) == []
    picker.close()


def test_out_of_sight_nothing_is_asked_but_for_an_own_sample_in_front(shown: Shown) -> None:
    shown.pins.pin_data(b"x", ".png", "Pasted")
    shown.answer()
    own = shown.front
    shown.page.hide()
    sent = len(shown.worker.sent)
    shown.studio.bridge.probe.choose(Sample("validation", 4))
    assert shown.worker.sent[sent:] == []
    shown.studio.bridge.probe.choose(own)
    shown.worker.enter("lost")
    shown.worker.enter("ready")
    assert [c.pin for c in shown.worker.all(PinSample)] == [own.index] * 2


# Drawing


def test_a_drawing_is_pinned_follows_the_pen_and_is_kept(shown: Shown) -> None:
    shown.strip.draw()
    canvas = shown.pad.canvas
    assert isinstance(canvas, PictureCanvas)
    assert canvas.sheet.values.shape == (32, 32, 1)
    before = len(shown.samples)
    room = canvas.pixels()
    start, end = room.topLeft() + QPointF(room.width() / 4, room.height() / 2), room.center()
    QTest.mousePress(canvas, LEFT, NONE, start.toPoint())
    first = shown.worker.all(PinSample)[-1]
    assert len(shown.samples) == before + 1
    assert shown.front == Sample(PINNED, first.pin)
    QTest.mouseMove(canvas, end.toPoint())
    assert shown.worker.all(PinSample)[-1] is first, "the next goes when this one is answered"
    reply(shown, 0.75)
    second = shown.worker.all(PinSample)[-1]
    assert (second is first, shown.front) == (False, Sample(PINNED, second.pin))
    QTest.mouseRelease(canvas, LEFT, NONE, end.toPoint())
    assert second.values is not None
    assert second.values[16, 8:16].min() > 0.9, "the line is drawn from where the mouse was to where it is"
    assert second.values[:8].max() == 0
    reply(shown, 0.75)
    assert "Network says 3" in shown.pad.view.verdict
    assert unnamed(shown.pad) == []
    shown.pad.close()
    kept = shown.pins.items[-1]
    np.testing.assert_array_equal(np.load(samples_folder() / kept.file), second.values)
    assert len(shown.samples) == before + 1


def reply(shown: Shown, share: float) -> None:
    """The worker answers the latest question about maps: class 3, that much."""
    shown.bot.waitUntil(lambda: shown.worker.all(GetMaps)[-1].sample == shown.front)
    asked = shown.worker.all(GetMaps)[-1]
    prediction = np.full(10, (1 - share) / 9, np.float32)
    prediction[3] = share
    ones = np.ones(32, np.float32)
    inputs = np.zeros((8, 8, 1), np.float32)
    maps = np.zeros((32, 8, 8), np.uint8)
    shown.worker.arrive(Maps(asked.request, asked.block, asked.sample, False, inputs, maps, 0 * ones, ones, prediction))


def test_a_worker_that_ends_takes_nothing_of_a_drawing_along(shown: Shown) -> None:
    """The pad says so and goes on; the next worker is told of the drawing and asked about it as it is then."""
    shown.strip.draw()
    canvas, worker = shown.pad.canvas, shown.worker
    assert isinstance(canvas, PictureCanvas)
    told = shown.pad.findChild(QLabel, "pad_told")
    assert told is not None
    middle = canvas.rect().center()
    QTest.mouseClick(canvas, LEFT, pos=middle)
    shown.answer()
    shown.bot.waitUntil(lambda: bool(worker.all(GetMaps)))
    asked = worker.all(GetMaps)[-1]
    worker.enter("lost")
    worker.arrive(Failed(asked.request, "The worker ended without warning (SIGKILL)."))
    assert told.text() == ENDED
    worker.enter("starting")
    QTest.mouseClick(canvas, LEFT, pos=middle + QPoint(40, 0))
    assert told.text() == LOADS
    drawn = canvas.sheet.values.copy()
    np.testing.assert_array_equal(shown.pins.drawing(shown.pins.front), drawn)
    before = len(worker.all(PinSample))
    worker.enter("ready")
    assert told.text() == ""
    pinned = worker.all(PinSample)[before:]
    assert pinned, "the next worker knows the drawing"
    np.testing.assert_array_equal(pinned[-1].values, drawn)
    shown.bot.waitUntil(lambda: worker.all(GetMaps)[-1].sample == shown.front)
    QTest.mouseClick(canvas, LEFT, pos=middle - QPoint(40, 0))  # while the network is at it
    shown.pad.close()
    np.testing.assert_array_equal(shown.pins.drawing(shown.pins.front), canvas.sheet.values)


def test_the_pad_is_used_with_keys_alone_and_strokes_are_taken_back(shown: Shown) -> None:
    shown.strip.draw()
    canvas = shown.pad.canvas
    assert isinstance(canvas, PictureCanvas)
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert canvas.cursor_place == (19, 16)
    drawn = canvas.sheet.values.copy()
    assert drawn[16, 16:20].min() == 1
    shown.bot.waitUntil(shown.pad.isActiveWindow)
    QTest.keyClick(shown.pad, Qt.Key.Key_E)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert canvas.sheet.values[16, 19, 0] == 0
    QTest.keyClick(shown.pad, Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(canvas.sheet.values, drawn)
    QTest.keyClick(shown.pad, Qt.Key.Key_Delete)
    assert canvas.sheet.is_blank
    QTest.keyClick(shown.pad, Qt.Key.Key_Z, CTRL)
    np.testing.assert_array_equal(canvas.sheet.values, drawn)
    shown.pad.close()


def test_a_drawing_goes_on_where_it_was_and_old_ones_are_let_go(shown: Shown) -> None:
    place = shown.pins.pin_values(np.eye(32, dtype=np.float32)[..., None], "Drawing")
    for _ in range(7):
        shown.pins.draw(place, np.eye(32, dtype=np.float32)[..., None])
    gone = [c.pin for c in shown.worker.all(UnpinSample)]
    told = [c.pin for c in shown.worker.all(PinSample)]
    assert gone == told[:3], "some may still be asked about"
    shown.pins.save()
    menu = shown.strip.pin_menu(place)
    next(a for a in menu.actions() if a.objectName() == "pin_menu_redraw").trigger()
    menu.close()
    assert shown.pad.canvas is not None
    np.testing.assert_array_equal(shown.pad.canvas.sheet.values[..., 0], np.eye(32))
    shown.pad.close()


def test_a_signal_is_drawn_as_a_line(qtbot: QtBot) -> None:
    made = studio()
    made.bridge.do(SetData(recipe=DataRecipe(source=Waveforms(length=64))))
    shown = Shown(qtbot, made)
    shown.strip.draw()
    canvas = shown.pad.canvas
    assert isinstance(canvas, SignalCanvas)
    QTest.mousePress(canvas, LEFT, NONE, QPoint(0, canvas.height() // 2))
    QTest.mouseMove(canvas, QPoint(canvas.width() - 1, 0))
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(canvas.width() - 1, 0))
    line = canvas.sheet.values[:, 0].copy()
    assert (np.diff(line) > 0).all()
    assert line[-1] == pytest.approx(canvas.span[1], abs=1e-3)
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.sheet.values[0, 0] < line[0]
    shown.pad.close()


def test_what_a_network_takes_that_is_no_picture_and_no_signal_is_not_drawn(qtbot: QtBot) -> None:
    made = studio()
    made.bridge.do(SetData(recipe=DataRecipe(source=Noise(shape=(4, 4, 4, 1)))))
    shown = Shown(qtbot, made)
    shown.strip.draw()
    assert "cannot be drawn" in shown.strip.said


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((8, 8, 1), (32, 32, 1)), ((28, 28, 1), (28, 28, 1)), ((64, 48, 3), (64, 48, 3)), ((224, 112, 3), (64, 32, 3)),
     ((200, 2), (200, 2))],
)  # fmt: skip
def test_what_is_drawn_on_has_the_proportions_of_the_network(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    assert sheet_shape(shape) == wanted


def test_a_stroke_covers_what_lies_under_the_pen_and_no_more() -> None:
    sheet = Sheet(np.zeros((20, 30, 1), np.float32))
    sheet.dab((5, 10), (25, 10), 3, (1.0,))
    y, x = np.mgrid[:20, :30] + 0.5
    away = np.hypot(x - np.clip(x, 5, 25), y - 10)
    drawn = sheet.values[..., 0]
    assert (drawn[away < 2.5] == 1).all()
    assert (drawn[away > 3.5] == 0).all()
    before = drawn.copy()
    sheet.dab((5, 10), (25, 10), 3, (1.0,))
    np.testing.assert_array_equal(sheet.values[..., 0], before, "the edge does not grow where the pen stays")
    sheet.dab((-50, -50), (-40, -40), 3, (1.0,))
    np.testing.assert_array_equal(sheet.values[..., 0], before)
