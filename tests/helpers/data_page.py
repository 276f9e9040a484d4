"""The Data page on a recording worker, with what tests of it press, and scans played to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLabel, QWidget

from cnnstudio.app.data.commands import DataCommands
from cnnstudio.app.data.page import DataPage
from cnnstudio.app.message_bar import MessageBar
from cnnstudio.app.preferences import Preferences
from cnnstudio.core.data.facts import Facts, Finding, ScanReport, Skipped
from cnnstudio.core.data.files import FileSource, ImageFolder
from cnnstudio.core.formats.files import read_source, write_source
from cnnstudio.wire.messages import GetSamples, Scanned, ScanSource

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.data.view import DataView
    from cnnstudio.core.data.sources import SourceSpec
    from tests.helpers.recording import Studio

FACTS = Facts(samples=150, shape=(64, 48, 3), mixed=True, classes=("daisy", "rose", "tulip"), fingerprint="a" * 64)
SKIPPED = (
    Skipped("rose/broken.jpg", "truncated image"),
    Skipped("rose/notes.txt", "not an image: unknown ending .txt"),
    Skipped("tulip/empty.png", "empty file"),
)
REPORT = ScanReport(
    samples=150,
    shape=(64, 48, 3),
    classes={"daisy": 100, "rose": 40, "tulip": 10},
    sizes={"64 × 48": 140, "32 × 32": 10},
    kinds={"JPEG, RGB": 120, "PNG, grey": 30},
    skipped=SKIPPED,
    skipped_total=3,
    diagnostics=(
        Finding("error", "The class “lily” has no image: remove its folder or put images into it."),
        Finding("warning", "2 files lie in the training and the test part alike."),
        Finding("note", "The images come in 2 sizes; they are brought to 64 × 64."),
    ),
    bytes=1_234_567,
    seconds=0.4,
)
SQUARE = '{"height": 64, "width": 64}'


class Shown:
    """A page on a studio."""

    def __init__(self, qtbot: QtBot, made: Studio) -> None:
        self.qtbot = qtbot
        self.studio = made
        self.bridge, self.worker = made.bridge, made.worker
        self.messages = MessageBar()
        qtbot.addWidget(self.messages)
        self.commands = DataCommands(self.messages, made.bridge, self.messages, Preferences(), made.worker, made.run)
        self.page = DataPage(made.bridge, made.worker, self.commands)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 720)

    def show(self) -> Shown:
        self.page.show()
        return self

    @property
    def view(self) -> DataView:
        assert self.page.view is not None
        return self.page.view

    def source(self) -> SourceSpec:
        return self.bridge.experiment.data.source

    @property
    def asked(self) -> list[GetSamples]:
        return self.worker.all(GetSamples)

    @property
    def scans(self) -> list[ScanSource]:
        return self.worker.all(ScanSource)

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        label = self.part(QLabel, name)
        return str(label.text()) if label.isVisible() else ""

    def seen(self, name: str) -> bool:
        return bool(self.part(QWidget, name).isVisible())

    def await_request(self, number: int) -> None:
        self.qtbot.waitUntil(lambda: len(self.asked) == number, timeout=2000)

    def scanned(
        self, source: FileSource | None = None, facts: Facts = FACTS, report: ScanReport = REPORT, fits: str = SQUARE
    ) -> None:
        """The worker answers the latest scan; `source` where it had to tell what lies there."""
        asked = self.scans[-1]
        read = source or ImageFolder(path=asked.path)
        if '"kind": ""' not in asked.source and source is None:
            known = read_source(asked.source, "The test")
            assert isinstance(known, FileSource)
            read = known
        self.worker.arrive(Scanned(asked.request, write_source(read.found(facts)), report, fits))
