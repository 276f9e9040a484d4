"""The presets gallery by mouse and keys: finding, reading, starting, and what a person does with their own."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from cnnstudio.app.dialogs.describing import DescribingDialog
from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.dialogs.presets.gallery import SIZE
from cnnstudio.app.dialogs.presets.thumbnail import painted
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, theme, themes
from cnnstudio.core.about import Description, Paper
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.files import load_experiment, save_experiment, write_experiment
from cnnstudio.core.formats.own_presets import save_preset
from cnnstudio.core.formats.presets import preset, presets, user_folder
from tests.helpers.presets_gallery import Desk, answer, lenet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


KEY, LEFT = Qt.Key, Qt.MouseButton.LeftButton
SECONDS = 1.0
"""In which the gallery is to stand open with a thousand presets."""

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    themes.choose(Mode.LIGHT)
    made = Desk(qtbot)
    yield made
    made.gallery.close()


@pytest.fixture
def own(home: Path) -> Path:
    """A preset of the person's own and one that is torn."""
    path = save_preset(lenet("Mine", tags=("own",), notes="Remember me"))
    (path.parent / "torn.json").write_text("{", encoding="utf-8")
    return path


# Finding


def test_it_opens_with_all_presets_the_first_one_marked_and_the_search_ready(desk: Desk) -> None:
    assert desk.ids() == [p.id for p in presets()]
    assert desk.gallery.current is not None
    assert desk.gallery.current.id == desk.ids()[0]
    assert desk.search.hasFocus()
    assert desk.text("preset_totals") == f"{len(presets())} presets"
    desk.read()
    assert all(p.known_summary is not None for p in desk.gallery.model.rows)


def test_each_letter_narrows_the_cards_and_enter_starts(desk: Desk) -> None:
    QTest.keyClicks(desk.search, "ronneberger")
    assert desk.ids() == ["u-net"]
    assert desk.text("preset_totals") == f"1 of {len(presets())} presets"
    QTest.keyClick(desk.search, KEY.Key_Return)
    assert [p.id for p in desk.chosen] == ["u-net"]
    assert not desk.gallery.isVisible()


def test_arrows_in_the_search_move_among_the_cards(desk: Desk) -> None:
    QTest.keyClick(desk.search, KEY.Key_Down)
    below = desk.gallery.current
    assert below is not None
    assert desk.ids().index(below.id) >= 2  # a row of cards further
    QTest.keyClick(desk.search, KEY.Key_Up)
    assert desk.gallery.current is desk.gallery.model.rows[0]
    assert desk.search.hasFocus()


def test_filters_by_keys_find_what_the_experiments_say(desk: Desk) -> None:
    known = [(p.id, p.experiment) for p in presets() if p.experiment is not None]
    desk.choose("preset_task", "Segmentation")
    assert set(desk.ids()) == {id for id, e in known if e.data.info().task is Task.SEGMENTATION}
    desk.choose("preset_task", "All tasks")
    desk.choose("preset_kind", "Signals")
    assert set(desk.ids()) == {id for id, e in known if e.data.info().rank == 1}
    desk.choose("preset_kind", "All data")
    desk.read()
    desk.choose("preset_tag", "dilation")
    assert set(desk.ids()) == {id for id, e in known if "dilation" in e.tags}


def test_a_size_is_found_as_soon_as_the_networks_are_known(desk: Desk) -> None:
    desk.choose("preset_size", "Up to 20,000 parameters")
    desk.read()
    small = {p.id for p in presets() if p.summary is not None and p.summary.params <= 20_000}
    assert set(desk.ids()) == small
    assert {"signal-cnn", "dilated-context"} <= small


def test_nothing_found_says_what_to_do_and_does_it(desk: Desk) -> None:
    QTest.keyClicks(desk.search, "zeppelin")
    assert desk.ids() == []
    assert desk.text("presets_empty_title") == "No preset matches"
    assert not desk.find(QPushButton, "preset_open").isEnabled()
    QTest.keyClick(desk.search, KEY.Key_Return)
    assert desk.gallery.isVisible()
    desk.press("presets_empty_action")
    assert len(desk.ids()) == len(presets())
    assert desk.search.text() == ""


def test_escape_empties_the_search_before_it_closes(desk: Desk) -> None:
    QTest.keyClicks(desk.search, "net")
    QTest.keyClick(desk.search, KEY.Key_Escape)
    assert desk.search.text() == ""
    assert desk.gallery.isVisible()
    QTest.keyClick(desk.search, KEY.Key_Escape)
    assert not desk.gallery.isVisible()
    assert desk.chosen == []


def test_ones_own_are_shown_alone_and_none_says_how_to_get_some(desk: Desk) -> None:
    desk.whose(2)
    assert desk.text("presets_empty_title") == "You have no presets yet"
    assert "Save as preset" in desk.text("presets_empty_text")
    save_preset(lenet("Mine"))
    desk.gallery.shelf.look()
    assert desk.ids() == ["mine"]
    desk.whose(1)
    assert "mine" not in desk.ids()


# What is known


def test_thumbnails_have_the_colours_of_the_families(desk: Desk) -> None:
    found = preset("u-net").summary
    assert found is not None
    for mode in (Mode.LIGHT, Mode.DARK):
        themes.choose(mode)
        image = painted(found.miniature, QSize(240, 120), 1.0).toImage()
        colors = {image.pixelColor(x, y).name() for x in range(240) for y in range(120)}
        families = {theme().family(bar.family).name() for bar in found.miniature.bars}
        assert families <= colors
        assert len(families) >= 5


def test_details_tell_numbers_result_paper_and_notes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    desk.click("lenet-5")
    assert desk.text("preset_name") == "LeNet on digits"
    numbers = [label.text() for label in desk.gallery.findChildren(QLabel, "preset_number") if label.isVisible()]
    assert "42,890" in numbers
    assert "Handwritten digits (8\u00a0×\u00a08\u00a0×\u00a01)" in numbers  # no line ends within a shape
    assert desk.text("preset_expected").startswith("Accuracy: 9")
    assert "LeCun" in desk.text("preset_notes")
    papers = desk.find(QLabel, "preset_papers")
    papers.setFocus()
    QTest.keyClick(papers, KEY.Key_Tab)  # to the link
    papers.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(papers, KEY.Key_Return)
    assert opened == ["https://doi.org/10.1109/5.726791"]
    assert desk.gallery.isVisible()


def test_words_from_a_file_are_shown_as_they_stand_and_never_as_markup(qtbot: QtBot) -> None:
    tricky = '<img src="x"> & <b>bold</b>'
    paper = Paper(tricky, "<i>Someone</i>", 2020, 'https://example.org/"><script>x')
    path = save_preset(lenet("<u>Mine</u>", description=tricky, papers=(paper,)))
    path.rename(path.with_name("mine.json"))
    desk = Desk(qtbot)
    desk.click("mine")
    assert desk.text("preset_description") == tricky
    assert desk.find(QLabel, "preset_description").textFormat() is Qt.TextFormat.PlainText
    rich = desk.text("preset_papers")
    assert all(mark not in rich for mark in ("<img", "<b>", "<i>", "<script"))
    assert "&lt;img" in rich
    tip = str(desk.gallery.model.index(desk.gallery.model.row_of("mine")).data(Qt.ItemDataRole.ToolTipRole))
    assert tip.startswith("<p>&lt;u&gt;Mine&lt;/u&gt;")
    desk.gallery.close()


def test_a_broken_preset_says_why_and_does_not_start(own: Path, qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.click("torn")
    assert "torn.json is not JSON" in desk.text("preset_problem")
    assert not desk.find(QPushButton, "preset_open").isEnabled()
    QTest.keyClick(desk.gallery.cards, KEY.Key_Return)
    assert desk.gallery.isVisible()
    assert "not JSON" in desk.text("preset_notice_text")
    desk.click("mine")
    QTest.mouseDClick(desk.gallery.cards.viewport(), LEFT, pos=desk.card("mine"))
    assert [p.id for p in desk.chosen] == ["mine"]


# One's own


def test_f2_edits_all_that_is_said_of_a_preset(own: Path, qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.click("mine")
    QTest.keyClick(desk.gallery.cards, KEY.Key_F2)
    form = desk.form()
    for kind, name, text in (
        (QLineEdit, "naming_name", "Another net"),
        (QLineEdit, "naming_tags", "small, Own, small"),
        (QPlainTextEdit, "naming_notes", "New notes"),
        (QLineEdit, "naming_link", "ftp://example.org"),
    ):
        field = desk.find(kind, name, form)
        field.setFocus()
        QTest.keyClick(field, KEY.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
    desk.press("naming_ok", form)
    assert form.isVisible()
    assert 'must begin with "https://"' in desk.find(QLabel, "naming_problem", form).text()
    link = desk.find(QLineEdit, "naming_link", form)
    link.selectAll()
    QTest.keyClicks(link, "https://example.org/lenet")
    QTest.keyClick(link, KEY.Key_Return)
    desk.bot.waitUntil(lambda: not own.exists())
    assert desk.gallery.current is not None
    assert desk.gallery.current.id == "another-net"
    saved = load_experiment(own.with_name("another-net.json"))
    assert (saved.name, saved.tags, saved.notes) == ("Another net", ("Own", "small"), "New notes")
    assert saved.papers[0] == dataclasses.replace(lenet("x").papers[0], link="https://example.org/lenet")
    assert desk.text("preset_notice_text") == "“Another net” is kept."
    desk.gallery.close()


def test_delete_takes_ones_own_away_and_a_click_brings_it_back(own: Path, qtbot: QtBot) -> None:
    before = own.read_bytes()
    desk = Desk(qtbot)
    desk.click("mine")
    QTest.keyClick(desk.gallery.cards, KEY.Key_Delete)
    assert not own.exists()
    assert "mine" not in desk.ids()
    assert desk.text("preset_notice_text") == "“Mine” was deleted."
    desk.press("preset_undo")
    assert own.read_bytes() == before
    assert desk.gallery.current is not None
    assert desk.gallery.current.id == "mine"
    assert not desk.find(QPushButton, "preset_undo").isVisible()
    desk.click("torn")
    desk.press("preset_delete")
    assert not own.with_name("torn.json").exists()
    desk.gallery.close()


def test_what_came_with_the_studio_can_be_neither_edited_nor_deleted(desk: Desk) -> None:
    desk.click("lenet-5")
    for key in (KEY.Key_Delete, KEY.Key_F2):
        QTest.keyClick(desk.gallery.cards, key)
    assert preset("lenet-5").path.exists()
    assert not desk.gallery.findChildren(DescribingDialog)
    assert not desk.find(QWidget, "preset_edit").isVisible()
    assert not desk.find(QWidget, "preset_delete").isVisible()


def test_dropped_files_are_taken_in_and_a_bad_one_keeps_none_back(desk: Desk, tmp_path: Path) -> None:
    good, bad, other = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "picture.png"
    good.write_text(write_experiment(lenet("Given")), encoding="utf-8")
    bad.write_text("[]", encoding="utf-8")
    other.write_bytes(b"png")
    assert not desk.drop(good, other)
    QTest.keyClicks(desk.search, "segmentation")
    assert desk.drop(bad, good)
    assert desk.gallery.current is not None
    assert desk.gallery.current.id == "given"
    said = desk.text("preset_notice_text")
    assert said.startswith("“Given” is among your presets now.")
    assert "bad.json is not an experiment" in said
    assert desk.drop(good)
    assert "is among your presets already" in desk.text("preset_notice_text")
    assert [p.id for p in presets() if p.user] == ["given"]


def test_a_copy_goes_where_the_person_says_and_comes_back_by_import(desk: Desk, tmp_path: Path) -> None:
    desk.click("u-net")
    desk.press("preset_export")
    answer(desk.gallery, tmp_path / "copy.json")
    desk.bot.waitUntil((tmp_path / "copy.json").exists)
    assert load_experiment(tmp_path / "copy.json") == preset("u-net").experiment
    assert "copy.json" in desk.text("preset_notice_text")
    renamed = dataclasses.replace(load_experiment(tmp_path / "copy.json"), name="My U")
    save_experiment(tmp_path / "copy.json", renamed)
    desk.press("preset_import")
    answer(desk.gallery, tmp_path / "copy.json")
    desk.bot.waitUntil(lambda: desk.gallery.current is not None and desk.gallery.current.id == "my-u")


def test_the_menu_of_a_card_offers_what_can_be_done_with_it(own: Path, qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    for id, possible in (
        ("lenet-5", ["Start from preset", "Save copy…", "Show in file manager"]),
        ("torn", ["Show in file manager", "Delete"]),
        ("mine", ["Start from preset", "Edit…", "Save copy…", "Show in file manager", "Delete"]),
    ):
        desk.click(id)
        desk.gallery.cards.customContextMenuRequested.emit(desk.card(id))
        menu = next(m for m in desk.gallery.findChildren(QMenu, "preset_menu") if m.isVisible())
        assert [a.text() for a in menu.actions() if a.isEnabled()] == possible
        menu.close()
    desk.gallery.close()


# Many, names, sizes


def test_a_thousand_presets_open_in_under_a_second(home: Path, qtbot: QtBot) -> None:
    user_folder().mkdir(parents=True)
    texts = [p.path.read_bytes() for p in presets()]
    for number in range(1000):
        text = texts[number % len(texts)]
        (user_folder() / f"n{number:04}.json").write_bytes(text[: len(text) // 2] if number % 10 == 9 else text)
    began = time.thread_time()
    desk = Desk(qtbot)
    desk.gallery.repaint()
    took = time.thread_time() - began
    assert len(desk.ids()) == 1000 + len(texts)
    desk.bot.waitUntil(lambda: desk.gallery.model.rows[0].known_summary is not None)
    assert took < SECONDS
    QTest.keyClicks(desk.search, "n0999")
    assert desk.ids() == ["n0999"]
    assert "cannot be read" in str(desk.gallery.model.index(0).data(Qt.ItemDataRole.ToolTipRole))
    desk.gallery.close()


def test_everything_is_known_by_name_and_tip(desk: Desk) -> None:
    form = DescribingDialog("Save as preset", "Save", Description("N", expected=(("accuracy", 0.9),)), desk.gallery)
    for root in (desk.gallery, form):
        kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, Segments)
        for widget in (w for kind in kinds for w in root.findChildren(kind)):
            if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QLineEdit | QComboBox):
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
    form.deleteLater()


@pytest.mark.parametrize("size", [(900, 600), (1920, 1080)])
def test_it_fits_the_window_behind(size: tuple[int, int], qtbot: QtBot) -> None:
    desk = Desk(qtbot, size)
    assert desk.gallery.width() <= size[0]
    assert desk.gallery.height() <= size[1]
    assert desk.gallery.minimumSizeHint().width() <= size[0]
    desk.gallery.close()


def test_size_and_folder_are_remembered(desk: Desk, tmp_path: Path) -> None:
    desk.gallery.resize(900, 610)
    (tmp_path / "given").mkdir()
    desk.gallery.own.take_in([tmp_path / "given" / "none.json"])
    assert "cannot be read" in desk.text("preset_notice_text")
    desk.gallery.close()
    again = PresetsGallery(Preferences(), desk.window)
    assert again.size() == QSize(900, 610)
    again.own.choose_files()
    dialog = next(d for d in again.findChildren(QFileDialog) if d.isVisible())
    assert dialog.directory().absolutePath() == str(tmp_path / "given")
    again.close()
    again.deleteLater()


def test_a_small_window_is_no_wish_for_a_small_gallery(home: Path, qtbot: QtBot) -> None:
    cramped = Desk(qtbot, (900, 600))
    assert cramped.gallery.size() == QSize(852, 552)
    cramped.gallery.close()
    roomy = Desk(qtbot)
    assert roomy.gallery.size() == SIZE
    roomy.gallery.close()


def test_tab_reaches_everything_in_the_order_in_which_it_is_read(own: Path, qtbot: QtBot) -> None:
    desk = Desk(qtbot)
    desk.read()
    desk.gallery.mark_preset("mine")
    stops: list[str] = []
    while (at := QApplication.focusWidget()) is not None and (not stops or at.objectName() != stops[0]):
        stops.append(at.objectName())
        QTest.keyClick(at, KEY.Key_Tab)
        assert len(stops) < 40, stops
    wanted = ["preset_search", "preset_owners", "preset_task", "preset_kind", "preset_size", "preset_tag",
              "preset_cards", "preset_details_scroll", "preset_papers", "preset_edit", "preset_export",
              "preset_delete", "preset_reveal", "preset_import", "preset_open", "preset_cancel"]  # fmt: skip
    assert [name for name in dict.fromkeys(stops) if name in wanted] == wanted, stops  # a link is a stop of its own
    desk.gallery.close()
