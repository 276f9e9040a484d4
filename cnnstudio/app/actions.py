"""The table of actions. Menus, the toolbar, shortcuts, the command palette and the shortcuts overview all read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from cnnstudio.app.theme import set_icon

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenuBar, QToolBar, QWidget

Keys = QKeySequence.StandardKey


@dataclass(frozen=True, slots=True)
class Situation:
    """What enablement and labels depend on."""

    undo_label: str = ""
    redo_label: str = ""
    can_delete: bool = False
    can_duplicate: bool = False
    can_copy: bool = False
    can_paste: bool = False
    has_selection: bool = False
    can_bypass: bool = False
    is_bypassed: bool = False
    """Whether all selected blocks are left out of the network."""
    can_connect: bool = False
    is_connected: bool = False
    """Whether the last selected block reads the first one already."""
    can_group: bool = False
    group: str = ""
    """Name of the group that the selection is about."""
    group_closed: bool = False
    has_recent: bool = False
    has_weights: bool = False
    """Whether the experiment starts from imported weights."""
    training: bool = False
    can_stop: bool = False
    can_stop_after_epoch: bool = False
    can_pause: bool = False
    paused: bool = False
    can_resume: bool = False
    can_extend: bool = False
    exportable: bool = False
    """Whether there is a network to take away: of the latest run, or of a design without errors."""
    page: str = "design"
    mode: str = "system"
    previews: bool = True
    minimap: bool = True
    own_data: bool = False
    """Whether the experiment reads files of the person's own."""
    scanning: bool = False
    can_weigh: bool = False
    """Whether class weights mean anything for the task."""
    weighs: bool = False
    runs_chosen: int = 0
    """How many runs are chosen on the Runs page; 0 while another page is in front."""
    run_resumable: bool = False
    run_extendable: bool = False
    runs_deletable: bool = False


def always(now: Situation) -> bool:
    """For actions that can be taken at any time."""
    return True


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing a person can do. `target` is "object.method" of what `Actions` is given."""

    id: str
    text: str
    menu: str
    target: str
    tip: str
    icon: str = ""
    keys: QKeySequence.StandardKey | str = ""
    enabled: Callable[[Situation], bool] = always
    checked: Callable[[Situation], bool] | None = None
    is_switch: bool = False
    """What is checked is a matter of its own; otherwise one of those is checked that share the id's first word."""
    label: Callable[[Situation], str] | None = None
    """The text where it depends on the situation."""
    on_canvas: bool = False
    """The shortcut works while the canvas has the focus, and leaves the key to fields and tables elsewhere."""
    on_runs: bool = False
    """The shortcut works while the table of runs has the focus, and nowhere else."""
    submenu: str = ""
    bar: bool = False
    """Whether the toolbar shows it."""
    why: str = ""
    """Why it cannot be taken while it is not enabled, in a few words."""
    phrase: str = ""
    """What the command palette calls it, where the text says too little without its menu."""
    separated: bool = False
    """Whether a line stands before it."""


def _inspects(now: Situation) -> bool:
    return now.page == "inspect"


CHOSEN_RUN = "Chosen run"
ONE_RUN = "choose one run on the Runs page"
SOME_RUN = "choose runs on the Runs page"
INSPECT = "On the Inspect page"
TIMELINE = "Timeline"
ON_INSPECT = "on the Inspect page only"
_MENUS = ("File", "Edit", "View", "Run", "Help")

TABLE: tuple[ActionSpec, ...] = (
    ActionSpec("new", "New", "File", "files.new", "Start a new experiment with an Input and an Output", "new", Keys.New,
               bar=True),
    ActionSpec("presets", "New from preset…", "File", "presets.choose", "Start from one of the presets", "preset",
               "Ctrl+Shift+N", bar=True),
    ActionSpec("open", "Open…", "File", "files.choose_file", "Open an experiment file", "open", Keys.Open, bar=True),
    ActionSpec("import", "Import Keras model…", "File", "files.choose_model",
               "Start from a .keras file or the text of model.to_json(), weights included", "import", "Ctrl+I"),
    ActionSpec("data_folder", "Open data folder…", "File", "data.open_folder",
               "Train on a folder of images or signals of your own", "data", "Ctrl+Shift+O", separated=True),
    ActionSpec("data_file", "Open data file…", "File", "data.open_file",
               "Train on a file of your own: .npz, .npy or .csv", keys="Ctrl+Alt+O"),
    ActionSpec("data_rescan", "Scan again", "File", "data.rescan", "Look through your files again, every one of them",
               "reset", "Ctrl+Shift+R", enabled=lambda now: now.own_data and not now.scanning, submenu="Data",
               why="the data are no files of your own, or are being scanned", phrase="Scan data again"),
    ActionSpec("data_relink", "Find moved data…", "File", "data.relink", "Say where your files are now",
               enabled=lambda now: now.own_data, submenu="Data", why="the data are no files of your own"),
    ActionSpec("data_reveal", "Show in file manager", "File", "data.reveal", "Open the folder that your files lie in",
               enabled=lambda now: now.own_data, submenu="Data", phrase="Show data in file manager",
               why="the data are no files of your own"),
    ActionSpec("data_cancel", "Cancel scan", "File", "data.cancel", "Stop looking through files; the data stay",
               enabled=lambda now: now.scanning, submenu="Data", why="no scan is under way"),
    ActionSpec("data_weigh", "Weigh classes", "File", "data.weigh_classes",
               "Count samples of rare classes for more in training, so that all classes count the same",
               enabled=lambda now: now.can_weigh, checked=lambda now: now.weighs, is_switch=True, submenu="Data",
               phrase="Weigh classes, or count all samples alike", why="the task has no classes to weigh"),
    ActionSpec("save", "Save", "File", "files.save", "Save the experiment", "save", Keys.Save,
               bar=True, separated=True),
    ActionSpec("save_as", "Save as…", "File", "files.save_as", "Save the experiment to another file",
               keys="Ctrl+Shift+S"),
    ActionSpec("save_preset", "Save as preset…", "File", "presets.save",
               "Keep the experiment among your own presets, with notes and tags"),
    ActionSpec("import_presets", "Import presets…", "File", "presets.take_in",
               "Take preset files that you were given in among your own"),
    ActionSpec("export", "Export…", "File", "exports.export",
               "Take the network away: as a model, as numbers, as code, as a drawing or a table", "export", "Ctrl+E",
               enabled=lambda now: now.exportable, separated=True, phrase="Export network",
               why="the design has errors, and nothing was trained yet"),
    ActionSpec("quit", "Quit", "File", "window.close", "Close CNN Studio", keys="Ctrl+Q", separated=True),
    ActionSpec("undo", "Undo", "Edit", "edits.undo", "Take the last edit back", "undo", Keys.Undo,
               enabled=lambda now: bool(now.undo_label), label=lambda now: f"Undo {_lower(now.undo_label)}".strip(),
               bar=True, separated=True, why="nothing to undo"),
    ActionSpec("redo", "Redo", "Edit", "edits.redo", "Make the last undone edit again", "redo", "Ctrl+Shift+Z",
               enabled=lambda now: bool(now.redo_label), label=lambda now: f"Redo {_lower(now.redo_label)}".strip(),
               bar=True, why="nothing to redo"),
    ActionSpec("cut", "Cut", "Edit", "canvas.cut_selection", "Move the selected blocks to the clipboard", "cut",
               Keys.Cut, enabled=lambda now: now.can_copy, on_canvas=True, separated=True,
               why="no block is selected that can be copied"),
    ActionSpec("copy", "Copy", "Edit", "canvas.copy_selection", "Copy the selected blocks to the clipboard", "copy",
               Keys.Copy, enabled=lambda now: now.can_copy, on_canvas=True,
               why="no block is selected that can be copied"),
    ActionSpec("paste", "Paste", "Edit", "canvas.paste",
               "Put the blocks of the clipboard in, a chain behind the selected block", "paste", Keys.Paste,
               enabled=lambda now: now.can_paste and now.page == "design", on_canvas=True,
               why="the clipboard is empty or the Design page is not in front"),
    ActionSpec("duplicate", "Duplicate", "Edit", "canvas.duplicate_selection", "Place copies of the selected blocks",
               "duplicate", "Ctrl+D", enabled=lambda now: now.can_duplicate, on_canvas=True,
               why="no block is selected that there can be more of"),
    ActionSpec("delete", "Delete", "Edit", "canvas.delete_selection", "Remove what is selected on the canvas", "remove",
               Keys.Delete, enabled=lambda now: now.can_delete, on_canvas=True,
               why="nothing is selected that can be removed"),
    ActionSpec("select_all", "Select all blocks", "Edit", "canvas.select_all", "Select every block of the canvas",
               keys=Keys.SelectAll, on_canvas=True, separated=True),
    ActionSpec("select_upstream", "Select upstream", "Edit", "canvas.select_upstream",
               "Select all blocks that the selected ones depend on, too", keys="Ctrl+Shift+Up",
               enabled=lambda now: now.has_selection, on_canvas=True, why="no block is selected"),
    ActionSpec("select_downstream", "Select downstream", "Edit", "canvas.select_downstream",
               "Select all blocks that depend on the selected ones, too", keys="Ctrl+Shift+Down",
               enabled=lambda now: now.has_selection, on_canvas=True, why="no block is selected"),
    ActionSpec("group", "Group", "Edit", "groups.group",
               "Put the selected blocks, and those between them, in a group of their own", "group", "Ctrl+G",
               enabled=lambda now: now.can_group, on_canvas=True, separated=True, phrase="Group selected blocks",
               why="no block is selected that can be in a group", bar=True),
    ActionSpec("ungroup", "Ungroup", "Edit", "groups.ungroup", "Take the group apart; its blocks stay", "ungroup",
               "Ctrl+Shift+G", enabled=lambda now: bool(now.group), on_canvas=True, why="no group is selected"),
    ActionSpec("toggle_group", "Close group", "Edit", "groups.toggle",
               "Show the group as one card, or its blocks in a frame", keys="Ctrl+Return",
               enabled=lambda now: bool(now.group), on_canvas=True, why="no group is selected",
               label=lambda now: "Open group" if now.group_closed else "Close group"),
    ActionSpec("rename_group", "Rename group", "Edit", "groups.rename", "Give the group another name, in its place",
               keys="F2", enabled=lambda now: bool(now.group), on_canvas=True, why="no group is selected"),
    ActionSpec("save_group", "Save group as my block", "Edit", "groups.save",
               "Keep the group among your own blocks in the palette", "preset",
               enabled=lambda now: bool(now.group), why="no group is selected"),
    ActionSpec("bypass", "Bypass", "Edit", "canvas.toggle_bypass",
               "Leave the selected blocks out of the network without removing them, or use them again", "bypass",
               "Ctrl+B", enabled=lambda now: now.can_bypass, on_canvas=True,
               label=lambda now: "Use again" if now.is_bypassed else "Bypass",
               separated=True, bar=True, why="no block is selected that can be left out"),
    ActionSpec("connect", "Connect", "Edit", "canvas.connect_selected",
               "Connect the block selected first with the one selected last, or cut that connection", "link",
               "Ctrl+L", enabled=lambda now: now.can_connect, on_canvas=True,
               label=lambda now: "Disconnect" if now.is_connected else "Connect",
               why="select two blocks: the one to read, then the one that reads it"),
    ActionSpec("add_comment", "Add comment", "Edit", "canvas.add_comment", "Write a comment on the canvas", "comment",
               "Ctrl+Shift+C", enabled=lambda now: now.page == "design", on_canvas=True,
               why="on the Design page only", bar=True),
    ActionSpec("tidy", "Tidy", "Edit", "edits.tidy", "Lay the blocks out anew, in the order of the flow", "tidy",
               "Ctrl+Shift+T", bar=True),
    ActionSpec("rename", "Name and description…", "Edit", "edits.rename",
               "Change name, description, tags, notes and paper", separated=True),
    ActionSpec("start_fresh", "Start from fresh weights", "Edit", "imports.start_fresh",
               "Let training start from fresh weights instead of the imported ones",
               enabled=lambda now: now.has_weights, why="training starts from fresh weights as it is"),
    ActionSpec("page_design", "Design", "View", "window.show_design", "Go to the Design page", "design", "Ctrl+1",
               checked=lambda now: now.page == "design", phrase="Go to Design"),
    ActionSpec("page_data", "Data", "View", "window.show_data", "Go to the Data page", "data", "Ctrl+2",
               checked=lambda now: now.page == "data", phrase="Go to Data"),
    ActionSpec("page_train", "Train", "View", "window.show_train", "Go to the Train page", "train", "Ctrl+3",
               checked=lambda now: now.page == "train", phrase="Go to Train"),
    ActionSpec("page_inspect", "Inspect", "View", "window.show_inspect", "Go to the Inspect page", "inspect", "Ctrl+4",
               checked=lambda now: now.page == "inspect", phrase="Go to Inspect"),
    ActionSpec("page_runs", "Runs", "View", "window.show_runs", "Go to the Runs page", "runs", "Ctrl+5",
               checked=lambda now: now.page == "runs", phrase="Go to Runs"),
    ActionSpec("commands", "Command palette…", "View", "window.show_commands",
               "Run anything by typing a few letters of it", "search", "Ctrl+K", separated=True),
    ActionSpec("code", "Keras script", "View", "window.show_code", "Show the Keras script of the experiment",
               keys="Ctrl+Shift+K", phrase="Show Keras script"),
    ActionSpec("history", "History", "View", "window.show_history",
               "Show every edit since the experiment was opened, to go back or forward to any", keys="Ctrl+Shift+H",
               phrase="Show history"),
    ActionSpec("lens", "Lens", "View", "window.show_lens",
               "Show what a cell of the selected block's map sees of the input", "lens", "Ctrl+Shift+L",
               enabled=lambda now: now.has_selection, phrase="Show in lens", why="no block is selected"),
    ActionSpec("pin_this", "This sample", "View", "probes.pin_this",
               "Keep the sample that is looked at among the pinned ones", submenu="Pin a sample", separated=True,
               phrase="Pin this sample"),
    ActionSpec("pin_data", "From the data…", "View", "probes.pin_from_data", "Choose among the samples of the data",
               submenu="Pin a sample", phrase="Pin a sample from the data"),
    ActionSpec("pin_file", "From a file…", "View", "probes.pin_from_file",
               "Take a picture, a signal or an array of your own and see what the network makes of it",
               submenu="Pin a sample", phrase="Pin a sample from a file"),
    ActionSpec("pin_paste", "Paste", "View", "probes.paste", "Take the picture, file or numbers of the clipboard",
               submenu="Pin a sample", keys="Ctrl+Shift+V", phrase="Pin what the clipboard holds"),
    ActionSpec("pin_draw", "Draw…", "View", "probes.draw",
               "Draw a sample by hand: maps and prediction follow the pen", "pen", "Ctrl+Shift+D",
               submenu="Pin a sample", phrase="Draw a sample"),
    ActionSpec("inspect_network", "Choose network…", "View", "inspect.choose_network",
               "Choose which network is inspected: the design or a run", keys="Alt+N", submenu=INSPECT,
               enabled=_inspects, why=ON_INSPECT, phrase="Choose the network to inspect"),
    ActionSpec("inspect_previous_block", "Previous block", "View", "inspect.previous_block",
               "Look at the block before in the flow", keys="Alt+Up", submenu=INSPECT, enabled=_inspects,
               why=ON_INSPECT, phrase="Inspect the previous block"),
    ActionSpec("inspect_next_block", "Next block", "View", "inspect.next_block",
               "Look at the next block of the flow", keys="Alt+Down", submenu=INSPECT, enabled=_inspects,
               why=ON_INSPECT, phrase="Inspect the next block"),
    ActionSpec("inspect_previous_probe", "Previous probe", "View", "inspect.previous_probe",
               "Look at the pinned sample before", keys="Alt+Left", submenu=INSPECT, enabled=_inspects,
               why=ON_INSPECT, phrase="Inspect the previous probe"),
    ActionSpec("inspect_next_probe", "Next probe", "View", "inspect.next_probe", "Look at the next pinned sample",
               keys="Alt+Right", submenu=INSPECT, enabled=_inspects, why=ON_INSPECT,
               phrase="Inspect the next probe"),
    ActionSpec("inspect_maps", "Maps", "View", "inspect.show_maps", "Every feature map of the block", keys="Alt+1",
               submenu=INSPECT, enabled=_inspects, why=ON_INSPECT, phrase="Inspect feature maps"),
    ActionSpec("inspect_kernels", "Kernels", "View", "inspect.show_kernels",
               "The weights of the block, and how they change", keys="Alt+2", submenu=INSPECT, enabled=_inspects,
               why=ON_INSPECT, phrase="Inspect kernels"),
    ActionSpec("inspect_health", "Health", "View", "inspect.show_health",
               "Weights, gradients and activations of every block over the run", keys="Alt+3", submenu=INSPECT,
               enabled=_inspects, why=ON_INSPECT, phrase="Inspect the health of training"),
    ActionSpec("inspect_why", "Why", "View", "inspect.show_why", "Why the network says what it says of this sample",
               keys="Alt+4", submenu=INSPECT, enabled=_inspects, why=ON_INSPECT, phrase="Explain the prediction"),
    ActionSpec("inspect_mistakes", "Mistakes", "View", "inspect.show_mistakes",
               "The samples that the network gets wrong", keys="Alt+5", submenu=INSPECT, enabled=_inspects,
               why=ON_INSPECT, phrase="Inspect mistakes"),
    ActionSpec("moment_play", "Play or hold", "View", "timeline.play", "Play the moments of the run in turn",
               "play", "Ctrl+Space", submenu=TIMELINE, enabled=_inspects, why=ON_INSPECT, phrase="Play the timeline"),
    ActionSpec("moment_previous", "Previous moment", "View", "timeline.previous", "One moment of the run back",
               "step-back", "Alt+,", submenu=TIMELINE, enabled=_inspects, why=ON_INSPECT),
    ActionSpec("moment_next", "Next moment", "View", "timeline.next", "One moment of the run on", "step-on", "Alt+.",
               submenu=TIMELINE, enabled=_inspects, why=ON_INSPECT),
    ActionSpec("moment_first", "First moment", "View", "timeline.first", "The network before the first step",
               "first", "Alt+Home", submenu=TIMELINE, enabled=_inspects, why=ON_INSPECT),
    ActionSpec("moment_live", "Live", "View", "timeline.live", "The network as it is now", "running", "Alt+End",
               submenu=TIMELINE, enabled=_inspects, why=ON_INSPECT, phrase="Show the network as it is now"),
    ActionSpec("moment_compare", "Compare two moments", "View", "timeline.compare",
               "Show a second moment beside the first one, or no longer", "compare", "Alt+C", submenu=TIMELINE,
               enabled=_inspects, why=ON_INSPECT),
    ActionSpec("moment_gif", "Save as GIF animation…", "View", "timeline.export_gif",
               "Save what the page shows, moment by moment, as one file that plays in any browser", "export",
               submenu=TIMELINE, enabled=_inspects, why=ON_INSPECT, phrase="Save the timeline as a GIF animation"),
    ActionSpec("moment_png", "Save as PNG sequence…", "View", "timeline.export_png",
               "Save what the page shows as a folder with one image for each moment", "image", submenu=TIMELINE,
               enabled=_inspects, why=ON_INSPECT, phrase="Save the timeline as PNG images"),
    ActionSpec("zoom_in", "Zoom in", "View", "canvas.zoom_in", "Make the canvas larger", "zoom-in", Keys.ZoomIn,
               enabled=lambda now: now.page == "design", separated=True, why="on the Design page only"),
    ActionSpec("zoom_out", "Zoom out", "View", "canvas.zoom_out", "Make the canvas smaller", "zoom-out", Keys.ZoomOut,
               enabled=lambda now: now.page == "design", why="on the Design page only"),
    ActionSpec("zoom_fit", "Zoom to fit", "View", "canvas.zoom_fit", "Show the whole network", "zoom-fit", "Ctrl+0",
               enabled=lambda now: now.page == "design", bar=True, why="on the Design page only"),
    ActionSpec("zoom_selection", "Zoom to selection", "View", "canvas.zoom_selection",
               "Show what is selected, as large as it fits", keys="Ctrl+9",
               enabled=lambda now: now.page == "design" and (now.has_selection or now.can_duplicate),
               why="nothing is selected on the Design page"),
    ActionSpec("minimap", "Overview", "View", "canvas.toggle_minimap",
               "Show all blocks in small in the canvas's corner, while they do not fit into view", keys="Ctrl+Shift+M",
               checked=lambda now: now.minimap, is_switch=True, separated=True, phrase="Turn overview on or off"),
    ActionSpec("previews", "Live previews", "View", "previews.toggle",
               "Show on every card what its block makes of the chosen sample", keys="Ctrl+Shift+P",
               icon="image", checked=lambda now: now.previews, is_switch=True, bar=True,
               phrase="Turn live previews on or off"),
    ActionSpec("look_system", "As the system", "View", "window.look_system", "Light or dark as the system has it",
               checked=lambda now: now.mode == "system", submenu="Look", separated=True,
               phrase="Look as the system has it"),
    ActionSpec("look_light", "Light", "View", "window.look_light", "Dark text on light ground", "sun",
               checked=lambda now: now.mode == "light", submenu="Look", phrase="Light look"),
    ActionSpec("look_dark", "Dark", "View", "window.look_dark", "Light text on dark ground", "moon",
               checked=lambda now: now.mode == "dark", submenu="Look", phrase="Dark look"),
    ActionSpec("train", "Train", "Run", "run.start", "Train the network on its data", "play", "F5",
               enabled=lambda now: not now.training, why="a run is under way"),
    ActionSpec("pause", "Pause", "Run", "run.toggle_pause", "Hold the run after the current batch, or let it go on",
               "pause", "F6", enabled=lambda now: now.can_pause or now.paused, phrase="Pause or continue the run",
               label=lambda now: "Continue" if now.paused else "Pause", why="no run is under way"),
    ActionSpec("stop", "Stop", "Run", "run.stop", "End training after the current batch and keep what was learned",
               "stop", "Shift+F5", enabled=lambda now: now.can_stop, why="no run is under way"),
    ActionSpec("stop_after_epoch", "Stop after this epoch", "Run", "run.stop_after_epoch",
               "End training with the epoch in progress, so that it is measured", keys="Ctrl+Shift+F5",
               enabled=lambda now: now.can_stop_after_epoch, why="no run is under way that goes on after this epoch"),
    ActionSpec("resume", "Resume run", "Run", "run.resume",
               "Let the latest run go on from its last checkpoint to the end of its recipe", "redo", "Shift+F6",
               enabled=lambda now: now.can_resume, separated=True, phrase="Resume the latest run",
               why="the latest run has not ended before its last epoch"),
    ActionSpec("train_more", "Train 10 more epochs", "Run", "run.train_more",
               "Let the latest run go on for 10 epochs beyond its last", "add", "Ctrl+F5",
               enabled=lambda now: now.can_extend, why="the latest run is not over, or nothing of it was kept"),
    ActionSpec("preflight", "Check memory and time", "Run", "window.show_preflight",
               "Measure what a run of the experiment would need and take, before it is started", "inspect", "F7",
               enabled=lambda now: not now.training, separated=True, why="a run is under way"),
    ActionSpec("find_rate", "Find learning rate…", "Run", "window.find_rate",
               "Try rising learning rates on a fresh network and draw the loss against them", "search", "Shift+F7",
               enabled=lambda now: not now.training, why="a run is under way"),
    ActionSpec("run_open", "Open experiment", "Run", "runs.open_experiment",
               "Open the experiment that the chosen run trained, as a design of its own", "open", "Return",
               enabled=lambda now: now.runs_chosen == 1, on_runs=True, submenu=CHOSEN_RUN, why=ONE_RUN,
               phrase="Open experiment of the chosen run", separated=True),
    ActionSpec("run_inspect", "Inspect", "Run", "runs.inspect",
               "See how the network of the chosen run sees a sample, and why it answers as it does", "inspect",
               "Ctrl+Return", enabled=lambda now: now.runs_chosen == 1, on_runs=True, submenu=CHOSEN_RUN, why=ONE_RUN,
               phrase="Inspect the chosen run"),
    ActionSpec("run_export", "Export…", "Run", "exports.export_chosen",
               "Take the network of the chosen run away: as a model, as numbers or as code", "export",
               "Ctrl+Shift+E", enabled=lambda now: now.runs_chosen == 1, on_runs=True, submenu=CHOSEN_RUN, why=ONE_RUN,
               phrase="Export the chosen run"),
    ActionSpec("run_resume", "Resume", "Run", "runs.resume", "Let the chosen run go on from its last checkpoint",
               "redo", enabled=lambda now: now.run_resumable, submenu=CHOSEN_RUN, phrase="Resume the chosen run",
               why="choose a run that broke off and has a checkpoint, while none is under way"),
    ActionSpec("run_more", "Train 10 more epochs", "Run", "runs.train_more",
               "Let the chosen run go on for 10 epochs beyond its last", "add",
               enabled=lambda now: now.run_extendable, submenu=CHOSEN_RUN,
               phrase="Train the chosen run for 10 more epochs",
               why="choose a run that has a checkpoint, while none is under way"),
    ActionSpec("run_rename", "Rename", "Run", "runs.rename", "Give the chosen run another name, in its place",
               keys="F2", enabled=lambda now: now.runs_chosen == 1, on_runs=True, submenu=CHOSEN_RUN, why=ONE_RUN,
               phrase="Rename the chosen run"),
    ActionSpec("run_tags", "Edit tags", "Run", "runs.edit_tags", "Give the chosen runs words to find them by", "tag",
               "Ctrl+T", enabled=lambda now: now.runs_chosen > 0, on_runs=True, submenu=CHOSEN_RUN, why=SOME_RUN,
               phrase="Edit tags of the chosen runs"),
    ActionSpec("run_note", "Write note", "Run", "runs.edit_note", "Write down what to remember about the chosen run",
               "comment", enabled=lambda now: now.runs_chosen == 1, submenu=CHOSEN_RUN, why=ONE_RUN,
               phrase="Write a note about the chosen run"),
    ActionSpec("run_copy_name", "Copy folder name", "Run", "runs.copy_name",
               "Copy what the command line calls the chosen runs", "copy",
               enabled=lambda now: now.runs_chosen > 0, submenu=CHOSEN_RUN, why=SOME_RUN,
               phrase="Copy folder names of the chosen runs"),
    ActionSpec("run_reveal", "Show in file manager", "Run", "runs.reveal", "Open the folder of the chosen run",
               enabled=lambda now: now.runs_chosen == 1, submenu=CHOSEN_RUN, why=ONE_RUN,
               phrase="Show the chosen run in the file manager"),
    ActionSpec("run_delete", "Move to trash", "Run", "runs.delete", "Move the chosen runs to the trash", "remove",
               Keys.Delete, enabled=lambda now: now.runs_deletable, on_runs=True, submenu=CHOSEN_RUN,
               phrase="Move the chosen runs to the trash", why="choose runs on the Runs page that are over"),
    ActionSpec("run_find", "Find runs", "Run", "runs.find", "Type what to look for among the runs", "search", "Ctrl+F",
               enabled=lambda now: now.page == "runs", why="on the Runs page only"),
    ActionSpec("run_refresh", "Look for runs again", "Run", "runs.refresh", "Look through the folder of runs anew",
               "reset", enabled=lambda now: now.page == "runs", why="on the Runs page only"),
    ActionSpec("shortcuts", "Keyboard shortcuts", "Help", "window.show_shortcuts", "Show every keyboard shortcut",
               keys="F1"),
    ActionSpec("about", "About CNN Studio", "Help", "window.show_about", "Version, worker and licence"),
)  # fmt: skip


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


Targets: TypeAlias = Mapping[str, object]


class Actions(QObject):
    """The actions of a window, made from the table."""

    def __init__(self, targets: Targets, window: QWidget, canvas: QWidget) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._now: Situation | None = None
        for spec in TABLE:
            action = self._made(spec, targets)
            self._actions[spec.id] = action
            if not spec.on_runs:  # the table of runs takes its own when it is made
                (canvas if spec.on_canvas else window).addAction(action)

    def __getitem__(self, id: str) -> QAction:
        return self._actions[id]

    def update_to(self, now: Situation) -> None:
        """Enable, check and label every action for the situation.

        A run asks for this many times a second, and nearly always nothing is another than before.
        """
        if now == self._now:
            return
        self._now = now
        for spec in TABLE:
            action = self._actions[spec.id]
            action.setEnabled(spec.enabled(now))
            if spec.checked is not None:
                action.setChecked(spec.checked(now))
            if spec.label is not None:
                action.setText(spec.label(now))
                action.setToolTip(_tip(spec, action))

    def fill_menus(self, menu_bar: QMenuBar) -> None:
        """Make the menus."""
        for name in _MENUS:
            menu = menu_bar.addMenu(f"&{name}")
            menu.setObjectName(f"menu_{name.lower()}")
            menu.setToolTipsVisible(True)
            submenus: dict[str, QWidget] = {}
            for spec in (s for s in TABLE if s.menu == name):
                if spec.separated:
                    menu.addSeparator()
                if spec.submenu:
                    if spec.submenu not in submenus:
                        submenus[spec.submenu] = menu.addMenu(spec.submenu)
                    submenus[spec.submenu].addAction(self._actions[spec.id])
                else:
                    menu.addAction(self._actions[spec.id])

    def fill_tool_bar(self, bar: QToolBar) -> None:
        """Put the frequent actions on a toolbar."""
        is_other = False
        for spec in TABLE:
            is_other = is_other or spec.separated
            if not spec.bar:
                continue
            if is_other:
                bar.addSeparator()
            is_other = False
            bar.addAction(self._actions[spec.id])
            button = bar.widgetForAction(self._actions[spec.id])
            button.setObjectName(f"tool_{spec.id}")
            button.setAccessibleName(spec.text.rstrip("…"))

    def _made(self, spec: ActionSpec, targets: Targets) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(f"action_{spec.id}")
        if spec.keys:
            action.setShortcut(QKeySequence(spec.keys))
        if spec.on_canvas:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        if spec.on_runs:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        if spec.icon:
            set_icon(action, spec.icon)
        action.setToolTip(_tip(spec, action))
        action.setStatusTip(spec.tip)
        action.setCheckable(spec.checked is not None)
        if spec.checked is not None:
            action.setIconVisibleInMenu(False)  # its place there is the check mark's
        if spec.checked is not None and not spec.is_switch:
            self._group(spec.id.partition("_")[0]).addAction(action)
        if spec.checked is not None:
            action.triggered.connect(self._forget)  # its check mark was changed by the click itself
        owner, _, method = spec.target.partition(".")
        action.triggered.connect(getattr(targets[owner], method))
        return action

    def _forget(self) -> None:
        self._now = None

    def _group(self, name: str) -> QActionGroup:
        if name not in self._groups:
            self._groups[name] = QActionGroup(self)
        return self._groups[name]


def _tip(spec: ActionSpec, action: QAction) -> str:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{spec.tip} ({keys})" if keys else spec.tip
