"""The timeline as a person uses it: slider, buttons and keys, two moments, films; growing while the run goes on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
from PIL import Image, ImageSequence
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QPushButton, QToolButton, QToolTip, QWidget

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.inspect.timeline.bar import TimelineBar
from cnnstudio.app.inspect.timeline.film_dialog import FilmDialog, ask_place
from cnnstudio.app.inspect.timeline.slider import EpochAxis
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.core.document import Document
from cnnstudio.wire.messages import Recorded
from tests.helpers.recording import RecordingWorker
from tests.helpers.runs import digits
from tests.helpers.timelines import keep_timeline, moments

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.formats.timeline_writing import TimelineWriter

LEFT = Qt.MouseButton.LeftButton
P = TypeVar("P", bound=QWidget)
SHAPES: dict[str, tuple[int, ...]] = {"input": (8, 8, 1), "convolution_1": (8, 8, 6)}


class Stage(QWidget):
    """Something that follows the moment: its colour is the moment's number."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__()
        self._inspection = inspection
        self.setAutoFillBackground(True)
        self.setFixedSize(60, 40)
        inspection.moment_changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        palette = self.palette()
        moment = self._inspection.moment
        palette.setColor(self.backgroundRole(), QColor(10 * (moment or 0), 0, 0))
        self.setPalette(palette)


class Shown:
    """The timeline of a run in a folder, in a window, with a worker that only remembers."""

    def __init__(self, qtbot: QtBot, folder: Path, count: int = 20, *, active: bool = False) -> None:
        self.bot, self.folder = qtbot, folder
        self.writer: TimelineWriter = keep_timeline(folder, SHAPES, moments(count))
        self.bridge = DocumentBridge(Document(digits()))
        self.worker = RecordingWorker()
        self.run = RunController(self.bridge, Selection(), self.worker)
        self.inspection = Inspection(self.bridge, Selection(), self.run, self.worker, Preferences(), self.bridge)
        self.bar = TimelineBar(self.inspection)
        qtbot.addWidget(self.bar)
        self.bar.resize(1200, 80)
        if active:
            self.run._state = dataclasses.replace(self.run.state, directory=str(folder), run="r")
        directory = "" if active else str(folder)
        self.subject = Subject("LeNet on digits", digits(), directory, "r" if active else "", active)
        self.inspection.choose_subject(self.subject)
        self.bar.show()
        self.bar.activateWindow()
        qtbot.waitUntil(self.bar.isActiveWindow)
        self.bar.set_active(True)

    @property
    def moment(self) -> int | None:
        return self.inspection.moment

    @property
    def told(self) -> str:
        return self.part(QLabel, "timeline_told").text()

    def part(self, kind: type[P], name: str) -> P:
        found = self.bar.findChild(kind, name)
        assert found is not None
        return found

    def press(self, name: str) -> None:
        button = self.part(QToolButton, f"timeline_{name}")
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, LEFT)

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.bar.slider, key)


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path) -> Shown:
    return Shown(qtbot, tmp_path / "run")


# Going through the moments


def test_buttons_go_through_the_moments_and_back_to_now(shown: Shown) -> None:
    assert shown.moment is None
    assert shown.told == "As the run left it"
    for button, moment in (("first", 0), ("on", 1), ("on", 2), ("back", 1), ("last", 19), ("on", None), ("back", 19)):
        shown.press(button)
        assert shown.moment == moment, button
    shown.press("live")
    assert shown.moment is None
    shown.press("first")
    assert shown.told == "Before the first step"
    assert not shown.part(QToolButton, "timeline_back").isEnabled()


def test_keys_on_the_slider(shown: Shown) -> None:
    shown.bar.slider.setFocus()
    for key, moment in (
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_PageUp, 11),
        (Qt.Key.Key_Left, 10),
        (Qt.Key.Key_End, None),
    ):
        shown.key(key)
        assert shown.moment == moment, key
    assert shown.part(QToolButton, "timeline_live").isChecked()


def test_a_click_goes_to_the_moment_under_the_mouse_and_a_drag_goes_on(shown: Shown) -> None:
    slider, y = shown.bar.slider, shown.bar.slider.height() // 2
    QTest.mousePress(slider, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(slider.x_of(7)), y))
    assert shown.moment == 7
    QTest.mouseMove(slider, QPoint(round(slider.x_of(12)), y))
    QTest.mouseRelease(slider, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(round(slider.x_of(12)), y))
    assert shown.moment == 12
    assert shown.told == "Epoch 3, 120 steps, 6.0 s"


def test_pointing_says_which_moment_is_there(shown: Shown) -> None:
    slider = shown.bar.slider
    point = QPoint(round(slider.x_of(4)), slider.height() // 2)
    QApplication.sendEvent(slider, QHelpEvent(QEvent.Type.ToolTip, point, slider.mapToGlobal(point)))
    assert QToolTip.text() == "Epoch 1, 40 steps, 2.0 s"
    QToolTip.hideText()


def test_epochs_are_marked_where_they_begin(shown: Shown) -> None:
    marks = shown.part(EpochAxis, "inspect_epochs").marks
    assert marks == ((0, 0), (1, 1), (5, 2), (9, 3), (13, 4), (17, 5))
    xs = [shown.bar.slider.x_of(place) for place, _ in marks]
    assert xs == sorted(xs)
    assert shown.bar.slider.x_of(20) <= shown.bar.slider.width()


def test_playing_goes_on_by_itself_and_stops_at_the_end(shown: Shown) -> None:
    speed = shown.part(QComboBox, "timeline_speed")
    speed.setFocus()
    QTest.keyClick(speed, Qt.Key.Key_End)
    assert shown.bar.player.speed == 30
    seen: list[int | None] = []

    def note() -> None:
        seen.append(shown.moment)

    shown.inspection.moment_changed.connect(note)
    shown.press("play")
    assert shown.bar.player.is_playing
    shown.bot.waitUntil(lambda: not shown.bar.player.is_playing, timeout=5_000)
    assert seen == list(range(20))
    again = Shown(shown.bot, shown.folder.with_name("other"))
    assert again.bar.player.speed == 30, "the speed is remembered"


def test_space_plays_and_holds_and_any_step_holds(shown: Shown) -> None:
    shown.key(Qt.Key.Key_Space)
    assert shown.bar.player.is_playing
    shown.key(Qt.Key.Key_Space)
    assert not shown.bar.player.is_playing
    shown.key(Qt.Key.Key_Space)
    shown.key(Qt.Key.Key_Right)
    assert not shown.bar.player.is_playing


def test_out_of_sight_nothing_plays_and_nothing_is_read(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    shown.key(Qt.Key.Key_Space)
    shown.bar.set_active(False)
    assert not shown.bar.player.is_playing
    record = shown.inspection.record
    monkeypatch.setattr(record, "read", lambda: pytest.fail("the folder was read"))
    shown.inspection.choose_subject(dataclasses.replace(shown.subject, directory=str(shown.folder / "other")))


# Two moments


def test_a_second_moment_has_a_slider_of_its_own(shown: Shown) -> None:
    assert not shown.bar.second.isVisible()
    shown.press("last")
    shown.press("compare")
    assert (shown.moment, shown.inspection.second_moment) == (19, 0)
    assert shown.bar.second.isVisible()
    QTest.keyClick(shown.bar.second, Qt.Key.Key_PageUp)
    assert (shown.moment, shown.inspection.second_moment) == (19, 10)
    assert shown.part(QLabel, "timeline_second_told").text() == "Epoch 3, 100 steps, 5.0 s"
    QTest.keyClick(shown.bar.second, Qt.Key.Key_End)
    assert shown.inspection.second_moment == 19, "now cannot stand beside a moment"
    assert shown.bar.second.value() == 19
    shown.press("compare")
    assert shown.inspection.second_moment is None
    assert not shown.bar.second.isVisible()


# While the run goes on


def test_it_grows_with_the_run_and_stays_at_its_moment(qtbot: QtBot, tmp_path: Path) -> None:
    shown = Shown(qtbot, tmp_path / "run", 4, active=True)
    assert shown.told == "Now"
    more = moments(8)
    for moment in more[4:6]:
        shown.writer.add(moment, {"x": np.zeros(2)})
    shown.worker.arrive(Recorded("r", 6))
    qtbot.waitUntil(lambda: shown.bar.player.count == 6)
    assert shown.moment is None, "live stays live"
    shown.press("first")
    shown.press("on")
    shown.press("on")
    step = more[2].step
    shown.writer._most = 6
    shown.writer.add(more[6], {"x": np.zeros(2)})
    shown.worker.arrive(Recorded("r", len(shown.writer.moments)))
    qtbot.waitUntil(lambda: shown.bar.player.count == len(shown.writer.moments))
    kept = shown.inspection.record.timeline.moments
    assert shown.moment is not None
    assert kept[shown.moment].step == step, "thinning moves places, not what is looked at"


def test_moments_that_are_missing_are_told(qtbot: QtBot, tmp_path: Path) -> None:
    shown = Shown(qtbot, tmp_path / "run", 3, active=True)
    problem = shown.part(QLabel, "timeline_problem")
    assert not problem.isVisible()
    shown.worker.arrive(Recorded("r", 3, "The timeline is missing moments: free some space."))
    assert problem.isVisible()
    assert "free some space" in problem.text()
    shown.worker.arrive(Recorded("r", 4))
    assert not problem.isVisible()


def test_another_network_begins_at_now(shown: Shown) -> None:
    shown.press("first")
    shown.press("compare")
    shown.inspection.choose_subject(Subject("Design", digits()))
    assert (shown.moment, shown.inspection.second_moment) == (None, None)
    assert not shown.bar.slider.isVisible()
    assert shown.part(QLabel, "timeline_message").text().startswith("Timeline: press Train (F5)")


def test_a_run_without_moments_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    shown = Shown(qtbot, tmp_path / "run", 0)
    assert "no timeline" in shown.part(QLabel, "timeline_message").text()
    assert not shown.part(QToolButton, "timeline_play").isVisible()


# Films


def film(shown: Shown, form: str, path: Path) -> FilmDialog:
    stage = Stage(shown.inspection)
    shown.bot.addWidget(stage)
    dialog = FilmDialog(form, path, stage, shown.inspection, shown.bar.player, shown.bar)
    shown.bot.addWidget(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.show()
    return dialog


def said(dialog: FilmDialog) -> str:
    label = dialog.findChild(QLabel, "film_said")
    assert label is not None
    return label.text()


def reds(image: Image.Image) -> int:
    pixel = image.convert("RGB").getpixel((20, 20))
    assert isinstance(pixel, tuple)
    return int(pixel[0])


def test_a_gif_has_every_moment_at_the_speed_of_the_player(shown: Shown, tmp_path: Path) -> None:
    shown.press("first")
    path = tmp_path / "maps.gif"
    dialog = film(shown, "gif", path)
    shown.bot.waitUntil(lambda: not dialog.film.is_running)
    assert said(dialog) == f"20 moments saved to {path}"
    assert shown.moment == 0, "what was looked at is looked at again"
    with Image.open(path) as gif:
        assert gif.info["loop"] == 0
        seen = []
        for frame in ImageSequence.Iterator(gif):
            assert frame.info["duration"] == 200
            seen.append(reds(frame))
    assert len(seen) == 20
    assert np.allclose(seen, [10 * number for number in range(20)], atol=4)


def test_a_sequence_has_an_image_for_each_moment(shown: Shown, tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    dialog = film(shown, "png", folder)
    shown.bot.waitUntil(lambda: not dialog.film.is_running)
    files = sorted(folder.iterdir())
    assert [file.name for file in files[:2]] == ["maps-0001.png", "maps-0002.png"]
    assert len(files) == 20
    with Image.open(files[7]) as seventh:
        assert reds(seventh) == 70


@pytest.mark.parametrize("form", ["gif", "png"])
def test_a_film_that_is_cancelled_leaves_nothing(form: str, shown: Shown, tmp_path: Path) -> None:
    place = tmp_path / "films"
    place.mkdir()
    dialog = film(shown, form, place / ("maps.gif" if form == "gif" else "maps"))
    shown.bot.waitUntil(lambda: dialog.film.count >= 2)
    assert said(dialog).startswith("Saving moment")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert not dialog.film.is_running
    assert list(place.iterdir()) == []
    assert shown.moment is None


def test_what_is_there_is_not_written_over(shown: Shown, tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    (folder / "maps-0001.png").write_bytes(b"mine")
    dialog = film(shown, "png", folder)
    assert said(dialog) == f'"{folder}" is there already: choose another name.'
    assert (folder / "maps-0001.png").read_bytes() == b"mine"
    button = dialog.findChild(QPushButton, "film_close")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    assert not dialog.isVisible()


def test_a_full_disk_ends_the_film_in_a_sentence(shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnstudio.app.inspect.timeline import reels

    dialog = film(shown, "gif", tmp_path / "maps.gif")

    def full(self: object, picture: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reels.GifReel, "add", full)
    shown.bot.waitUntil(lambda: not dialog.film.is_running)
    assert said(dialog) == "The pictures were not saved (no space left on device): choose another place."
    assert not (tmp_path / "maps.gif").exists()


def test_the_place_is_asked_for_by_the_names_of_network_and_block(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(parent: QWidget, title: str, name: str, forms: str) -> tuple[str, str]:
        asked.append(name)
        return str(tmp_path / "mine"), forms

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    assert ask_place(shown.bar, "gif", shown.inspection) == tmp_path / "mine.gif"
    assert ask_place(shown.bar, "png", shown.inspection) == tmp_path / "mine"
    assert asked[0].endswith(".gif")
    assert "convolution" in asked[0]
