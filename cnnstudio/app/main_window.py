"""The main window: it makes the parts, puts them in place and connects them. It computes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QToolBar, QVBoxLayout, QWidget

from cnnstudio.app.actions import Actions, Situation
from cnnstudio.app.activity_bar import ActivityBar
from cnnstudio.app.data.commands import DataCommands
from cnnstudio.app.design_page import DesignPage
from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.drops import DropHint, dropped
from cnnstudio.app.edit_commands import EditCommands
from cnnstudio.app.export_commands import ExportCommands
from cnnstudio.app.file_commands import FileCommands, blank_experiment
from cnnstudio.app.inspect.commands import InspectCommands
from cnnstudio.app.inspect.timeline.commands import TimelineCommands
from cnnstudio.app.message_bar import Choice, MessageBar
from cnnstudio.app.pages import Pages
from cnnstudio.app.preset_commands import PresetCommands
from cnnstudio.app.preview_bubble import PreviewBubble
from cnnstudio.app.previews import LivePreviews
from cnnstudio.app.probe_commands import ProbeCommands
from cnnstudio.app.recovery import Recovery, Remains, discard, find_remains
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.run_messages import RunMessages
from cnnstudio.app.run_strip import RunStrip
from cnnstudio.app.runs.commands import RunCommands
from cnnstudio.app.selection import Selection
from cnnstudio.app.theme import Mode, app_icon, themes
from cnnstudio.app.warming import Warming
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.document import Document
from cnnstudio.core.formats.files import FileError
from cnnstudio.core.formats.presets import DEFAULT_PRESET, preset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent

    from cnnstudio.app.command_entries import Command
    from cnnstudio.app.command_palette import CommandPalette
    from cnnstudio.app.inspect.page import InspectPage
    from cnnstudio.app.inspect.probes.strip import ProbeStrip
    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.runs.page import RunsPage
    from cnnstudio.app.training import TrainPage
    from cnnstudio.wire.run_state import RunState

DEFAULT_SIZE = (1280, 800)
_PAGE_ICONS = {"design": "design", "data": "data", "train": "train", "inspect": "inspect", "runs": "runs"}


class MainWindow(QMainWindow):
    """The window. `begin` is called after it has been painted; it starts the worker and looks for lost work."""

    def __init__(self, preferences: Preferences, worker: WorkerClient | None = None) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._preferences = preferences
        self._closing_agreed = False
        self._commands: CommandPalette | None = None
        self._remains: Remains | None = None
        self._inspect: InspectPage
        self._train: TrainPage | None = None
        self._runs: RunsPage | None = None
        document, problem = _first_document()
        self.bridge = DocumentBridge(document, self)
        self.selection = Selection(self)
        self.bridge.changed.connect(self.selection.keep_existing)  # before views: none shall meet a block that is gone
        self.worker = worker or WorkerClient()
        self.warming = Warming(self.worker, self, get_ready=self._pages_ready)
        self.worker.setParent(self)
        self.run = RunController(self.bridge, self.selection, self.worker, self)
        self.recovery = Recovery(self.bridge, self)
        self.messages = MessageBar()
        self.run_messages = RunMessages(self.run, self.worker, self.messages, preferences, self)
        self.design = DesignPage(self.bridge, self.selection, self.worker, self.run)
        self.previews = LivePreviews(
            self.bridge, self.run, self.worker, self.design.canvas, enabled=preferences.previews, parent=self
        )
        PreviewBubble(self.design.canvas, self.previews)
        self.pages = Pages(preferences)
        self.strip = RunStrip(self.run, self.worker)
        self.files = FileCommands(self, self.bridge, self.messages, preferences, self.run)
        self.presets = PresetCommands(self, self.bridge, self.messages, self.files, self.run, preferences)
        self.data = DataCommands(self, self.bridge, self.messages, preferences, self.worker, self.run)
        self.runs = RunCommands(self, self.files, self.run, self.messages)
        self.exports = ExportCommands(self, self.bridge, self.messages, preferences, self.run, self.runs, self.worker)
        self.edits = EditCommands(self.bridge, self)
        self.inspect = InspectCommands(self._inspect_view)
        self.actions_table = self._made_actions()
        self._lay_out()
        self._connect()
        self._restore()
        self._drop_hint = DropHint(self)
        if problem:
            self.messages.show_message(problem, "error", key="file")

    def _pages_ready(self) -> Iterator[None]:
        return self.pages.get_ready()

    def begin(self) -> None:
        """Start the worker and offer what a crash has left behind."""
        self.activateWindow()  # without a window manager nobody else does, and keys would wait for a click
        self.worker.start()
        self._offer_remains()

    def open_file(self, path: Path) -> None:
        """Open an experiment file."""
        self.files.open_path(path)

    def show_design(self) -> None:
        """Go to the Design page."""
        self.pages.show_page("design")

    def show_data(self) -> None:
        """Go to the Data page."""
        self.pages.show_page("data")

    def show_train(self) -> None:
        """Go to the Train page."""
        self.pages.show_page("train")

    def show_preflight(self) -> None:
        """Measure what a run would need and take, and show it beside the recipe."""
        self.show_train()
        if self._train is not None:
            self._train.show_preflight()

    def find_rate(self) -> None:
        """Try rising learning rates."""
        from cnnstudio.app.training.rate_dialog import RateDialog

        RateDialog(self.bridge, self.worker, self).open()

    def show_inspect(self) -> None:
        """Go to the Inspect page."""
        self.pages.show_page("inspect")

    def show_runs(self) -> None:
        """Go to the Runs page."""
        self.pages.show_page("runs")

    def show_code(self) -> None:
        """Show the Keras script."""
        self.show_design()
        self.design.show_code()

    def show_history(self) -> None:
        """Show the states of the experiment."""
        self.show_design()
        self.design.show_history()

    def show_lens(self) -> None:
        """Show what the selected block sees of the input."""
        self.show_design()
        self.design.show_lens()

    def show_commands(self) -> None:
        """Open the command palette, or close it."""
        if self._commands is None:
            self._commands = self._made_command_palette()
        self._commands.toggle()

    def look_system(self) -> None:
        """Light or dark as the system has it."""
        self._look(Mode.SYSTEM)

    def look_light(self) -> None:
        """The light look."""
        self._look(Mode.LIGHT)

    def look_dark(self) -> None:
        """The dark look."""
        self._look(Mode.DARK)

    def show_shortcuts(self) -> None:
        """Show every keyboard shortcut."""
        from cnnstudio.app.dialogs.help import ShortcutsDialog  # dialogs wait until they are wanted

        ShortcutsDialog(self.actions_table, self).open()

    def show_about(self) -> None:
        """Show version and licence."""
        from cnnstudio.app.dialogs.help import AboutDialog

        AboutDialog(self.worker.hello, self).open()

    def closeEvent(self, event: QCloseEvent, /) -> None:
        """Ask about a run and about unsaved changes first; close once both are settled."""
        training = self.run.state.active
        if self._closing_agreed or not (training or self.bridge.document.is_modified):
            self._finish()
            event.accept()
            return
        event.ignore()
        if training:
            from cnnstudio.app.dialogs.questions import StopQuestion

            question = StopQuestion(self)
            question.stop_wanted.connect(self._close_when_saved)
            question.open()
        else:
            self._close_when_saved()

    def dragEnterEvent(self, event: QDragEnterEvent, /) -> None:
        """Take experiments, Keras models and data, and say what would be done with them."""
        what = dropped(event)
        if what is not None:
            event.acceptProposedAction()
            self._drop_hint.show_for(what)

    def dragLeaveEvent(self, event: QDragLeaveEvent, /) -> None:
        """Nothing will be dropped."""
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent, /) -> None:
        """Open the file that was dropped, or use the data."""
        self._drop_hint.hide()
        what = dropped(event)
        if what is None:
            return
        event.acceptProposedAction()
        if what.is_data:
            self.data.open_path(what.path)
        else:
            self.files.open_path(what.path)

    def _made_actions(self) -> Actions:
        targets = {
            "files": self.files, "presets": self.presets, "imports": self.files.imports, "exports": self.exports,
            "data": self.data, "edits": self.edits, "run": self.run, "runs": self.runs, "window": self,
            "canvas": self.design.canvas, "groups": self.design.canvas.groups,
            "previews": self.previews, "probes": ProbeCommands(self._probe_strip), "inspect": self.inspect,
            "timeline": TimelineCommands(self._inspect_view),
        }  # fmt: skip
        return Actions(targets, self, self.design.canvas)

    def _lay_out(self) -> None:
        actions = self.actions_table
        actions.fill_menus(self.menuBar())
        self._add_recent_menu()
        bar = QToolBar("Main toolbar")
        bar.setObjectName("main_tool_bar")
        bar.setMovable(False)
        bar.setIconSize(QSize(16, 16))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        actions.fill_tool_bar(bar)
        self.strip.offer(actions[id] for id in ("stop_after_epoch", "resume", "train_more"))
        self.addToolBar(bar)
        activity = ActivityBar()
        for name, icon in _PAGE_ICONS.items():
            activity.add_page(actions[f"page_{name}"], icon)
        self.pages.add_page("design", self.design)
        self.pages.add_lazy_page("data", self._made_data_page)
        self.pages.add_lazy_page("train", self._made_train_page)
        self.pages.add_lazy_page("inspect", self._made_inspect_page)
        self.pages.add_lazy_page("runs", self._made_runs_page)
        middle = QWidget()
        self.setCentralWidget(middle)
        _compose(middle, activity, self.messages, self.pages, self.strip)

    def _add_recent_menu(self) -> None:
        save = self.actions_table["save"]
        menu = next(m for m in self.menuBar().findChildren(QMenu) if m.objectName() == "menu_file")
        recent = QMenu("Open recent", menu)
        recent.setObjectName("menu_recent")
        recent.setToolTipsVisible(True)
        before = menu.actions()[menu.actions().index(save) - 1]  # the line above Save
        menu.insertMenu(before, recent)
        recent.aboutToShow.connect(self._fill_recent)
        self._recent = recent
        data = next(m for m in menu.findChildren(QMenu) if m.title() == "Data")
        data.setObjectName("menu_data")
        data.setToolTipsVisible(True)
        self._recent_data = QMenu("Open recent data", data)
        self._recent_data.setObjectName("menu_recent_data")
        self._recent_data.setToolTipsVisible(True)
        data.insertMenu(self.actions_table["data_rescan"], self._recent_data)
        self._recent_data.aboutToShow.connect(self._fill_recent_data)

    def _fill_recent(self) -> None:
        self.files.fill_recent(self._recent)

    def _fill_recent_data(self) -> None:
        self.data.fill_recent(self._recent_data)

    def _connect(self) -> None:
        bridge, run = self.bridge, self.run
        bridge.title_changed.connect(self._show_title)
        bridge.opened.connect(self._opened)
        bridge.refused.connect(self._show_refused_edit)
        self.run_messages.mending_wanted.connect(self.show_design)
        self.run_messages.opening_wanted.connect(self._open_interrupted)
        self.recovery.failed.connect(self._show_unsafe)
        self.files.imports.blocks_wanted.connect(self._show_blocks)
        self.data.page_wanted.connect(self.show_data)
        self.data.problems_wanted.connect(self._show_problems)
        self.data.changed.connect(self._update_actions)
        self.runs.chosen_changed.connect(self._update_actions)
        self.runs.inspection_wanted.connect(self.inspect.inspect)
        for signal in (bridge.title_changed, self.selection.changed, self.pages.changed, themes.changed):
            signal.connect(self._update_actions)
        self.design.canvas.clipboard.changed.connect(self._update_actions)
        self.previews.changed.connect(self._follow_previews)
        self.design.canvas.minimap.turn(self._preferences.minimap)
        self.design.canvas.minimap.changed.connect(self._follow_minimap)
        run.changed.connect(self._follow_run)
        self._was_active = False
        self._standing = run.standing
        self._show_title()
        self._update_actions()

    def _restore(self) -> None:
        self.resize(*DEFAULT_SIZE)
        self.restoreGeometry(self._preferences.geometry)
        self.pages.restore_splits(self.design)
        self.design.canvas.setFocus()

    def _update_actions(self) -> None:
        document, canvas, run, state = self.bridge.document, self.design.canvas, self.run, self.run.state
        group = canvas.groups.selected
        runs = self.runs.chosen if self.pages.name == "runs" else ()
        self.actions_table.update_to(
            Situation(
                undo_label=document.undo_label,
                redo_label=document.redo_label,
                can_delete=canvas.can_delete,
                can_duplicate=canvas.can_duplicate,
                can_copy=canvas.can_copy,
                can_bypass=canvas.can_bypass,
                can_connect=canvas.can_connect,
                is_connected=canvas.is_connected,
                can_group=canvas.groups.can_group,
                group=group.name if group is not None else "",
                group_closed=group is not None and group.closed,
                is_bypassed=canvas.is_bypassed,
                can_paste=canvas.clipboard.can_paste,
                has_selection=bool(self.selection.ids),
                has_weights=bool(self.bridge.experiment.weights),
                training=state.active,
                can_stop=run.can_stop,
                can_stop_after_epoch=run.can_stop_after_epoch,
                can_pause=run.can_pause,
                paused=state.phase in ("pausing", "paused"),
                can_resume=run.can_resume,
                can_extend=run.can_extend,
                exportable=bool(self.run.trained_directory) or self.bridge.is_sound,
                page=self.pages.name,
                mode=themes.mode.value,
                previews=self.previews.enabled,
                minimap=canvas.minimap.enabled,
                runs_chosen=len(runs),
                run_resumable=bool(runs) and self.runs.can_resume,
                run_extendable=bool(runs) and self.runs.can_extend,
                runs_deletable=bool(runs) and self.runs.can_delete,
                own_data=self.data.source is not None,
                scanning=self.data.scanner.active,
                can_weigh=self.data.can_weigh,
                weighs=self.data.can_weigh and self.bridge.experiment.training.class_weights,
            )
        )

    def _look(self, mode: Mode) -> None:
        self._preferences.mode = mode
        themes.choose(mode)

    def _show_blocks(self, ids: tuple[str, ...]) -> None:
        self.show_design()
        self.selection.select(ids)

    def _show_problems(self) -> None:
        self.show_design()
        self.design.show_problems()

    def _follow_previews(self) -> None:
        self._preferences.previews = self.previews.enabled
        self._update_actions()

    def _follow_minimap(self) -> None:
        self._preferences.minimap = self.design.canvas.minimap.enabled
        self._update_actions()

    def _show_title(self) -> None:
        self.setWindowTitle(f"{self.bridge.experiment.name}[*] – CNN Studio")
        self.setWindowModified(self.bridge.document.is_modified)

    def _opened(self) -> None:
        self.selection.select(())
        if self.pages.name == "runs":
            self.show_design()  # the experiment of a run was opened
        self.messages.dismiss("file")
        self.run_messages.forget()

    def _follow_run(self, state: RunState) -> None:
        if state.active and not self._was_active:
            self.show_train()
        self._was_active = state.active
        if self._standing != (standing := self.run.standing):  # a run tells many times a second how far it has come
            self._standing = standing
            self._update_actions()

    def _show_refused_edit(self, sentence: str) -> None:
        self.messages.show_message(sentence, "warning", key="edit")

    def _show_unsafe(self, sentence: str) -> None:
        self.messages.show_message(sentence, "warning", key="unsafe")

    def _offer_remains(self) -> None:
        self._remains = find_remains()
        if self._remains is not None:
            choices = (Choice("Restore", self._restore_remains), Choice("Discard", self._discard_remains))
            self.messages.show_message(str(self._remains), "warning", choices, key="recovery")

    def _discard_remains(self) -> None:
        if self._remains is not None:
            discard(self._remains)
        self._offer_remains()

    def _restore_remains(self) -> None:
        if self._remains is not None:
            self.files.when_saved(self._open_remains)

    def _open_remains(self) -> None:
        remains, self._remains = self._remains, None
        if remains is None:
            return
        document = Document(remains.experiment, remains.path)
        document.mark_unsaved()
        self.bridge.open(document)
        self.recovery.write()
        discard(remains)
        self._offer_remains()

    def _open_interrupted(self, directory: str) -> None:
        """Put the experiment of a run that goes on in front, unless there are changes that are not saved."""
        if not self.bridge.document.is_modified:
            self.files.open_run(Path(directory))

    def _close_when_saved(self) -> None:
        self.files.when_saved(self._close_now)

    def _close_now(self) -> None:
        self._closing_agreed = True
        self.close()

    def _finish(self) -> None:
        preferences = self._preferences
        preferences.geometry = self.saveGeometry()
        self.pages.keep_splits()
        if self._runs is not None:
            self._runs.keep()
        preferences.save()
        self.recovery.close()
        self.hide()  # before the worker is waited for
        self.worker.stop()

    def _made_command_palette(self) -> CommandPalette:
        from cnnstudio.app.command_palette import CommandPalette

        palette = CommandPalette(self, self._all_commands, self._preferences)
        for signal in (self.bridge.title_changed, self.selection.changed, self.run.changed):
            signal.connect(palette.refresh)
        return palette

    def _all_commands(self) -> list[Command]:
        from cnnstudio.app.command_entries import all_commands

        return all_commands(self.actions_table, self.bridge, self.selection, self.presets.open_preset)

    def _made_data_page(self) -> QWidget:
        from cnnstudio.app.data.page import DataPage

        return DataPage(self.bridge, self.worker, self.data)

    def _made_train_page(self) -> QWidget:
        from cnnstudio.app.training import TrainPage  # brings matplotlib, which the first paint must not wait for

        page = TrainPage(self.bridge, self.selection, self.worker, self.run)
        page.export_wanted.connect(self.exports.export_run)
        page.rate_wanted.connect(self.find_rate)
        page.inspection_wanted.connect(self.inspect.inspect)
        self._train = page
        return page

    def _made_inspect_page(self) -> QWidget:
        from cnnstudio.app.inspect.page import InspectPage

        parts = self.bridge, self.selection, self.worker, self.run, self._preferences
        self._inspect = InspectPage(*parts, self.runs.library)
        return self._inspect

    def _inspect_view(self) -> InspectView:
        """The content of the Inspect page, brought into sight."""
        self.show_inspect()
        return self._inspect.content()

    def _probe_strip(self) -> ProbeStrip:
        """The pinned samples, brought into sight."""
        return self._inspect_view().probes

    def _made_runs_page(self) -> QWidget:
        from cnnstudio.app.runs.page import RunsPage

        self._runs = RunsPage(self.runs, self.actions_table, self._preferences)
        return self._runs


def _compose(middle: QWidget, activity: QWidget, messages: QWidget, pages: QWidget, strip: QWidget) -> None:
    """Activity bar at the left; messages above the page at its right; the run strip along the bottom."""
    right = QVBoxLayout()
    right.setSpacing(0)
    right.addWidget(messages)
    right.addWidget(pages, 1)
    across = QHBoxLayout()
    across.setSpacing(0)
    across.addWidget(activity)
    across.addLayout(right, 1)
    column = QVBoxLayout(middle)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addLayout(across, 1)
    column.addWidget(strip)


def _first_document() -> tuple[Document, str]:
    """The default preset, and why not where it cannot be read."""
    try:
        chosen = preset(DEFAULT_PRESET)
    except FileError as error:
        return Document(blank_experiment()), str(error)
    if chosen.experiment is None:
        return Document(blank_experiment()), chosen.error
    return Document(chosen.experiment), ""
