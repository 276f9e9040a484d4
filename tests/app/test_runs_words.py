"""What the window says of a run whose record another program has written: one line of bounded length, in each place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cnnstudio.app.runs.columns import COLUMNS, STATE, Cells, device_words
from cnnstudio.app.runs.comparison.table import rows_of
from cnnstudio.app.runs.facts import facts, headline, said
from cnnstudio.app.runs.hints import tool_tip
from cnnstudio.core.formats.faults import MOST_CHARACTERS, showable
from cnnstudio.core.formats.run_folder import read_record, write_record
from cnnstudio.core.formats.run_index import read_run
from tests.helpers.runs import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.formats.run_index import RunSummary

NOBODY: Any = None
"""In place of the library, which only the column of changes asks."""


def recorded(folder: Path, **words: str) -> RunSummary:
    """The run of the folder, once its record says that."""
    write_record(folder, msgspec.structs.replace(read_record(folder), **words))
    return read_run(folder)


@pytest.mark.parametrize("text", ["X" * 70_000, "\x1b[2Jred\nsecond line\a"], ids=["endless", "moving the cursor"])
def test_a_record_of_another_program_is_said_in_bounded_lines(tmp_path: Path, text: str) -> None:
    run = recorded(make_run(tmp_path, "Run", status="FAILED"), device=text, start=text, message=text, plan=text)
    assert run.record.device == text
    cells = [column.text(run, Cells(NOBODY)) for column in COLUMNS if column.title != "Changes"]
    compared = [told for row in rows_of([run], {}) for told in row.values]
    for told in (*cells, *compared, device_words(run), headline(run), said(run)[0], *(fact[1] for fact in facts(run))):
        assert told == showable(told)
    tip = tool_tip(run, STATE, NOBODY)
    assert len(tip) < 2 * MOST_CHARACTERS
    assert "\x1b" not in tip


def test_a_device_is_named_as_elsewhere_and_one_that_is_not_chosen_yet_is_not(tmp_path: Path) -> None:
    for number, (device, told) in enumerate({"gpu:0": "GPU 0", "cpu": "CPU", "auto": "", "": ""}.items()):
        run = recorded(make_run(tmp_path, "Run", number=number), device=device)
        assert device_words(run) == told
        assert headline(run).endswith(told)
