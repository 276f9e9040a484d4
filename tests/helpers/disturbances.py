"""What goes wrong with designs: random disturbances of an architecture, for tests of lint and its fixes.

Each takes a `random.Random`, an architecture and its data and gives both disturbed, or None where it does not apply.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.declare import Form
from cnnstudio.core.edits import ArchitectureEdit, EditError, InsertBlock, RemoveBlocks
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from cnnstudio.core.declare import Parameter

Disturbed: TypeAlias = tuple[Architecture, DataInfo] | None


def _blocks(architecture: Architecture, *, group: str = "") -> list[Block]:
    blocks = architecture.blocks.values()
    return [b for b in blocks if b.spec.group == group or (not group and b.spec.kind not in ("Input", "Output"))]


def _with(architecture: Architecture, block: Block, **values: Any) -> Architecture:
    return architecture.with_blocks(dataclasses.replace(block, spec=dataclasses.replace(block.spec, **values)))


def _made(architecture: Architecture, edit: ArchitectureEdit, data: DataInfo) -> Disturbed:
    try:
        return edit.change(architecture), data
    except EditError:
        return None


def _out_of_bounds(parameter: Parameter) -> Any:
    low = -3 if parameter.minimum is None else int(parameter.minimum) - 1
    match parameter.form:
        case Form.INTEGER | Form.SIZE | Form.MARGINS:
            return low
        case Form.NUMBER:
            return float(low) if parameter.below is None else float(parameter.below)
        case Form.SHAPE:
            return (2, low)
        case _:
            return None


def illegal_parameter(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """A value out of the declaration's bounds."""
    pairs = [(b, p) for b in _blocks(architecture) for p in b.spec.parameters if _out_of_bounds(p) is not None]
    if not pairs:
        return None
    block, parameter = rng.choice(pairs)
    return _with(architecture, block, **{parameter.name: _out_of_bounds(parameter)}), data


UNLUCKY: tuple[dict[str, Any], ...] = (
    {"kernel_size": 40, "padding": "valid"}, {"pool_size": 40, "padding": "valid"}, {"strides": 2, "dilation_rate": 2},
    {"padding": "causal"}, {"groups": 7}, {"groups": 3, "filters": 8}, {"target_shape": (3, 5, 7)},
    {"target_shape": (-1, -1)}, {"cropping": 30}, {"output_padding": 5}, {"kernel_size": (3, 3, 3)},
    {"size": (2, 2, 2)}, {"cropping": ((1, 1), (2, 2), (1, 0))}, {"interpolation": "bilinear"},
    {"strides": (1, 2)}, {"padding": (1, 2, 3)},
    {"activation": "softmax", "filters": 1}, {"activation": "softmax", "units": 1},
    {"kernel_size": 30, "padding": "valid", "strides": 2, "dilation_rate": 2}, {"kernel_size": 5, "padding": "valid"},
)  # fmt: skip
"""Values that are allowed one by one and seldom fit."""


def unlucky_parameters(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """Values within their bounds that do not fit what comes in or one another."""
    pairs = [
        (b, values)
        for b in _blocks(architecture)
        for values in UNLUCKY
        if all((p := b.spec.parameter(name)) is not None and p.has_form(v) for name, v in values.items())
    ]
    if not pairs:
        return None
    block, values = rng.choice(pairs)
    return _with(architecture, block, **values), data


def cut_edge(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """One connection less."""
    block = rng.choice([b for b in architecture.blocks.values() if b.inputs])
    gone = rng.choice(block.inputs)
    left = tuple(i for i in block.inputs if i != gone)
    return architecture.with_blocks(dataclasses.replace(block, inputs=left)), data


def no_output(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """The Output is gone; with some luck the block before it, too."""
    output = next(b for b in architecture.blocks.values() if b.spec.kind == "Output")
    gone = (output.id, *output.inputs) if rng.random() < 0.5 and INPUT not in output.inputs else (output.id,)
    return architecture.without(gone), data


def second_output(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """A further Output."""
    source = rng.choice(list(architecture.blocks.values()))
    if source.spec.kind == "Output":
        return None
    return architecture.with_blocks(Block("another", spec_class("Output")(), (source.id,))), data


def other_samples(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """Input is set to another shape than the samples'."""
    shape = list(architecture.input_shape)
    at = rng.randrange(len(shape))
    shape[at] = max(1, shape[at] + rng.choice((-3, -1, 1, 2, shape[at])))
    if rng.random() < 0.2:
        shape = shape[1:]
    return _with(architecture, architecture.input, shape=tuple(shape)), data


def other_task(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """Another task: Output wants maps of the input's size, or a vector."""
    task = rng.choice(list(Task))
    classes = () if task is Task.RECONSTRUCTION else ("circle", "square", "star")
    return architecture, DataInfo(task, data.input_shape, classes)


def mismatched_merge(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """A block on one input of a merge, which changes its shape."""
    merges = [b for b in _blocks(architecture, group="Merge") if len(b.inputs) > 1]
    if not merges:
        return None
    merge = rng.choice(merges)
    specs = (
        spec_class("Convolution")(filters=rng.choice((1, 5, 16)), strides=rng.choice((1, 2))),
        spec_class("MaxPooling")(pool_size=rng.choice((2, 3))),
        spec_class("Upsampling")(size=rng.choice((2, 3))),
        spec_class("Cropping")(cropping=1),
        spec_class("ZeroPadding")(padding=rng.choice((1, 2))),
        spec_class("Flatten")(),
        spec_class("GlobalAveragePooling")(keepdims=rng.random() < 0.3),
        spec_class("Dense")(units=rng.choice((1, 5, 16))),
    )
    edit = InsertBlock(spec=rng.choice(specs), id="disturbing", source=rng.choice(merge.inputs), target=merge.id)
    return _made(architecture, edit, data)


def careless_skip(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """A merge of any block with any one before it, put on one of its edges."""
    targets = [b for b in architecture.blocks.values() if b.inputs]
    target = rng.choice(targets)
    source = rng.choice(target.inputs)
    earlier = sorted(architecture.upstream(source))
    if not earlier or source == INPUT:
        return None
    kind = rng.choice(("Add", "Average", "Maximum", "Multiply", "Concatenate"))
    changed = _made(
        architecture, InsertBlock(spec=spec_class(kind)(), id="skip", source=source, target=target.id), data
    )
    if changed is None:
        return None
    others = rng.sample(earlier, min(len(earlier), rng.randint(1, 2)))
    skip = dataclasses.replace(changed[0].blocks["skip"], inputs=(source, *others))
    return changed[0].with_blocks(skip), data


def no_flatten(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """What makes a vector of the maps is gone."""
    vectors = ("Flatten", "GlobalAveragePooling", "GlobalMaxPooling")
    found = [b.id for b in architecture.blocks.values() if b.spec.kind in vectors]
    return _made(architecture, RemoveBlocks(ids=(rng.choice(found),)), data) if found else None


def too_early(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """Flatten or global pooling on an edge, with blocks behind it that want maps."""
    target = rng.choice([b for b in architecture.blocks.values() if b.inputs])
    spec = spec_class(rng.choice(("Flatten", "GlobalAveragePooling")))()
    return _made(
        architecture, InsertBlock(spec=spec, id="early", source=rng.choice(target.inputs), target=target.id), data
    )


def cycle(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """An edge that leads back: into a merge in addition, into another block in place of its input."""
    late = rng.choice([b for b in _blocks(architecture) or [architecture.input]])
    early = sorted(architecture.upstream(late.id) - {INPUT})
    if not early:
        return None
    target = architecture.blocks[rng.choice(early)]
    inputs = (*target.inputs, late.id) if target.spec.max_inputs is None else (late.id,)
    return architecture.with_blocks(dataclasses.replace(target, inputs=inputs)), data


def loose_block(rng: random.Random, architecture: Architecture, data: DataInfo) -> Disturbed:
    """A dead end of one or two blocks, or one that is not connected at all."""
    source = rng.choice(list(architecture.blocks.values()))
    if source.spec.kind == "Output":
        return None
    first = Block("loose", spec_class("Activation")(), (source.id,) if rng.random() < 0.7 else ())
    second = Block("looser", spec_class(rng.choice(("Flatten", "Convolution", "Dense")))(), ("loose",))
    return architecture.with_blocks(first, *([second] if rng.random() < 0.5 else [])), data


DISTURBANCES: tuple[Callable[[random.Random, Architecture, DataInfo], Disturbed], ...] = (
    illegal_parameter, unlucky_parameters, unlucky_parameters, cut_edge, no_output, second_output, other_samples,
    other_task, mismatched_merge, mismatched_merge, careless_skip, no_flatten, too_early, cycle, loose_block,
)  # fmt: skip


def disturbed(rng: random.Random, architecture: Architecture, data: DataInfo) -> tuple[Architecture, DataInfo, str]:
    """One or two disturbances, and their names."""
    names: list[str] = []
    for disturb in rng.choices(DISTURBANCES, k=rng.choice((1, 1, 2))):
        changed = disturb(rng, architecture, data) if not names or disturb is not no_output else None
        if changed is not None:
            architecture, data = changed
            names.append(disturb.__name__)
    return architecture, data, ", ".join(names)
