"""A window with the real worker that is killed, held and served badly: nothing is orphaned, everything can go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from cnnstudio.app import worker_client
from cnnstudio.core.formats.run_folder import read_record
from cnnstudio.core.formats.run_index import RunIndex
from tests.helpers import effort
from tests.helpers.studio import LONG, Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

ROOT = Path(__file__).parents[2]
ORPHAN_MS = 2_000
"""How long a worker may live without its window."""
BUSY_MS = 3_000
"""What a machine with more to do than this test may take on top."""

WINDOW = """
import sys
from PySide6.QtCore import QTimer
from cnnstudio.app.application import make_application, make_window
from cnnstudio.app.preferences import Preferences
from cnnstudio.core.edits import SetTraining

app = make_application()
window = make_window(Preferences())
window.bridge.do(SetTraining(recipe=window.bridge.experiment.training.having("epochs", 100_000)))
window.show()
window.begin()
window.run.start()

def tell():
    if window.run.state.epoch > 3:
        timer.stop()
        print(window.worker.pid, flush=True)

timer = QTimer(interval=20)
timer.timeout.connect(tell)
timer.start()
sys.exit(app.exec())
"""


def killed_window() -> int:
    """Let a window train in a process of its own and kill it; the process id of its worker."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )
    assert window.stdout is not None
    with window.stdout:
        worker = int(window.stdout.readline())
        assert is_there(worker)
        window.kill()
        window.wait()
    return worker


@pytest.fixture
def open_studio(qtbot: QtBot) -> Iterator[Callable[[], Studio]]:
    made: list[Studio] = []

    def make() -> Studio:
        made.append(Studio(qtbot))
        return made[-1]

    yield make
    for one in made:
        one.close()


def is_there(pid: int) -> bool:
    """Whether the process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def is_offered(studio: Studio) -> bool:
    return any(button.isVisible() for button in studio.window.findChildren(QWidget, "message_resume"))


@pytest.mark.search
@effort.LONGER
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc whether a process is there")
def test_a_killed_window_leaves_no_orphan_and_a_run_that_goes_on_and_survives_a_worker_that_hangs(
    qtbot: QtBot, open_studio: Callable[[], Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = killed_window()
    qtbot.waitUntil(lambda: not is_there(worker), timeout=ORPHAN_MS + BUSY_MS)
    studio = open_studio()
    window, run = studio.window, studio.window.run
    studio.until(lambda: any("was interrupted" in text for text in window.messages.texts), LONG)
    index = RunIndex()
    index.refresh()
    (left,) = index.runs
    assert left.status == "INTERRUPTED"
    studio.until(lambda: is_offered(studio))
    studio.press("message_resume")
    studio.until(lambda: run.state.phase == "running" and run.state.epoch > left.record.epochs_done + 1, LONG)
    ends = [end.epoch for end in run.state.history]
    assert ends == list(range(1, len(ends) + 1)), "no epoch is missing or told twice"
    assert window.bridge.experiment.training.epochs == 100_000, "its experiment is in front"
    hung = window.worker.pid
    assert read_record(left.folder).pid == hung
    monkeypatch.setattr(worker_client, "QUIET_MS", 2_500)  # two heartbeats that did not come
    studio.until(lambda: run.state.epoch > len(ends) + 1, LONG)  # the watch is wound up with each sign of life
    os.kill(hung, signal.SIGSTOP)
    studio.until(lambda: window.worker.is_quiet, 10_000)
    assert any("has not answered" in text for text in window.messages.texts)
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    studio.until(lambda: not run.state.active, 10_000)
    assert not is_there(hung)
    assert "did not answer any more and was ended" in run.state.message
    assert run.can_resume
    studio.until(lambda: is_offered(studio))
