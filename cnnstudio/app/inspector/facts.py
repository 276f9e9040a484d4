"""The numbers of a block, of several blocks and of the whole network, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.app import format
from cnnstudio.core.data.info import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnnstudio.core.analysis.field import Field
    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment

BYTES_PER_NUMBER = 4
"""Weights and activations are float32."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a table of numbers: what it is, the value, and what that means."""

    name: str
    value: str
    help: str


def of_block(traced: BlockTrace, trace: Trace) -> list[Fact]:
    """Everything known of one block. Values are dashes until the block can be laid."""
    facts = [
        Fact("Shape in", _ins(traced), "Sizes of what comes in, channels (C) last"),
        Fact("Shape out", _out(traced), "Sizes of what goes out, channels (C) last"),
    ]
    if traced.spec.max_inputs == 0:
        return facts[1:]
    numbers = [
        *_weights(traced.params, traced.trainable_params),
        Fact("Share", format.share(traced.params, trace.params), "Share of the parameters of the whole network"),
        *_cost(traced.macs, traced.activation_bytes),
    ]
    facts += _if_laid(numbers, [traced])
    if traced.output is not None:
        facts += _field(trace.fields[traced.id], trace)
    return facts


def _if_laid(facts: list[Fact], of: Iterable[BlockTrace]) -> list[Fact]:
    """The facts, or dashes in place of sums that lack a block: 0 would be a lie."""
    if all(traced.output is not None for traced in of):
        return facts
    return [Fact(f.name, format.DASH, f"{f.help}; known once every block has a shape") for f in facts]


def flow(traced: BlockTrace) -> str:
    """Shape in and shape out in one line; for several inputs that of the first and how many more there are."""
    out = format.tensor_shape(traced.output)
    if not traced.inputs:
        return out
    more = f" (+{len(traced.inputs) - 1})" if len(traced.inputs) > 1 else ""
    return f"{format.shape(traced.inputs[0].shape)}{more} {format.ARROW} {out}"


def _ins(traced: BlockTrace) -> str:
    return " +\n".join(format.lettered_shape(t.shape) for t in traced.inputs) or format.DASH


def _out(traced: BlockTrace) -> str:
    return format.DASH if traced.output is None else format.lettered_shape(traced.output.shape)


def _weights(params: int, trainable: int) -> list[Fact]:
    facts = [Fact("Parameters", format.count(params), "Numbers that the block keeps: weights and biases")]
    if trainable != params:
        facts += [
            Fact("Trainable", format.count(trainable), "Parameters that training changes by gradients"),
            Fact("Not trainable", format.count(params - trainable), "Parameters kept otherwise, as running means are"),
        ]
    return facts


def _cost(macs: int, activation: int) -> list[Fact]:
    return [
        Fact("Multiply-adds", format.short(macs), f"{format.count(macs)} multiplications with addition for one sample"),
        Fact(
            "Activation memory",
            format.size_of(activation),
            f"{format.count(activation)} bytes of float32 results for one sample",
        ),
    ]


def _measured(extent: str, rank: int) -> str:
    """An extent on the input with its unit: "5 px", "1 sample"; a dash as it is."""
    return extent if extent == format.DASH else f"{extent} {format.cells(rank, int(extent == '1'))}"


def _field(field: Field, trace: Trace) -> list[Fact]:
    sizes = trace.data.input_shape[:-1]
    size, stride = format.receptive_field(field), format.stride(field)
    sees_all = len(field) == len(sizes) and all(a.size >= n for a, n in zip(field, sizes, strict=True))
    return [
        Fact(
            "Receptive field",
            _measured(size, len(sizes)),
            "How much of the input one value of the result can see"
            + (": as much as the whole input, or more" if sees_all else ""),
        ),
        Fact(
            "Stride on input",
            _measured(stride, len(sizes)),
            "How far the receptive field moves on the input from one value to the next",
        ),
    ]


def dense_instead(traced: BlockTrace) -> str:
    """What a dense layer between the same shapes would cost; "" for blocks that share no weights over places."""
    if traced.output is None or not traced.inputs or not traced.params or traced.spec.group != "Convolution":
        return ""
    cells_in, cells_out = traced.inputs[0].cells, traced.output.cells
    dense = cells_in * cells_out + cells_out
    if dense <= traced.params:
        return ""
    return (
        f"A dense layer from {format.count(cells_in)} to {format.count(cells_out)} values would need "
        f"{format.short(dense)} parameters, {format.short(dense / traced.params)} times as many."
    )


def derived(kind: str, data: DataInfo) -> str:
    """What an end of the network takes from the data by itself; "" for other blocks."""
    if kind == "Input":
        return "The Data page decides the shape of the samples."
    if kind != "Output":
        return ""
    if data.task is Task.RECONSTRUCTION:
        return f"{format.counted(data.input_shape[-1], 'map')}, one for each channel of the samples."
    noun = "unit" if data.task is Task.CLASSIFICATION else "map"
    each = f"{format.counted(data.classes, noun)}, one for each class of the data"
    return f"{each}, and 4 for the edges of a box." if data.task is Task.DETECTION else f"{each}."


def of_several(traced: Sequence[BlockTrace], trace: Trace) -> list[Fact]:
    """Sums over some blocks."""
    params = sum(t.params for t in traced)
    sums = [
        *_weights(params, sum(t.trainable_params for t in traced)),
        Fact("Share", format.share(params, trace.params), "Share of the parameters of the whole network"),
        *_cost(sum(t.macs for t in traced), sum(t.activation_bytes for t in traced)),
    ]
    return _if_laid(sums, traced)


_IMPORTED = Fact(
    "Starts from", "imported weights", "Training starts from these where they fit; Edit has a way back to fresh ones"
)


def of_network(experiment: Experiment, trace: Trace) -> list[Fact]:
    """Sums over the whole network, and what goes in and comes out."""
    outputs = [t for t in trace.blocks.values() if t.spec.kind == "Output"]
    memory = sum(t.activation_bytes for t in trace.blocks.values())
    sums = [
        *_weights(trace.params, trace.trainable_params),
        Fact("Size of weights", format.size_of(BYTES_PER_NUMBER * trace.params), "As float32: 4 bytes a parameter"),
        *_cost(trace.macs, memory),
    ]
    return [
        Fact("Data", experiment.data.source.title, experiment.data.source.note),
        Fact("Shape in", format.lettered_shape(trace.data.input_shape), "Sizes of one sample, channels (C) last"),
        Fact("Shape out", _out(outputs[0]) if outputs else format.DASH, "Sizes of the answer for one sample"),
        Fact("Blocks", format.count(len(trace.blocks)), "Input and Output are counted"),
        *([_IMPORTED] if experiment.weights else []),
        *_if_laid(sums, trace.blocks.values()),
    ]
