"""Which connections a shape break is about, what arrives there and what should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.analysis.diagnostics import EdgeFault, Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.experiment import Experiment

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo

Row = tuple[str, str, str, dict[str, Any]]
_MAPS = ("a", "Convolution", "input", {"filters": 16})
_HALF = ("b", "Convolution", "input", {"filters": 32, "strides": 2})


def _data() -> DataInfo:
    return Experiment(architecture=Architecture()).data.info()


def _faults(*rows: Row) -> tuple[EdgeFault, ...]:
    blocks = [Block("input", spec_class("Input")(shape=_data().input_shape))]
    blocks += [Block(id, spec_class(kind)(**values), tuple(reads.split())) for id, kind, reads, values in rows]
    errors = [d for d in lint(trace(Architecture.of(blocks), _data())) if d.severity is Severity.ERROR]
    return tuple(edge for d in errors for edge in d.edges)


def test_a_merge_names_the_inputs_that_differ_from_most() -> None:
    rows: tuple[Row, ...] = (_MAPS, _HALF, ("c", "Convolution", "input", {"filters": 16}), ("sum", "Add", "b a c", {}))
    assert _faults(*rows) == (EdgeFault("b", "sum", (4, 4, 32), (8, 8, 16)),)
    assert _faults(_MAPS, _HALF, ("sum", "Add", "a b", {})) == (EdgeFault("b", "sum", (4, 4, 32), (8, 8, 16)),)


def test_joining_channels_asks_for_the_size_alone() -> None:
    assert _faults(_MAPS, _HALF, ("all", "Concatenate", "a b", {})) == (EdgeFault("b", "all", (4, 4, 32), (8, 8, 32)),)


def test_gates_of_one_number_per_channel_are_no_fault() -> None:
    gate = ("gate", "GlobalAveragePooling", "a", {"keepdims": True})
    fault = _faults(_MAPS, gate, _HALF, ("scaled", "Multiply", "a gate b", {}))
    assert fault == (EdgeFault("b", "scaled", (4, 4, 32), (8, 8, 16)),)


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("Output", {}, "a vector"),
        ("Convolution", {"kernel_size": 9, "padding": "valid"}, "at least 9 x 9"),
        ("Convolution", {"kernel_size": 3, "dilation_rate": 5, "padding": "valid"}, "at least 11 x 11"),
        ("MaxPooling", {"pool_size": 9}, "at least 9 x 9"),
    ],
)
def test_a_block_that_cannot_take_a_shape_says_what_it_could(kind: str, values: dict[str, Any], wanted: str) -> None:
    assert _faults(_MAPS, ("it", kind, "a", values)) == (EdgeFault("a", "it", (8, 8, 16), wanted),)


def test_a_vector_where_maps_are_needed() -> None:
    (fault,) = _faults(_MAPS, ("flat", "Flatten", "a", {}), ("conv", "Convolution", "flat", {}))
    assert (fault.source, fault.target, fault.given) == ("flat", "conv", (1024,))
    assert "image" in str(fault.wanted)


def test_a_bypassed_block_hands_the_fault_to_the_connection_behind_it() -> None:
    blocks = [
        Block("input", spec_class("Input")(shape=_data().input_shape)),
        Block("off", spec_class("Flatten")(), ("input",), bypassed=True),
        Block("output", spec_class("Output")(), ("off",)),
    ]
    errors = [d for d in lint(trace(Architecture.of(blocks), _data())) if d.severity is Severity.ERROR]
    assert [edge for d in errors for edge in d.edges] == [EdgeFault("off", "output", (8, 8, 1), "a vector")]


def test_a_parameter_out_of_bounds_is_no_fault_of_a_connection() -> None:
    assert _faults(("conv", "Convolution", "input", {"filters": 0})) == ()
