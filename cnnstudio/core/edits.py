"""Edits: small frozen objects that make a new experiment from the old one, each with the words for Undo.

Edits of one drag or one burst of typing carry the same `gesture` and fold into one undo step.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnstudio.core.architecture import BLOCK_ID, Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.base import BlockSpec
from cnnstudio.core.layout import ROW, arrange
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe, TrainingRecipe

MAX_BLOCKS = 5000
"""A bound against runaway pasting; the studio is measured to 1,000."""


class EditError(ValueError):
    """An edit that cannot be made; its text is one sentence for the person."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Base of all edits."""

    gesture: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """Words for Undo and the history: "Add convolution"."""
        raise NotImplementedError

    def __call__(self, experiment: Experiment) -> Experiment:
        """The experiment after the edit; the same object when nothing changes. Raises EditError."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ArchitectureEdit(Edit):
    """Base of edits that concern the architecture alone."""

    def change(self, architecture: Architecture) -> Architecture:
        """The architecture after the edit. Raises EditError."""
        raise NotImplementedError

    def __call__(self, experiment: Experiment) -> Experiment:
        """Lift `change` to the experiment."""
        changed = self.change(experiment.architecture)
        if changed is experiment.architecture:
            return experiment
        return dataclasses.replace(experiment, architecture=changed)


def _block(architecture: Architecture, id: str) -> Block:
    if id not in architecture.blocks:
        raise EditError(f'There is no block "{id}" in this architecture.')
    return architecture.blocks[id]


def _check_new(architecture: Architecture, id: str) -> None:
    if id in architecture.blocks:
        raise EditError(f'A block with the id "{id}" is there already; choose another.')
    if not BLOCK_ID.fullmatch(id):
        raise EditError(f'A block id has lower-case letters, digits and "_" and starts with a letter, not "{id[:60]}".')
    if len(architecture.blocks) >= MAX_BLOCKS:
        raise EditError(f"An architecture holds at most {MAX_BLOCKS:,} blocks.")


def _rewired(block: Block, old: str, new: tuple[str, ...]) -> Block:
    inputs = tuple(i for source in block.inputs for i in (new if source == old else (source,)))
    return dataclasses.replace(block, inputs=tuple(dict.fromkeys(inputs)))


def _make_room(architecture: Architecture, below: str, top: float) -> list[Block]:
    """Move all that lies behind `below` down so that a card fits at `top`."""
    readers = architecture.consumers()
    behind: set[str] = set()
    todo = list(readers[below])
    while todo:
        at = todo.pop()
        if at not in behind:
            behind.add(at)
            todo.extend(readers[at])
    highest = min((architecture.blocks[i].position[1] for i in behind), default=None)
    if highest is None or highest >= top + ROW:
        return []
    shift = top + ROW - highest
    moved = (architecture.blocks[i] for i in behind)
    return [dataclasses.replace(b, position=(b.position[0], b.position[1] + shift)) for b in moved]


@dataclass(frozen=True, kw_only=True)
class AddBlock(ArchitectureEdit):
    """Put a block behind `after`, whose readers then read the new block; or, without `after`, unconnected."""

    spec: BlockSpec
    id: str
    after: str | None = None
    position: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Add and the block's title."""
        return f"Add {self.spec.title.lower()}"

    def change(self, architecture: Architecture) -> Architecture:
        """Behind an Output means in front of it: nothing can follow an Output."""
        _check_new(architecture, self.id)
        if self.spec.kind == "Input" or (self.spec.kind == "Output" and _outputs(architecture)):
            raise EditError(f"An architecture has one {self.spec.title} block, and this one has it already.")
        if self.after is None:
            new = Block(self.id, self.spec, (), self.position or _free_place(architecture))
            return architecture.with_blocks(new)
        anchor = _block(architecture, self.after)
        if anchor.spec.max_inputs == 0 and self.spec.max_inputs == 0:
            raise EditError(f"{self.spec.title} takes no input, so it cannot follow {anchor.spec.title}.")
        if anchor.spec.kind == "Output":
            return self._before(architecture, anchor)
        at = self.position or (anchor.position[0], anchor.position[1] + ROW)
        room = architecture.with_blocks(*_make_room(architecture, anchor.id, at[1]))
        new = Block(self.id, self.spec, (anchor.id,), at)
        if self.spec.kind == "Output":  # a dead end: it takes no reader away
            return room.with_blocks(new)
        readers = (room.blocks[r] for r in room.consumers()[anchor.id])
        return room.with_blocks(*(_rewired(r, anchor.id, (self.id,)) for r in readers), new)

    def _before(self, architecture: Architecture, anchor: Block) -> Architecture:
        at = self.position or anchor.position
        sources = anchor.inputs
        new = Block(self.id, self.spec, sources, at)
        moved = dataclasses.replace(anchor, inputs=(self.id,), position=(anchor.position[0], at[1] + ROW))
        return architecture.with_blocks(moved, new)


def _outputs(architecture: Architecture) -> list[Block]:
    return [b for b in architecture.blocks.values() if b.spec.kind == "Output"]


def _free_place(architecture: Architecture) -> tuple[float, float]:
    lowest = max((b.position[1] for b in architecture.blocks.values()), default=-ROW)
    return (0.0, lowest + ROW)


@dataclass(frozen=True, kw_only=True)
class InsertBlock(ArchitectureEdit):
    """Put a block on the edge from `source` to `target`."""

    spec: BlockSpec
    id: str
    source: str
    target: str
    position: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Insert and the block's title."""
        return f"Insert {self.spec.title.lower()}"

    def change(self, architecture: Architecture) -> Architecture:
        """Only this edge is rewired; other readers of `source` stay."""
        _check_new(architecture, self.id)
        source, target = _block(architecture, self.source), _block(architecture, self.target)
        if self.source not in target.inputs:
            raise EditError(f'There is no connection from "{self.source}" to "{self.target}".')
        if self.spec.max_inputs == 0 or self.spec.kind == "Output":
            raise EditError(f"{self.spec.title} cannot stand between two blocks.")
        at = self.position
        if at is None:
            at = (source.position[0], source.position[1] + ROW)
            if len(target.inputs) > 1 or source.position[0] != target.position[0]:
                at = (target.position[0], target.position[1])
        room = architecture.with_blocks(*_make_room(architecture, source.id, at[1]))
        rewired = _rewired(room.blocks[self.target], self.source, (self.id,))
        return room.with_blocks(rewired, Block(self.id, self.spec, (self.source,), at))


@dataclass(frozen=True, kw_only=True)
class RemoveBlocks(ArchitectureEdit):
    """Take blocks away and heal the chain: what read a removed block reads what that block read."""

    ids: tuple[str, ...]

    @property
    def label(self) -> str:
        """Remove and the id, or how many."""
        return f"Remove {self.ids[0]}" if len(self.ids) == 1 else f"Remove {len(self.ids)} blocks"

    def change(self, architecture: Architecture) -> Architecture:
        """The Input stays: an architecture without one has no shape to start from."""
        for id in self.ids:
            _block(architecture, id)
        gone = [id for id in self.ids if id != INPUT]
        if not gone:
            if self.ids:
                raise EditError("The Input block cannot be removed: every architecture starts from it.")
            return architecture
        blocks = dict(architecture.blocks)
        for id in gone:
            removed = blocks.pop(id)
            for reader in blocks.values():
                if id in reader.inputs:
                    blocks[reader.id] = _healed(reader, removed)
        return Architecture.of(blocks.values())


def _healed(reader: Block, removed: Block) -> Block:
    heirs = tuple(i for i in removed.inputs if i != reader.id)
    healed = _rewired(reader, removed.id, heirs)
    most = reader.spec.max_inputs
    return healed if most is None else dataclasses.replace(healed, inputs=healed.inputs[:most])


def why_not_connect(architecture: Architecture, source: str, target: str) -> str | None:
    """Why `target` cannot read `source`, as a sentence; None when it can."""
    a, b = architecture.blocks.get(source), architecture.blocks.get(target)
    if a is None or b is None:
        return f'There is no block "{source if a is None else target}" in this architecture.'
    if source == target:
        return "A block cannot read its own result."
    if a.spec.kind == "Output":
        return "Output ends the network: nothing can read it."
    if b.spec.max_inputs == 0:
        return "Input starts the network: it reads no other block."
    if source in b.inputs:
        return f"{target} reads {source} already."
    if target in architecture.upstream(source):
        return f"{source} depends on {target}, so this connection would make a cycle."
    return None


@dataclass(frozen=True, kw_only=True)
class Connect(ArchitectureEdit):
    """Let `target` read `source`. A block of one input changes over to it; a merge takes it in addition."""

    source: str
    target: str

    @property
    def label(self) -> str:
        """Connect, with both ids."""
        return f"Connect {self.source} to {self.target}"

    def change(self, architecture: Architecture) -> Architecture:
        """Refuses what `why_not_connect` names."""
        reason = why_not_connect(architecture, self.source, self.target)
        if reason:
            raise EditError(reason)
        target = architecture.blocks[self.target]
        inputs = (*target.inputs, self.source)
        most = target.spec.max_inputs
        if most is not None:
            inputs = inputs[-most:]
        return architecture.with_blocks(dataclasses.replace(target, inputs=inputs))


@dataclass(frozen=True, kw_only=True)
class Disconnect(ArchitectureEdit):
    """Cut the edge from `source` to `target`."""

    source: str
    target: str

    @property
    def label(self) -> str:
        """Disconnect, with both ids."""
        return f"Disconnect {self.source} from {self.target}"

    def change(self, architecture: Architecture) -> Architecture:
        """The target keeps its other inputs."""
        target = _block(architecture, self.target)
        if self.source not in target.inputs:
            raise EditError(f'There is no connection from "{self.source}" to "{self.target}".')
        return architecture.with_blocks(_rewired(target, self.source, ()))


@dataclass(frozen=True, kw_only=True)
class SetParameters(ArchitectureEdit):
    """Give parameters of one block new values."""

    id: str
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Set, the parameters and the block's id."""
        return f"Set {', '.join(n.replace('_', ' ') for n in self.values)} of {self.id}"

    def change(self, architecture: Architecture) -> Architecture:
        """Types are held to the declaration; bounds are lint's, so that a bad value is seen on its block."""
        block = _block(architecture, self.id)
        for name, value in self.values.items():
            parameter = block.spec.parameter(name)
            if parameter is None:
                raise EditError(f'{block.spec.title} has no parameter "{name}".')
            if not parameter.has_form(value):
                raise EditError(parameter.problem(value) or f"{parameter.label} must be {parameter.rule}.")
        if all(_identical(getattr(block.spec, n), v) for n, v in self.values.items()):
            return architecture
        spec = dataclasses.replace(block.spec, **self.values)
        return architecture.with_blocks(dataclasses.replace(block, spec=spec))


def _identical(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


@dataclass(frozen=True, kw_only=True)
class MoveBlocks(ArchitectureEdit):
    """Put cards in other places on the canvas."""

    positions: Mapping[str, tuple[float, float]]

    @property
    def label(self) -> str:
        """Move and the id, or how many."""
        return (
            f"Move {next(iter(self.positions))}" if len(self.positions) == 1 else f"Move {len(self.positions)} blocks"
        )

    def change(self, architecture: Architecture) -> Architecture:
        """Connections stay as they are."""
        moved = [
            dataclasses.replace(block, position=(float(x), float(y)))
            for id, (x, y) in self.positions.items()
            if (block := _block(architecture, id)).position != (x, y)
        ]
        return architecture.with_blocks(*moved) if moved else architecture


@dataclass(frozen=True, kw_only=True)
class ReorderBlock(ArchitectureEdit):
    """Let a block change places with its neighbour in the chain: `by` is -1 for up, 1 for down."""

    id: str
    by: int

    @property
    def label(self) -> str:
        """Move up or down, with the id."""
        return f"Move {self.id} {'up' if self.by < 0 else 'down'}"

    def change(self, architecture: Architecture) -> Architecture:
        """Both must be links of a plain chain: one input each and, between them, one reader."""
        block = _block(architecture, self.id)
        readers = architecture.consumers()
        if self.by < 0:
            upper = architecture.blocks.get(block.inputs[0]) if len(block.inputs) == 1 else None
            lower: Block | None = block
        else:
            upper = block
            lower = architecture.blocks[readers[self.id][0]] if len(readers[self.id]) == 1 else None
        way = "up" if self.by < 0 else "down"
        if upper is None or lower is None:
            raise EditError(f"{self.id} has no single neighbour to change places with; reconnect it by its ports.")
        if upper.spec.max_inputs == 0 or lower.spec.kind == "Output":
            end = upper if upper.spec.max_inputs == 0 else lower
            raise EditError(f"{self.id} cannot move {way}: {end.spec.title} keeps its place at the end of the network.")
        if len(upper.inputs) != 1 or len(lower.inputs) != 1 or readers[upper.id] != [lower.id]:
            raise EditError(f"{self.id} cannot move {way} past a branch or a merge; reconnect it by its ports.")
        behind = (_rewired(architecture.blocks[r], lower.id, (upper.id,)) for r in readers[lower.id])
        return architecture.with_blocks(
            *behind,
            dataclasses.replace(lower, inputs=upper.inputs, position=upper.position),
            dataclasses.replace(upper, inputs=(lower.id,), position=lower.position),
        )


@dataclass(frozen=True, kw_only=True)
class RenameBlock(ArchitectureEdit):
    """Give a block another id."""

    id: str
    new_id: str

    @property
    def label(self) -> str:
        """Rename, with the new id."""
        return f"Rename {self.id} to {self.new_id}"

    def change(self, architecture: Architecture) -> Architecture:
        """All its readers follow; the block keeps its place in the order."""
        _block(architecture, self.id)
        if self.id == self.new_id:
            return architecture
        if self.id == INPUT:
            raise EditError("The Input block keeps its id.")
        _check_new(architecture, self.new_id)
        return Architecture.of(
            dataclasses.replace(b, id=self.new_id)
            if b.id == self.id
            else dataclasses.replace(b, inputs=tuple(self.new_id if i == self.id else i for i in b.inputs))
            if self.id in b.inputs
            else b
            for b in architecture.blocks.values()
        )


@dataclass(frozen=True, kw_only=True)
class DuplicateBlocks(ArchitectureEdit):
    """Copy blocks, with the connections among them, to the right of the originals."""

    ids: tuple[str, ...]

    @property
    def label(self) -> str:
        """Duplicate and the id, or how many."""
        return f"Duplicate {self.ids[0]}" if len(self.ids) == 1 else f"Duplicate {len(self.ids)} blocks"

    def copies(self, architecture: Architecture) -> dict[str, str]:
        """Original id -> id of its copy."""
        names: dict[str, str] = {}
        grown = architecture
        for id in self.ids:
            block = _block(architecture, id)
            if block.spec.kind in ("Input", "Output"):
                continue
            names[id] = grown.new_id(block.spec.kind)
            grown = grown.with_blocks(Block(names[id], block.spec))
        return names

    def change(self, architecture: Architecture) -> Architecture:
        """Input and Output stay single. Copies read copies where they can, and nothing else."""
        names = self.copies(architecture)
        if not names:
            raise EditError("Input and Output cannot be duplicated: a network has one of each.")
        if len(architecture.blocks) + len(names) > MAX_BLOCKS:
            raise EditError(f"An architecture holds at most {MAX_BLOCKS:,} blocks.")
        width = max(architecture.blocks[i].position[0] for i in names) - min(
            architecture.blocks[i].position[0] for i in names
        )
        new = []
        for id, copy in names.items():
            block = architecture.blocks[id]
            inputs = tuple(names[i] for i in block.inputs if i in names)
            place = (block.position[0] + width + 240.0, block.position[1])
            new.append(Block(copy, block.spec, inputs, place))
        return architecture.with_blocks(*new)


@dataclass(frozen=True, kw_only=True)
class Tidy(ArchitectureEdit):
    """Lay the cards out anew."""

    @property
    def label(self) -> str:
        """Tidy."""
        return "Tidy the canvas"

    def change(self, architecture: Architecture) -> Architecture:
        """Only positions change."""
        return MoveBlocks(positions=arrange(architecture)).change(architecture)


@dataclass(frozen=True, kw_only=True)
class SetData(Edit):
    """Change the data recipe; the Input block takes the samples' shape."""

    recipe: DataRecipe

    @property
    def label(self) -> str:
        """Set the data."""
        return "Set the data"

    def __call__(self, experiment: Experiment) -> Experiment:
        """Both change in one step, so that undo brings both back."""
        if experiment.data == self.recipe:
            return experiment
        architecture = experiment.architecture
        if INPUT in architecture.blocks:
            shape = self.recipe.source.info().input_shape
            architecture = SetParameters(id=INPUT, values={"shape": shape}).change(architecture)
        return dataclasses.replace(experiment, data=self.recipe, architecture=architecture)


@dataclass(frozen=True, kw_only=True)
class SetTraining(Edit):
    """Change the training recipe."""

    recipe: TrainingRecipe

    @property
    def label(self) -> str:
        """Set the training recipe."""
        return "Set the training recipe"

    def __call__(self, experiment: Experiment) -> Experiment:
        """Architecture and data stay."""
        if experiment.training == self.recipe:
            return experiment
        return dataclasses.replace(experiment, training=self.recipe)


@dataclass(frozen=True, kw_only=True)
class RenameExperiment(Edit):
    """Give the experiment another name."""

    name: str

    @property
    def label(self) -> str:
        """Rename the experiment."""
        return "Rename the experiment"

    def __call__(self, experiment: Experiment) -> Experiment:
        """Refuses an empty name and one of over 200 characters."""
        name = " ".join(self.name.split())
        if not 1 <= len(name) <= 200:
            raise EditError(f"The experiment's name has 1 to 200 characters, not {len(name)}.")
        return experiment if name == experiment.name else dataclasses.replace(experiment, name=name)


@dataclass(frozen=True, kw_only=True)
class Describe(Edit):
    """Change the experiment's description."""

    description: str

    @property
    def label(self) -> str:
        """Change the description."""
        return "Change the description"

    def __call__(self, experiment: Experiment) -> Experiment:
        """Refuses a text of over 10,000 characters."""
        if len(self.description) > 10_000:
            raise EditError(f"The description has at most 10,000 characters, not {len(self.description):,}.")
        if self.description == experiment.description:
            return experiment
        return dataclasses.replace(experiment, description=self.description)


def add_block(architecture: Architecture, kind: str, after: str | None = None) -> AddBlock:
    """The edit that adds a block of that kind with its declared defaults."""
    return AddBlock(spec=spec_class(kind)(), id=architecture.new_id(kind), after=after)
