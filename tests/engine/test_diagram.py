"""Drawings of architectures: every preset, names that anybody may have written, sizes that programs take."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
import zlib
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block, Group
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.edits import Tidy
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.formats.presets import preset, presets
from cnnstudio.core.placing.frames import Box
from cnnstudio.engine.exporting import diagram
from cnnstudio.engine.exporting.diagram import draw
from cnnstudio.engine.exporting.errors import ExportError, ExportPlaceError
from cnnstudio.engine.exporting.ordering import ordered
from cnnstudio.engine.exporting.stages import finished
from tests.helpers.run_folders import leave_run

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = [p.id for p in presets() if not p.user]
NASTY = "50 % of $x_1$ & <b> \\frac{ 你好 \x07"


def traced(experiment: Experiment) -> Trace:
    return trace(experiment.architecture, experiment.data.info())


def design(id: str) -> Trace:
    found = preset(id).experiment
    assert found is not None
    return traced(found)


def block(id: str, kind: str, *inputs: str, **values: Any) -> Block:
    return Block(id, spec_class(kind)(**values), inputs)


def branched(*, closed: bool = False, name: str = "Stage", tidy: bool = True) -> Trace:
    """A convolution, two branches that a sum brings together, a group of three of them."""
    blocks = [
        block("input", "Input"),
        block("convolution_1", "Convolution", "input", filters=8),
        block("convolution_2", "Convolution", "convolution_1", filters=8),
        block("my_own", "Convolution", "convolution_2", filters=8),
        dataclasses.replace(block("dropout_1", "Dropout", "my_own"), bypassed=True),
        block("add_1", "Add", "dropout_1", "convolution_1"),
        block("flatten_1", "Flatten", "add_1"),
        block("output", "Output", "flatten_1"),
    ]
    group = Group("g", name, frozenset(("convolution_2", "my_own", "dropout_1", "add_1")), closed)
    made = Experiment(architecture=Architecture.of(blocks, [group]))
    return traced(Tidy()(made) if tidy else made)


def fan(branches: int) -> Trace:
    """One convolution that many others follow, one of them twice over, all brought together with it."""
    ways = [f"way_{number}" for number in range(branches)]
    blocks = [
        block("input", "Input"),
        block("stem", "Convolution", "input", filters=8),
        *(block(way, "Convolution", "stem", filters=8) for way in ways),
        block("longer", "Convolution", ways[-1], filters=8),
        block("concatenate_1", "Concatenate", *ways[:-1], "longer", "stem"),
        block("flatten_1", "Flatten", "concatenate_1"),
        block("output", "Output", "flatten_1"),
    ]
    return traced(Tidy()(Experiment(architecture=Architecture.of(blocks))))


@pytest.mark.parametrize("branches", [2, 3, 4, 7])
def test_no_line_or_card_strikes_through_a_shape_and_every_shape_is_told(branches: int) -> None:
    sheet = diagram._sheet(fan(branches))
    placed = [
        (edge, place) for edge, place in zip(sheet.edges, diagram._places(sheet), strict=True) if place is not None
    ]
    assert {edge.source for edge, _ in placed} == {edge.source for edge in sheet.edges}
    boxes = []
    for edge, place in placed:
        wide, high = (
            diagram._width(edge.words, diagram.SMALL, bold=False) / diagram.ACROSS,
            diagram.SMALL / diagram.DOWN,
        )
        left = {1: place.x, -1: place.x - wide}.get(place.side, place.x - wide / 2)
        box = Box(left, place.y - high / 2, left + wide, place.y + high / 2)
        boxes.append(box)
        assert not [card.title for card in sheet.cards if card.box.meets(box)]
        for other in sheet.edges:
            if other is not edge:
                assert not any(passes(box, *piece) for piece in pairwise(other.course.places())), edge.words
    assert not [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1])]


def passes(box: Box, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether one of a hundred places of that piece lies in the box."""
    shares = [number / 100 for number in range(101)]
    places = [(start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])) for t in shares]
    return any(box.left < x < box.right and box.top < y < box.bottom for x, y in places)


@pytest.mark.parametrize("id", SHIPPED)
def test_every_preset_is_drawn_with_a_box_for_each_block_and_a_line_for_each_edge(id: str) -> None:
    of = design(id)
    sheet = diagram._sheet(of)
    edges = {(source, b.id) for b in of.architecture.blocks.values() for source in b.inputs}
    assert len(sheet.cards) == len(of.architecture.blocks)
    assert len(sheet.edges) == len(edges)
    assert not [pair for pair in combinations([card.box for card in sheet.cards], 2) if pair[0].meets(pair[1])]
    assert all(edge.words for edge in sheet.edges)


@pytest.mark.parametrize("id", ["u-net", "signal-tcn"])
def test_a_drawing_is_lines_and_letters_alone(id: str) -> None:
    root = ElementTree.fromstring(draw(design(id), id, "svg").data)
    assert root.tag.endswith("svg")
    assert not root.findall(".//{http://www.w3.org/2000/svg}image")


def test_edges_that_skip_run_through_no_card() -> None:
    for of in (design("u-net"), branched()):
        sheet = diagram._sheet(of)
        for edge in sheet.edges:
            start, end = edge.course.start[1], edge.course.end[1]
            for x, y in edge.course.places():
                if start + 1 < y < end - 1:
                    assert not [c for c in sheet.cards if c.box.left < x < c.box.right and c.box.top < y < c.box.bottom]


@pytest.mark.parametrize(("form", "magic"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_the_same_architecture_gives_the_same_bytes(form: str, magic: bytes) -> None:
    first, second = draw(branched(), "it", form), draw(branched(), "it", form)
    assert first.data.startswith(magic)
    assert first.data == second.data
    assert first.notes == ()


def test_a_pdf_brings_its_letters_as_truetype_and_keeps_text_as_text() -> None:
    data = draw(branched(), "it", "pdf").data
    assert b"/FontFile2" in data
    assert b"/Type3" not in data
    assert b"/Subtype /Image" not in data
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    pages = b"".join(zlib.decompress(s) for s in streams if s[:1] == b"\x78")
    assert len(re.findall(rb"\bBT\b", pages)) >= len(diagram._sheet(branched()).cards)


def test_names_are_drawn_as_they_are_and_missing_letters_are_told_of() -> None:
    for closed in (False, True):
        drawing = draw(branched(closed=closed, name=NASTY), NASTY, "svg")
        ElementTree.fromstring(drawing.data)
        (note,) = drawing.notes
        assert "你" in note
        assert "\x07" not in note


def test_groups_are_framed_while_open_and_a_card_while_closed() -> None:
    opened, closed = diagram._sheet(branched()), diagram._sheet(branched(closed=True))
    (frame,) = opened.frames
    inner = [card for card in opened.cards if card.box.meets(frame[0])]
    assert (len(inner), frame[1]) == (4, "Stage")
    assert closed.frames == []
    assert [(c.title, c.words) for c in closed.cards if c.family == "Composite"] == [("Stage", "4 blocks")]
    own = next(card for card in opened.cards if card.title == "my_own")
    assert own.words.startswith("Convolution · 8 filters")
    assert [card.bypassed for card in opened.cards].count(True) == 1


def test_words_on_edges_stand_clear_of_the_borders_of_frames() -> None:
    sheet = diagram._sheet(branched())
    ((frame, _),) = sheet.frames
    straight = [edge for edge in sheet.edges if edge.course.lane is None]
    assert any(edge.borders for edge in straight)
    for edge in straight:
        assert min(abs(edge.place[1] - frame.top), abs(edge.place[1] - frame.bottom)) > 8


def test_cards_that_lie_on_each_other_are_laid_out_first() -> None:
    assert draw(branched(tidy=False), "it", "svg").data == draw(branched(), "it", "svg").data


def test_a_very_deep_network_fits_what_programs_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagram, "LARGEST_PAGE", 3.0)
    box = re.search(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]", draw(branched(), "it", "pdf").data)
    assert box is not None
    assert max(float(box[1]), float(box[2])) == pytest.approx(3 * 72, abs=0.1)
    for name, most in (("MOST_ACROSS", 400), ("MOST_PIXELS", 30_000)):
        with monkeypatch.context() as patch:
            patch.setattr(diagram, name, most)
            picture = Image.open(io.BytesIO(draw(branched(), "it", "png").data))
            found = max(picture.size) if name == "MOST_ACROSS" else picture.width * picture.height
            assert 0.95 * most < found <= 1.02 * most


@pytest.mark.parametrize("size", [6.0, 8.0])
def test_a_text_is_cut_to_the_room_there_is(size: float) -> None:
    whole = "A name of many words that goes on"
    cut = diagram._fitted(whole, 60.0, size, bold=True)
    assert cut.endswith("…")
    assert whole.startswith(cut[:-1])
    assert diagram._width(cut, size, bold=True) <= 60.0
    assert diagram._fitted("short", 60.0, size, bold=True) == "short"


# As a person exports them


@pytest.mark.parametrize(("form", "ending", "start"), [("diagram", "svg", "<?xml"), ("summary", "md", "# LeNet")])
def test_pictures_are_made_without_keras_of_designs_and_of_runs(
    tmp_path: Path, form: str, ending: str, start: str
) -> None:
    code = (
        "import sys; from cnnstudio.cli.command import run; "
        f"made = run(['export', 'lenet-5', '--format', '{form}', '--out', '{tmp_path}/made/net.{ending}']); "
        "loaded = {'keras', 'tensorflow'} & set(sys.modules); sys.exit(made or len(loaded))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
    made = tmp_path / "made" / f"net.{ending}"
    assert made.read_text(encoding="utf-8").startswith(start)
    assert [file.name for file in made.parent.iterdir()] == [made.name]
    experiment = preset("lenet-5").experiment
    assert experiment is not None
    folder = leave_run(experiment, "FINISHED", tmp_path / "run")
    done = finished(ordered(Wish(form, made), folder))
    assert (done.path, done.bytes, done.compared) == (made, made.stat().st_size, None)


def test_a_picture_of_a_broken_design_or_run_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    of = preset("lenet-5").experiment
    assert of is not None
    loose = dataclasses.replace(of.architecture.blocks["dense_1"], inputs=())
    broken = dataclasses.replace(of, architecture=of.architecture.with_blocks(loose))
    with pytest.raises(ExportError, match="The design has errors"):
        finished(ordered(Wish("summary", tmp_path / "a" / "net.md"), broken))
    with pytest.raises(ExportPlaceError, match="cannot be read"):
        finished(ordered(Wish("diagram", tmp_path / "a" / "net.svg"), tmp_path / "nowhere"))
    with pytest.raises(ExportPlaceError, match=r"ends in \.svg, \.pdf or \.png"):
        finished(ordered(Wish("diagram", tmp_path / "a" / "net.jpg"), of))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["diagram", "summary"])
def test_a_picture_that_is_given_up_leaves_the_old_one(tmp_path: Path, form: str) -> None:
    of = preset("lenet-5").experiment
    assert of is not None
    path = tmp_path / ("net" + FORMATS[form].endings[0])
    path.write_text("old", encoding="utf-8")
    stages = ordered(Wish(form, path), of)
    said = [next(stages).words for _ in range(3)]
    assert said == ["Opening the network", "Drawing", "Putting it in place"]
    stages.close()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_text(encoding="utf-8") == "old"
