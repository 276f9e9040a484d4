"""Every parameter of every block, found by introspection: another legal value, entered by hand, is in the document."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.inspector import InspectorPanel
from cnnstudio.app.inspector.editors import ComboEditor, Editor, FlagEditor, SegmentEditor
from cnnstudio.app.inspector.reading import numbers_text, same, shape_text
from cnnstudio.app.selection import Selection
from cnnstudio.app.theme.theme import LIGHT, themes
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.declare import Form, Parameter
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment
from tests.helpers.designs import value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from cnnstudio.core.catalogue.base import BlockSpec

KINDS = sorted(kind for kind in catalogue() if kind != "Input")


def another(parameter: Parameter, value: Any) -> Any:
    """A legal value other than `value`."""
    by_form: dict[Form, list[Any]] = {
        Form.INTEGER: [2, 1, 3, 0, 4, 8],
        Form.NUMBER: [0.5, 0.25, 1.0, 0.01, 2.0],
        Form.FLAG: [not value],
        Form.CHOICE: list(parameter.choices),
        Form.SIZE: [2, 1, 3, 0],
        Form.MARGINS: [2, 1, 0],
        Form.SHAPE: [(4, 6, 2), (9,)],
        Form.NUMBERS: [(0.5, 0.25), 2.0],
        Form.TEXT: ["other"],
    }
    return next(c for c in by_form[parameter.form] if parameter.problem(c) is None and not same(c, value))


def where_it_matters(spec: type[BlockSpec], parameter: Parameter) -> BlockSpec:
    """A spec in which the parameter has an effect, so that its field is in sight."""
    if parameter.relevant is None:
        return spec()
    others: list[list[tuple[str, Any]]] = []
    for p in spec.parameters:
        values = {Form.FLAG: (True, False), Form.CHOICE: p.choices, Form.INTEGER: (p.default, 2, 4)}.get(p.form, ())
        others.append([(p.name, v) for v in values if p.problem(v) is None])
    singles = ([pair] for pair in itertools.chain(*others))
    pairs = ([a, b] for x, y in itertools.combinations(others, 2) for a in x for b in y)
    for given in itertools.chain(singles, pairs):
        found = spec(**dict(given))
        if parameter.relevant(found):
            return found
    raise AssertionError(f"{spec.kind}.{parameter.name} never matters")


def enter(editor: Editor, value: Any) -> None:
    """Make the editor's value this, as a person would."""
    field: Any = editor.fields()[0]
    field.setFocus()
    if isinstance(editor, FlagEditor):
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(10, field.height() // 2))
    elif isinstance(editor, SegmentEditor):
        place = field.segment_rect(editor._values.index(value)).center().toPoint()
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=place)
    elif isinstance(editor, ComboEditor):
        way = editor._values.index(value) - field.currentIndex()
        for _ in range(abs(way)):
            QTest.keyClick(field, Qt.Key.Key_Down if way > 0 else Qt.Key.Key_Up)
    else:
        field.selectAll()
        said = numbers_text if editor.parameter.form is Form.NUMBERS else shape_text
        QTest.keyClicks(field, said(value) if isinstance(value, tuple) else str(value))


def documents(spec: type[BlockSpec]) -> Iterator[tuple[Parameter, Document]]:
    for parameter in spec.parameters:
        block = Block("it", where_it_matters(spec, parameter), ("input",))
        architecture = Architecture.of([Block("input", catalogue()["Input"]()), block])
        yield parameter, Document(Experiment(architecture=architecture))


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_can_be_set_by_hand(qtbot: QtBot, kind: str) -> None:
    bridge = DocumentBridge(Document(Experiment()))
    selection = Selection(bridge)
    selection.select(["it"])
    panel = InspectorPanel(bridge, selection)
    panel.resize(280, 900)
    qtbot.addWidget(panel)
    panel.show()
    form = panel.block_card.form
    for parameter, document in documents(catalogue()[kind]):
        bridge.open(document)
        assert form.has_field(parameter.name), parameter.name
        old = value_of(bridge, "it", parameter.name)
        new = another(parameter, old)
        enter(form.rows[parameter.name].editor, new)
        assert same(value_of(bridge, "it", parameter.name), new), (parameter.name, new)
        assert bridge.document.can_undo
        while bridge.document.can_undo:
            bridge.undo()
        assert same(value_of(bridge, "it", parameter.name), old)


@pytest.fixture
def light(qapp: QApplication) -> Iterator[None]:
    """The look that people see: sizes depend on the style sheet."""
    before = qapp.styleSheet()
    themes.use(LIGHT)
    yield
    qapp.setStyleSheet(before)


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("kind", KINDS)
def test_every_block_fits_a_narrow_panel(qtbot: QtBot, kind: str) -> None:
    """Nothing is cut off at 280 pixels, with every size set for each axis."""
    bridge = DocumentBridge(Document(Experiment()))
    selection = Selection(bridge)
    selection.select(["it"])
    panel = InspectorPanel(bridge, selection)
    panel.resize(280, 900)
    qtbot.addWidget(panel)
    panel.show()
    spec = catalogue()[kind]
    for sizes in ((2, 2), (2, 2, 2)):
        for_each_axis = {p.name: sizes for p in spec.parameters if p.form is Form.SIZE and p.problem(sizes) is None}
        block = Block("it", dataclasses.replace(spec(), **for_each_axis), ("input",))
        architecture = Architecture.of([Block("input", catalogue()["Input"]()), block])
        bridge.open(Document(Experiment(architecture=architecture)))
        assert all(value_of(bridge, "it", name) == sizes for name in for_each_axis)
        assert panel.block_card.minimumSizeHint().width() <= 280 - 2 * 12
