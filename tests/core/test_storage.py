"""Writing files: whole or not at all, whatever happens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.formats.storage import data_folder, runs_folder, write_atomic

if TYPE_CHECKING:
    from pathlib import Path


def test_writes_and_keeps_one_backup(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    write_atomic(path, b"one", backup=True)
    write_atomic(path, b"two", backup=True)
    write_atomic(path, b"three", backup=True)
    assert path.read_bytes() == b"three"
    assert (tmp_path / "new" / "a.json~").read_bytes() == b"two"
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.json", "a.json~"]


def test_keeps_permissions_and_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_atomic(path, b"good")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"bad" * 1000, backup=True)
    assert path.read_bytes() == b"good"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes by name")
def test_devices_and_pipes_are_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    (tmp_path / "link.json").symlink_to(pipe)
    for path in (pipe, tmp_path / "link.json"):
        with pytest.raises(OSError, match="a file must not replace"):
            write_atomic(path, b"new")
    assert pipe.is_fifo()
    assert len(list(tmp_path.iterdir())) == 2


def test_folders_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "home"))
    assert data_folder() == tmp_path / "home"
    assert runs_folder() == tmp_path / "home" / "runs"
    monkeypatch.delenv("CNNSTUDIO_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert data_folder().is_absolute()
