"""One experiment from the first weights to a resumed run, on whatever KERAS_BACKEND names, in a process of its own.

Argument: a folder for the runs. Prints a line of JSON: the backend, the loss of each epoch, the test's accuracy, and
the largest difference of any weight between a run that was resumed and one that was not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cnnstudio.engine.backend import backend
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import resumed, train
from cnnstudio.wire.messages import EpochEnd, Event
from tests.engine.conftest import small
from tests.helpers.weights import difference


def main(place: Path) -> None:
    """See above."""
    said: list[Event] = []
    ended = train(small(epochs=3), place / "whole", said.append, Control())
    train(small(epochs=2), place / "parts", said.append, Control())
    resumed(place / "parts", 1, said.append, Control()).execute()
    found = {
        "backend": backend,
        "losses": [e.metrics["loss"] for e in said if isinstance(e, EpochEnd)][:3],
        "accuracy": ended.test["accuracy"],
        "resumed": difference(place / "whole", place / "parts"),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
