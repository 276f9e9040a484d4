"""Every page in both looks and two sizes: nothing is cut off, every control is named. Pictures on demand.

CNNSTUDIO_PICTURES=FOLDER keeps what was seen; `docs/images` was made that way.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from cnnstudio.app.data.gallery import Gallery
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.document import Document
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.presets import preset
from tests.helpers.studio import LONG, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FOLDER = os.environ.get("CNNSTUDIO_PICTURES", "")
SIZES = [(1280, 800), (1920, 1080)]
CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView)


@pytest.fixture(params=SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def studio(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Studio]:
    """The window at that size."""
    made = Studio(qtbot, request.param)
    yield made
    made.close()
    themes.choose(Mode.LIGHT)


def look(studio: Studio, name: str) -> None:
    """Judge what is on the screen in both looks, and keep pictures if asked to."""
    size = f"{studio.window.width()}x{studio.window.height()}"
    for mode in (Mode.DARK, Mode.LIGHT):
        themes.choose(mode)
        settle(studio)
        if FOLDER:
            studio.bot.wait(600)  # a picture of what stays, not of a repaint under way
            studio.shot(Path(FOLDER) / f"{name}-{mode.value}-{size}.png")
    assert unnamed(studio.window) == [], name


def settle(studio: Studio) -> None:
    """Give layouts the moment they need, and say what still does not fit afterwards."""
    try:
        studio.until(lambda: not cut_off(studio.window), 2_000)
    except studio.bot.TimeoutError:
        pytest.fail(f"Cut off: {cut_off(studio.window)}")


def cut_off(window: QWidget) -> list[str]:
    """Labels and buttons whose text does not fit, and widgets that reach out of the window."""
    found = []
    for label in window.findChildren(QLabel):
        plain = label.isVisible() and label.text() and not label.wordWrap() and "<" not in label.text()
        may_shrink = label.sizePolicy().horizontalPolicy() in (QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        if plain and not may_shrink and label.width() < label.fontMetrics().horizontalAdvance(label.text()):
            found.append(f"label {label.objectName()}: {label.text()}")
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width():
            found.append(f"button {button.objectName()}: {button.text()}")
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.objectName().startswith(("run_", "activity_", "tool_")):
            corner = widget.mapTo(window, QPoint(widget.width(), widget.height()))
            if corner.x() > window.width() or corner.y() > window.height():
                found.append(f"{widget.objectName()} reaches out of the window")
    return found


def unnamed(window: QWidget) -> list[str]:
    """Controls of ours without object name, accessible name or tooltip. Qt's own inner widgets start with qt_."""
    found = []
    for control in window.findChildren(QWidget):
        inner = control.objectName().startswith("qt_") or isinstance(control.parent(), CONTROLS)
        if not isinstance(control, CONTROLS) or inner or not control.isVisible():
            continue
        lacks = [
            what
            for what, text in (
                ("object name", control.objectName()),
                ("accessible name", control.accessibleName() or getattr(control, "text", str)()),
                ("tooltip", control.toolTip()),
            )
            if not text
        ]
        if lacks:
            found.append(f"{type(control).__name__} {control.objectName()} lacks {', '.join(lacks)}")
    return found


def has_samples(window: QWidget) -> bool:
    """Whether the gallery of the Data page has something to show."""
    gallery = window.findChild(Gallery)
    model = gallery.samples.model() if gallery is not None else None
    return model is not None and model.rowCount() > 0


def test_design(studio: Studio) -> None:
    """A chain, a selected block, an error, branches, the empty architecture."""
    look(studio, "design")
    studio.click_card("convolution_1")
    look(studio, "design-selected")
    studio.type_into("field_kernel_size", "9")
    studio.window.selection.select(["convolution_2"])
    studio.window.show_code()
    look(studio, "design-code")
    studio.window.show_lens()
    look(studio, "design-lens")
    for id in ("u-net", "resnet-style"):
        experiment = preset(id).experiment
        assert experiment is not None
        studio.window.bridge.open(Document(experiment))
        look(studio, f"design-{id}")
    studio.window.files.new()
    look(studio, "design-empty")


def test_data_and_training(studio: Studio) -> None:
    """The data, an empty Train page, a run under way and a finished one."""
    window = studio.window
    window.show_train()
    look(studio, "train-empty")
    studio.wait_for_worker()
    window.show_data()
    studio.until(lambda: has_samples(window), LONG)
    look(studio, "data")
    recipe = window.bridge.experiment.training
    window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=12)))
    window.run.start()
    studio.until(lambda: len(window.run.state.history) >= 8, LONG)
    window.selection.select(["convolution_2"])
    look(studio, "train-busy")
    studio.until(lambda: window.run.state.phase == "finished", LONG)
    look(studio, "train-finished")
