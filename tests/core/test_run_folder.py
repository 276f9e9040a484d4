"""Whether the process of a run still trains it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnnstudio.core.formats.run_folder import RunRecord, is_alive, own_process


def record(pid: int, started: int) -> RunRecord:
    return RunRecord("RUNNING", "Net", pid, started, "cpu", 0, 1, "2026-03-01T10:00:00+01:00")


def test_a_process_is_told_from_a_later_one_of_its_number() -> None:
    pid, started = own_process()
    assert is_alive(record(pid, started))
    if started:
        assert not is_alive(record(pid, started + 1))
    assert not is_alive(record(2**22 + 1, started))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_process_that_was_killed_is_gone_before_its_parent_takes_note() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        stat = Path(f"/proc/{process.pid}/stat")
        begun = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        assert is_alive(record(process.pid, begun))
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays in the table
        assert stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
        assert not is_alive(record(process.pid, begun))
