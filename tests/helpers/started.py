"""What a worker says once a run stands, for tests that need a run and care about little of it."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnstudio.wire.messages import RunStarted

STEPS = 10
"""Steps of an epoch."""
PARTS = {"training": 70, "validation": 60, "test": 20}
_USUAL = RunStarted(
    run="r1", directory="/runs/r1", name="LeNet", epochs=4, steps_per_epoch=STEPS, batch_size=32, parts=PARTS,
    params=1234, device="cpu", metrics=("loss", "accuracy"),
)  # fmt: skip


def run_started(run: str = "r1", directory: str = "", **others: Any) -> RunStarted:
    """A run of LeNet over four epochs, in a folder of its name unless told otherwise; `others` are fields by name."""
    fields = {"run": run, "directory": directory or f"/runs/{run}", "parts": dict(PARTS), **others}
    return msgspec.structs.replace(_USUAL, **fields)
