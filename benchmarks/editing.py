"""Time of one edit in core alone: from the edit itself to shapes, costs and diagnostics, beside a whole re-trace.

Run: python benchmarks/editing.py [--sizes 10 100 1000]

Processor time in milliseconds. Each case is a row, each size of the network a pair of columns: median and 99th
percentile. What a person waits for, painting included, is measured by benchmarks/canvas.py.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.catalogue.ends import Input, Output
from cnnstudio.core.document import Document
from cnnstudio.core.edits import AddBlock, Edit, MoveBlocks, RemoveBlocks, SetParameters
from cnnstudio.core.experiment import Experiment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


def measured(count: int) -> dict[str, list[float]]:
    """Milliseconds of each round of each kind of edit, and of re-tracing the whole network."""
    document = Document(network(count))
    data = document.value.data.info()
    kept: Trace = trace(document.value.architecture, data)
    found: dict[str, list[float]] = {}
    for name, make in edits(count).items():
        times = found[name] = []
        for number in range(ROUNDS):
            edit = make(number)
            started = time.process_time()
            document.do(edit)
            kept = trace(document.value.architecture, data, kept)
            lint(kept)
            times.append(1e3 * (time.process_time() - started))
    whole = found["whole re-trace and lint"] = []
    for _ in range(ROUNDS):
        started = time.process_time()
        lint(trace(document.value.architecture, data))
        whole.append(1e3 * (time.process_time() - started))
    return found


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10, 100, 1000], help="blocks of the networks")
    sizes = parser.parse_args(arguments).sizes
    results = [measured(size) for size in sizes]
    out = sys.stdout
    out.write(f"{'':<50}" + "".join(f"{f'{size:,} blocks':>19}" for size in sizes) + "\n")
    out.write(f"{'case':<50}" + f"{'median':>10}{'p99':>9}" * len(sizes) + "\n")
    for name in results[0]:
        cells = ((statistics.median(r[name]), statistics.quantiles(r[name], n=100)[98]) for r in results)
        out.write(f"{name:<50}" + "".join(f"{median:>10.2f}{p99:>9.2f}" for median, p99 in cells) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
