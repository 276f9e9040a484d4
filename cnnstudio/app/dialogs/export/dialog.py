"""Taking a network away: the forms at the left, what is asked for the one that is on, progress, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.dialogs.export.form import ExportForm
from cnnstudio.app.dialogs.export.form_list import FormList
from cnnstudio.app.dialogs.export.networks import networks, text_of
from cnnstudio.app.dialogs.export.outcome import RUN_FIRST, ProgressView, ResultView
from cnnstudio.app.dialogs.sizes import opening_size, size_words
from cnnstudio.app.export_job import Order, was_cancelled
from cnnstudio.app.features.words import words
from cnnstudio.app.theme import mark, space
from cnnstudio.core.exporting import FORMATS
from cnnstudio.wire.messages import Exported, Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.export_job import ExportJob
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.runs.library import RunLibrary

FORM = "export_form"
"""Name of the remembered form."""
_LIST_WIDTH = 230
_SIZE = QSize(860, 484)
_KEPT_SIZE = "export_size"
"""Name of the remembered size."""
_VIEWER = "export"


class ExportDialog(QDialog):
    """Fill in, press Export, see the result. What was filled in stays after a failure."""

    def __init__(
        self,
        bridge: DocumentBridge,
        job: ExportJob,
        library: RunLibrary,
        preferences: Preferences,
        preferred: Sequence[str],
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        """`preferred` are the folders of runs that are offered first; "" among them stands for the design."""
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._bridge, self._job, self._library, self._preferences = bridge, job, library, preferences
        self._preferred = tuple(preferred)
        self._written: Path | None = None
        self._given = opening_size(preferences.choice(_KEPT_SIZE), _SIZE, self)
        self._list = FormList()
        self._form = ExportForm(preferences, folder)
        self._failed = words("export_failed", tone="error", wrap=True)
        self._waits = words("export_waits", RUN_FIRST, tone="hint", wrap=True)
        self._export = QPushButton("Export")
        self._leave = QPushButton("Close")
        self._asking = QWidget()
        self._progress = ProgressView(job)
        self._result = ResultView()
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self._form.show_networks(networks(bridge, self._preferred, library.runs), self._preferred[0])
        self._list.choose(preferences.choice(FORM))
        self._show_stage()
        self._list.setFocus()
        library.set_active(True, _VIEWER)

    def _lay_out(self) -> None:
        self.resize(self._given)
        for button, name, tip in (
            (self._export, "export_start", "Write the file, open it again and compare it with the network here"),
            (self._leave, "export_leave", "Close this dialog; nothing is written"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        mark(self._export, kind="primary")
        self._list.setFixedWidth(max(_LIST_WIDTH, self._list.wanted_width))
        across = QHBoxLayout(self._asking)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(space(4))
        across.addWidget(self._list)
        across.addLayout(self._right(), 1)
        for page in (self._asking, self._progress, self._result):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.addWidget(self._stack)
        self._export.setDefault(True)  # of this dialog, which it belongs to only now

    def _right(self) -> QVBoxLayout:
        room = QScrollArea()
        room.setObjectName("export_form_room")
        room.setWidgetResizable(True)
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        room.setWidget(self._form)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addStretch(1)
        buttons.addWidget(self._export)  # in the order of the other dialogs, whose boxes Qt lays out
        buttons.addWidget(self._leave)
        right = QVBoxLayout()
        right.setSpacing(space(3))
        right.addWidget(room, 1)
        right.addWidget(self._failed)
        right.addWidget(self._waits)
        right.addLayout(buttons)
        return right

    def _connect(self) -> None:
        self._list.chosen.connect(self._choose_form)
        self._form.changed.connect(self._show_buttons)
        self._export.clicked.connect(self._begin)
        self._leave.clicked.connect(self.close)
        self._progress.cancel.clicked.connect(self._job.cancel)
        self._progress.hide_button.clicked.connect(self.close)
        self._result.again.clicked.connect(self._ask_again)
        self._result.copy.clicked.connect(self._copy_path)
        self._result.open.clicked.connect(self._open_file)
        self._result.reveal.clicked.connect(self._show_in_folder)
        self._result.close_button.clicked.connect(self.close)
        self._job.changed.connect(self._show_buttons)
        self._job.ended.connect(self._take)
        self._library.changed.connect(self._offer_runs)

    def done(self, result: int) -> None:
        """However it is closed, an export under way goes on."""
        self._library.set_active(False, _VIEWER)
        if self.size() != self._given:  # a small window behind is no wish for a small dialog
            self._preferences.keep_choice(_KEPT_SIZE, size_words(self.size()))
        super().done(result)

    # Asking

    def _choose_form(self, name: str) -> None:
        self._preferences.keep_choice(FORM, name)
        self._failed.setText("")
        self._form.show_form(FORMATS[name])

    def _offer_runs(self) -> None:
        if self._stack.currentWidget() is self._asking:
            wanted = self._form.network.directory
            self._form.show_networks(networks(self._bridge, self._preferred, self._library.runs), wanted)

    def _show_buttons(self) -> None:
        self._export.setEnabled(not self._form.problem)
        self._export.setText("Replace" if self._form.replaces else "Export")
        self._export.setAccessibleName(self._export.text())
        self._failed.setVisible(bool(self._failed.text()))
        self._waits.setVisible(self._job.would_wait)

    def _begin(self) -> None:
        if self._form.problem or self._job.under_way:
            return
        self._form.keep()
        self._failed.setText("")
        network, wish = self._form.network, self._form.wish
        text = "" if network.directory else text_of(self._bridge)
        self._job.start(Order(wish, network.directory, text, self._form.weights))
        self._show_stage()

    def _show_stage(self) -> None:
        if self._job.under_way:
            self._progress.refresh()
            self._stack.setCurrentWidget(self._progress)
            self._progress.hide_button.setFocus()
        elif self._stack.currentWidget() is self._progress:
            self._stack.setCurrentWidget(self._asking)
        self._show_buttons()

    # What came of it

    def _take(self, event: Exported | Failed) -> None:
        order = self._job.order
        if isinstance(event, Exported) and order is not None:
            self._written = Path(event.path)
            self._result.show_result(event, order.wish.form)
            self._stack.setCurrentWidget(self._result)
            self._result.close_button.setFocus()
            return
        if isinstance(event, Failed):
            self._failed.setText(event.message)
            mark(self._failed, tone="muted" if was_cancelled(event) else "error")
        self._stack.setCurrentWidget(self._asking)
        self._form.show_problem()
        self._export.setFocus()

    def _ask_again(self) -> None:
        self._stack.setCurrentWidget(self._asking)
        self._form.show_problem()
        self._list.setFocus()

    def _copy_path(self) -> None:
        if self._written is not None:
            QApplication.clipboard().setText(str(self._written))

    def _open_file(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written)))

    def _show_in_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))
