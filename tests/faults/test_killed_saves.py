"""kill -9 in the midst of saving everything that the studio saves: what is there afterwards is whole, old or new."""

from __future__ import annotations

import os
import random
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.helpers.effort import EFFORT
from tests.helpers.saving import SAVERS, server

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 10 if EFFORT == 1 else 100
LONGEST = 0.25
"""Seconds until the kill: a round of all saves takes about half of it."""


def files(home: Path) -> set[str]:
    """All that lies there, but the moments of the timeline and the weights, of which there may be many."""
    found = {path.relative_to(home).as_posix() for path in home.rglob("*")}
    return {name for name in found if not name.endswith((".npz", ".safetensors"))}


def like_one_of_a_person(name: str) -> bool:
    """Three in 64 of the names that Qt draws for parts of the preferences are like words, which are left alone."""
    return re.fullmatch(r"preferences\.ini\.([a-z]{6}|[A-Z]{6}|[A-Z][a-z]{5})", name) is not None


@pytest.mark.search
@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "fork"), reason="needs kill -9 and fork")
def test_nothing_is_lost_or_half_written_and_no_litter_grows(home: Path) -> None:
    chance = random.Random()
    with server(home) as saving:
        for number in (1, 2):  # the second has the first as its backup
            assert set(saving.once(number)) == {saver.name for saver in SAVERS}
        tidy, number = files(home), 3
        last = dict.fromkeys((saver.name for saver in SAVERS), 2)
        torn = 0
        for _ in range(KILLS):
            done = saving.killed(number, chance.uniform(0.0, LONGEST))
            for saver in SAVERS:
                saved = done.get(saver.name, 0)
                least = number + saved - 1 if saved else last[saver.name]
                found = saver.read()
                assert least <= found <= number + saved, (saver.name, done)
                last[saver.name] = found
            litter = files(home) - tidy
            torn += bool(litter)
            assert len(litter) <= 8, litter
            number += max(done.values(), default=0) + 1
        saving.once(number)
    assert {name for name in files(home) if not like_one_of_a_person(name)} == tidy
    assert torn or KILLS < 20, "no kill has met a save half way"
