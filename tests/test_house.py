"""The house rules that a command can check: rooms, lint, types, file sizes, a light start (for calls: test_bans)."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.helpers.effort import LONGER

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("cnnstudio", "tests", "benchmarks")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
SHIPPED = [path for path in SOURCES if path.is_relative_to(ROOT / "cnnstudio")]
LONGEST = 600
HEAVY = {"tensorflow", "keras", "matplotlib", "numpy", "sklearn", "PIL", "h5py"}


def name(path: Path) -> str:
    """The file as rules and failures name it."""
    return path.relative_to(ROOT).as_posix()


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `command` at the project's root."""
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)


def tool(module: str, *arguments: str) -> None:
    """Run a checker and fail with what it says."""
    result = run(sys.executable, "-m", module, *arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_rooms_import_only_downwards() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_ruff_finds_nothing() -> None:
    tool("ruff", "check", "--quiet", ".")


def test_files_are_formatted() -> None:
    tool("ruff", "format", "--check", "--quiet", ".")


@pytest.mark.search
@LONGER  # without a cache of earlier runs it takes a minute
def test_types_are_strict() -> None:
    tool("mypy")


def test_no_file_is_too_long() -> None:
    lengths = {name(p): len(p.read_text(encoding="utf-8").splitlines()) for p in SOURCES}
    assert {p: n for p, n in lengths.items() if n > LONGEST} == {}


def test_checkers_have_no_ignore_lists() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lint = config["tool"]["ruff"]["lint"]
    assert config["tool"]["mypy"]["strict"] is True
    assert not {"ignore", "extend-ignore", "per-file-ignores", "extend-per-file-ignores"} & lint.keys()
    assert not {"disable_error_code", "ignore_errors", "exclude"} & config["tool"]["mypy"].keys()
    for override in config["tool"]["mypy"].get("overrides", []):  # packages of others that carry no types
        assert override.keys() == {"module", "ignore_missing_imports"}
        assert not [m for m in override["module"] if m.startswith(("cnnstudio", "tests"))]


def test_package_head_reads_on_old_pythons() -> None:
    for path in (ROOT / "cnnstudio" / "__main__.py", ROOT / "cnnstudio" / "__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
        imported = {a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names}
        assert not any(isinstance(n, ast.ImportFrom) for n in tree.body)
        assert imported <= {"sys"}


@pytest.mark.parametrize("module", ["cnnstudio.app.main_window", "cnnstudio.app.start", "cnnstudio.cli"])
def test_start_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(' '.join(sorted(m for m in sys.modules if '.' not in m)))"
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stderr
    assert HEAVY & set(result.stdout.split()) == set()


LATE_CORE = (
    "code.source",
    "code.model_code",
    "code.notebook",
    "keras_import",
    "formats.weights_file",
    "analysis.footprint",
    "fixes.offers",
    "fixes.candidates",
)
LATE_APP = ("data.page", "data.view", "data.sources", "data.sample_painter", "training", "lens", "features")
LATE = {"csv"} | {f"cnnstudio.core.{name}" for name in LATE_CORE} | {f"cnnstudio.app.{name}" for name in LATE_APP}
"""Wanted by a tab, page or gesture that nobody has come to yet, and imported with it."""
LATE_PANELS = {
    f"cnnstudio.app.{name}"
    for name in ("panels.code", "panels.layers", "panels.history", "command_palette", "command_list", "command_entries")
}


def test_window_loads_nothing_it_does_not_show(tmp_path: Path) -> None:
    code = (
        "import sys; from cnnstudio.app.start import load_window; load_window()\n"
        "import cnnstudio.app.application as application\n"
        "app = application.make_application(); window = application.make_window(application.Preferences())\n"
        "window.show(); print(*sorted(sys.modules)); window.close()"
    )
    result = run(
        sys.executable, "-c", code, env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "CNNSTUDIO_HOME": str(tmp_path)}
    )
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert "cnnstudio.app.panels.problems" in loaded
    assert all(importlib.util.find_spec(name) for name in LATE | LATE_PANELS)
    assert (HEAVY | LATE | LATE_PANELS) & loaded == set()


def test_command_line_loads_no_qt() -> None:
    result = run(sys.executable, "-c", "import sys, cnnstudio.cli; print('PySide6' in sys.modules)")
    assert result.stdout.strip() == "False", result.stderr


def test_readme_and_ci_share_the_test_command() -> None:
    command = run("bash", ".ci/run", "--show").stdout.strip()
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "venv" in command
    assert '".[test]"' in command
    assert command.endswith("pytest -n 2 --dist loadfile")


def test_wheel_carries_presets_and_icons(tmp_path: Path) -> None:
    built = run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), "."
    )
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("*.whl"))
    carried = set(zipfile.ZipFile(wheel).namelist())
    presets = {f"cnnstudio/presets/{p.name}" for p in (ROOT / "presets").glob("*.json")}
    icons = {name(p) for p in (ROOT / "cnnstudio").rglob("*.svg")}
    assert len(presets) >= 12
    assert icons
    assert presets | icons | {name(p) for p in SHIPPED} <= carried
    assert not any(part.startswith(("tests/", "docs/")) for part in carried)
