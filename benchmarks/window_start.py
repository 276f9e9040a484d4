"""How long until the window is painted, beside a bare PySide6 window in the same run.

Each start is a process of its own, timed from before it is created until its first paint event is done. The two take
turns, so that a busy machine is busy for both; medians are compared. QT_QPA_PLATFORM=offscreen does where no screen is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

_BARE = """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
"""

_STUDIO = """
from cnnstudio.app.start import load_window
load_window()
from cnnstudio.app.application import make_application, make_window
from cnnstudio.app.preferences import Preferences
app = make_application()
window = make_window(Preferences())
"""

_UNTIL_PAINTED = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self.tell)
            app.removeEventFilter(self)
        return False
    def tell(self):
        print(time.monotonic(), sorted({"numpy", "matplotlib", "keras", "tensorflow"} & set(sys.modules)))
        app.quit()
watch = Watch()
app.installEventFilter(watch)
window.show()
app.exec()
"""


def painted_after(code: str) -> float:
    """Milliseconds from before the process until its window is painted. Raises RuntimeError for one that fails."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code + _UNTIL_PAINTED], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode:
        raise RuntimeError(f"The window did not start: {done.stderr.strip().splitlines()[-1]}")
    moment, _, heavy = done.stdout.strip().partition(" ")
    if heavy != "[]":
        raise RuntimeError(f"The start imported {heavy}, which it must not.")
    return 1000 * (float(moment) - start)


def main() -> int:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="starts of each kind (default 9)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNSTUDIO_HOME"] = home
        os.environ["PYTHONPYCACHEPREFIX"] = home  # byte code is there after the first start, as pip leaves it
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for code in (_BARE, _STUDIO):
            painted_after(code)  # warms the disk
        bare, studio = [], []
        for _ in range(rounds):
            bare.append(painted_after(_BARE))
            studio.append(painted_after(_STUDIO))
    one, other = statistics.median(bare), statistics.median(studio)
    sys.stdout.write(
        f"bare PySide6 window  {one:7.0f} ms  (from {min(bare):.0f} to {max(bare):.0f})\n"
        f"CNN Studio           {other:7.0f} ms  (from {min(studio):.0f} to {max(studio):.0f})\n"
        f"ratio                {other / one:7.2f}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
