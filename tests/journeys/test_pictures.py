"""Every page in both looks, what matters in two sizes: nothing is cut off, every control is named. Pictures on demand.

CNNSTUDIO_PICTURES=FOLDER keeps what was seen; `docs/images` was made that way.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QTabBar,
    QTabWidget,
    QWidget,
)

from cnnstudio.app.data.gallery import Gallery
from cnnstudio.app.dialogs.describing import DescribingDialog
from cnnstudio.app.dialogs.export import ExportDialog
from cnnstudio.app.dialogs.import_report import ImportReport
from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.inspect.view import TABS
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.runs.view import RunsView
from cnnstudio.app.theme import Mode, Role, theme, themes
from cnnstudio.app.training.rate_dialog import RateDialog
from cnnstudio.core.document import Document
from cnnstudio.core.edits import (
    AddComment,
    BypassBlocks,
    RenameExperiment,
    SetGroupClosed,
    SetParameters,
    SetTraining,
    Tidy,
    group_blocks,
)
from cnnstudio.core.formats.presets import preset, user_folder
from cnnstudio.core.formats.run_notes import RunNotes, write_notes
from cnnstudio.core.formats.storage import runs_folder
from tests.helpers import own_data
from tests.helpers.canvas import RESIDUAL, experiment
from tests.helpers.effort import EFFORT
from tests.helpers.looking import BOTH, FOLDER, SMALL, look, look_at_dialog
from tests.helpers.played import PlayedWorker
from tests.helpers.runs import digits, make_run
from tests.helpers.small_keras import write_keras
from tests.helpers.studio import LONG, Studio
from tests.journeys.test_inspection import inspected
from tests.journeys.test_own_data import drop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.formats.run_folder import Status

CONTROL = Qt.KeyboardModifier.ControlModifier
NARROW = (1000, 700)
"""As small as the pages of runs have to serve."""
BY_HAND_OR_LONGER = pytest.mark.skipif(not FOLDER and EFFORT == 1, reason="takes longer than the suite may")
NARROW_TOO = (NARROW, *BOTH)


@pytest.fixture
def made(qtbot: QtBot) -> Iterator[Callable[[WorkerClient | None], Studio]]:
    """Makes the window, with a worker of its own or with one that is given."""
    windows: list[Studio] = []

    def make(worker: WorkerClient | None = None) -> Studio:
        windows.append(Studio(qtbot, SMALL, worker=worker))
        return windows[-1]

    yield make
    for studio in windows:
        studio.close()
    themes.choose(Mode.LIGHT)


def has_samples(window: QWidget) -> bool:
    """Whether the gallery of the Data page has something to show."""
    gallery = window.findChild(Gallery)
    model = gallery.samples.model() if gallery is not None else None
    return model is not None and model.rowCount() > 0


def shown_in_full(studio: Studio) -> bool:
    """Whether every card of a block with an output has its picture."""
    traced = studio.window.bridge.trace.blocks
    cards = studio.window.design.canvas.board.cards
    return all(
        cards[id].thumbnail is not None for id, block in traced.items() if id in cards and block.output is not None
    )


def test_design(made: Callable[[WorkerClient | None], Studio]) -> None:
    """Live previews, a selected block, an error, the lens, code and layers, branches, the empty architecture."""
    worker = PlayedWorker()
    studio = made(worker)
    window = studio.window
    look(studio, "design-loading")
    worker.enter("ready")
    studio.until(lambda: shown_in_full(studio))
    look(studio, "design", sizes=BOTH)
    studio.click_card("convolution_1")
    look(studio, "design-selected")
    window.show_lens()
    studio.until(lambda: "sample" in studio.find(QLabel, "lens_input_label").text())
    look(studio, "design-lens", sizes=BOTH)
    mode = studio.find(Segments, "lens_mode")
    QTest.mouseClick(mode, Qt.MouseButton.LeftButton, pos=mode.segment_rect(1).center().toPoint())
    studio.until(lambda: "%" in studio.find(QLabel, "lens_effective").text())
    look(studio, "design-lens-effective")
    studio.type_into("field_kernel_size", "9")
    window.selection.select(["convolution_2"])
    window.show_code()
    look(studio, "design-code")
    studio.find(QTabWidget, "design_tabs").setCurrentIndex(1)
    look(studio, "design-layers", sizes=BOTH)
    u_net = preset("u-net").experiment
    assert u_net is not None
    window.bridge.open(Document(u_net))
    studio.until(lambda: shown_in_full(studio))
    look(studio, "design-u-net", sizes=BOTH)
    window.files.new()
    look(studio, "design-empty")


def test_groups_and_comments(made: Callable[[WorkerClient | None], Studio]) -> None:
    """Groups open, one in another, and closed; comments; a bypassed block; what a person does to them."""
    worker = PlayedWorker()
    studio = made(worker)
    window = studio.window
    worker.enter("ready")
    for ids, name in ((("convolution_2",), "Inner"), (("convolution_1", "max_pooling_1", "convolution_2"), "Maps")):
        assert window.bridge.do(group_blocks(studio.architecture, ids, name))
    assert window.bridge.do(Tidy())
    words = "Two convolutions with a pooling between them: strokes first, then how they meet."
    assert window.bridge.do(AddComment(id="comment_1", text=words, position=(300.0, 120.0)))
    assert window.bridge.do(BypassBlocks(ids=("dense_1",), bypassed=True))
    studio.until(lambda: shown_in_full(studio))
    look(studio, "groups-open", sizes=BOTH)
    outer = max(studio.architecture.groups.values(), key=lambda group: len(group.blocks))
    window.selection.select(outer.blocks)
    look(studio, "groups-selected")
    assert window.bridge.do(SetGroupClosed(id=outer.id, closed=True))
    look(studio, "groups-closed")
    window.selection.select(["dense_1"])
    window.design.canvas.centerOn(window.design.canvas.board.cards["dense_1"].body.center())
    look(studio, "bypassed")


def test_shape_break(made: Callable[[WorkerClient | None], Studio]) -> None:
    """A red connection with what it needs, the fixes of it, one of them on trial, and the palette of commands."""
    worker = PlayedWorker()
    studio = made(worker)
    window = studio.window
    worker.enter("ready")
    window.bridge.open(Document(experiment(*RESIDUAL)))
    assert window.bridge.do(SetParameters(id="right", values={"filters": 16}))
    window.selection.select(["sum"])
    look(studio, "shape-break", sizes=BOTH)
    fix = next(fix for found in window.bridge.diagnostics for fix in found.fixes if fix.after is not None)
    window.bridge.fix_preview.point_at(fix, window.design.canvas)
    studio.until(lambda: window.bridge.fix_preview.shown is fix)
    look(studio, "fix-preview")
    window.bridge.fix_preview.drop()
    window.show_commands()
    QTest.keyClicks(studio.find(QLineEdit, "command_search"), "fix")
    look(studio, "commands-fixes")


def test_import(made: Callable[[WorkerClient | None], Studio], tmp_path: Path) -> None:
    """An imported model of which one layer is not known, and the list of what differs."""
    studio = made(PlayedWorker())
    window = studio.window
    window.files.import_path(write_keras(tmp_path / "small_net.keras", odd=True))
    report = studio.dialog(ImportReport)
    look(studio, "import")
    look_at_dialog(studio, report, "import-report")


@pytest.mark.search
@BY_HAND_OR_LONGER
def test_data_and_training(made: Callable[[WorkerClient | None], Studio], tmp_path: Path) -> None:
    """The data, an empty Train page, a run under way and a finished one, and own data, with the real worker."""
    studio = made(None)
    window = studio.window
    window.show_train()
    look(studio, "train-empty")
    studio.wait_for_worker()
    window.show_data()
    studio.until(lambda: has_samples(window), LONG)
    look(studio, "data", sizes=BOTH)
    recipe = window.bridge.experiment.training
    window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=12 if FOLDER else 2)))
    window.run.start()
    studio.until(lambda: len(window.run.state.history) >= (8 if FOLDER else 1), LONG)
    window.selection.select(["convolution_2"])
    look(studio, "train-busy")
    studio.until(lambda: window.run.state.phase == "finished", LONG)
    look(studio, "train-finished", sizes=BOTH)
    studio.find(QTabWidget, "train_tabs").setCurrentIndex(2)
    look(studio, "evaluation-confusion")
    own_data_pictures(studio, own_data.untidy_folder(tmp_path / "things"))


def own_data_pictures(studio: Studio, folder: Path) -> None:
    """A person's own folder: its samples, what augmentation makes of them, and the files that are of no use."""
    drop(studio, folder)
    window = studio.window
    studio.until(lambda: window.bridge.experiment.data.info().class_names == ("apple", "crate", "pencil"), LONG)
    studio.until(lambda: has_samples(window), LONG)
    look(studio, "data-own", sizes=BOTH)
    tabs = studio.find(QTabWidget, "data_tabs")
    tabs.setCurrentIndex(1)
    gentle = studio.find(Segments, "augmentation_strength")
    QTest.mouseClick(gentle, Qt.MouseButton.LeftButton, pos=gentle.segment_rect(1).center().toPoint())
    recipe = window.bridge.experiment.data
    assert recipe.augmentation.acts_on(recipe.info())
    studio.until(lambda: studio.find(QAbstractItemView, "augmentation_pairs").model().rowCount() > 0, LONG)
    look(studio, "data-augmentation")
    tabs.setCurrentIndex(2)
    assert tabs.tabText(2) == "Files (4 not used)"
    look(studio, "data-files")


@pytest.mark.search
@BY_HAND_OR_LONGER
def test_recipe_and_trials(made: Callable[[WorkerClient | None], Studio]) -> None:
    """The recipe with what its run needs and takes, the rate test, and a run that is held, with the real worker."""
    studio = made(None)
    window = studio.window
    studio.wait_for_worker()
    window.show_train()
    recipe = window.bridge.experiment.training.having("schedule", "one-cycle").having("early_stopping", True)
    window.bridge.do(SetTraining(recipe=recipe.having("epochs", 30)))
    studio.key(Qt.Key.Key_F7)
    studio.until(lambda: studio.find(QLabel, "preflight_told").text().startswith("An epoch takes about"), LONG)
    look(studio, "recipe", sizes=NARROW_TOO)

    studio.key(Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    dialog = studio.dialog(RateDialog)
    studio.until(lambda: studio.find(QPushButton, "rate_use", dialog).isEnabled(), LONG)
    look_at_dialog(studio, dialog, "rate")
    if FOLDER:
        over_window(studio, dialog, "rate")
    dialog.close()
    window.activateWindow()

    window.run.start()
    studio.until(lambda: window.run.state.epoch >= (8 if FOLDER else 1), LONG)
    window.run.pause()
    studio.until(lambda: window.run.state.phase == "paused", LONG)
    window.bridge.do(SetTraining(recipe=recipe.having("learning_rate", 0.01)))
    look(studio, "train-paused", sizes=NARROW_TOO)


@pytest.mark.search
@BY_HAND_OR_LONGER
def test_presets(made: Callable[[WorkerClient | None], Studio]) -> None:
    """The gallery with all presets and with none that fits, one that is torn, and the form to keep one's own."""
    user_folder().mkdir(parents=True)
    torn = user_folder() / "torn.json"
    torn.write_text("{", encoding="utf-8")
    worker = PlayedWorker()
    studio = made(worker)
    worker.enter("ready")
    studio.key(Qt.Key.Key_N, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    gallery = studio.dialog(PresetsGallery)
    assert isinstance(gallery, PresetsGallery)
    assert gallery.mark_preset("torn")
    look_at_dialog(studio, gallery, "presets-torn")
    torn.unlink()
    gallery.shelf.look()
    studio.until(lambda: not gallery.shelf.is_reading and gallery.mark_preset("u-net"))
    look_at_dialog(studio, gallery, "presets")
    if FOLDER:
        over_window(studio, gallery, "presets")
    QTest.keyClicks(studio.find(QLineEdit, "preset_search", gallery), "no such preset")
    look_at_dialog(studio, gallery, "presets-none")
    gallery.reject()
    studio.window.actions_table["save_preset"].trigger()
    form = studio.dialog(DescribingDialog)
    look_at_dialog(studio, form, "preset-form")
    form.close()


@pytest.mark.search
@BY_HAND_OR_LONGER
def test_export(made: Callable[[WorkerClient | None], Studio], tmp_path: Path) -> None:
    """The export dialog before, refusing, and after a quantised export of a trained run, with the real worker."""
    studio = made(None)
    studio.wait_for_worker()
    studio.window.show_train()
    recipe = studio.window.bridge.experiment.training
    studio.window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=12 if FOLDER else 2)))
    studio.window.run.start()
    studio.until(lambda: studio.window.run.state.phase == "finished", LONG)
    studio.key(Qt.Key.Key_E, CONTROL)
    dialog = studio.dialog(ExportDialog)
    forms = studio.find(QListWidget, "export_forms", dialog)
    QTest.keyClick(forms, Qt.Key.Key_Home)
    QTest.keyClick(forms, Qt.Key.Key_Down)
    QTest.keyClick(forms, Qt.Key.Key_Down)
    options = studio.find(Segments, "export_quantise", dialog)
    QTest.mouseClick(options, Qt.MouseButton.LeftButton, pos=options.segment_rect(3).center().toPoint())
    look_at_dialog(studio, dialog, "export-form")
    folder = Path(FOLDER) if FOLDER else tmp_path
    (tmp_path / "taken.tflite").mkdir()
    studio.type_into("export_path", str(tmp_path / "taken.tflite"), dialog)
    assert not studio.find(QPushButton, "export_start", dialog).isEnabled(), "a folder is no file"
    look_at_dialog(studio, dialog, "export-refused")
    studio.type_into("export_path", str(folder / "lenet-on-digits.tflite"), dialog)
    studio.until(lambda: any(b.isVisible() for b in dialog.findChildren(QPushButton, "export_close")), LONG)
    look_at_dialog(studio, dialog, "export")
    if FOLDER:
        over_window(studio, dialog, "export")
    dialog.close()


def over_window(studio: Studio, dialog: QWidget, name: str) -> None:
    """Keep a picture of the dialog as it lies over the middle of the window."""
    for mode in (Mode.DARK, Mode.LIGHT):
        themes.choose(mode)
        studio.bot.wait(600)
        whole, part = studio.window.grab(), dialog.grab()
        painter = QPainter(whole)
        left, top = (SMALL[0] - dialog.width()) // 2, (SMALL[1] - dialog.height()) // 2
        painter.drawPixmap(left, top, part)
        painter.setPen(theme().color(Role.MUTED))  # the frame, which is the system's
        painter.drawRect(left - 1, top - 1, dialog.width() + 1, dialog.height() + 1)
        painter.end()
        whole.save(str(Path(FOLDER) / f"{name}-{mode.value}-{SMALL[0]}x{SMALL[1]}.png"))


@pytest.mark.search
@BY_HAND_OR_LONGER
@pytest.mark.parametrize("id", ["u-net", "shape-detector", "shape-tags", "autoencoder"])
def test_inspect(made: Callable[[WorkerClient | None], Studio], id: str) -> None:
    """Every tab of the Inspect page about a run of each task that is over, the three views of Why among them."""
    studio = made(None)
    window = studio.window
    studio.wait_for_worker()
    known = preset(id).experiment
    assert known is not None
    data = dataclasses.replace(known.data, source=known.data.source.having("count", 3000 if FOLDER else 60))
    recipe = known.training.having("epochs", 12 if FOLDER else 1)
    window.bridge.open(Document(dataclasses.replace(known, data=data, training=recipe)))
    window.run.start()
    studio.until(lambda: window.run.state.phase == "finished", 30 * LONG)
    view = inspected(studio)
    judgements = view.mistakes.work
    for name in TABS:
        view.show_tab(name)
        if name == "mistakes":
            studio.until(lambda: view.mistakes.tally is not None, LONG)
        studio.until(lambda: not judgements.is_waiting, LONG)
        if FOLDER:
            studio.bot.wait(6_000)
        look(studio, f"inspect-{id}-{name}", sizes=BOTH)
    for number, name in ((1, "channel"), (2, "shift")):
        view.show_tab("why")
        segments = studio.find(Segments, "why_view")
        QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.segment_rect(number).center().toPoint())
        if FOLDER:
            studio.bot.wait(6_000)
        look(studio, f"inspect-{id}-{name}", sizes=BOTH)


def test_runs(made: Callable[[WorkerClient | None], Studio]) -> None:
    """The Runs page before the first run, with one run of many chosen, and with several to compare."""
    worker = PlayedWorker()
    studio = made(worker)
    window = studio.window
    worker.enter("ready")
    window.show_runs()
    studio.until(lambda: window.runs.library.has_looked)
    look(studio, "runs-empty")
    known = digits()
    states: tuple[Status, ...] = ("FINISHED", "FINISHED", "STOPPED", "FAILED", "INTERRUPTED")
    names = ("LeNet on digits", "Wider LeNet", "LeNet with dropout", "Deeper LeNet")
    for number in range(15):
        rate = 0.001 * (1 + number % 7)
        recipe = known.training.having("learning_rate", rate).having("epochs", 20)
        folder = make_run(
            runs_folder(), names[number % 4], number=37 * number, accuracy=0.86 + 0.008 * (5 * number % 14), epochs=20,
            status=states[number % 5], checkpoint=True, experiment=dataclasses.replace(known, training=recipe),
            pace=0.9 - 0.07 * (number % 7),
        )  # fmt: skip
        write_notes(folder, RunNotes(tags=("baseline", "paper")[: number % 3]))
    window.runs.refresh()
    view = window.findChild(RunsView)
    assert view is not None
    studio.until(lambda: len(view.panel.table.runs.shown) == 15 and not window.runs.library.is_comparing)
    look(studio, "runs-many", sizes=NARROW_TOO)
    view.panel.table.choose([run.id for run in view.panel.table.runs.shown[:4]])
    studio.until(lambda: any(tabs.isVisible() for tabs in view.findChildren(QTabBar, "comparison_tabs")))
    look(studio, "runs-compared", sizes=NARROW_TOO)
    studio.find(QTabBar, "comparison_tabs").setCurrentIndex(1)
    look(studio, "runs-differences", sizes=BOTH)


@pytest.mark.skipif(not FOLDER, reason="runs are trained for this picture alone")
def test_runs_trained(made: Callable[[WorkerClient | None], Studio]) -> None:
    """Runs that the real worker trained, each changing something against the one before, compared."""
    studio = made(None)
    window = studio.window
    studio.wait_for_worker()
    recipe = digits().training.having("epochs", 15)
    for name, changed in (
        ("LeNet", {"learning_rate": 0.001}),
        ("LeNet, plain SGD", {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.01}),
        ("LeNet, one cycle", {"learning_rate": 0.005, "schedule": "one-cycle"}),
        ("LeNet, high rate", {"learning_rate": 0.03}),
    ):
        trained = recipe
        for parameter, value in changed.items():
            trained = trained.having(parameter, value)
        assert window.bridge.do(RenameExperiment(name=name))
        assert window.bridge.do(SetTraining(recipe=trained))
        window.run.start()
        studio.until(lambda: window.run.state.active, LONG)
        studio.until(lambda: not window.run.state.active, LONG)
        assert window.run.state.phase == "finished"
    window.show_runs()
    studio.until(lambda: window.findChild(RunsView) is not None)
    view = window.findChild(RunsView)
    assert view is not None
    studio.until(lambda: len(view.panel.table.runs.shown) == 4 and not window.runs.library.is_comparing)
    view.panel.table.choose([run.id for run in view.panel.table.runs.shown])
    studio.until(lambda: len(view.comparison.reader.metrics) == 4)
    look(studio, "runs", sizes=BOTH)


@pytest.mark.skipif(not FOLDER, reason="a detector is trained for this picture alone")
def test_detection(made: Callable[[WorkerClient | None], Studio]) -> None:
    """Boxes of a trained detector over the truth, and its precision at each recall."""
    studio = made(None)
    window = studio.window
    studio.wait_for_worker()
    detector = preset("shape-detector").experiment
    assert detector is not None
    window.bridge.open(
        Document(dataclasses.replace(detector, training=dataclasses.replace(detector.training, epochs=6)))
    )
    window.run.start()
    studio.until(lambda: window.run.state.active, LONG)
    studio.until(lambda: not window.run.state.active, 30 * LONG)
    assert window.run.state.phase == "finished"
    look(studio, "train-detection", sizes=BOTH)
    studio.find(QTabWidget, "train_tabs").setCurrentIndex(2)
    studio.bot.wait(1_000)
    look(studio, "evaluation-detection")
