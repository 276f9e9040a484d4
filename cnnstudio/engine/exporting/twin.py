"""A network written out for a converter: the same numbers in operations that the form can express.

Each step is computed by its own Keras layer, or by an exact equivalent where the form has no word for it; what is for
training only is gone. Weights are constants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnstudio.core.program import INPUT
from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.build import layer_names, room_for

if TYPE_CHECKING:
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.exporting.material import Material

OUTPUT = "output"
"""Name of what comes out; what goes in is called `INPUT`."""

Compute: TypeAlias = "Callable[[Sequence[Any]], Any]"
"""The inputs of a step, tensors (n, ...), to its output."""


@dataclass(frozen=True)
class Place:
    """A step that may be in need of another way of computing it."""

    step: Step
    layer: Any
    """Its Keras layer, built, with its weights."""
    shapes: tuple[Shape, ...]
    """Of its inputs, without the batch axis."""
    batch: int | None
    """How many samples come at a time; None: any number."""


@dataclass(frozen=True)
class Rewritten:
    """How a step is computed instead, and why, for the person."""

    compute: Compute
    note: str


Rule: TypeAlias = "Callable[[Place], Rewritten | None]"
"""None where the layer itself will do."""
Rules: TypeAlias = Mapping[str, Sequence[Rule]]
"""By class of Keras's layer; the first that answers counts."""


@dataclass(frozen=True)
class Twin:
    """What a converter is given."""

    function: Any
    """TensorFlow's ConcreteFunction without variables: float32 (batch, ...) called `input` to what comes out."""
    notes: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def graph(self) -> Any:
        """The same as a GraphDef."""
        return self.function.graph.as_graph_def()

    @property
    def shape(self) -> Shape:
        """Of one sample."""
        return tuple(self.function.inputs[0].shape.as_list()[1:])

    @property
    def input_name(self) -> str:
        """Of the tensor in the graph that samples go into."""
        return str(self.function.inputs[0].name)

    @property
    def output_name(self) -> str:
        """Of the tensor in the graph that comes out."""
        return str(self.function.outputs[0].name)


def twin_of(material: Material, rules: Rules, batch: int | None) -> Twin:
    """The served network, for samples `batch` at a time."""
    program = material.served_program
    shapes, names = _shapes(program), layer_names(program)
    places = []
    for step in program.steps:
        given = tuple(shapes[source] for source in step.inputs)
        place = Place(step, material.served.get_layer(names[step.name]), given, batch)
        places.append((names[step.name], place, _chosen(place, rules)))
    return _traced(places, program.result, batch)


def twins_of_steps(material: Material, rules: Rules, batch: int | None) -> Iterator[tuple[Place, Twin]]:
    """Each step by itself, with all its inputs the same: to find out which one a converter cannot do."""
    program = material.served_program
    shapes, names = _shapes(program), layer_names(program)
    for step in program.steps:
        place = Place(step, material.served.get_layer(names[step.name]), (shapes[step.inputs[0]],), batch)
        if len({shapes[source] for source in step.inputs}) == 1:
            yield place, _traced([(names[step.name], place, _chosen(place, rules))], step.name, batch)


def _shapes(program: Program) -> dict[str, Shape]:
    return {INPUT: program.input_shape, **{step.name: step.output.shape for step in program.steps}}


def _chosen(place: Place, rules: Rules) -> Rewritten | None:
    for rule in rules.get(place.step.layer, ()):
        if (rewritten := rule(place)) is not None:
            return rewritten
    return None


def _traced(places: Sequence[tuple[str, Place, Rewritten | None]], result: str, batch: int | None) -> Twin:
    alone = len(places) == 1

    def forward(samples: Any) -> Any:
        made = {INPUT: samples}
        for name, place, rewritten in places:
            given = [samples if alone else made[source] for source in place.step.inputs]
            if rewritten is None:
                out = place.layer(given if len(given) > 1 else given[0], training=False)
            else:
                with tensorflow.name_scope(name):
                    out = rewritten.compute(given)
            made[place.step.name] = out
        return tensorflow.identity(made[result], OUTPUT)

    spec = tensorflow.TensorSpec((batch, *places[0][1].shapes[0]), "float32", INPUT)
    with room_for(len(places)):
        function = tensorflow.function(forward, autograph=False, input_signature=[spec])
        frozen = _frozen(function.get_concrete_function())
    notes = dict.fromkeys(f"{place.step.block}: {rewritten.note}" for _, place, rewritten in places if rewritten)
    return Twin(frozen, tuple(notes), tuple(place.step for _, place, _ in places))


def _frozen(function: Any) -> Any:
    """Variables as constants: no converter has to look for their values, and no file can lack them."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    return convert_variables_to_constants_v2(function)


def block_of(text: str, program: Program) -> str:
    """The block whose layer is named first in what a converter says; "" where none is.

    Operations carry the name of their layer, with what they do behind a slash.
    """
    blocks = {name: step.block for step, name in _named(program)}
    for found in re.finditer(r"[\w.]+(?=/)", text):
        name = found.group()
        if block := blocks.get(name) or blocks.get(re.sub(r"_\d+$", "", name)):
            return block
    return ""


def _named(program: Program) -> list[tuple[Step, str]]:
    names = layer_names(program)
    return [(step, names[step.name]) for step in program.steps]
