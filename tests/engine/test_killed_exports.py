"""kill -9 in the midst of an export: the file of the export before is there, whole, and what was begun is cleared."""

from __future__ import annotations

import random
import signal
import zipfile
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.exporting import Wish
from cnnstudio.core.formats.sidecar import read_sidecar
from cnnstudio.core.formats.weights_file import WeightsFile
from tests.helpers.effort import LATER
from tests.helpers.forked_runs import forker

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = list(LATER)
KILLS = 4
SECONDS = (0.2, 4.0)
"""Between the start of a process and its end: the first export takes about two of them."""


def check_keras(path: Path) -> None:
    """Every member is what its checksum says."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert "model.weights.h5" in archive.namelist()


def check_weights(path: Path) -> None:
    """Every array can be read."""
    file = WeightsFile(path)
    assert all(file.read(name).shape == shape for name, shape in file.shapes.items())
    assert len(file.shapes) > 1


@pytest.mark.parametrize(("form", "name"), [("keras", "net.keras"), ("safetensors", "net.safetensors")])
def test_a_killed_export_leaves_the_one_before(form: str, name: str, tmp_path: Path) -> None:
    target, check = tmp_path / name, check_keras if form == "keras" else check_weights
    chance = random.Random()
    with forker() as processes:
        assert processes.wait(processes.start_exporting(target, form, once=True)) == 0
        tidy = {path.name for path in tmp_path.iterdir()}
        for _ in range(KILLS):
            process = processes.start_exporting(target, form)
            assert processes.wait(process, kill_after=chance.uniform(*SECONDS)) == -signal.SIGKILL
            check(target)
            assert read_sidecar(Wish(form, target).sidecar.read_bytes(), "it").file == name
            assert tidy <= {path.name for path in tmp_path.iterdir()}
            assert len({path.name for path in tmp_path.iterdir()} - tidy) <= 1  # the room of the one that was killed
        assert processes.wait(processes.start_exporting(target, form, once=True)) == 0
    assert {path.name for path in tmp_path.iterdir()} == tidy
