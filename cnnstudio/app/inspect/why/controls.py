"""What is explained and how: method, class, block and the method's settings, as fields that remember themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.inspect.why.sentences import AS_PREDICTED
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.theme import space
from cnnstudio.core.declare import DeclarationError, from_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.explaining import Method

LAST_BLOCK = "Last block with maps"
WIDTH = 248


class Settings:
    """The settings of each method as they were left, kept from one start to the next."""

    def __init__(self, inspection: Inspection) -> None:
        self._preferences = inspection.preferences
        self._values: dict[str, Method] = {}

    def of(self, method: type[Method]) -> Method:
        """Those of this method; what is remembered and no longer allowed counts as nothing remembered."""
        if method.name not in self._values:
            self._values[method.name] = self._remembered(method)
        return self._values[method.name]

    def keep(self, settings: Method) -> None:
        """Remember these."""
        self._values[settings.name] = settings
        self._preferences.keep_choice(f"why/{settings.name}", json.dumps(plain(settings)))

    def _remembered(self, method: type[Method]) -> Method:
        try:
            found = json.loads(self._preferences.choice(f"why/{method.name}") or "{}")
            made = from_plain(method, found, method.title) if isinstance(found, dict) else method()
        except (ValueError, DeclarationError):
            return method()
        return method() if any(p.problem(getattr(made, p.name)) for p in method.parameters) else made


def plain(settings: Method) -> dict[str, Any]:
    """The settings by name, as the wire has them; those that are left to the method are missing."""
    given = {p.name: getattr(settings, p.name) for p in settings.parameters}
    return {name: value for name, value in given.items() if value is not None}


class Controls(QScrollArea):
    """The column of fields. `changed` says that another explanation is wanted."""

    changed = Signal()

    def __init__(
        self, name: str, methods: Sequence[type[Method]], settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._methods, self._settings = tuple(methods), settings
        self._sizes: tuple[int, ...] = ()
        self._method = combo(f"{name}_method", "Method", "How the network is explained")
        self._about = words(f"{name}_about", tone="muted", scale="caption", wrap=True)
        self._source = words(f"{name}_source", tone="muted", scale="caption", wrap=True)
        self._target = combo(f"{name}_target", "Class", "The class to explain; a click on a bar chooses one, too")
        self._block = combo(
            f"{name}_block", "Block", "The block whose maps are weighed; the list of blocks chooses it, too"
        )
        self._form = DeclaredForm()
        self._form.setObjectName(f"{name}_form")
        self._labels: dict[QComboBox, QLabel] = {}
        self._arrange()
        for method in self._methods:
            self._method.addItem(method.title)
        self._method.currentIndexChanged.connect(self._take_method)
        self._target.currentIndexChanged.connect(self._tell)
        self._block.currentIndexChanged.connect(self._tell)
        self._form.edited.connect(self._edit)
        self._show_method()

    def _arrange(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(space(48))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        self.setWidget(inner)  # first, see LatePage.built
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(0, 0, space(3), 0)
        self.column.setSpacing(space(1))
        for field, title in ((self._method, "Method"), (self._target, "Class"), (self._block, "Block")):
            self._labels[field] = label = QLabel(title)
            label.setBuddy(field)
            label.setToolTip(field.toolTip())
            self.column.addWidget(label)
            self.column.addWidget(field)
            if field is self._method:
                self.column.addWidget(self._about)
            self.column.addSpacing(space(1))
        self.column.addWidget(self._form)
        self.column.addStretch(1)
        self.column.addWidget(self._source)

    @property
    def method(self) -> type[Method]:
        """The method that is chosen."""
        return self._methods[max(0, self._method.currentIndex())]

    @property
    def settings(self) -> Method:
        """Its settings."""
        return self._settings.of(self.method)

    @property
    def target(self) -> int:
        """The class that is chosen; -1 for the one that the network gives."""
        return self._target.currentIndex() - 1 if self._target.count() else -1

    @property
    def block(self) -> str:
        """The block that is chosen; "" for the last one with maps, and for methods that want none."""
        chosen: str = self._block.currentData() or ""
        return chosen if self.method.wants_block else ""

    def offer_methods(self, fitting: Sequence[type[Method]]) -> None:
        """Offer those that suit the task."""
        chosen = self.method
        if tuple(fitting) != self._methods and fitting:
            self._methods = tuple(fitting)
            _fill(self._method, [(m.title, m.name) for m in fitting], chosen.title)
            self._show_method()

    def choose_method(self, name: str) -> None:
        """Choose the method of that name, if it is offered."""
        for place, method in enumerate(self._methods):
            if method.name == name:
                self._method.setCurrentIndex(place)

    def offer_classes(self, info: DataInfo) -> None:
        """Offer the classes of these data; the one that is chosen stays where it has one of that name."""
        names = [(AS_PREDICTED, -1), *((name, i) for i, name in enumerate(info.class_names))]
        _fill(self._target, names if info.class_names else [], self._target.currentText())
        self._show_method()

    def show_input(self, shape: Sequence[int]) -> None:
        """The input has this shape (..., channels): what is left to the method follows from it."""
        self._sizes = tuple(shape[:-1]) or tuple(shape)
        self._show_method()

    def offer_blocks(self, blocks: Sequence[str]) -> None:
        """Offer these blocks."""
        _fill(self._block, [(LAST_BLOCK, ""), *((id, id) for id in blocks)], self._block.currentText())

    def choose_class(self, target: int) -> None:
        """Explain this class."""
        if self._target.count() > target + 1:
            self._target.setCurrentIndex(target + 1)

    def choose_block(self, block: str) -> None:
        """Explain with this block's maps, where it has any."""
        place = self._block.findData(block)
        if place >= 0:
            self._block.setCurrentIndex(place)

    def _take_method(self) -> None:
        self._show_method()
        self.changed.emit()

    def _show_method(self) -> None:
        method = self.method
        self._about.setText((method.__doc__ or "").strip())
        self._source.setText(f"After {method.source}" if method.source else "")
        self._form.setVisible(bool(method.parameters))
        if method.parameters:
            self._show_settings(self.settings)
        for field, shown in (
            (self._method, len(self._methods) > 1),
            (self._target, method.about == "class" and self._target.count() > 0),
            (self._block, method.wants_block and method.about == "class"),
        ):
            field.setVisible(shown)
            self._labels[field].setVisible(shown)

    def _edit(self, name: str, value: Any, gesture: str) -> None:
        settings = self.settings.having(name, value)
        self._settings.keep(settings)
        self._show_settings(settings)
        self.changed.emit()

    def _show_settings(self, settings: Method) -> None:
        left = settings.automatic(self._sizes) if self._sizes else {}
        blanks = {name: f"automatic ({value})" for name, value in left.items()}
        self._form.show_value(settings, subject=settings.name, blanks=blanks)

    def _tell(self) -> None:
        self.changed.emit()


def combo(name: str, title: str, tip: str) -> QComboBox:
    """A field to choose from, as wide as its column."""
    made = QComboBox()
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setToolTip(tip)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return made


def _fill(field: QComboBox, entries: Sequence[tuple[str, object]], chosen: str) -> None:
    """Put other entries in, with one signal at most: when what was chosen is not among them any more."""
    if [(field.itemText(i), field.itemData(i)) for i in range(field.count())] == list(entries):
        return
    names = [text for text, _ in entries]
    keep = names.index(chosen) if chosen in names else 0
    for place, (text, data) in enumerate(entries):
        if place < field.count():
            field.setItemText(place, text)
            field.setItemData(place, data)
        else:
            field.addItem(text, data)
    field.setCurrentIndex(keep if entries else -1)
    while field.count() > len(entries):
        field.removeItem(field.count() - 1)
