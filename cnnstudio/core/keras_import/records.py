"""A model's configuration as plain records: which layers are called on what, with nested models laid open.

Both ways in which Keras has written the connections are read: `{"args": ..., "kwargs": ...}` of Keras 3, and lists of
`[layer, call, output, arguments]` of Keras 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnnstudio.core.architecture import MAX_BLOCKS
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.keras_import.naming import clean
from cnnstudio.core.keras_import.paths import group_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.declare import Shape

MODELS = ("Functional", "Sequential", "Model")


@dataclass(frozen=True)
class Source:
    """A tensor: the output number `output` of the node with that number. Node -1 is the model's input."""

    node: int
    output: int = 0


@dataclass(frozen=True)
class Node:
    """One call of one layer, models within models laid open."""

    name: str
    class_name: str
    module: str
    registered: str
    config: dict[str, Any]
    inputs: tuple[Source, ...]
    arguments: tuple[Any, ...]
    """What the call was given besides tensors, by position; None stands where a tensor was."""
    keywords: dict[str, Any]
    shape: Shape | None
    """What comes out, where the file says so."""
    path: str
    """Where its weights lie in the file: "layers/conv2d_1"."""
    models: tuple[str, ...]
    """Names of the models that it is part of, outermost first, the whole model not among them."""
    repeats: bool
    """Whether the same layer, with the same weights, was called before."""


@dataclass
class Model:
    """The whole model, flat."""

    name: str
    input_shape: tuple[int | None, ...]
    """Of one sample."""
    nodes: list[Node] = field(default_factory=list)
    """Each after those it reads."""
    outputs: tuple[Source, ...] = ()


def read_records(config: dict[str, Any], place: str) -> Model:
    """The records of a model's configuration. Raises FileError."""
    try:
        return _Reader(place).read(config)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{place} does not describe a model in a way that Keras does: {_what(error)}.") from error


def _what(error: Exception) -> str:
    return (
        f"the entry {clean(str(error))[:80]} is missing"
        if isinstance(error, KeyError)
        else "an entry is of the wrong kind"
    )


class _Reader:
    """Walks a configuration and numbers the calls of layers."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._nodes: list[Node] = []

    def read(self, config: dict[str, Any]) -> Model:
        kind, inner = config.get("class_name"), config.get("config")
        if kind not in MODELS or not isinstance(inner, dict) or not isinstance(inner.get("layers"), list):
            named = f'a "{clean(str(kind))[:60]}"' if kind else "something else"
            raise FileError(
                f"{self._place} is {named}, but only Sequential and functional models say how their layers are "
                "connected: rebuild the model with keras.Model(inputs, outputs) and save that."
            )
        entrances = _entrances(config, self._place)
        if len(entrances) > 1:
            names = ", ".join(clean(name)[:40] for name, _ in entrances[:6])
            raise FileError(
                f"{self._place} takes {len(entrances)} inputs ({names}), but a design of the studio has one Input: "
                "save a model that takes one."
            )
        outputs = self._walk(config, (Source(-1),), "", ())
        if not outputs:
            raise FileError(f"{self._place} has no output, so there is nothing to import.")
        name = inner.get("name")
        return Model(clean(name) if isinstance(name, str) else "", entrances[0][1], self._nodes, outputs)

    def _walk(
        self, model: dict[str, Any], given: tuple[Source, ...], path: str, models: tuple[str, ...]
    ) -> tuple[Source, ...]:
        """Number the calls within a model that is called on `given`; the sources of its outputs."""
        layers = model["config"]["layers"]
        calls = sum(len(layer.get("inbound_nodes") or ()) for layer in layers)
        if max(len(layers), calls) > MAX_BLOCKS:
            raise FileError(f"{self._place} has more than {MAX_BLOCKS:,} layers, the most that a design holds.")
        groups = group_names(model)
        if model["class_name"] == "Sequential":
            at = given
            behind = [*(_built_for(layer) for layer in layers[1:]), None]
            for layer, group, shape in zip(layers, groups, behind, strict=True):
                if layer["class_name"] != "InputLayer":
                    at = self._call(layer, _Call(at, (None,), {}), shape, f"{path}{group}", models)
            return at
        return self._functional(model, given, path, models, groups)

    def _functional(
        self,
        model: dict[str, Any],
        given: tuple[Source, ...],
        path: str,
        models: tuple[str, ...],
        groups: list[str],
    ) -> tuple[Source, ...]:
        config = model["config"]
        entrances = [(name, call) for name, call, _ in _references(config["input_layers"])]
        if len(entrances) != len(given):
            raise FileError(f"{self._place}: a model in it takes {len(entrances)} inputs, but gets {len(given)}.")
        made: dict[tuple[str, int], tuple[Source, ...]] = {
            entrance: (source,) for entrance, source in zip(entrances, given, strict=True)
        }
        shapes = dict(_recorded_shapes(config))
        waiting = [
            (layer, number, _read_call(call), f"{path}{group}")
            for layer, group in zip(config["layers"], groups, strict=True)
            for number, call in enumerate(layer["inbound_nodes"])
        ]
        while waiting:
            left = []
            for layer, number, read, group in waiting:
                if any((name, index) not in made for name, index, _ in read.references):
                    left.append((layer, number, read, group))
                    continue
                at = tuple(_pick(made[name, index], output) for name, index, output in read.references)
                name = _name(layer)
                shape = shapes.get((name, number))
                filled = _Call(at, read.arguments, read.keywords)
                made[name, number] = self._call(layer, filled, shape, group, models, again=number > 0)
            if len(left) == len(waiting):
                raise FileError(f'{self._place}: the layer "{clean(_name(left[0][0]))[:60]}" reads what is not there.')
            waiting = left
        return tuple(_pick(made[name, call], output) for name, call, output in _references(config["output_layers"]))

    def _call(
        self,
        layer: dict[str, Any],
        call: _Call,
        shape: Shape | None,
        path: str,
        models: tuple[str, ...],
        *,
        again: bool = False,
    ) -> tuple[Source, ...]:
        name = _name(layer)
        if layer["class_name"] in MODELS and _is_open(layer) and not again:
            return self._walk(layer, call.inputs, f"{path}/", (*models, clean(name)))
        config = layer["config"]
        if not isinstance(config, dict):
            raise FileError(f'{self._place}: the layer "{clean(name)[:60]}" has no configuration.')
        if len(self._nodes) >= MAX_BLOCKS:
            raise FileError(f"{self._place} has more than {MAX_BLOCKS:,} layers, the most that a design holds.")
        self._nodes.append(
            Node(
                name=clean(name),
                class_name=clean(str(layer["class_name"])),
                module=str(layer.get("module") or ""),
                registered=str(layer.get("registered_name") or ""),
                config=config,
                inputs=call.inputs,
                arguments=call.arguments,
                keywords=call.keywords,
                shape=shape,
                path=path,
                models=models,
                repeats=again,
            )
        )
        return (Source(len(self._nodes) - 1),)


def _pick(sources: tuple[Source, ...], output: int) -> Source:
    """One output of a call. A layer's call has one source; that it has further outputs shows when they are read."""
    if len(sources) == 1 and output:
        return Source(sources[0].node, output)
    return sources[output]


def _is_open(layer: dict[str, Any]) -> bool:
    """Whether a model within says how its layers are connected."""
    config = layer.get("config")
    return isinstance(config, dict) and isinstance(config.get("layers"), list)


def _name(layer: dict[str, Any]) -> str:
    config = layer.get("config")
    name = layer.get("name") or (config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else str(layer["class_name"])


def _entrances(model: dict[str, Any], place: str) -> list[tuple[str, tuple[int | None, ...]]]:
    """Name and sample shape of each input of the whole model."""
    config = model["config"]
    layers = config["layers"]
    if model["class_name"] == "Sequential":
        wanted = {_name(layers[0])} if layers else set()
    else:
        wanted = {name for name, _, _ in _references(config["input_layers"])}
    found = [(_name(layer), shape) for layer in layers if _name(layer) in wanted and (shape := _batch_shape(layer))]
    if not found:
        built = config.get("build_input_shape") or (model.get("build_config") or {}).get("input_shape")
        if not isinstance(built, list) or not built or isinstance(built[0], list):
            raise FileError(f"{place} does not say what goes in: call the model once, then save it again.")
        found = [("input", tuple(built))]
    return [(name, _sample_shape(shape, place)) for name, shape in found]


def _batch_shape(layer: dict[str, Any]) -> tuple[Any, ...]:
    config = layer["config"]
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    return tuple(shape) if isinstance(shape, list) else ()


def _sample_shape(shape: tuple[Any, ...], place: str) -> tuple[int | None, ...]:
    sizes = shape[1:]
    if not sizes or not all(n is None or (type(n) is int and n > 0) for n in sizes) or sizes[-1] is None:
        raise FileError(
            f"{place} takes samples of the shape {list(sizes)}: a design needs at least one axis, and the number of "
            "channels must be known."
        )
    return sizes


@dataclass(frozen=True)
class _Call:
    inputs: tuple[Source, ...]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


@dataclass(frozen=True)
class _ReadCall:
    references: list[tuple[str, int, int]]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


def _read_call(call: Any) -> _ReadCall:
    """What a call of a layer was given, in the words of Keras 3 or of Keras 2."""
    if isinstance(call, dict):
        references = [_reference(t) for t in _tensors([call["args"], call["kwargs"]])]
        arguments = tuple(_without_tensors(a) for a in call["args"])
        keywords = {k: _without_tensors(v) for k, v in call["kwargs"].items() if not _is_nothing(v)}
        return _ReadCall(references, arguments, keywords)
    entries = [call] if call and isinstance(call[0], str) else call
    keywords = {k: v for e in entries if len(e) > 3 for k, v in e[3].items() if not _is_nothing(v)}
    return _ReadCall([(str(e[0]), int(e[1]), int(e[2])) for e in entries], (None,), keywords)


def _is_nothing(value: Any) -> bool:
    """None, or a list of nothing but None, as the masks of a merge are."""
    return value is None or (isinstance(value, list) and all(v is None for v in value))


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if _is_tensor(value):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _tensors(part)


def _without_tensors(value: Any) -> Any:
    """The value, with None for a tensor and for a list of nothing but tensors."""
    if _is_tensor(value) or (isinstance(value, list) and value and all(map(_is_tensor, value))):
        return None
    return value


def _reference(tensor: dict[str, Any]) -> tuple[str, int, int]:
    name, call, output = tensor["config"]["keras_history"]
    return str(name), int(call), int(output)


def _references(value: Any) -> list[tuple[str, int, int]]:
    """[layer, call, output], or any nest of such."""
    if isinstance(value, dict):
        return [r for v in value.values() for r in _references(v)]
    if isinstance(value[0], str):
        return [(value[0], int(value[1]), int(value[2]))]
    return [r for v in value for r in _references(v)]


def _recorded_shapes(config: dict[str, Any]) -> Iterator[tuple[tuple[str, int], Shape]]:
    """(Layer, call) -> sample shape of its result, for results that some layer reads."""
    for layer in config["layers"]:
        for call in layer["inbound_nodes"]:
            for tensor in _tensors(call):
                name, number, output = _reference(tensor)
                shape = known_shape(tensor["config"].get("shape"))
                if output == 0 and shape:
                    yield (name, number), shape


def known_shape(batched: Any) -> Shape | None:
    """The sample shape in a shape with batch axis; None where a size is open."""
    if isinstance(batched, list) and len(batched) > 1 and all(type(n) is int and n > 0 for n in batched[1:]):
        return tuple(batched[1:])
    return None


def _built_for(layer: dict[str, Any]) -> Shape | None:
    """What goes into a layer of a Sequential, and so comes out of the one before it."""
    built = layer.get("build_config")
    return known_shape(built.get("input_shape")) if isinstance(built, dict) else None
