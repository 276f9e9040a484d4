"""What is asked before an export: whose network, which options, and where the file goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.dialogs.export.place import Place
from cnnstudio.app.dialogs.export.words import QUANTISATIONS, WEIGHTS, form_of
from cnnstudio.app.dialogs.files import ask_save
from cnnstudio.app.features.words import words
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import mark, space
from cnnstudio.core.exporting import Wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.dialogs.export.networks import Network
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.core.exporting import ExportFormat, Quantisation

_QUANTISE, _EXAMPLE, _FOLDER = "export_quantise", "export_example", "export_folder"
"""Names of remembered choices."""
_LABELS = 84
"""Width of the names of fields: the fields stay where they are when the form changes."""
_TIP = Qt.ItemDataRole.ToolTipRole


class ExportForm(QWidget):
    """Fields; only those are shown that mean anything for the form that is on."""

    changed = Signal()
    """Something else is wanted, or something stands in the way that did not before."""

    def __init__(self, preferences: Preferences, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export_form")
        self._preferences = preferences
        self._networks: tuple[Network, ...] = ()
        self._form = form_of("")
        remembered = preferences.choice(_FOLDER)
        self._place = Place(Path(remembered) if remembered and Path(remembered).is_dir() else folder)
        self._named = False
        """Whether the person has written a name: then another network does not bring its own."""
        self._title = words("export_form_title", scale="title", wrap=True)
        self._about = words("export_form_about", tone="muted", wrap=True)
        self._missing = words("export_missing", tone="warning", wrap=True)
        self._copy_pip = _button("export_copy_pip", "Copy pip line", "Copy the line that installs what is missing")
        self._network = QComboBox()
        self._network_about = words("export_network_about", tone="muted", wrap=True)
        self._weights = _segments("export_weights", "Weights", [name for name, _ in WEIGHTS.values()])
        self._weights_about = words("export_weights_about", tone="muted", wrap=True)
        self._quantise = _segments("export_quantise", "Quantisation", ["None"])
        self._quantise_about = words("export_quantise_about", tone="muted", wrap=True)
        self._endings = _segments("export_ending", "Kind of file", [".svg"])
        self._example = QCheckBox("Write an example program beside it")
        self._path = QLineEdit()
        self._browse = _button("export_browse", "Browse…", "Choose the folder and the name of the file")
        self._said = words("export_said", wrap=True)
        self._dress()
        self._lay_out()
        self._connect()

    def _dress(self) -> None:
        _named(self._network, "export_network", "Network", "Whose network is written")
        self._network.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._network.setMinimumContentsLength(20)
        _named(self._example, "export_example", "Example program",
               "Some lines that load the file, predict a file of yours and show how its answers are read")  # fmt: skip
        _named(self._path, "export_path", "File", "Where the file is written, and its name")
        self._example.setChecked(self._preferences.choice(_EXAMPLE) != "off")

    def _lay_out(self) -> None:
        missing = QHBoxLayout()
        missing.setSpacing(space(3))
        missing.addWidget(self._missing, 1)
        missing.addWidget(self._copy_pip)
        rows = QFormLayout()
        rows.setHorizontalSpacing(space(4))
        rows.setVerticalSpacing(space(3))
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._rows = rows
        self._network_row = _over(self._network, self._network_about)
        self._weights_row = _over(self._weights, self._weights_about)
        self._quantise_row = _over(self._quantise, self._quantise_about)
        path = QHBoxLayout()
        path.setSpacing(space(2))
        path.addWidget(self._path, 1)
        path.addWidget(self._browse)
        self._path_row = _over(path, self._said)
        for text, row in (
            ("Network", self._network_row), ("Weights", self._weights_row), ("Quantisation", self._quantise_row),
            ("Kind of file", self._endings), ("", self._example), ("File", self._path_row),
        ):  # fmt: skip
            label = words("", text)
            label.setMinimumWidth(_LABELS)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setContentsMargins(0, _above(self._path), 0, 0)  # level with what stands in the field
            rows.addRow(label, row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(3))
        column.addWidget(self._title)
        column.addWidget(self._about)
        column.addLayout(missing)
        column.addSpacing(space(1))
        column.addLayout(rows)
        column.addStretch(1)

    def _connect(self) -> None:
        self._network.activated.connect(self._take_network)
        self._weights.chosen.connect(self._show_options)
        self._quantise.chosen.connect(self._take_quantisation)
        self._endings.chosen.connect(self._take_ending)
        self._path.textEdited.connect(self._take_path)
        self._browse.clicked.connect(self._ask_path)
        self._copy_pip.clicked.connect(self._copy_pip_line)

    # What is wanted

    @property
    def network(self) -> Network:
        """The one that is chosen."""
        return self._networks[max(0, self._network.currentIndex())]

    @property
    def wish(self) -> Wish:
        """What stands in the fields. A name without a folder lies in the one that was used last."""
        options = self._form.quantisations
        quantise = options[self._quantise.index] if 0 <= self._quantise.index < len(options) else "none"
        return Wish(self._form.name, self._place.path_of(self._path.text()), quantise, self._example.isChecked())

    @property
    def weights(self) -> str:
        """Those of the last epoch, or of the best."""
        return tuple(WEIGHTS)[self._weights.index] if self.network.has_best and self._weights.index >= 0 else "last"

    @property
    def problem(self) -> str:
        """Why it cannot be exported like this, a sentence; "" when it can."""
        if problem := self.network.problem:
            return problem
        if not self._path.text().strip():
            return "Give the file a name."
        wish = self.wish
        if "" in self._form.endings and wish.path.is_file():
            return f'"{wish.path.name}" is a file, and a {self._form.title} is a folder: choose another name.'
        if "" not in self._form.endings and wish.path.is_dir():
            return f'"{wish.path.name}" is a folder: choose another name for the file.'
        return wish.problem()

    @property
    def replaces(self) -> bool:
        """Whether a file lies at its place."""
        return not self.problem and self.wish.path.exists()

    def keep(self) -> None:
        """Remember what was chosen, for the next export."""
        keep = self._preferences.keep_choice
        keep(_EXAMPLE, "on" if self._example.isChecked() else "off")
        keep(_FOLDER, str(self.wish.path.parent))
        keep(f"export_ending_{self._form.name}", self._place.ending)
        if len(self._form.quantisations) > 1:
            keep(_QUANTISE, self.wish.quantise)

    # What is shown

    def show_networks(self, found: Sequence[Network], wanted: str) -> None:
        """Offer these; the one of that folder is chosen, else the first."""
        self._networks = tuple(found)
        self._network.clear()
        for network in found:
            self._network.addItem(network.title, network.directory)
            self._network.setItemData(self._network.count() - 1, network.about, _TIP)
        at = self._network.findData(wanted)
        self._network.setCurrentIndex(max(0, at))
        self._take_network()

    def show_form(self, form: ExportFormat) -> None:
        """Ask what this form needs to know."""
        self._form = form
        self._place.turn(form, self._preferences.choice(f"export_ending_{form.name}"))
        self._title.setText(form.title)
        self._about.setText(form.about)
        self._missing.setText(f"{form.problem}. Restart the studio afterwards." if form.missing else "")
        self._missing.setVisible(bool(form.missing))
        self._copy_pip.setVisible(bool(form.missing))
        self._quantise.show_texts([QUANTISATIONS[option][0] for option in form.quantisations])
        remembered = self._preferences.choice(_QUANTISE)
        self._quantise.show_index(_index(form.quantisations, remembered))
        self._endings.show_texts([ending or "folder" for ending in form.endings])
        self._endings.show_index(form.endings.index(self._place.ending))
        self._path.setText(self._place.text)
        self._show_options()

    def _show_options(self) -> None:
        form, network = self._form, self.network
        takes_weights = form.kind in ("model", "weights")
        self._rows.setRowVisible(self._weights_row, network.has_best and takes_weights)
        self._rows.setRowVisible(self._quantise_row, len(form.quantisations) > 1)
        self._rows.setRowVisible(self._endings, len(form.endings) > 1)
        self._rows.setRowVisible(self._example, takes_weights)
        if self._weights.index < 0:
            self._weights.show_index(0)
        self._weights_about.setText(WEIGHTS[tuple(WEIGHTS)[self._weights.index]][1])
        self._quantise_about.setText(QUANTISATIONS[form.quantisations[max(0, self._quantise.index)]][1])
        self._network_about.setText(network.about)
        self._network_about.setVisible(takes_weights or network.trained)
        self.show_problem()

    def show_problem(self) -> None:
        """Say what stands in the way, or what would be replaced."""
        if problem := self.problem if not self._form.missing else "":
            self._said.setText(problem)
            mark(self._said, tone="error")
        elif self.replaces:
            what = "A folder" if self.wish.path.is_dir() else "A file"
            self._said.setText(f"{what} of that name is there already; it is replaced once the new one is whole.")
            mark(self._said, tone="warning")
        elif (path := self.wish.path).name != Path(self._path.text().strip()).name:
            self._said.setText(f"It will be called {path.name}.")
            mark(self._said, tone="muted")
        else:
            self._said.setText("")
        self._said.setVisible(bool(self._said.text()))
        self._path.setToolTip(f"The file is written to {self.wish.path}")
        self.changed.emit()

    # What the person does

    def _take_network(self) -> None:
        if not self._named:
            self._place.stem = self.network.stem
            self._path.setText(self._place.text)
        self._show_options()

    def _take_quantisation(self) -> None:
        self._preferences.keep_choice(_QUANTISE, self._form.quantisations[self._quantise.index])
        self._show_options()

    def _take_ending(self, index: int) -> None:
        self._place.ending = self._form.endings[index]
        self._path.setText(self._place.text)
        self.show_problem()

    def _take_path(self, text: str) -> None:
        self._named = bool(text.strip())
        self._place.read(text)
        self._endings.show_index(self._form.endings.index(self._place.ending))
        self.show_problem()

    def _ask_path(self) -> None:
        ending = self._place.ending
        kinds = ";;".join(f"{self._form.title} (*{e})" for e in self._form.endings if e)
        dialog = ask_save(self, f"Export as {self._form.title}", self.wish.path, kinds)
        dialog.setDefaultSuffix(ending.removeprefix("."))
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # the form says so itself
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self._take_chosen)
        dialog.open()

    def _take_chosen(self, path: str) -> None:
        self._path.setText(path)
        self._take_path(path)
        self._path.setFocus()

    def _copy_pip_line(self) -> None:
        QApplication.clipboard().setText(self._form.pip)


def _above(field: QWidget) -> int:
    """Pixels between a field's upper edge and what stands in it."""
    return max(0, (field.sizeHint().height() - field.fontMetrics().height()) // 2)


def _over(field: QWidget | QHBoxLayout, about: QLabel) -> QWidget:
    """A field, and what is said of it below."""
    row = QWidget()
    column = QVBoxLayout(row)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(space(1))
    if isinstance(field, QHBoxLayout):
        column.addLayout(field)
    else:
        column.addWidget(field)
    column.addWidget(about)
    return row


def _named(widget: QWidget, name: str, spoken: str, tip: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(spoken)
    widget.setToolTip(tip)


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    _named(button, name, text.rstrip("…"), tip)
    return button


def _segments(name: str, spoken: str, texts: list[str]) -> Segments:
    made = Segments(texts)
    _named(made, name, spoken, f"{spoken}: click, or use the arrow keys")
    return made


def _index(options: tuple[Quantisation, ...], wanted: str) -> int:
    return next((at for at, option in enumerate(options) if option == wanted), 0)
