"""Where no window can open, one sentence says why; and a start imports nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cnnstudio.app import start
from cnnstudio.app.start import missing_packages, why_no_window, why_not_imported


def test_no_screen_names_both_variables_and_what_works_without_one() -> None:
    sentence = why_no_window({}, "linux")
    assert "DISPLAY" in sentence
    assert "WAYLAND_DISPLAY" in sentence
    assert "train" in sentence


def test_an_unknown_platform_plugin_names_those_there_are() -> None:
    sentence = why_no_window({"QT_QPA_PLATFORM": "offscren"}, "linux")
    assert '"offscren"' in sentence
    assert "offscreen" in sentence


def test_nothing_is_in_the_way_offscreen() -> None:
    assert why_no_window({"QT_QPA_PLATFORM": "offscreen"}, "linux") == ""


def test_missing_libraries_become_one_apt_command(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"libnowhere-1.so.0": "libnowhere-1", "libnowhere-2.so.0": "libnowhere-2"}
    monkeypatch.setattr(start, "X11_LIBRARIES", absent)
    sentence = why_no_window({"DISPLAY": ":1"}, "linux")
    assert 'run "sudo apt install libnowhere-1 libnowhere-2"' in sentence


def test_a_display_without_a_server_is_named() -> None:
    sentence = why_no_window({"DISPLAY": ":4711", "QT_QPA_PLATFORM": "xcb"}, "linux")
    assert '":4711"' in sentence


def test_libraries_that_load_are_not_missing() -> None:
    assert missing_packages({"libc.so.6": "libc6"}) == []
    assert missing_packages({"libnowhere.so.9": "libnowhere9"}) == ["libnowhere9"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("libEGL.so.1: cannot open shared object file: No such file or directory", "sudo apt install libegl1"),
        ("libstrange.so.7: cannot open shared object file", "libstrange.so.7"),
        ("cannot import name 'x' from 'y'", "fresh environment"),
    ],
)
def test_a_failed_import_names_the_package(text: str, words: str) -> None:
    assert words in why_not_imported(ImportError(text))


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_without_a_screen_it_ends_with_code_2_and_one_line() -> None:
    done = run("import sys; from cnnstudio.app.start import run_window; sys.exit(run_window())")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cnnstudio: There is no screen")
    assert done.stderr.count("\n") == 1


def test_the_window_opens_without_anything_heavy() -> None:
    code = """
import sys
from cnnstudio.app.application import make_application
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
app = make_application()
window = MainWindow(Preferences())
window.show()
window.close()
print(sorted({"numpy", "matplotlib", "keras", "tensorflow", "sklearn"} & set(sys.modules)))
"""
    done = run(code, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
