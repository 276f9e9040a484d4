"""An architecture drawn for a paper: the canvas in vectors, without a window, in colours and type that print well."""

from __future__ import annotations

import functools
import io
import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve
from matplotlib.textpath import TextPath

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.key_parameters import parameter_words
from cnnstudio.core.placing.colours import ON_PAPER
from cnnstudio.core.placing.frames import Box, around, borders, card_box, plan
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH, arrange
from cnnstudio.core.placing.roads import Roads
from cnnstudio.core.wording import counted, shape
from cnnstudio.engine.exporting.labels import Label, label_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.architecture import Architecture, Block
    from cnnstudio.core.placing.frames import Plan
    from cnnstudio.core.placing.roads import Course
    from cnnstudio.engine.exporting.labels import Place

ACROSS, DOWN = 0.6, 0.46
"""Points to a canvas pixel: a card is 5 cm wide, and flat, as paper has less room down than a canvas that scrolls."""
INCH = 72.0
MARGIN = 10.0
LARGEST_PAGE = 200.0
"""Inches: programs that read PDF take no larger page."""
PNG_DPI = 300
MOST_PIXELS = 80_000_000
MOST_ACROSS = 60_000
"""Pixels of a picture, of all and along an edge."""
TITLE, WORDS, SMALL = 8.0, 6.5, 6.0
"""Sizes of type, in points."""
INK, QUIET, LINE, FRAME, GROUND = "#1b2230", "#4a5262", "#5b6472", "#9aa2b1", "#f4f5f8"
_FAMILY = "DejaVu Sans"
"""It comes with matplotlib, so that a drawing is the same everywhere, and has the signs that are used."""
_PAD, _BESIDE = 12.0, 4.0
_APART = 5.5
"""Half of what lies between the two lines of a card, in points."""
_CLEAR = 2.2
"""Room round words that stand upon a line, in points: it ends before them and does not strike them through."""
_LEADING = 1.2
"""Height of a line of words to their size."""
_TINT = 0.14
_RC: Any = {
    "font.family": _FAMILY,
    "pdf.fonttype": 42,  # TrueType, embedded: publishers refuse Type 3
    "svg.fonttype": "path",  # letters as curves: the same on a machine without the font
    "svg.hashsalt": "cnnstudio",  # the same drawing gives the same bytes
}


@dataclass
class Drawing:
    """A drawing in one form."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Card:
    """What is drawn for a block or a closed group."""

    box: Box
    title: str
    words: str
    family: str
    bypassed: bool = False


@dataclass(frozen=True)
class _Edge:
    """A connection, and the shape that flows along it."""

    source: str
    course: Course
    words: str
    borders: tuple[float, ...] = ()
    """Heights at which it leaves and enters frames."""

    @property
    def place(self) -> tuple[float, float]:
        """Where its words stand: beside a lane and a straight line, upon a curve, and clear of the frames' borders."""
        x, y = self.course.label
        if not self.borders or self.course.lane is not None:
            return x, y
        stops = [self.course.start[1], *self.borders, self.course.end[1]]
        _, top, bottom = max((below - above, above, below) for above, below in pairwise(stops))
        return x, (top + bottom) / 2


@dataclass
class _Sheet:
    """All that is drawn, in canvas pixels."""

    cards: list[_Card]
    frames: list[tuple[Box, str]]
    edges: list[_Edge]
    results: list[tuple[Box, str]]
    """Below these cards stands what comes out of the network."""
    lost: set[str] = field(default_factory=set)
    """Letters that the font does not have."""

    @property
    def area(self) -> Box:
        """What holds all of it."""
        boxes = [card.box for card in self.cards] + [box for box, _ in self.frames]
        boxes += [edge.course.area for edge in self.edges]
        boxes += [box._replace(bottom=box.bottom + 2 * _PAD) for box, _ in self.results]
        return around(boxes)


def draw(design: Trace, name: str, form: str) -> Drawing:
    """The architecture as it lies on the canvas, groups as they are open or closed there; "svg", "pdf" or "png".

    Where cards lie on each other, they are laid out anew first.
    """
    sheet = _sheet(design)
    left, top, right, bottom = sheet.area
    left, top, right, bottom = left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN
    width, height = (right - left) * ACROSS / INCH, (bottom - top) * DOWN / INCH
    scale = min(1.0, LARGEST_PAGE / max(width, height))
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(width * scale, height * scale))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        _Pen(axes, scale, sheet).draw()
        data = _written(figure, form, name)
    lost = f"The drawing's font lacks the letters {' '.join(sorted(sheet.lost))}; a sign stands in their place."
    return Drawing(data, (lost,) if sheet.lost else ())


def _written(figure: Figure, form: str, name: str) -> bytes:
    width, height = figure.get_size_inches()
    dpi = min(PNG_DPI, math.sqrt(MOST_PIXELS / (width * height)), MOST_ACROSS / max(width, height))
    undated: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
    file = io.BytesIO()
    figure.savefig(file, format=form, dpi=dpi, metadata={**undated[form], "Title": _plain(name)}, facecolor="white")
    return file.getvalue()


# What is drawn


def _sheet(design: Trace) -> _Sheet:
    architecture = _apart(design.architecture)
    drawn = plan(architecture)
    roads = Roads()
    for node, place in drawn.cards.items():
        roads.place(node, card_box(place))
    for edge in drawn.folded.edges:
        roads.link(edge)
    roads.settle()
    crossed = borders(drawn, architecture)
    ends = [id for id, block in architecture.blocks.items() if block.spec.kind == "Output"]
    results = [(id, _flow(design, id)) for id in ends if drawn.folded.node_of[id] == id]
    return _Sheet(
        [_card(design, architecture, drawn, node) for node in drawn.cards],
        [(box, architecture.groups[id].name) for id, box in drawn.frames.items()],
        [
            _Edge(key[0], course, _flow(design, drawn.folded.edges[key][0][0]), crossed.get(key, ()))
            for key, course in roads.courses.items()
        ],
        [(card_box(drawn.cards[id]), words) for id, words in results if words],
    )


def _apart(architecture: Architecture) -> Architecture:
    """The architecture with cards that do not lie on each other."""
    boxes = sorted(card_box(block.position) for block in architecture.blocks.values())
    for at, box in enumerate(boxes):
        for other in boxes[at + 1 :]:
            if other.left >= box.right:
                break
            if box.meets(other):
                places = arrange(architecture)
                return architecture.with_blocks(*(b.at(*places[b.id]) for b in architecture.blocks.values()))
    return architecture


def _card(design: Trace, architecture: Architecture, drawn: Plan, node: str) -> _Card:
    box = card_box(drawn.cards[node])
    block = architecture.blocks.get(node)
    if block is None:
        group = architecture.groups[node]
        inner = drawn.folded.nodes[node]
        return _Card(box, group.name, counted(len(inner), "block"), spec_class("Residual").group)
    traced = design.blocks[node]
    words = parameter_words(block.spec, traced.inputs[0].rank if traced.inputs else len(architecture.input_shape) - 1)
    words = words if words != _flow(design, node) else ""  # that of the Input stands at its edge
    own = _own_name(block)
    parts = (block.spec.title if own else "", words, "bypassed" if block.bypassed else "")
    return _Card(
        box, own or block.spec.title, " · ".join(part for part in parts if part), block.spec.group, block.bypassed
    )


def _own_name(block: Block) -> str:
    """The id where a person has given it; "" where it is made of the block's title and a number."""
    stem = "".join(c if c.isalnum() else "_" for c in block.spec.title.lower())
    rest = block.id.removeprefix(stem)
    return "" if block.id in ("input", "output") or (rest != block.id and rest.strip("_0123456789") == "") else block.id


def _flow(design: Trace, id: str) -> str:
    traced: BlockTrace = design.blocks[id]
    return shape(traced.output.shape) if traced.output is not None else ""


def _places(sheet: _Sheet) -> list[Place | None]:
    """Where the words of each edge stand."""
    high = (_LEADING * SMALL + 2 * _CLEAR) / DOWN
    labels = []
    for edge in sheet.edges:
        wide = _width(edge.words, SMALL, bold=False) + (0.0 if edge.course.side else 2 * _CLEAR)
        labels.append(Label(edge.source, edge.course, wide / ACROSS, high, _BESIDE, edge.place))
    return label_places(labels, [card.box for card in sheet.cards], [box for box, _ in sheet.frames])


# How it is drawn


class _Pen:
    """Draws a sheet on axes whose unit is a canvas pixel."""

    def __init__(self, axes: Axes, scale: float, sheet: _Sheet) -> None:
        self._axes = axes
        self._scale = scale
        self._sheet = sheet

    def draw(self) -> None:
        """From what lies below to what lies above."""
        for box, name in self._sheet.frames:
            self._frame(box, name)
        for edge in self._sheet.edges:
            self._edge(edge.course)
        for card in self._sheet.cards:
            self._card(card)
        for edge, place in zip(self._sheet.edges, _places(self._sheet), strict=True):
            if place is not None:
                self._flow(edge.words, place)
        for box, words in self._sheet.results:
            self._text((box.left + box.right) / 2, box.bottom + _PAD, words, SMALL, QUIET, across="center")

    def _frame(self, box: Box, name: str) -> None:
        self._box(box, GROUND, FRAME, 0.6)
        room = (box.right - box.left) / 2 - 1.5 * _PAD  # edges come in in the middle
        self._text(box.left + _PAD, box.top + 1.3 * _PAD, name, WORDS, QUIET, bold=True, room=room)

    def _card(self, card: _Card) -> None:
        colour = ON_PAPER[card.family]
        face = "white" if card.bypassed else _mixed(colour, _TINT)
        self._box(card.box, face, colour, 0.9, dashed=card.bypassed)
        room = CARD_WIDTH - 2 * _PAD
        x, y = (card.box.left + card.box.right) / 2, card.box.top + CARD_HEIGHT / 2
        rise = _APART / DOWN if card.words else 0.0
        self._text(x, y - rise, card.title, TITLE, INK, bold=True, room=room, across="center")
        if card.words:
            self._text(x, y + rise, card.words, WORDS, QUIET, room=room, across="center")

    def _edge(self, course: Course) -> None:
        places, codes = [course.start], [Curve.MOVETO]
        for piece in course.pieces:
            places += piece
            codes += [Curve.LINETO if len(piece) == 1 else Curve.CURVE4] * len(piece)
        self._axes.add_patch(
            FancyArrowPatch(
                path=Curve(places, codes), arrowstyle="-|>", mutation_scale=6 * self._scale, color=LINE,
                linewidth=0.8 * self._scale, fill=True, joinstyle="miter", zorder=2,
            )
        )  # fmt: skip

    def _flow(self, words: str, place: Place) -> None:
        x, y, side = place
        across = {1: "left", -1: "right"}.get(side, "center")
        within = any(box.left < x < box.right and box.top < y < box.bottom for box, _ in self._sheet.frames)
        ground = "" if side else GROUND if within else "white"  # upon its own curve, which it would be crossed out by
        self._text(x + _BESIDE * side, y, words, SMALL, QUIET, across=across, ground=ground)

    def _box(self, box: Box, face: str, edge: str, width: float, *, dashed: bool = False) -> None:
        self._axes.add_patch(
            FancyBboxPatch(
                (box.left, box.top), box.right - box.left, box.bottom - box.top, facecolor=face, edgecolor=edge,
                boxstyle="round,pad=0,rounding_size=7", mutation_aspect=ACROSS / DOWN, linewidth=width * self._scale,
                linestyle="--" if dashed else "-", zorder=1 if face == GROUND else 3,
            )
        )  # fmt: skip

    def _text(
        self, x: float, y: float, text: str, size: float, colour: str,
        *, bold: bool = False, room: float = 0.0, across: str = "left", ground: str = "",
    ) -> None:  # fmt: skip
        text = self._known(text)
        if room:
            text = _fitted(text, room * ACROSS, size, bold=bold)
        back = {"facecolor": ground, "edgecolor": "none", "pad": _CLEAR * self._scale} if ground else None
        self._axes.text(
            x, y, text, fontsize=size * self._scale, color=colour, ha=across, va="center_baseline", zorder=4,
            fontweight="bold" if bold else "normal", bbox=back, parse_math=False,
        )  # fmt: skip

    def _known(self, text: str) -> str:
        """The text with a sign in place of letters that the font lacks; on one line."""
        text = " ".join(text.split())
        lost = {c for c in text if ord(c) not in _letters()}
        self._sheet.lost |= {c for c in lost if c.isprintable()}
        return "".join("\N{REPLACEMENT CHARACTER}" if c in lost else c for c in text)


def _plain(text: str) -> str:
    """The text without what no file of text may hold."""
    return "".join(c for c in text if c.isprintable())


def _fitted(text: str, points: float, size: float, *, bold: bool) -> str:
    """The text, cut with an ellipsis where it is wider than that."""
    if _width(text, size, bold=bold) <= points:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = _width(f"{text[:middle].rstrip()}…", size, bold=bold) <= points
        low, high = (middle, high) if fits else (low, middle - 1)
    return f"{text[:low].rstrip(' ·')}…"


@functools.lru_cache(4096)
def _width(text: str, size: float, *, bold: bool) -> float:
    """In points."""
    font = FontProperties(family=_FAMILY, weight="bold" if bold else "normal")
    plain = text.replace("$", r"\$")  # no formula
    extents = TextPath((0, 0), plain, size=size, prop=font, usetex=False).get_extents() if text.strip() else None
    return float(extents.x1) if extents is not None else 0.0


@functools.lru_cache(1)
def _letters() -> frozenset[int]:
    """What the font has in both weights."""
    fonts = (findfont(FontProperties(family=_FAMILY, weight=weight)) for weight in ("normal", "bold"))
    found: Iterable[set[int]] = (set(get_font(font).get_charmap()) for font in fonts)
    return frozenset(set.intersection(*found))


def _mixed(colour: str, share: float) -> str:
    """A colour on white paper, thinned to that share."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in parts)
