"""What the command palette offers: the table of actions, a block to add for each of the catalogue, and the presets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QIcon, QKeySequence

from cnnstudio.app.actions import TABLE
from cnnstudio.app.palette.append import OWN, append_block
from cnnstudio.app.palette.dots import family_icon, neutral_icon
from cnnstudio.app.palette.search import Words, find
from cnnstudio.app.theme import icon
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.catalogue import groups
from cnnstudio.core.formats.presets import presets
from cnnstudio.core.formats.user_blocks import user_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.actions import Actions, ActionSpec
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.core.analysis.diagnostics import Fix
    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.formats.presets import Preset

PALETTE = "commands"
"""The action that opens the palette: of no use inside it."""


@dataclass(frozen=True)
class Command:
    """One row. `why_not` gives the reason while it cannot be run, "" while it can."""

    id: str
    words: Words
    group: str
    icon: QIcon
    run: Callable[[], object]
    why_not: Callable[[], str]
    keys: str = ""
    preview: Callable[[QWidget, bool], None] | None = None
    """Shows on the canvas what comes of it while its row is the current one of that widget (True), or no more."""

    @property
    def title(self) -> str:
        """What it is called on screen."""
        return self.words.title


def all_commands(
    actions: Actions, bridge: DocumentBridge, selection: Selection, open_preset: Callable[[Preset], None]
) -> list[Command]:
    """Everything that can be run, as it stands now: fixes of the current block, actions, blocks, presets."""
    return [
        *_of_fixes(bridge, selection.current),
        *(_of_action(spec, actions[spec.id]) for spec in TABLE if spec.id != PALETTE),
        *_of_blocks(partial(_add, actions["page_design"], bridge, selection)),
        *_of_own_blocks(partial(_add, actions["page_design"], bridge, selection)),
        *(_of_preset(preset, open_preset) for preset in presets()),
    ]


def _of_fixes(bridge: DocumentBridge, block: str) -> Iterator[Command]:
    found = [d for d in bridge.diagnostics if d.block == block and block and d.severity is not Severity.HINT]
    for number, fix in enumerate(fix for diagnostic in found for fix in diagnostic.fixes):
        yield Command(
            id=f"fix:{block}:{number}",
            words=Words(f"Fix: {fix.label}", f"mend repair {block}", fix.gives),
            group=fix.gives or block,
            icon=icon("fix"),
            run=partial(_mend, bridge, fix),
            why_not=_nothing,
            preview=partial(_preview, bridge, fix),
        )


def _mend(bridge: DocumentBridge, fix: Fix) -> None:
    bridge.do(fix.edit())


def _preview(bridge: DocumentBridge, fix: Fix, owner: QWidget, on: bool) -> None:
    if on:
        bridge.fix_preview.point_at(fix, owner, takes_keys=False)
    else:
        bridge.fix_preview.leave(owner)


def find_commands(text: str, commands: Sequence[Command], recent: Sequence[str]) -> tuple[list[Command], bool]:
    """What matches `text`, best first, and whether it does so exactly; without text all, the recently used ones first.

    Of equally good matches the recently used come first, and what cannot be run now comes last.
    """
    used = {id: place for place, id in enumerate(recent)}
    ordered = sorted(commands, key=partial(_last_used, used))
    if not text.split():
        return ordered, True
    ordered.sort(key=_is_barred)
    return find(text, [(command.words, command) for command in ordered])


def _last_used(used: dict[str, int], command: Command) -> int:
    return used.get(command.id, len(used))


def _is_barred(command: Command) -> bool:
    return bool(command.why_not())


def _of_action(spec: ActionSpec, action: QAction) -> Command:
    words = Words(spec.phrase or action.text(), f"{spec.text} {spec.menu} {spec.submenu} {spec.id}", spec.tip)
    return Command(
        id=f"action:{spec.id}",
        words=words,
        group=spec.menu,
        icon=icon(spec.icon) if spec.icon else QIcon(),
        run=action.trigger,
        why_not=partial(_why_barred, spec, action),
        keys=action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
    )


def _why_barred(spec: ActionSpec, action: QAction) -> str:
    return "" if action.isEnabled() else spec.why or "not possible now"


def _of_blocks(add: Callable[[str], None]) -> Iterator[Command]:
    for group, specs in groups().items():
        dot = family_icon(group)
        for spec in specs:
            yield Command(f"block:{spec.kind}", _block_words(spec), group, dot, partial(add, spec.kind), _nothing)


def _of_own_blocks(add: Callable[[str], None]) -> Iterator[Command]:
    for block in user_blocks():
        words = Words(f"Add “{block.name}”", "my own block group", " ".join(block.contents) or block.error)
        yield Command(
            f"own:{block.id}",
            words,
            "My block",
            neutral_icon(),
            partial(add, OWN + block.id),
            partial(str, block.error),
        )


def _block_words(spec: type[BlockSpec]) -> Words:
    return Words(f"Add {spec.title.lower()}", f"{spec.keywords} {spec.kind} {spec.group} block", spec.summary)


def _add(design: QAction, bridge: DocumentBridge, selection: Selection, kind: str) -> None:
    """As the palette of blocks does, and on the page where the block is seen."""
    design.trigger()
    append_block(bridge, selection, kind)


def _of_preset(preset: Preset, open_preset: Callable[[Preset], None]) -> Command:
    known, wrong = preset.outline, preset.known_error  # there may be a thousand: none is read whole for its row
    tags, text = (known.tags, known.description) if known and not wrong else ((), wrong)
    return Command(
        id=f"preset:{preset.id}",
        words=Words(f"Open preset {preset.name}", " ".join((preset.id, preset.id.replace("-", " "), *tags)), text),
        group="Your preset" if preset.user else "Preset",
        icon=icon("preset"),
        run=partial(open_preset, preset),
        why_not=partial(str, wrong),
    )


def _nothing() -> str:
    return ""
