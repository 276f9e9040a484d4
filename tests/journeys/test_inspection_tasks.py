"""Networks for masks, boxes and several classes, inspected while they learn and after, with the real worker.

What the tabs say is held against what another way comes to: the window's own count of a mask, the data's true boxes.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QTableWidget, QWidget

from cnnstudio.app.inspect.why.exciting_list import ExcitingList, ExcitingSight
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.training.viewers.boxes import BoxViewer
from cnnstudio.app.training.viewers.masks import MaskViewer
from cnnstudio.core.document import Document
from cnnstudio.core.formats.presets import preset
from tests.helpers.designs import chain, spec
from tests.helpers.effort import LONGER
from tests.helpers.studio import LEFT, LONG, Studio
from tests.journeys.test_inspection import ALT, inspected, shows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.experiment import Experiment

EPOCHS = 2000
"""More than anybody waits for: the runs are stopped."""
EDGE, COUNT = 16, 320
SHAPE = (EDGE, EDGE, 3)
NONE = Qt.KeyboardModifier.NoModifier
MAPS, KERNELS, HEALTH, WHY, MISTAKES = (Qt.Key(Qt.Key.Key_1 + number) for number in range(5))


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """The window, its worker on the way."""
    made = Studio(qtbot)
    yield made
    made.close()


def convolution(filters: int) -> Any:
    """A convolution whose maps are as large as what it is given."""
    return spec("Convolution", filters=filters, padding="same", activation="relu")


def few_shapes(id: str, count: int, architecture: Architecture | None = None, edge: int = EDGE) -> Experiment:
    """A preset with so many small images, and maybe with another network, that trains for as long as it is let."""
    known = preset(id).experiment
    assert known is not None
    source = known.data.source.having("count", count).having("size", edge)
    return dataclasses.replace(
        known,
        architecture=architecture or known.architecture,
        data=dataclasses.replace(known.data, source=source),
        training=dataclasses.replace(known.training, epochs=EPOCHS),
    )


def train(studio: Studio, experiment: Experiment) -> InspectView:
    """Open it, train it with the key, and go to the page once an epoch is done."""
    studio.window.bridge.open(Document(experiment))
    studio.wait_for_worker()
    studio.key(Qt.Key.Key_F5)
    run = studio.window.run
    studio.until(lambda: run.state.active and len(run.state.history) >= 1, LONG)
    return inspected(studio)


def stop(studio: Studio) -> None:
    """End the run with the key, and wait until the page is about what it left."""
    studio.key(Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    studio.until(lambda: studio.window.run.state.phase == "stopped", LONG)


def text(studio: Studio, name: str) -> str:
    return studio.find(QLabel, name).text()


def press_segment(studio: Studio, name: str, number: int) -> None:
    segments = studio.find(Segments, name)
    QTest.mouseClick(segments, LEFT, NONE, segments.segment_rect(number).center().toPoint())


def go_to(studio: Studio, tab: Qt.Key) -> None:
    studio.key(tab, ALT)


def judged(studio: Studio, view: InspectView) -> None:
    """Go to the mistakes, and wait until all samples are judged by the network as it is."""
    go_to(studio, MISTAKES)
    mistakes = view.mistakes

    def is_done() -> bool:
        return mistakes.tally is not None and mistakes.tally.is_whole and not mistakes.work.is_waiting

    studio.until(is_done, LONG)


def choose_worst(studio: Studio, view: InspectView) -> int:
    """Click on the first sample of the list; its place, once it is shown with what the network says of it."""
    gallery, chosen = view.mistakes.gallery, view.mistakes.chosen
    gallery.view.doItemsLayout()
    QTest.mouseClick(gallery.view.viewport(), LEFT, NONE, gallery.view.visualRect(gallery.samples.index(0)).center())
    worst = int(gallery.samples.order[0])
    assert view.inspection.sample.index == worst
    title = f"Validation sample {worst}"
    studio.until(
        lambda: studio.find(QLabel, "chosen_sample_title").text() == title and chosen.prediction.verdict != "", LONG
    )
    return worst


def explained(studio: Studio, view: InspectView) -> None:
    """Wait until the explanation that is wished for is there."""
    why = view.why.explanation
    studio.until(lambda: why.places.counting is not None and "so far" not in why.pane.title, LONG)


def by_channel(studio: Studio, view: InspectView) -> None:
    """What excites a channel: a click pins the sample, and what its cell sees is said."""
    go_to(studio, WHY)
    press_segment(studio, "why_view", 1)
    shown = studio.find(ExcitingList, "why_exciting")
    studio.until(lambda: shown.count() > 0, LONG)
    values = [float(shown.item(n).text().replace(",", "").replace("\u2212", "-")) for n in range(shown.count())]
    assert values == sorted(values, reverse=True)
    last = shown.item(shown.count() - 1)
    shown.scrollToItem(last)
    QTest.mouseClick(shown.viewport(), LEFT, NONE, shown.visualItemRect(last).center())
    sample = view.inspection.sample
    assert sample == last.data(Qt.ItemDataRole.UserRole)
    assert sample in [pin.sample for pin in view.inspection.pins.items]
    told = studio.find(ExcitingSight, "why_exciting_sight").text
    assert re.fullmatch(rf"Validation sample {sample.index} \u00b7 cell \d+, \d+ sees 3 \u00d7 3 px.*", told)


def by_shift(studio: Studio, view: InspectView) -> None:
    """Unmoved nothing changes; moved by a pixel, the input does, and what the network says of it."""
    press_segment(studio, "why_view", 2)
    table = studio.find(QTableWidget, "why_shift_blocks")
    studio.until(lambda: table.rowCount() > 0, LONG)
    assert text(studio, "why_shift_pooled").startswith(("Move the slider", "This network has no pooling"))
    slider = studio.find(QWidget, "why_shift")
    slider.setFocus()
    studio.key(Qt.Key.Key_Right)
    model = table.model()
    changes = {model.index(n, 0).data(): model.index(n, 1).data() for n in range(model.rowCount())}
    assert list(changes) == list(view.inspection.subject.blocks if view.inspection.subject else ())
    assert changes["input"] != "0.0 %"
    assert text(studio, "why_shift_said").startswith("1 px to the right")
    press_segment(studio, "why_view", 0)


def weights_and_health(studio: Studio, view: InspectView, block: str, kernels: str) -> None:
    """The kernels of the first convolution have moved; every block with weights has its line."""
    go_to(studio, KERNELS)
    studio.until(lambda: text(studio, "kernels_title") == kernels, LONG)
    studio.until(lambda: "changed by" in text(studio, "kernels_facts"))
    go_to(studio, HEALTH)
    studio.until(lambda: {block, "output"} <= view.health.norms.lines.keys(), LONG)
    assert all(np.isfinite(line).any() for line in view.health.norms.lines.values())


def masks(studio: Studio, view: InspectView) -> None:
    """Matrix, list and sample agree: each cell of each mask counts once, and the window counts as the worker does."""
    judged(studio, view)
    tally, overview = view.mistakes.tally, view.mistakes.overview
    assert tally is not None
    names = tally.info.class_names
    assert overview.matrix.counts.shape == (len(names), len(names))
    assert overview.matrix.counts.sum() == tally.size * EDGE**2
    worst = choose_worst(studio, view)
    labels = [view.mistakes.gallery.samples.label(row) for row in range(tally.size)]
    assert all(label.endswith(" px wrong") for label in labels)
    wrong = [int(label.removesuffix(" px wrong")) for label in labels]
    assert wrong == sorted(wrong, reverse=True)
    viewer = view.mistakes.chosen.prediction.viewer
    assert isinstance(viewer, MaskViewer)
    assert [p.title for p in viewer.pictures] == ["Input", "Truth", "Prediction", "Errors"]
    assert {name for _, name, _ in viewer.legend.rows} <= set(names)
    if not view.inspection.run.state.active:
        right = 100 * (1 - wrong[0] / EDGE**2)
        assert view.mistakes.chosen.prediction.verdict.startswith(f"{right:.1f} % of the pixels right")
        assert tally.told(worst).split(",")[0].removeprefix("IoU ") in view.mistakes.chosen.prediction.verdict


def boxes(studio: Studio, view: InspectView) -> None:
    """Each true box is found, taken for another or missed; the sample in front says the same of its own."""
    judged(studio, view)
    tally, overview = view.mistakes.tally, view.mistakes.overview
    assert tally is not None
    none = tally.info.classes
    counts = overview.matrix.counts
    assert counts.shape == (none + 1, none + 1)
    numbers = tally.judged.numbers
    assert counts[:none].sum() == numbers["found"].sum() + numbers["missed"].sum()
    assert counts[none].sum() + counts[:none, :none].sum() - np.trace(counts) == numbers["false"].sum()
    worst = choose_worst(studio, view)
    mistakes = numbers["missed"] + numbers["false"]
    assert mistakes[worst] == mistakes.max()
    viewer = view.mistakes.chosen.prediction.viewer
    assert isinstance(viewer, BoxViewer)
    assert len(viewer.truth) == numbers["found"][worst] + numbers["missed"][worst]
    if not view.inspection.run.state.active:
        assert tally.told(worst).split(",")[0] == view.mistakes.chosen.prediction.verdict


def grad_cam(studio: Studio, view: InspectView) -> None:
    """G leads from the sample to its Grad-CAM; a class that is chosen is explained."""
    view.mistakes.gallery.view.setFocus()
    studio.key(Qt.Key.Key_G)
    assert view.tabs.currentWidget() is view.why
    explained(studio, view)
    field = studio.find(QComboBox, "why_controls_target")
    field.setFocus()
    studio.key(Qt.Key.Key_End)
    name = field.currentText()
    studio.until(lambda: text(studio, "why_title") == f"Grad-CAM for {name}", LONG)
    explained(studio, view)
    assert text(studio, "why_numbers").startswith(f"Score of {name}: ")
    counting = view.why.explanation.places.counting
    assert counting is not None
    assert counting.values.min() >= 0


def maps_of_it(studio: Studio, view: InspectView, block: str) -> None:
    """Enter leads from a sample to its maps."""
    judged(studio, view)
    view.mistakes.gallery.view.setFocus()
    studio.key(Qt.Key.Key_Return)
    assert view.tabs.currentWidget() is view.maps
    side = view.maps.first
    studio.until(lambda: side.layer is not None, LONG)
    wanted = side.source.wanted
    assert wanted is not None
    assert (wanted.block, wanted.sample) == (block, view.inspection.sample)
    assert side.layer is not None
    assert side.layer.maps.shape[1:] == (EDGE, EDGE)


def learned_masks(studio: Studio) -> InspectView:
    """A network for masks while it trains, then as its run left it: every tab says of it what is so."""
    plain = chain(("first", convolution(6)), ("second", convolution(6)), shape=SHAPE)
    view = train(studio, few_shapes("u-net", COUNT, plain))
    run = studio.window.run
    studio.until(lambda: shows(view, "first", run.state.run), LONG)
    masks(studio, view)
    assert re.search("while it trains|epochs? done", text(studio, "mistakes_whose"))
    stop(studio)
    masks(studio, view)
    grad_cam(studio, view)
    return view


@pytest.mark.search
@LONGER
def test_masks_then_boxes_are_inspected_while_they_are_learned_and_after(studio: Studio) -> None:
    """Every tab, live and of the run that was stopped; what was said of one task says nothing of the next."""
    view = learned_masks(studio)
    weights_and_health(studio, view, "first", "6 kernels of 3 \u00d7 3")
    by_channel(studio, view)
    by_shift(studio, view)
    maps_of_it(studio, view, "first")
    coarse = chain(
        ("first", convolution(6)), ("smaller", spec("MaxPooling")), ("second", convolution(8)), shape=SHAPE
    )  # fmt: skip
    view = train(studio, few_shapes("shape-detector", COUNT, coarse))
    boxes(studio, view)
    grad_cam(studio, view)
    stop(studio)
    boxes(studio, view)
    maps_of_it(studio, view, "first")
