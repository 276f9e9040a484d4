"""A person's own data on the Data page: chosen, scanned, taken over and told; found again; and what goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QRadioButton,
    QTableView,
    QToolButton,
)

from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.builtin import Digits, Waveforms
from cnnstudio.core.data.facts import Facts, ScanReport
from cnnstudio.core.data.files import ImageFolder, ImageMasks, SignalFolder
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.edits import SetData
from cnnstudio.core.formats.files import read_source, write_source
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import CancelScan, Failed, Scanned, ScanProgress
from tests.helpers.data_page import FACTS, REPORT, SKIPPED, Shown
from tests.helpers.recording import studio

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QUrl
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    page = Shown(qtbot, studio()).show()
    page.worker.answer()
    return page


@pytest.fixture
def place(tmp_path: Path) -> str:
    folder = tmp_path / "flowers"
    folder.mkdir()
    return str(folder)


def told(page: Shown) -> str:
    return " ".join(page.messages.texts)


def press_message(page: Shown, name: str) -> None:
    button = page.messages.findChild(QPushButton, f"message_{name}")
    assert button is not None, name
    QTest.mouseClick(button, LEFT)


def test_a_scan_is_shown_with_its_progress_and_taken_over_in_one_step(shown: Shown, place: str) -> None:
    shown.commands.open_path(place)
    asked = shown.scans[-1]
    assert (asked.path, asked.source, asked.fresh) == (place, '{"kind": ""}', False)
    assert shown.view.is_scanning
    assert shown.text("data_scan_title") == "Looking through “flowers”"
    assert shown.text("data_scan_count") == "Counting the files…"
    shown.worker.arrive(ScanProgress(asked.request, 3_120, 5_000))
    assert shown.text("data_scan_count") == "3,120 of 5,000 files (62.4 %)"
    states = len(shown.bridge.document.states)
    shown.scanned()
    assert not shown.view.is_scanning
    assert shown.source() == ImageFolder(path=place).found(FACTS)
    assert shown.bridge.experiment.data.preparation == Preparation(height=64, width=64)
    assert shown.bridge.experiment.architecture.input.spec == Input(shape=(64, 64, 3))
    assert len(shown.bridge.document.states) == states + 1
    assert told(shown) == (
        "“flowers”: 150 samples of 3 classes. 3 files are not used. "
        "Input is now 64 × 64 × 3 (was 8 × 8 × 1), Output names 3 classes (was 10)."
    )
    press_message(shown, "undo")
    assert shown.source() == Digits()
    assert told(shown) == ""


def test_a_scan_can_be_given_up_by_keys_and_leaves_the_data(shown: Shown, place: str) -> None:
    shown.commands.open_path(place)
    request = shown.scans[-1].request
    QTest.keyClick(shown.page, Qt.Key.Key_Escape)
    if shown.view.is_scanning:  # a shortcut needs an active window, which offscreen may not give
        QTest.mouseClick(shown.part(QPushButton, "data_scan_cancel"), LEFT)
    assert shown.worker.all(CancelScan)[-1].request == request
    assert not shown.view.is_scanning
    shown.worker.arrive(Failed(request, "The scan was cancelled."))
    assert (shown.source(), told(shown)) == (Digits(), "")


def test_another_scan_ends_the_one_before(shown: Shown, place: str) -> None:
    shown.commands.open_path(place)
    first = shown.scans[-1]
    shown.commands.open_path(f"{place}/other")
    assert [c.request for c in shown.worker.all(CancelScan)] == [first.request]
    shown.worker.arrive(Scanned(first.request, write_source(ImageFolder(path=place).found(FACTS)), REPORT))
    assert shown.source() == Digits()


def test_a_scan_that_fails_keeps_the_data_and_says_why(shown: Shown) -> None:
    shown.commands.open_path("/nowhere")
    shown.worker.arrive(Failed(shown.scans[-1].request, "There is nothing at /nowhere.", "Traceback"))
    assert told(shown) == "There is nothing at /nowhere. The data stay as they were."
    assert shown.source() == Digits()
    assert shown.view.gallery.message == ""


def test_files_of_which_none_can_be_used_are_not_taken_over(shown: Shown, place: str) -> None:
    shown.commands.open_path(place)
    shown.scanned(facts=Facts(fingerprint="e" * 64), report=ScanReport(0, ()))
    assert "holds no sample that can be used" in told(shown)
    assert shown.source() == Digits()


@pytest.mark.parametrize("source", ["no json", '{"kind": "Digits"}', '{"kind": "Unheard"}'])
def test_an_answer_that_cannot_be_read_changes_nothing(shown: Shown, place: str, source: str) -> None:
    shown.commands.open_path(place)
    shown.worker.arrive(Scanned(shown.scans[-1].request, source, REPORT))
    assert told(shown).endswith("The data stay as they were.")
    assert shown.source() == Digits()


def test_the_report_lists_what_is_not_used_searches_and_copies(shown: Shown, place: str) -> None:
    shown.commands.open_path(place)
    shown.scanned()
    assert shown.view.tabs.tabText(2) == "Files (3 not used)"
    QTest.mouseClick(shown.part(QPushButton, "data_skipped_link"), LEFT)
    assert shown.view.tabs.currentWidget() is shown.view.report
    assert shown.text("data_report_summary") == "150 samples in 1.23 MB, looked through in less than a second."
    assert shown.text("data_report_kinds") == "JPEG, RGB:  120  (80.0 %)\nPNG, grey:  30  (20.0 %)"
    table = shown.part(QTableView, "data_skipped")
    assert table.model().rowCount() == 3
    search = shown.part(QLineEdit, "data_skipped_search")
    QTest.keyClicks(search, "UNKNOWN")
    assert table.model().rowCount() == 1
    QTest.mouseClick(shown.part(QPushButton, "data_skipped_copy"), LEFT)
    assert QGuiApplication.clipboard().text() == f"{SKIPPED[1].file}\t{SKIPPED[1].reason}"
    QTest.keyClicks(search, "zzz")
    assert not table.isVisible()
    assert not shown.part(QPushButton, "data_skipped_copy").isEnabled()
    found = [label.text() for label in shown.view.statistics.findChildren(QLabel)]
    assert all(f.message in found for f in REPORT.diagnostics)


def test_unbalanced_classes_are_weighed_with_one_press_and_undone(shown: Shown, place: str) -> None:
    shown.worker.parts.update(training=100)
    shown.commands.open_path(place)
    shown.scanned()
    shown.await_request(2)
    answered = shown.worker.answer()
    assert not shown.seen("data_weigh")
    statistics = shown.view.statistics
    skewed: dict[str, tuple[int, ...]] = {"training": (80, 15, 5), "validation": (10, 2, 1), "test": (3, 2, 1)}
    answered = type(answered)(
        answered.request, "training", 0, 100, answered.inputs, answered.targets, answered.parts, skewed
    )
    statistics.show_counts(answered, shown.bridge.experiment)
    assert shown.text("data_balance") == "Unbalanced: “daisy” is 16.0 times as frequent as “tulip”."
    QTest.mouseClick(shown.part(QPushButton, "data_weigh"), LEFT)
    assert shown.bridge.experiment.training.class_weights
    assert shown.part(QPushButton, "data_weigh").text() == "Classes are weighed"
    shown.bridge.undo()
    assert not shown.bridge.experiment.training.class_weights
    assert not shown.part(QPushButton, "data_weigh").isChecked()


@pytest.fixture
def own(shown: Shown, place: str) -> Shown:
    shown.commands.open_path(place)
    shown.scanned()
    return shown


def test_the_place_is_shown_and_another_typed_in_is_scanned(own: Shown, place: str) -> None:
    field = own.part(QLineEdit, "data_path")
    assert field.text() == place
    field.selectAll()
    QTest.keyClicks(field, "/elsewhere")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == place
    field.selectAll()
    QTest.keyClicks(field, "/elsewhere/flowers")
    QTest.keyClick(field, Qt.Key.Key_Return)
    asked = own.scans[-1]
    assert read_source(asked.source, "The test") == ImageFolder(path="/elsewhere/flowers").found(FACTS)
    own.bridge.do(SetData(recipe=DataRecipe(source=own.source(), preparation=Preparation(height=8, width=8))))
    own.scanned()
    assert own.source() == ImageFolder(path="/elsewhere/flowers").found(FACTS)
    assert own.bridge.experiment.data.preparation == Preparation(height=8, width=8)


def test_files_can_be_read_as_something_else(own: Shown, place: str) -> None:
    kinds = own.part(QComboBox, "data_kind")
    kinds.setFocus()
    QTest.keyClick(kinds, Qt.Key.Key_Down)
    own.qtbot.waitUntil(lambda: len(own.scans) == 2, timeout=3000)
    assert read_source(own.scans[-1].source, "The test") == ImageMasks(path=place)
    own.worker.arrive(Failed(own.scans[-1].request, "There is no folder “images”."))
    assert kinds.currentText() == ImageFolder.title
    assert own.source() == ImageFolder(path=place).found(FACTS)


def test_scanning_again_looks_at_every_file_and_says_when_nothing_has_changed(own: Shown) -> None:
    QTest.mouseClick(own.part(QToolButton, "data_rescan"), LEFT)
    assert own.scans[-1].fresh
    own.scanned()
    assert told(own).endswith("Nothing has changed.")


def test_files_that_have_changed_are_offered_when_the_page_is_shown(qtbot: QtBot, place: str) -> None:
    page = Shown(qtbot, studio())
    known = ImageFolder(path=place).found(FACTS)
    page.bridge.do(SetData(recipe=DataRecipe(source=known, preparation=Preparation(height=8, width=8))))
    page.show()
    assert len(page.scans) == 1
    assert not page.view.is_scanning  # nobody asked for it
    more = Facts(160, (64, 48, 3), True, FACTS.classes, (), "b" * 64)
    page.scanned(facts=more)
    assert told(page) == "The files of “flowers” have changed since they were scanned: 160 samples (were 150)."
    assert page.source() == known
    press_message(page, "use_them_as_they_are_now")
    assert page.source() == ImageFolder(path=place).found(more)


def test_files_that_are_gone_are_told_in_the_page_and_asked_once(qtbot: QtBot) -> None:
    page = Shown(qtbot, studio())
    page.bridge.do(SetData(recipe=DataRecipe(source=ImageFolder(path="/gone").found(FACTS))))
    page.show()
    page.worker.arrive(Failed(page.scans[-1].request, "There is no folder /gone."))
    qtbot.waitUntil(lambda: page.text("data_message_title") == "The data have moved")
    assert "Nothing lies at /gone any more." in page.view.gallery.message
    QTest.keyClick(page.part(QPushButton, "data_message_action"), Qt.Key.Key_Space)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible())
    assert dialog.windowTitle() == "Where is “gone” now?"
    dialog.reject()
    page.view.tabs.setCurrentWidget(page.view.report)
    qtbot.waitUntil(page.view.report.isVisible)
    assert page.text("data_report_message_text") == "Say on the left where the files are now."
    page.page.hide()
    page.page.show()
    assert (len(page.scans), told(page)) == (1, "")


def test_a_run_that_goes_on_keeps_its_data_and_says_so(shown: Shown, place: str) -> None:
    shown.studio.start()
    shown.commands.open_path(place)
    shown.scanned()
    assert told(shown).endswith("The run goes on with the data it began with.")
    shown.studio.finish()
    shown.messages.show_message("“/gone” is not there.", "error", key="run")
    shown.bridge.undo()
    assert told(shown) == "", "why a run on other data broke off is past, too"
    shown.commands.open_path(place)
    shown.scanned()
    assert "The run goes on" not in told(shown)


def test_a_folder_that_is_gone_is_not_revealed(own: Shown, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    QTest.mouseClick(own.part(QToolButton, "data_reveal"), LEFT)
    assert opened == [place]
    own.bridge.do(SetData(recipe=DataRecipe(source=ImageFolder(path="/gone/flowers").found(FACTS))))
    own.commands.reveal()
    assert "There is no folder /gone any more" in told(own)
    assert opened == [place]


def test_recent_data_are_remembered_without_those_that_are_gone(own: Shown, tmp_path: Path, place: str) -> None:
    signals = tmp_path / "signals"
    signals.mkdir()
    own.commands.open_path(str(signals))
    own.scanned(SignalFolder(path=str(signals)), Facts(9, (64, 2), False, ("a", "b"), (), "d" * 64), fits="{}")
    menu = QMenu()
    own.qtbot.addWidget(menu)
    own.commands.fill_recent(menu)
    assert [a.text() for a in menu.actions()][:2] == ["signals  (signal folder)", "flowers  (image folder)"]
    menu.actions()[1].trigger()
    assert read_source(own.scans[-1].source, "The test") == ImageFolder(path=place)
    signals.rmdir()
    assert [s.path for s in own.commands.recent()] == [place]


def test_built_in_data_are_told_too_and_no_card_is_chosen_for_own_files(own: Shown) -> None:
    digits = own.part(QRadioButton, "source_digits_button")
    assert not digits.isChecked()
    own.commands.use(Waveforms())
    assert told(own).startswith("Synthetic waveforms: Input is now 128 × 1 (was 64 × 64 × 3), Output names 4 classes")
    assert own.bridge.experiment.data.preparation == Preparation()


def test_only_what_matters_for_the_data_is_asked(own: Shown) -> None:
    form = own.view.sources.preparation_form
    assert [n for n in form.rows if form.has_field(n)] == ["height", "width", "resize", "channels", "normalisation"]
    assert [n for n in own.view.sources.source_form.rows if own.view.sources.source_form.has_field(n)] == ["task"]
    own.bridge.do(SetData(recipe=DataRecipe(source=Waveforms())))
    assert [n for n in form.rows if form.has_field(n)] == ["length", "resize", "normalisation"]
