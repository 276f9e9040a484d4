"""The columns of the layer table: what stands in a row, what it sorts by, and what other programs get to count with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cnnstudio.core import wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from fractions import Fraction

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace

NOTHING = -1.0
"""Sorts what has no value before all that has one."""


@dataclass(frozen=True)
class Design:
    """What the columns are worked out from: the trace, and what is summed or looked up once for all rows."""

    trace: Trace

    @cached_property
    def params(self) -> int:
        """Parameters of the whole network."""
        return self.trace.params

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """Block id -> names of the groups it is in, the outer one first."""
        names: dict[str, str] = {}
        for group in sorted(self.trace.architecture.groups.values(), key=lambda g: -len(g.blocks)):
            for id in group.blocks:
                names[id] = f"{names[id]} / {group.name}" if id in names else group.name
        return names


@dataclass(frozen=True, slots=True)
class Column:
    """One column: heading, what it means, its text, and the number it sorts by (None: by its text)."""

    title: str
    help: str
    text: Callable[[BlockTrace, Design], str]
    rank: Callable[[BlockTrace, Design], float] | None = None
    plain: Callable[[BlockTrace, Design], str] | None = None
    """For other programs to count with: no separators, no units. None: as the text."""
    plain_title: str = ""
    """The heading over such numbers, with their unit."""


def _id(traced: BlockTrace, design: Design) -> str:
    return traced.id


def _kind(traced: BlockTrace, design: Design) -> str:
    return f"{traced.spec.title} (bypassed)" if traced.bypassed else traced.spec.title


def _group(traced: BlockTrace, design: Design) -> str:
    return design.groups.get(traced.id, "")


def _shape(traced: BlockTrace, design: Design) -> str:
    return wording.DASH if traced.output is None else wording.lettered_shape(traced.output.shape)


def _plain_shape(traced: BlockTrace, design: Design) -> str:
    return "" if traced.output is None else "x".join(str(n) for n in traced.output.shape)


def _cells(traced: BlockTrace, design: Design) -> float:
    return traced.output.cells if traced.output is not None else NOTHING


def _params(traced: BlockTrace, design: Design) -> str:
    return wording.count(traced.params) if traced.output is not None else wording.DASH


def _param_count(traced: BlockTrace, design: Design) -> float:
    return traced.params if traced.output is not None else NOTHING


def _share(traced: BlockTrace, design: Design) -> str:
    return wording.share(traced.params, design.params) if traced.output is not None else wording.DASH


def _plain_share(traced: BlockTrace, design: Design) -> str:
    return f"{100 * traced.params / design.params:.4g}" if traced.output is not None and design.params else ""


def _macs(traced: BlockTrace, design: Design) -> str:
    return wording.count(traced.macs) if traced.output is not None else wording.DASH


def _mac_count(traced: BlockTrace, design: Design) -> float:
    return traced.macs if traced.output is not None else NOTHING


def _memory(traced: BlockTrace, design: Design) -> str:
    return wording.size_of(traced.activation_bytes) if traced.output is not None else wording.DASH


def _bytes(traced: BlockTrace, design: Design) -> float:
    return traced.activation_bytes if traced.output is not None else NOTHING


def _field(traced: BlockTrace, design: Design) -> str:
    return wording.receptive_field(design.trace.fields[traced.id]) if traced.output is not None else wording.DASH


def _field_size(traced: BlockTrace, design: Design) -> float:
    return _product(a.size for a in design.trace.fields[traced.id]) if traced.output is not None else NOTHING


def _stride(traced: BlockTrace, design: Design) -> str:
    return wording.stride(design.trace.fields[traced.id]) if traced.output is not None else wording.DASH


def _jump(traced: BlockTrace, design: Design) -> float:
    return _product(a.jump for a in design.trace.fields[traced.id]) if traced.output is not None else NOTHING


def _counted(number: Callable[[BlockTrace, Design], float]) -> Callable[[BlockTrace, Design], str]:
    """That number without separators, nothing where there is none."""

    def plain(traced: BlockTrace, design: Design) -> str:
        value = number(traced, design)
        return "" if value == NOTHING else str(int(value))

    return plain


def _without_spaces(text: Callable[[BlockTrace, Design], str]) -> Callable[[BlockTrace, Design], str]:
    """Sizes as other programs read them: 5x5."""

    def plain(traced: BlockTrace, design: Design) -> str:
        return text(traced, design).replace(f" {wording.TIMES} ", "x").replace(wording.DASH, "").replace(",", "")

    return plain


def _product(values: Iterable[Fraction | int]) -> float:
    product = 1.0
    for value in values:
        product *= float(value)
    return product


COLUMNS = (
    Column("Block", "Id of the block", _id),
    Column("Kind", "What kind of block it is", _kind),
    Column("Group", "The group that the block is in", _group),
    Column(
        "Output shape",
        "Sizes of what goes out: length (L), or depth (D), height (H) and width (W); channels (C) last",
        _shape,
        _cells,
        _plain_shape,
    ),
    Column("Parameters", "Weights and biases of the block", _params, _param_count, _counted(_param_count)),
    Column("Share", "Share of the parameters of the whole network", _share, _param_count, _plain_share, "Share (%)"),
    Column("Multiply-adds", "Multiplications with addition for one sample", _macs, _mac_count, _counted(_mac_count)),
    Column(
        "Activation memory",
        "Results of the block for one sample, as float32",
        _memory,
        _bytes,
        _counted(_bytes),
        "Activation memory (bytes)",
    ),
    Column(
        "Receptive field",
        "How much of the input one value can see, in cells of the input",
        _field,
        _field_size,
        _without_spaces(_field),
    ),
    Column(
        "Stride",
        "How far the receptive field moves on the input from one value to the next",
        _stride,
        _jump,
        _without_spaces(_stride),
    ),
)
TITLES = tuple(c.title for c in COLUMNS)
GROUP = TITLES.index("Group")
FIELD, STRIDE = TITLES.index("Receptive field"), TITLES.index("Stride")
FIRST_NUMBER = TITLES.index("Output shape")
