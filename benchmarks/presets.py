"""Time of the presets gallery with many presets: python benchmarks/presets.py [PRESETS]

Prints milliseconds with the shipped presets alone and with that many beside them, and how many times longer the latter
takes: until the gallery is painted for the first time, until the cards in sight have their pictures, until every preset
can be found by its words, until each network is known; then for a search, a letter more, for the command palette, and
the longest stretch in which the window answered nothing while files were read. Every tenth file is broken.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from waiting import Pulse, wait

from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.formats.presets import presets, user_folder

BROKEN = 10
"""Every so manieth file is cut in half."""
SEARCH = "dilation im"


def make_presets(count: int) -> None:
    """Copies of the shipped ones under other names; every tenth cannot be read."""
    folder = user_folder()
    folder.mkdir(parents=True, exist_ok=True)
    shipped = [(p.name, p.path.read_text(encoding="utf-8")) for p in presets() if not p.user]
    for number in range(count):
        name, text = shipped[number % len(shipped)]
        named = text.replace(f'"name": "{name}"', f'"name": "{name}, number {number}"', 1)
        if number % BROKEN == BROKEN - 1:
            named = named[: len(named) // 2]
        (folder / f"preset-{number:05}.json").write_text(named, encoding="utf-8")


def in_sight_known(gallery: PresetsGallery) -> bool:
    """Whether each card in sight has its picture, or says why it has none."""
    first, last = gallery.cards.sight()
    rows = gallery.model.rows[first : last + 1]
    return bool(rows) and all(p.known_summary is not None or p.known_error for p in rows)


def measured(window: MainWindow, preferences: Preferences) -> dict[str, float]:
    """Milliseconds of what a person waits for."""
    found: dict[str, float] = {}
    outlined: list[bool] = []
    pulse = Pulse()
    began = time.perf_counter()
    gallery = PresetsGallery(preferences, window)
    gallery.shelf.outlined.connect(partial(outlined.append, True))
    gallery.open()
    gallery.repaint()
    found["gallery painted"] = 1000 * (time.perf_counter() - began)
    found["cards in sight have pictures"] = wait(partial(in_sight_known, gallery), began)
    found["all found by their words"] = wait(partial(bool, outlined), began)
    found["every network known"] = wait(lambda: not gallery.shelf.is_reading, began)
    found["longest stall meanwhile"] = pulse.longest
    [field] = gallery.findChildren(QLineEdit, "preset_search")
    letters = []
    for letter in SEARCH:
        began = time.perf_counter()
        QTest.keyClicks(field, letter)
        gallery.repaint()
        letters.append(1000 * (time.perf_counter() - began))
    found["search, a letter more"] = statistics.median(letters)
    gallery.close()
    began = time.perf_counter()
    again = PresetsGallery(preferences, window)
    again.open()
    again.repaint()
    found["gallery painted again"] = 1000 * (time.perf_counter() - began)
    again.close()
    began = time.perf_counter()
    window.show_commands()
    window.repaint()
    found["command palette"] = 1000 * (time.perf_counter() - began)
    window.show_commands()
    return found


def main() -> None:
    """Print the figures side by side."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    app = QApplication.instance() or QApplication([])
    themes.choose(Mode.LIGHT)
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNSTUDIO_HOME"] = home
        preferences = Preferences()
        window = MainWindow(preferences)
        window.resize(1280, 800)
        window.show()
        shipped = len(presets())
        measured(window, preferences)  # what is imported and compiled once is not what is compared
        few = measured(window, preferences)
        make_presets(count)
        many = measured(window, preferences)
        told(few, many, shipped, count)
        window.close()
    del app


def told(few: dict[str, float], many: dict[str, float], shipped: int, count: int) -> None:
    """The table."""
    sys.stdout.write(f"{'milliseconds':32}{f'{shipped} presets':>14}{f'{shipped + count:,} presets':>16}{'times':>8}\n")
    for what, time_of_few in few.items():
        ratio = many[what] / max(time_of_few, 0.001)
        sys.stdout.write(f"{what:32}{time_of_few:14.1f}{many[what]:16.1f}{ratio:8.1f}\n")


if __name__ == "__main__":
    main()
