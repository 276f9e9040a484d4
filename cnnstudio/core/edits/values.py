"""Edits that change values: parameters, ids, places, recipes, names."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.core.architecture import Architecture
from cnnstudio.core.edits.base import ArchitectureEdit, Edit, EditError, block_of, check_new
from cnnstudio.core.edits.naming import on_other_data
from cnnstudio.core.following import followable
from cnnstudio.core.placing.beside import along
from cnnstudio.core.placing.layout import arrange
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.about import Description
    from cnnstudio.core.architecture import Block
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.core.training.recipe import TrainingRecipe


@dataclass(frozen=True, kw_only=True)
class SetParameters(ArchitectureEdit):
    """Give parameters of one block new values. They follow nothing from then on."""

    id: str
    values: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Set, the parameters and the block's id."""
        return f"Set {', '.join(n.replace('_', ' ') for n in self.values)} of {self.id}"

    def change(self, architecture: Architecture) -> Architecture:
        """Types are held to the declaration; bounds are lint's, so that a bad value is seen on its block."""
        block = block_of(architecture, self.id)
        for name, value in self.values.items():
            parameter = block.spec.parameter(name)
            if parameter is None:
                raise EditError(f'{block.spec.title} has no parameter "{name}".')
            if not parameter.has_form(value):
                raise EditError(parameter.problem(value) or f"{parameter.label} must be {parameter.rule}.")
        follows = block.follows - self.values.keys()
        if follows == block.follows and all(_identical(getattr(block.spec, n), v) for n, v in self.values.items()):
            return architecture
        spec = dataclasses.replace(block.spec, **self.values)
        return architecture.with_blocks(dataclasses.replace(block, spec=spec, follows=follows))


@dataclass(frozen=True, kw_only=True)
class FollowValues(ArchitectureEdit):
    """Let parameters of blocks follow the rest of the design again."""

    ids: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def label(self) -> str:
        """Let, the parameters, and the block's id or how many."""
        what = self.ids[0] if len(self.ids) == 1 else f"{len(self.ids)} blocks"
        return f"Let {', '.join(n.replace('_', ' ') for n in self.names)} of {what} follow"

    def change(self, architecture: Architecture) -> Architecture:
        """Their values are found when the edit is applied. Refuses a parameter that follows nothing."""
        changed: list[Block] = []
        for id in self.ids:
            block = block_of(architecture, id)
            able = followable(block.spec)
            for name in self.names:
                if name not in able:
                    known = f"only {' and '.join(able)} can" if able else "none of its values can"
                    raise EditError(f'"{name}" of {id} cannot follow the design: {known}.')
            if not block.follows.issuperset(self.names):
                changed.append(dataclasses.replace(block, follows=block.follows.union(self.names)))
        return architecture.with_blocks(*changed) if changed else architecture


def _identical(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


@dataclass(frozen=True, kw_only=True)
class MoveBlocks(ArchitectureEdit):
    """Put cards and comments in other places on the canvas."""

    positions: Mapping[str, tuple[float, float]]
    """By id of a block or a comment."""

    @property
    def label(self) -> str:
        """Move and the id, or how many."""
        return f"Move {next(iter(self.positions))}" if len(self.positions) == 1 else f"Move {len(self.positions)} cards"

    def change(self, architecture: Architecture) -> Architecture:
        """Connections stay as they are."""
        comments = dict(architecture.comments)
        blocks: list[Block] = []
        for id, (x, y) in self.positions.items():
            place = (float(x), float(y))
            if id in comments:
                comments[id] = dataclasses.replace(comments[id], position=place)
            elif (block := block_of(architecture, id)).position != place:
                blocks.append(block.at(*place))
        if comments != architecture.comments:
            architecture = architecture.with_comments(comments.values())
        return architecture.with_blocks(*blocks) if blocks else architecture


@dataclass(frozen=True, kw_only=True)
class BypassBlocks(ArchitectureEdit):
    """Leave blocks out of the network without removing them, or take them in again."""

    ids: tuple[str, ...]
    bypassed: bool = True

    @property
    def label(self) -> str:
        """Bypass, or use again, and the id or how many."""
        verb = "Bypass" if self.bypassed else "Use"
        what = self.ids[0] if len(self.ids) == 1 else f"{len(self.ids)} blocks"
        return f"{verb} {what}" if self.bypassed else f"{verb} {what} again"

    def change(self, architecture: Architecture) -> Architecture:
        """Input and Output are the ends of every network and cannot be left out."""
        changed: list[Block] = []
        for id in self.ids:
            block = block_of(architecture, id)
            if block.spec.kind in ("Input", "Output"):
                raise EditError(f"{block.spec.title} is an end of every network, so it cannot be bypassed.")
            if block.bypassed != self.bypassed:
                changed.append(dataclasses.replace(block, bypassed=self.bypassed))
        return architecture.with_blocks(*changed) if changed else architecture


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
        block_of(architecture, self.id)
        if self.id == self.new_id:
            return architecture
        if self.id == INPUT:
            raise EditError("The Input block keeps its id.")
        check_new(architecture, self.new_id)
        blocks = (
            dataclasses.replace(b, id=self.new_id)
            if b.id == self.id
            else dataclasses.replace(b, inputs=tuple(self.new_id if i == self.id else i for i in b.inputs))
            if self.id in b.inputs
            else b
            for b in architecture.blocks.values()
        )
        groups = (
            dataclasses.replace(g, blocks=g.blocks - {self.id} | {self.new_id}) if self.id in g.blocks else g
            for g in architecture.groups.values()
        )
        return Architecture.of(blocks, groups, architecture.comments.values())


@dataclass(frozen=True, kw_only=True)
class Tidy(ArchitectureEdit):
    """Lay the cards out anew."""

    @property
    def label(self) -> str:
        """Tidy."""
        return "Tidy the canvas"

    def change(self, architecture: Architecture) -> Architecture:
        """Only positions change; comments stay near the card that they stand beside."""
        return along(architecture, MoveBlocks(positions=arrange(architecture)).change(architecture))


@dataclass(frozen=True, kw_only=True)
class SetData(Edit):
    """Change the data recipe; the Input block takes the samples' shape, and a loss that does not fit is given up.

    A name that says on which data ("LeNet on digits") says so of the new ones.
    """

    recipe: DataRecipe

    @property
    def label(self) -> str:
        """Set the data."""
        return "Set the data"

    def __call__(self, experiment: Experiment) -> Experiment:
        """All change in one step, so that undo brings all back."""
        if experiment.data == self.recipe:
            return experiment
        architecture = experiment.architecture
        if INPUT in architecture.blocks:
            shape = self.recipe.info().input_shape
            architecture = SetParameters(id=INPUT, values={"shape": shape}).apply(architecture)
        training = experiment.training.without_misfits(self.recipe.info().task)
        name = on_other_data(experiment.name, experiment.data.source, self.recipe.source)
        return dataclasses.replace(
            experiment, name=name, data=self.recipe, architecture=architecture, training=training
        )


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


@dataclass(frozen=True, kw_only=True)
class DescribeAll(Edit):
    """Say anew all that an experiment says of itself."""

    told: Description

    @property
    def label(self) -> str:
        """Describe the experiment."""
        return "Describe the experiment"

    def __call__(self, experiment: Experiment) -> Experiment:
        """The same network, described so."""
        after = self.told.of(experiment)
        return experiment if after == experiment else after
