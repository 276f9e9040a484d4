"""From records to a design: each call of a layer becomes its blocks, laid at once so that shapes are known."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.net import Net
from cnnstudio.core.architecture import Block, Group
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.unknown import MAX_CONFIG, Opaque
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.exporting import CENTRED, TO_UNIT
from cnnstudio.core.formats.block_records import MAX_GROUP_NAME
from cnnstudio.core.keras_import.given import Unknown
from cnnstudio.core.keras_import.naming import Ids
from cnnstudio.core.keras_import.notes import Notes
from cnnstudio.core.keras_import.translate import Part, Translation, precision, translate
from cnnstudio.core.program import INPUT, Tensor

if TYPE_CHECKING:
    from cnnstudio.core.catalogue import BlockSpec
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.keras_import.records import Model, Node, Source
    from cnnstudio.core.program import Weight

_TRIED = DataInfo(Task.RECONSTRUCTION, (1,))
"""Blocks are laid before anybody knows the task; only Output, which is put in later, would ask for it."""


@dataclass(frozen=True)
class Held:
    """Weights of a block, and where they lie in the file."""

    layer: str
    path: str
    weights: tuple[Weight, ...]
    stored: tuple[Shape, ...] = ()
    """Their shapes in the file, where these are not those of the weights."""
    is_inner: bool = False
    """Whether it was a layer within a layer."""


@dataclass
class Draft:
    """The design as it grows."""

    input_shape: Shape
    blocks: dict[str, Block] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    """What each block gives."""
    held: dict[str, Held] = field(default_factory=dict)
    statistics: dict[str, str] = field(default_factory=dict)
    """Standardisation blocks whose numbers lie in the file -> the path of their layer."""
    members: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    """Models within the model, by their names from the outermost on -> their blocks."""
    initialised: list[str] = field(default_factory=list)
    """Layers that start otherwise than by Keras's defaults."""
    result: str = INPUT
    """The block that gives the model's first output."""
    other_results: tuple[str, ...] = ()
    ids: Ids = field(default_factory=Ids)
    notes: Notes = field(default_factory=Notes)


def assemble(model: Model, input_shape: Shape) -> Draft:
    """The blocks of a model whose samples have this shape."""
    draft = Draft(input_shape)
    draft.blocks[INPUT] = Block(INPUT, spec_class("Input")(shape=input_shape))
    draft.tensors[INPUT] = Tensor(INPUT, input_shape)
    made: list[str] = []
    further: dict[tuple[int, int], str] = {}

    def block_of(source: Source) -> str:
        if source.node < 0:
            return INPUT
        if not source.output:
            return made[source.node]
        key = (source.node, source.output)
        if key not in further:
            further[key] = _further_output(draft, model.nodes[source.node], source.output, made[source.node])
        return further[key]

    for node in model.nodes:
        made.append(_put(draft, node, _each_once(draft, node, tuple(block_of(s) for s in node.inputs))))
    _take_unit_samples(draft)
    results = [block_of(source) for source in model.outputs]
    draft.result, draft.other_results = results[0], tuple(results[1:])
    return draft


def _take_unit_samples(draft: Draft) -> None:
    """Let a network that the studio has exported take samples as the studio prepares them: 8 bits in 0..1."""
    for id, block in draft.blocks.items():
        if id not in (TO_UNIT, CENTRED) or block.inputs != (INPUT,) or block.spec.kind != "Rescaling":
            continue
        scale = getattr(block.spec, "scale", None)
        if isinstance(scale, float) and math.isclose(scale, 1 / 255, rel_tol=1e-6):
            changed = block.of(block.spec.having("scale", 1.0))
            draft.blocks[id] = dataclasses.replace(changed, bypassed=id == TO_UNIT)
            draft.notes.add(
                "The file takes values from 0 to 255; the studio prepares images to 0 to 1 itself, so {layers} no "
                "longer does.",
                id,
            )


def groups_of(draft: Draft) -> list[Group]:
    """A closed group for each model within the model."""
    inside = {
        models: [id for other, ids in draft.members.items() if other[: len(models)] == models for id in ids]
        for whole in draft.members
        for models in (whole[:depth] for depth in range(1, len(whole) + 1))
    }
    return [
        Group(draft.ids.give(models[-1]), models[-1][:MAX_GROUP_NAME], frozenset(ids), closed=True)
        for models, ids in inside.items()
        if len(ids) > 1
    ]


def _each_once(draft: Draft, node: Node, sources: tuple[str, ...]) -> tuple[str, ...]:
    """A block reads another once; a layer that reads one twice gets it the second time through a block of its own."""
    found: list[str] = []
    linear = spec_class("Activation")(function="linear")
    for source in sources:
        again = source in found
        found.append(_place(draft, node, f"{source}_again", linear, (source,)) if again else source)
    return tuple(found)


def _put(draft: Draft, node: Node, sources: tuple[str, ...]) -> str:
    """The blocks of one call; the id of the last of them."""
    shapes = tuple(draft.tensors[id].shape for id in sources)
    try:
        if not sources:
            raise Unknown("it reads nothing")
        translation = translate(node, shapes)
        tensors = _lay(draft, node, translation, sources)
    except (Unknown, Refused) as error:
        return _opaque(draft, node, sources, str(error).rstrip("."))
    _note(draft, node, translation)
    return _place_parts(draft, node, translation, sources, tensors)


def _lay(draft: Draft, node: Node, translation: Translation, sources: tuple[str, ...]) -> list[Tensor]:
    """What each part gives. Raises Unknown or Refused where one cannot be, which makes the whole layer opaque."""
    tensors = tuple(draft.tensors[id] for id in sources)
    results = []
    for part in translation.parts:
        net, result = _tried(part.spec, tensors)
        if node.repeats and net.steps[-1].weights:
            raise Unknown(f"it shares its weights with {node.name[:60]}, which is called before")
        results.append(result)
        tensors = (result,)
    if node.shape is not None and node.shape != results[-1].shape:
        raise Unknown(f"the file says that {_times(node.shape)} comes out, a block gives {_times(results[-1].shape)}")
    return results


def _times(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _tried(spec: BlockSpec, tensors: tuple[Tensor, ...]) -> tuple[Net, Tensor]:
    for parameter in spec.parameters:
        problem = parameter.problem(getattr(spec, parameter.name))
        if problem:
            raise Unknown(problem)
    if len(tensors) < spec.min_inputs or (spec.max_inputs is not None and len(tensors) > spec.max_inputs):
        raise Unknown(f"it reads {len(tensors)} tensors")
    net = Net("tried", _TRIED)
    result = spec.lay(net, *tensors)
    return net, result


def _place_parts(
    draft: Draft, node: Node, translation: Translation, sources: tuple[str, ...], tensors: list[Tensor]
) -> str:
    id = ""
    for number, (part, _) in enumerate(zip(translation.parts, tensors, strict=True)):
        name = f"{node.name}_{part.suffix}" if number else node.name
        id = _place(draft, node, name, part.spec, sources, part)
        sources = (id,)
    return id


def _place(
    draft: Draft, node: Node, name: str, spec: BlockSpec, sources: tuple[str, ...], part: Part | None = None
) -> str:
    """One block, laid under its own id."""
    id = draft.ids.give(name)
    net = Net(id, _TRIED)
    draft.tensors[id] = spec.lay(net, *(draft.tensors[s] for s in sources))
    draft.blocks[id] = Block(id, spec, sources)
    if node.models:
        draft.members.setdefault(node.models, []).append(id)
    path = f"{node.path}/{part.inner}".rstrip("/") if part is not None else ""
    if net.steps[-1].weights:
        stored, inner = (part.stored, bool(part.inner)) if part is not None else ((), False)
        draft.held[id] = Held(node.name, path, net.steps[-1].weights, stored, inner)
    if spec.kind == "Standardisation" and node.config.get("mean") is None:
        draft.statistics[id] = path
    return id


def _opaque(draft: Draft, node: Node, sources: tuple[str, ...], why: str) -> str:
    config = json.dumps(node.config, ensure_ascii=False)
    if len(config) > MAX_CONFIG:
        config = config[:MAX_CONFIG]
        draft.notes.add(
            f"The configuration of {{layers}} has more than {MAX_CONFIG:,} characters; only its beginning is kept.",
            node.name,
        )
    spec = Opaque(layer=node.class_name[:200], config=config, output_shape=_kept(node.shape), why=why[:500])
    because = f" ({why})" if why else ""
    draft.notes.add(
        f"No block stands for the Keras layer {node.class_name[:60]}{because}: {{layers}}; it is kept as an unknown "
        "layer, without weights.",
        node.name,
    )
    if not sources:
        sources = (INPUT,)
    return _place(draft, node, node.name, spec, sources)


def _kept(shape: Shape | None) -> Shape | None:
    parameter = Opaque.parameter("output_shape")
    return None if parameter is None or parameter.problem(shape) else shape


def _further_output(draft: Draft, node: Node, output: int, made: str) -> str:
    """Output number `output` of a layer with several: an unknown layer of its own beside the first."""
    why = f"output {output + 1} of {node.name[:60]}"
    spec = Opaque(layer=node.class_name[:200], why=why)
    draft.notes.add("The further outputs of {layers} are kept as unknown layers.", node.name)
    return _place(draft, node, f"{node.name}_output_{output + 1}", spec, draft.blocks[made].inputs)


def _note(draft: Draft, node: Node, translation: Translation) -> None:
    for words in translation.training_only:
        draft.notes.add(f"Only training knows the difference: {words} are not carried over ({{layers}}).", node.name)
    if translation.initialisers:
        draft.initialised.append(node.name)
    policy = precision(node.config)
    if policy not in ("", "float32"):
        draft.notes.add(f"The studio computes in float32, the file in {policy[:40]} ({{layers}}).", node.name)
    if node.config.get("trainable") is False:
        draft.notes.add("The file keeps {layers} from being trained; the studio trains every block.", node.name)


def is_unknown(draft: Draft, id: str) -> bool:
    """Whether that block stands for a layer without a block."""
    return draft.blocks[id].spec.kind == "Opaque"
