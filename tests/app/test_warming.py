"""Modules of late pages: brought in once the worker is ready, a module at a time, and nothing before."""

from __future__ import annotations

import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLabel

from cnnstudio.app.late_page import LatePage
from cnnstudio.app.pages import Pages
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.warming import LIBRARIES, MODULES, Warming
from cnnstudio.app.worker_client import WorkerClient

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot


def test_what_is_not_there_comes_when_the_worker_is_ready_and_what_cannot_come_is_left(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "warmed_library.py").write_text("")
    (tmp_path / "warmed_page.py").write_text("import warmed_library")
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ("warmed_library", "warmed_page")
    worker = WorkerClient()
    made = Warming(worker, worker, names[:1], ("no_such_module_here", names[1]))
    worker.state_changed.emit("starting")
    assert not any(name in sys.modules for name in names)
    with qtbot.waitSignal(made.done):
        worker.state_changed.emit("ready")
    assert all(name in sys.modules for name in names)
    for name in names:
        monkeypatch.delitem(sys.modules, name)


def test_what_is_there_costs_no_thread(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnstudio.app.warming.threading.Thread", None)
    worker = WorkerClient()
    Warming(worker, worker, ("sys",), ("warnings",))
    worker.state_changed.emit("ready")


def test_every_name_is_a_module() -> None:
    assert all(find_spec(name) is not None for name in (*LIBRARIES, *MODULES))


def test_a_page_is_made_after_the_libraries_that_are_just_coming(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads in one half-imported package break each other's imports: whoever is quick with the mouse waits."""
    gate, order = threading.Event(), list[str]()

    def bring(name: str) -> None:
        gate.wait(5)
        order.append(name)

    class Page(LatePage[Any]):
        def made_view(self) -> Any:
            order.append("page")
            return QLabel()

    monkeypatch.setattr("cnnstudio.app.warming.importlib.import_module", bring)
    worker = WorkerClient()
    made = Warming(worker, worker, ("no_such_library",), ())
    page = Page("page", "Page")
    qtbot.addWidget(page)
    with qtbot.waitSignal(made.done):
        worker.state_changed.emit("ready")
        opens = threading.Timer(0.05, gate.set)
        opens.start()
        page.content()
    opens.join()
    assert order == ["no_such_library", "page"]


def test_pages_are_built_part_by_part_and_seen_whole(qtbot: QtBot) -> None:
    """Each turn of the timer builds one part; whoever comes before the last one gets the page whole all the same."""
    made: list[str] = []

    class Page(LatePage[Any]):
        def built(self) -> Generator[None, None, Any]:
            for part in ("one", "two", "three"):
                made.append(part)
                yield
            return Content(self)

    class Content(QLabel):
        def set_active(self, active: bool) -> None:
            made.append("in sight" if active else "out of sight")

    pages = Pages(Preferences())
    qtbot.addWidget(pages)
    pages.add_page("first", QLabel())
    pages.add_lazy_page("late", lambda: Page("page", "Page"))
    pages.add_lazy_page("later", lambda: Page("other", "Other"))
    pages.show()
    worker = WorkerClient()
    warming = Warming(worker, worker, ("no_such_library",), (), pages.get_ready)
    turns: list[int] = []
    with qtbot.waitSignal(warming.done):
        worker.state_changed.emit("ready")
        qtbot.waitUntil(lambda: len(made) == 2)
        pages.show_page("late")
        turns.append(len(made))
    assert made[: turns[0]] == ["one", "two", "three", "in sight"]
    assert made[turns[0] :] == ["one", "two", "three"], "the other page is built, and not seen"
    pages.show_page("later")
    assert made[-2:] == ["out of sight", "in sight"]
