"""Every test runs in a home of its own, in silence, and leaves nothing behind."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.helpers import effort
from tests.helpers.leaks import LeakWatch
from tests.helpers.silence import RecordKeeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


def pytest_configure() -> None:
    """No window on the screen and no chatter from TensorFlow, unless asked for; searches as hard as asked for."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    effort.prepare()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come first: begun last, they would keep one process busy while the other has nothing left to do."""
    items.sort(key=_is_no_journey)


def _is_no_journey(item: pytest.Item) -> bool:
    return "journeys" not in item.path.parts


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's application data, empty, for this test only. Preferences live there too."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CNNSTUDIO_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_stray_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on log records of WARNING and above, unless the test asks for `caplog` and so looks at them itself."""
    keeper = RecordKeeper()
    logging.getLogger().addHandler(keeper)
    yield
    logging.getLogger().removeHandler(keeper)
    complaint = keeper.complaint()
    if complaint and "caplog" not in request.fixturenames:
        pytest.fail(complaint)


@pytest.fixture(autouse=True, scope="module")
def plain_look() -> None:
    """Take off the style sheet of the module before: what a test measures does not depend on who ran earlier.

    Under a style sheet fonts differ, and each widget is polished anew whenever one round it gets a parent.
    """
    widgets = sys.modules.get("PySide6.QtWidgets")
    app = widgets and widgets.QApplication.instance()
    if app and app.styleSheet():
        app.setStyleSheet("")


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> Iterator[QtBot]:
    """The bot of pytest-qt, which here holds on to widgets."""
    from tests.helpers.holding import HoldingBot

    bot = HoldingBot(request)
    yield bot
    bot.held.clear()


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail Qt tests that leave windows, threads or running timers behind. Others pay nothing."""
    if not {"qapp", "qtbot"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    patch = pytest.MonkeyPatch()
    watch = LeakWatch(patch)
    yield
    patch.undo()
    if complaint := watch.complaint():
        pytest.fail(complaint)
