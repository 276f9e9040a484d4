"""Exports as a person makes them: forms, options, where to, progress, cancel, failures, results; by keyboard alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
    QWidget,
)

from cnnstudio.app.dialogs.export import ExportDialog
from cnnstudio.app.dialogs.export.outcome import RUN_FIRST
from cnnstudio.app.dialogs.export.place import Place
from cnnstudio.app.dialogs.export.words import facts, message, notes, share_of, verdict
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.runs.view import RunsView
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.edits import RemoveBlocks
from cnnstudio.core.exporting import FORMATS, ExportFormat, Package
from cnnstudio.core.formats.run_folder import BEST, LAST
from cnnstudio.wire.messages import CancelQuestion, Exported, ExportProgress, ExportRun, Failed
from tests.helpers.recording import RecordingWorker
from tests.helpers.run_folders import leave_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

KEY, MODIFIER, LEFT = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton.LeftButton
WAIT = 5_000
LENET = "LeNet on digits"
FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
TESTED = {"loss": 0.1, "accuracy": 0.974}


class Desk:
    """A window whose worker only remembers, and the dialog that Ctrl+E opens."""

    def __init__(self, qtbot: QtBot, worker: WorkerClient | None = None) -> None:
        themes.choose(Mode.LIGHT)
        self.bot = qtbot
        self.worker = RecordingWorker()
        self.window = MainWindow(Preferences(), worker or self.worker)
        self.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def press(self, key: Qt.Key) -> None:
        """Where the focus is."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)

    def shut(self) -> None:
        """Escape closes the dialog."""
        QTest.keyClick(self.dialog, KEY.Key_Escape)
        self.bot.waitUntil(lambda: not open_dialogs(), timeout=WAIT)

    def open(self) -> ExportDialog:
        self.window.activateWindow()
        self.bot.waitUntil(self.window.isActiveWindow)
        QTest.keyClick(self.window, KEY.Key_E, MODIFIER.ControlModifier)
        return self.dialog

    @property
    def dialog(self) -> ExportDialog:
        (found,) = open_dialogs()
        found.activateWindow()
        self.bot.waitUntil(found.isActiveWindow)
        return found

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.dialog.findChild(kind, name)
        assert found is not None, name
        return found

    def choose(self, title: str) -> None:
        """Arrow keys in the list, from the top, as far as that form."""
        forms = self.part(QWidget, "export_forms")
        forms.setFocus()
        QTest.keyClick(forms, KEY.Key_Home)
        for _ in FORMATS:
            if forms.currentItem().text() == title:
                return
            QTest.keyClick(forms, KEY.Key_Down)
        raise AssertionError(title)

    def click(self, name: str) -> None:
        button = self.part(QPushButton, name)
        assert button.isVisible()
        assert button.isEnabled(), name
        QTest.mouseClick(button, LEFT)

    def segment(self, name: str, index: int) -> None:
        row = self.part(Segments, name)
        QTest.mouseClick(row, LEFT, MODIFIER.NoModifier, row.segment_rect(index).center().toPoint())

    def type_path(self, text: str) -> None:
        field = self.part(QLineEdit, "export_path")
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)

    def text(self, name: str) -> str:
        label = self.part(QLabel, name)
        return str(label.text()) if label.isVisible() else ""

    @property
    def asked(self) -> ExportRun:
        return self.worker.all(ExportRun)[-1]

    def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        self.worker.arrive(ExportProgress(self.asked.request, stage, done, total))

    def fail(self, sentence: str) -> None:
        self.worker.arrive(Failed(self.asked.request, sentence))

    def finish(self, **more: Any) -> None:
        self.worker.arrive(exported(self.asked.path, request=self.asked.request, **more))


def open_dialogs() -> list[ExportDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, ExportDialog) and w.isVisible()]


def exported(path: str | Path, *, request: int = 1, **more: Any) -> Exported:
    values: dict[str, Any] = {"max_abs_difference": 2.4e-7, "agreement": 1.0, "samples": 180, "runtime": "Keras"} | more
    return Exported(request, str(path), 1_234_567, **values)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, ExportDialog | QFileDialog):
            widget.close()
    made.window.bridge.mark_saved()


def trained(desk: Desk, *, best: bool = True) -> Path:
    """A run on disk that keeps weights, looked at by the library."""
    folder = leave_run(desk.window.bridge.experiment, "FINISHED", test=TESTED, metrics=TESTED, epochs_done=15)
    for file in (LAST, BEST) if best else (LAST,):
        (folder / file).write_bytes(b"weights")
    desk.window.runs.library.look_at(folder)
    return folder


def test_an_untrained_design_is_exported_by_keyboard_alone(desk: Desk, tmp_path: Path) -> None:
    dialog = desk.open()
    desk.choose("ONNX")
    desk.type_path(str(tmp_path / "net.onnx"))
    QTest.keyClick(desk.part(QLineEdit, "export_path"), KEY.Key_Return)
    asked = desk.asked
    assert (asked.format, asked.path, asked.directory, asked.example) == ("onnx", str(tmp_path / "net.onnx"), "", True)
    assert json.loads(asked.experiment)["name"] == desk.window.bridge.experiment.name
    assert desk.text("export_title") == "Writing net.onnx"
    desk.progress("Comparing", 64, 180)
    assert desk.text("export_stage") == "Comparing: 64 of 180"
    bar = desk.part(QProgressBar, "export_progress")
    assert (bar.value(), bar.maximum()) == (64, 180)
    desk.progress("Opening again")
    assert (desk.text("export_stage"), bar.maximum()) == ("Opening again…", 0)
    desk.finish(runtime="ONNX Runtime", files=(str(tmp_path / "net_example.py"),), notes=("GELU is decomposed.",))
    assert desk.text("export_result_title") == "net.onnx is written"
    told = dialog.findChild(QWidget, "export_result")
    assert told is not None
    shown = "\n".join(label.text() for label in told.findChildren(QLabel))
    for words in ("1.23 MB", "ONNX Runtime", "2.4e-07, on 180 test samples", "100.0 %", "net_example.py", "GELU is"):
        assert words in shown, words
    desk.press(KEY.Key_Return)
    desk.bot.waitUntil(lambda: not open_dialogs(), timeout=WAIT)


def test_the_name_stays_and_the_ending_follows_the_form(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    path = desk.part(QLineEdit, "export_path")
    assert path.text() == str(Path.home() / "lenet-on-digits.keras")
    desk.type_path(str(tmp_path / "mine.keras"))
    for title, name in (("Keras weights", "mine.weights.h5"), ("TensorFlow SavedModel", "mine"), ("ONNX", "mine.onnx")):
        desk.choose(title)
        assert path.text() == str(tmp_path / name)
    desk.choose("Diagram")
    desk.segment("export_ending", 1)
    assert path.text() == str(tmp_path / "mine.pdf")
    desk.type_path(str(tmp_path / "other.png"))
    assert desk.part(Segments, "export_ending").index == 2
    desk.type_path("bare")
    assert desk.text("export_said") == "It will be called bare.png."
    desk.click("export_start")
    assert desk.asked.path == str(tmp_path / "bare.png")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give the file a name."),
        ("net.onnx", 'A file of format "keras" ends in .keras, but "net.onnx" does not: rename it.'),
        ("taken", '"taken.keras" is a folder: choose another name for the file.'),
    ],
)
def test_a_place_that_will_not_do_is_said_at_once(desk: Desk, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "taken.keras").mkdir()
    desk.open()
    desk.type_path(str(tmp_path / name) if name else " ")
    assert desk.text("export_said") == words
    assert not desk.part(QPushButton, "export_start").isEnabled()
    QTest.keyClick(desk.part(QLineEdit, "export_path"), KEY.Key_Return)
    assert desk.worker.all(ExportRun) == []


def test_what_would_be_replaced_is_said_before(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "old.keras").write_bytes(b"old")
    desk.open()
    desk.type_path(str(tmp_path / "old.keras"))
    assert "is there already; it is replaced once the new one is whole" in desk.text("export_said")
    assert desk.part(QPushButton, "export_start").text() == "Replace"
    desk.type_path(str(tmp_path / "new.keras"))
    assert (desk.text("export_said"), desk.part(QPushButton, "export_start").text()) == ("", "Export")


def test_browse_asks_for_a_file_of_the_form(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.choose("ONNX")
    desk.click("export_browse")
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    assert dialog.nameFilters() == ["ONNX (*.onnx)"]
    dialog.fileSelected.emit(str(tmp_path / "here.onnx"))
    dialog.close()
    assert desk.part(QLineEdit, "export_path").text() == str(tmp_path / "here.onnx")


def test_a_run_offers_its_best_weights_and_the_design_does_not(desk: Desk, tmp_path: Path) -> None:
    folder = trained(desk)
    desk.window.exports.export_run(str(folder))
    network = desk.part(QComboBox, "export_network")
    assert network.currentText().startswith(f"{LENET}, run of 20")
    assert desk.text("export_network_about").startswith("Trained for 15 epochs, accuracy 97.4 % on the test part.")
    assert folder.name in desk.text("export_network_about")
    desk.segment("export_weights", 1)
    assert desk.text("export_weights_about") == "The weights of the epoch that was best on validation."
    desk.type_path(str(tmp_path / "net.keras"))
    QTest.keyClick(network, KEY.Key_Down)
    assert network.currentText().startswith("This design, untrained")
    assert not desk.part(Segments, "export_weights").isVisible()
    QTest.keyClick(network, KEY.Key_Up)
    desk.click("export_start")
    assert (desk.asked.directory, desk.asked.weights, desk.asked.experiment) == (str(folder), "best", "")


def test_options_are_asked_where_they_apply_and_remembered(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    assert not desk.part(Segments, "export_quantise").isVisible()
    desk.choose("LiteRT (TensorFlow Lite)")
    desk.segment("export_quantise", 3)
    assert "ranges measured on training samples" in desk.text("export_quantise_about")
    QTest.mouseClick(desk.part(QCheckBox, "export_example"), LEFT)
    desk.type_path(str(tmp_path / "net.tflite"))
    desk.click("export_start")
    assert (desk.asked.quantise, desk.asked.example) == ("int8", False)
    desk.finish(metric="accuracy", quality_before=0.974, quality_after=0.969, bytes_before=4_000_000)
    shown = "\n".join(label.text() for label in desk.part(QWidget, "export_result").findChildren(QLabel))
    assert "97.4 % before, 96.9 % after" in shown
    assert "1.23 MB (4 MB without quantisation)" in shown
    desk.click("export_close")
    desk.open()
    assert desk.text("export_form_title") == "LiteRT (TensorFlow Lite)"
    assert desk.part(Segments, "export_quantise").index == 3
    assert not desk.part(QCheckBox, "export_example").isChecked()
    assert Path(desk.part(QLineEdit, "export_path").text()).parent == tmp_path
    desk.choose("Summary")
    assert not desk.part(QCheckBox, "export_example").isVisible()


def test_a_missing_package_is_named_with_a_line_to_copy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    onnx = FORMATS["onnx"]
    lacking = ExportFormat(onnx.name, onnx.title, onnx.endings, onnx.about, packages=(Package("no_onnx", "onnx"),))
    monkeypatch.setitem(FORMATS, "onnx", lacking)
    desk.open()
    desk.choose("ONNX")
    assert desk.text("export_missing").startswith('ONNX needs onnx, which is not installed: pip install "onnx"')
    assert not desk.part(QPushButton, "export_start").isEnabled()
    desk.click("export_copy_pip")
    assert QApplication.clipboard().text() == 'pip install "onnx"'
    desk.choose("Keras")
    assert desk.text("export_missing") == ""
    assert desk.part(QPushButton, "export_start").isEnabled()


def test_a_failure_keeps_what_was_filled_in(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.choose("ONNX")
    desk.type_path(str(tmp_path / "net.onnx"))
    desk.click("export_start")
    desk.fail("The block conv_1 (Convolution) cannot be written as ONNX: set its groups to 1.")
    assert desk.text("export_failed").startswith("The block conv_1")
    assert desk.part(QLineEdit, "export_path").text() == str(tmp_path / "net.onnx")
    desk.press(KEY.Key_Return)
    assert len(desk.worker.all(ExportRun)) == 2
    assert desk.text("export_failed") == ""


def test_cancel_ends_it_between_two_stages(desk: Desk) -> None:
    desk.open()
    desk.click("export_start")
    desk.progress("Writing")
    desk.click("export_cancel")
    assert [c.request for c in desk.worker.all(CancelQuestion)] == [desk.asked.request]
    assert not desk.part(QPushButton, "export_cancel").isEnabled()
    assert desk.text("export_stage").startswith("Cancelled: it ends with this stage")
    desk.fail("The export was cancelled; nothing was written.")
    assert desk.text("export_failed") == "The export was cancelled; nothing was written."
    assert desk.part(QLabel, "export_failed").property("tone") == "muted"
    desk.click("export_start")
    assert len(desk.worker.all(ExportRun)) == 2


def test_an_export_waits_for_a_run_and_can_be_given_up_at_once(desk: Desk) -> None:
    desk.worker.enter("busy")
    desk.open()
    assert desk.text("export_waits") == RUN_FIRST
    desk.click("export_start")
    assert desk.text("export_stage").startswith(RUN_FIRST)
    desk.click("export_cancel")
    assert desk.text("export_failed") == "The export was cancelled; nothing was written."
    desk.click("export_start")
    desk.worker.enter("ready")
    assert desk.text("export_stage") == "The worker is asked…"
    desk.fail("an answer to the first")
    desk.click("export_start")
    desk.worker.enter("ready")
    assert desk.text("export_waits") == ""


def test_closed_it_goes_on_and_the_window_tells_of_it(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.type_path(str(tmp_path / "net.keras"))
    desk.click("export_start")
    desk.progress("Writing")
    desk.shut()
    assert desk.worker.all(CancelQuestion) == []
    desk.open()
    assert desk.text("export_stage") == "Writing…"
    desk.shut()
    desk.finish()
    (told,) = desk.window.messages.texts
    assert told.startswith(f"{tmp_path / 'net.keras'} is written (1.23 MB). Opened again by Keras, the file gives")
    desk.open()
    assert not desk.window.messages.texts
    desk.click("export_start")
    desk.shut()
    desk.fail("The disk is full.")
    assert desk.window.messages.texts == ("The disk is full.",)


def test_a_design_with_errors_is_not_exported_but_a_run_is(desk: Desk) -> None:
    assert desk.window.actions_table["export"].isEnabled()
    desk.window.bridge.do(RemoveBlocks(ids=("output",)))
    assert not desk.window.actions_table["export"].isEnabled()
    folder = trained(desk)
    desk.window.exports.export_run(str(folder))
    assert desk.part(QPushButton, "export_start").isEnabled()
    network = desk.part(QComboBox, "export_network")
    network.setFocus()
    QTest.keyClick(network, KEY.Key_Down)
    assert desk.text("export_said").startswith("The design has 1 error: mend it, or choose a run.")
    assert not desk.part(QPushButton, "export_start").isEnabled()


def test_the_file_and_its_folder_are_opened_and_its_path_copied(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    desk.open()
    desk.choose("Diagram")
    assert desk.text("export_network_about") == "", "a drawing has no weights"
    desk.type_path(str(tmp_path / "net.svg"))
    desk.click("export_start")
    desk.finish(max_abs_difference=None, agreement=None, samples=0, runtime="")
    assert desk.text("export_verdict") == ""
    for button in ("export_open", "export_reveal", "export_copy"):
        desk.click(button)
    assert opened == [str(tmp_path / "net.svg"), str(tmp_path)]
    assert QApplication.clipboard().text() == str(tmp_path / "net.svg")
    desk.click("export_again")
    assert desk.text("export_form_title") == "Diagram"
    desk.choose("Keras")
    desk.click("export_start")
    desk.finish()
    assert not desk.part(QPushButton, "export_open").isVisible()


def test_the_run_chosen_on_the_runs_page_is_exported_from_there(desk: Desk) -> None:
    folder = trained(desk, best=False)
    assert not desk.window.actions_table["run_export"].isEnabled()
    QTest.keyClick(desk.window, KEY.Key_5, MODIFIER.ControlModifier)
    page = desk.window.findChild(RunsView)
    assert page is not None
    desk.bot.waitUntil(lambda: page.isVisible() and page.panel.table.model().rowCount() == 1, timeout=WAIT)
    page.panel.table.setFocus()
    desk.bot.waitUntil(page.panel.table.hasFocus, timeout=WAIT)
    desk.bot.waitUntil(desk.window.actions_table["run_export"].isEnabled, timeout=WAIT)
    QTest.keyClick(page.panel.table, KEY.Key_E, MODIFIER.ControlModifier | MODIFIER.ShiftModifier)
    assert desk.part(QComboBox, "export_network").currentText().startswith(f"{LENET}, run of ")
    assert not desk.part(Segments, "export_weights").isVisible(), "it kept no best weights"
    desk.click("export_start")
    assert (desk.asked.directory, desk.asked.weights) == (str(folder), "last")


def test_every_field_can_be_named_and_reached_by_tab(desk: Desk) -> None:
    desk.window.exports.export_run(str(trained(desk)))
    desk.choose("LiteRT (TensorFlow Lite)")
    widgets = [w for w in desk.dialog.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    fields = [w for w in widgets if w.isVisible() and w.isEnabled() and w.objectName() and w.width() > 4]
    assert [w.objectName() for w in fields if not w.accessibleName() or not w.toolTip()] == []
    reached = set()
    for _ in range(30):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.add(focus.objectName())
        QTest.keyClick(focus, KEY.Key_Tab)
    wanted = {"export_forms", "export_network", "export_weights", "export_quantise", "export_example", "export_path"}
    assert wanted | {"export_browse", "export_leave", "export_start"} <= reached


def test_its_size_is_remembered(desk: Desk) -> None:
    desk.open().resize(QSize(900, 510))
    desk.shut()
    assert desk.open().size() == QSize(900, 510)


def test_large_letters_are_given_room(desk: Desk, qapp: QApplication) -> None:
    before = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(1.6 * before.pointSizeF())
    try:
        qapp.setFont(larger)
        dialog = desk.open()
        forms = desk.part(QListWidget, "export_forms")
        desk.bot.waitUntil(lambda: dialog.width() > 1000, timeout=WAIT)
        assert not forms.horizontalScrollBar().isVisible()
        quantise = desk.part(Segments, "export_quantise")
        desk.choose("LiteRT (TensorFlow Lite)")
        widths = [quantise.fontMetrics().horizontalAdvance(text) for text in ("None", "Float16", "Dynamic range")]
        assert all(quantise.segment_rect(at).width() > width for at, width in enumerate(widths))
    finally:
        qapp.setFont(before)


# Words


def test_a_difference_is_told_as_large_as_it_is() -> None:
    assert verdict(exported("a"))[1] == "ok"
    told, tone = verdict(exported("a", max_abs_difference=0.02, agreement=0.9944))
    assert (tone, "0.6 %" in told) == ("warning", True)
    assert verdict(exported("a", agreement=0.99, metric="accuracy"))[1] == "", "quality says what that means"
    assert "outputs differ a little" in verdict(exported("a", max_abs_difference=0.02))[0]
    assert verdict(exported("a", max_abs_difference=None, agreement=None)) == ("", "")
    assert message(exported("/a/b.svg", max_abs_difference=None, agreement=None)) == "/a/b.svg is written (1.23 MB)."


@pytest.mark.parametrize(
    ("part", "words"), [(1.0, "100.0 %"), (0.9999, "99.990 %"), (0.99999999, "nearly 100 %"), (0.5, "50.0 %")]
)
def test_a_share_is_never_rounded_to_all(part: float, words: str) -> None:
    assert share_of(part) == words


def test_noise_is_called_noise() -> None:
    done = exported("/a/b.keras", stand_in=True)
    assert any("samples of noise" in value for _, value in facts(done))
    assert notes(done) == ["The files of the data are not there any more, so the file was compared on noise."]


def test_a_home_that_nobody_has_is_a_name_like_any_other(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.turn(FORMATS["keras"], "")
    assert place.path_of("~nobody-has-this-name/net") == tmp_path / "~nobody-has-this-name" / "net.keras"


# A real process


def test_a_worker_that_dies_over_an_export_is_said_and_the_form_stays(qtbot: QtBot, tmp_path: Path) -> None:
    desk = Desk(qtbot, WorkerClient(command=(sys.executable, str(FAKE))))
    desk.window.worker.start()
    qtbot.waitUntil(lambda: desk.window.worker.hello is not None, timeout=WAIT)
    desk.open()
    desk.type_path(str(tmp_path / "net.keras"))
    desk.click("export_start")
    desk.window.worker.end()
    qtbot.waitUntil(lambda: desk.text("export_failed") != "", timeout=WAIT)
    assert "worker" in desk.text("export_failed")
    assert desk.part(QLineEdit, "export_path").text() == str(tmp_path / "net.keras")
    assert desk.part(QPushButton, "export_start").isEnabled()
    qtbot.waitUntil(lambda: desk.window.worker.hello is not None, timeout=WAIT)
    desk.click("export_start")
    qtbot.waitUntil(lambda: desk.text("export_result_title") == "net.keras is written", timeout=WAIT)
    desk.click("export_close")
    desk.window.worker.stop()
