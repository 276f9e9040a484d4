"""Time of one edit, from the edit itself to shapes, costs and diagnostics, beside a whole re-trace.

Run: python benchmarks/editing.py
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.catalogue.ends import Input, Output
from cnnstudio.core.document import Document
from cnnstudio.core.edits import AddBlock, Edit, MoveBlocks, RemoveBlocks, SetParameters
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.lint import lint
from cnnstudio.core.tracing import Trace, trace

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 60


def network(count: int) -> Experiment:
    """A residual network of `count` blocks: convolution, normalisation, activation and every fourth an addition."""
    known = catalogue()
    blocks = [Block("input", Input(shape=(8, 8, 1))), Block("stem", Convolution(filters=16), ("input",))]
    skip = "stem"
    for number in range(count - 4):
        kind = ("Convolution", "BatchNormalisation", "Activation", "Add")[number % 4]
        spec = Convolution(filters=16) if kind == "Convolution" else known[kind]()
        inputs = (blocks[-1].id, skip) if kind == "Add" else (blocks[-1].id,)
        blocks.append(Block(f"block_{number}", spec, inputs, (0.0, 100.0 * number)))
        if kind == "Add":
            skip = blocks[-1].id
    blocks.append(Block("pool", known["GlobalAveragePooling"](), (blocks[-1].id,)))
    blocks.append(Block("output", Output(), ("pool",)))
    return Experiment(architecture=Architecture.of(blocks))


def edits(count: int) -> dict[str, Callable[[int], Edit]]:
    """Edits a person makes all day, in the first, middle and last part of the network."""
    middle, last = (count // 8) * 4, (count // 4 - 2) * 4
    pooling = catalogue()["Dropout"]()
    return {
        "move a card": lambda n: MoveBlocks(positions={f"block_{middle}": (float(n), 0.0)}),
        "change the activation, first block": lambda n: SetParameters(
            id="block_0", values={"activation": ("relu", "elu", "gelu")[n % 3]}
        ),
        "change the kernel size, middle": lambda n: SetParameters(
            id=f"block_{middle}", values={"kernel_size": 3 + 2 * (n % 2)}
        ),
        "change the filters, last (breaks and mends)": lambda n: SetParameters(
            id=f"block_{last}", values={"filters": 16 + n % 2}
        ),
        "add a dropout, middle": lambda n: AddBlock(spec=pooling, id=f"extra_{n}", after=f"block_{middle}"),
        "remove it again": lambda n: RemoveBlocks(ids=(f"extra_{n}",)),
        "change the stride, first (all shapes change)": lambda n: SetParameters(
            id="stem", values={"strides": 1 + n % 2}
        ),
        "change the kernel size, first (all fields move)": lambda n: SetParameters(
            id="block_0", values={"kernel_size": 3 + 2 * (n % 2)}
        ),
    }


def measure(count: int) -> None:
    """Print the median and the longest time of each kind of edit."""
    document = Document(network(count))
    data = document.value.data.source.info()
    kept: Trace = trace(document.value.architecture, data)
    say(f"{count} blocks: {kept.params:,} parameters, {len(lint(kept))} diagnostics")
    full = []
    for _ in range(10):
        started = time.process_time()
        lint(trace(document.value.architecture, data))
        full.append(time.process_time() - started)
    for name, make in edits(count).items():
        times = []
        for number in range(ROUNDS):
            edit = make(number)
            started = time.process_time()
            document.do(edit)
            kept = trace(document.value.architecture, data, kept)
            lint(kept)
            times.append(time.process_time() - started)
        ratio = statistics.median(full) / statistics.median(times)
        say(
            f"  {name:<50} median {1e3 * statistics.median(times):6.2f} ms   longest {1e3 * max(times):6.2f} ms   "
            f"whole re-trace / edit {ratio:5.1f}"
        )
    say(f"  {'whole re-trace and lint':<50} median {1e3 * statistics.median(full):6.2f} ms")


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for size in (10, 100, 1000):
        measure(size)
