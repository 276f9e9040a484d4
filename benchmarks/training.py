"""How fast runs train, beside what a Keras user writes: `model.fit(x, y, batch_size=32)` on arrays, no callbacks.

Run: python benchmarks/training.py [--networks tiny small signal u-net] [--rounds 5] [--runs 50] [--json FILE]

Both sides have the same model, weights to begin with, data, batch size and number of epochs, in float32. They are two
processes that take turns, so that whatever else the computer does meets both; each round gives a ratio, and the median
of them counts. Our side does what a run does meanwhile: it reads the metrics and looks at the feature maps of one block
ten times a second where that keeps to its share of the time. Beside the ratios stand the losses after the same number
of epochs, the share of the time that looking takes of some seconds of training without a break, once all is compiled,
and how many looks a second that is. Then: the same in bfloat16 where the processor has it, the seconds from pressing
Train to the first finished step in a warm worker, and how much memory a worker gains from run to run.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.declare import from_plain
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.data.sources import SourceSpec

BATCH = 32
SECONDS = 1.0
"""What a round of `fit` is to take at least: short ones follow each other before the computer is otherwise busy."""
STRETCH = 6.0
"""Seconds in which it is measured what watching takes, once everything is compiled."""
REACH = {"tiny": 5.0, "small": 1.5, "signal": 1.5, "u-net": 1.1}
"""What each network is to come to, in times of `fit`."""
WATCHED = "c2"
HERTZ = 11.0
"""How often the window asks for it."""
Placed = tuple[str, str, dict[str, Any], tuple[str, ...]]


def experiment(name: str, precision: str = "float32") -> Experiment:
    """One of the reference networks with its data."""
    source, blocks = _NETWORKS[name]()
    placed = [Block("input", from_plain(spec_class("Input"), {"shape": source.info().input_shape}, "input"), ())]
    for id, kind, parameters, inputs in (*blocks, ("output", "Output", {}, ())):
        spec = from_plain(spec_class(kind), parameters, id)
        placed.append(Block(id, spec, inputs or (placed[-1].id,)))
    told: dict[str, Any] = {"batch_size": BATCH, "device": "cpu", "precision": precision}
    training = TrainingRecipe(**told)
    return Experiment(name, "", (), Architecture.of(placed), DataRecipe(source=source), training)


def _conv(id: str, filters: int, size: int = 3, *inputs: str) -> Placed:
    return (id, "Convolution", {"filters": filters, "kernel_size": size}, inputs)


def _pool(id: str, *inputs: str) -> Placed:
    return (id, "MaxPooling", {}, inputs)


def _tiny() -> tuple[SourceSpec, list[Placed]]:
    return Digits(), [_conv("c1", 8), _pool("p1"), _conv("c2", 16), ("flat", "Flatten", {}, ())]


def _small() -> tuple[SourceSpec, list[Placed]]:
    """Noise of the size of handwritten digits: 5,000 of it for training."""
    pooled: Placed = ("mean", "GlobalAveragePooling", {}, ())
    blocks = [_conv("c1", 32), _pool("p1"), _conv("c2", 64), _pool("p2"), _conv("c3", 64), pooled]
    return Noise(shape=(28, 28, 1), classes=10, count=7143), blocks


def _signal() -> tuple[SourceSpec, list[Placed]]:
    pooled: Placed = ("mean", "GlobalAveragePooling", {}, ())
    blocks = [_conv("c1", 32, 7), _pool("p1"), _conv("c2", 64, 5), _pool("p2"), _conv("c3", 64, 5), pooled]
    return Waveforms(length=512, count=2000), blocks


def _u_net() -> tuple[SourceSpec, list[Placed]]:
    def up(id: str, filters: int) -> Placed:
        return (id, "TransposedConvolution", {"filters": filters, "kernel_size": 2, "strides": 2}, ())

    blocks = [
        _conv("c1", 16), _conv("c2", 16), _pool("p1"), _conv("c3", 32), _conv("c4", 32), _pool("p2"),
        _conv("c5", 64), _conv("c6", 64), up("u1", 32), ("j1", "Concatenate", {}, ("u1", "c4")),
        _conv("c7", 32), _conv("c8", 32), up("u2", 16), ("j2", "Concatenate", {}, ("u2", "c2")),
        _conv("c9", 16), _conv("c10", 16),
    ]  # fmt: skip
    return Shapes(size=64, count=366), blocks


_NETWORKS = {"tiny": _tiny, "small": _small, "signal": _signal, "u-net": _u_net}


# The two sides, each a process: they print "ready", then the seconds and the loss of each round they are asked for


def serve_keras(place: Path) -> None:
    """Plain Keras: the model is the one that the script of the experiment builds."""
    import keras
    import numpy as np

    told = json.loads((place / "told.json").read_text())
    arrays = np.load(place / "arrays.npz")
    scope: dict[str, Any] = {}
    exec(told["code"], scope)
    model = scope["build_model"]()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=_metrics(keras, told["metrics"]))
    model.set_weights([arrays[f"w{number}"] for number in range(len(model.get_weights()))])
    x, y = arrays["x"], arrays["y"]
    _say("ready")
    for line in sys.stdin:
        began = time.perf_counter()
        history = model.fit(x, y, batch_size=BATCH, epochs=int(line), verbose=0)
        _say(time.perf_counter() - began, history.history["loss"][-1])


def _metrics(keras: Any, names: list[str]) -> list[Any]:
    """What our side measures, too."""
    made = {"mean_iou": keras.metrics.MeanIoU(4, sparse_y_pred=False)}
    return [made.get(name, name) for name in names if name != "loss"]


def serve_studio(place: Path, name: str, precision: str) -> None:
    """The loop of a run without judging and keeping, which `fit` does not do here either."""
    import numpy as np

    from cnnstudio.core.code.source import to_python
    from cnnstudio.engine import devices
    from cnnstudio.engine.learning import metric_names
    from cnnstudio.engine.looking.pinned import SampleBook
    from cnnstudio.engine.looking.probes import Probe
    from cnnstudio.engine.running.checks import checked_design
    from cnnstudio.engine.workbench import set_up
    from cnnstudio.wire.messages import Sample, Watch

    tried = experiment(name, precision)
    device = devices.resolve("cpu")
    devices.settle_determinism(device)
    with devices.scope(device):
        bench = set_up(tried, checked_design(tried))
        x, y = bench.data.training.batch(slice(None))
        weights = {f"w{number}": values for number, values in enumerate(bench.model.get_weights())}
        np.savez(place / "arrays.npz", x=x, y=y, **weights)
        told = {"code": "import keras\nfrom keras import layers\n" + to_python(bench.program)}
        (place / "told.json").write_text(json.dumps(told | {"metrics": metric_names(bench.kit)}))
        samples = SampleBook(tried.data, lambda: bench.data)
        looks = Looks()
        probe = Probe(bench.model, bench.program, samples, bench.kit, "run", looks.take)
        looks.by(probe, Watch(WATCHED, Sample(), HERTZ))
        _say("ready")
        done = 0
        for line in sys.stdin:
            began, looked, seen = time.perf_counter(), looks.seconds, looks.seen
            for epoch in range(done + 1, done + 1 + int(line)):
                _learn_epoch(bench, epoch, looks.look)
            done += int(line)
            seconds = time.perf_counter() - began
            watching = (looks.seconds - looked) / seconds, (looks.seen - seen) / seconds
            _say(seconds, bench.learner.metrics()["loss"], watching, bench.learner.plan.words)


class Looks:
    """Looks at a network as a run does, by a clock of its own; it is what goes to the window, too."""

    def __init__(self) -> None:
        self.seconds, self.seen = 0.0, 0
        self._look: Callable[[], None]

    def by(self, probe: Any, watch: Any) -> None:
        """Watch this with it."""
        self._look = lambda: probe.look([watch], 1, 1)

    def look(self) -> None:
        """Between two calls of the learner."""
        began = time.perf_counter()
        self._look()
        self.seconds += time.perf_counter() - began

    def take(self, event: Any) -> None:
        """What would go to the window."""
        self.seen += 1


def _learn_epoch(bench: Any, epoch: int, look: Any) -> None:
    import numpy as np

    batches, learner = bench.batches(epoch), bench.learner
    learner.begin_epoch(epoch, batches)
    first = 0
    while first < len(batches):
        count = min(learner.plan.steps_per_call, len(batches) - first)
        learner.learn(first, np.full(count, bench.experiment.training.learning_rate, "float32"))
        learner.metrics()
        first += count
        look()


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say(*values: Any) -> None:
    _write(json.dumps(values))


# What is measured


class Side:
    """One of the two processes."""

    def __init__(self, role: str, place: Path, *more: str) -> None:
        command = [sys.executable, __file__, "--role", role, "--place", str(place), *more]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said()

    def said(self) -> list[Any]:
        """The next line of it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("["):
                return list(json.loads(line))
        raise SystemExit("A side of the benchmark ended.")

    def train(self, epochs: int) -> list[Any]:
        """Seconds, loss and what else it says of so many more epochs."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{epochs}\n")
        self._process.stdin.flush()
        return self.said()

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def compare(name: str, rounds: int, precision: str = "float32") -> dict[str, Any]:
    """Ours beside `fit`, round by round."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ours = Side("studio", place, "--network", name, "--precision", precision)
        theirs = Side("keras", place)
        epochs = 1
        while theirs.train(epochs)[0] < SECONDS:
            ours.train(epochs)
            epochs *= 2
        while "on trial" in ours.train(epochs)[3]:
            theirs.train(epochs)
        found = [(theirs.train(epochs), ours.train(epochs)) for _ in range(rounds)]
        # Looks rest by the clock, which goes on in the turns of the other side: what they take, a stretch without says.
        share, rate = ours.train(epochs * max(1, round(STRETCH / found[-1][1][0])))[2]
        ours.close()
        theirs.close()
    ratios = [fit[0] / own[0] for fit, own in found]
    return {
        "network": name,
        "precision": precision,
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "losses": [(fit[1], own[1]) for fit, own in found],
        "watching": share,
        "looks": rate,
        "plan": found[-1][1][3],
    }


def first_step() -> list[float]:
    """Seconds from StartRun to the end of the first call, some times, in a worker that has warmed up."""
    from cnnstudio.engine.running.control import Control
    from cnnstudio.engine.running.training import Run
    from cnnstudio.engine.warming import warm_up
    from cnnstudio.wire.messages import Progress

    warm_up()
    found = []
    for _ in range(6):
        control = Control()
        moments: list[float] = []

        def arrived(event: Any, control: Any = control, moments: list[float] = moments) -> None:
            if isinstance(event, Progress):
                moments.append(time.perf_counter())
                control.abandon()

        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            Run(experiment("small"), Path(folder) / "run", arrived, control).execute()
        found.append(moments[0] - began)
    return found


def memory(runs: int) -> list[float]:
    """Megabytes that the process holds after each run of the tiny network, one after the other as in a worker."""
    from cnnstudio.engine.running.control import Control
    from cnnstudio.engine.running.training import Run
    from cnnstudio.engine.warming import warm_up
    from cnnstudio.wire.messages import Sample, Watch

    warm_up()
    found = []
    tried = experiment("tiny")
    tried = dataclasses.replace(tried, training=dataclasses.replace(tried.training, epochs=2))
    run: Run | None = None
    for _ in range(runs):
        run = None
        gc.collect()
        with tempfile.TemporaryDirectory() as folder:
            run = Run(tried, Path(folder) / "run", Looks().take, Control([Watch(WATCHED, Sample(), HERTZ)]))
            run.execute()
        found.append(_resident())
    return found


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _in_process(role: str, *more: str) -> list[float]:
    command = [sys.executable, __file__, "--role", role, *more]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [float(each) for each in json.loads(output.splitlines()[-1])]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=_NETWORKS, default=list(_NETWORKS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--runs", type=int, default=50, help="runs of the memory's measurement; 0 leaves it out")
    parser.add_argument("--json", help="write the figures there, too")
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--network", help=argparse.SUPPRESS)
    parser.add_argument("--precision", default="float32", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        _serve(given)
        return
    figures: dict[str, Any] = {"networks": [compare(name, given.rounds) for name in given.networks]}
    watching = f"{'watching':>8} {'a second':>8}"
    _write(f"{'network':8} {'times fit':>9} {'reach':>6}  {'rounds':13} {watching}  {'loss (fit)':17} plan")
    for found in figures["networks"]:
        _print_line(found, REACH[found["network"]])
    if "avx512_bf16" in _flags() and "small" in given.networks:
        found = compare("small", given.rounds, "bfloat16")
        figures["bfloat16"] = found
        _print_line(found | {"network": "bfloat16"}, None)
    else:
        _write("bfloat16: this processor has no instructions for it (avx512_bf16).")
    figures["first step"] = seconds = _in_process("first")
    _write(f"Train to first step, small: {seconds[0]:.2f} s at first, then {statistics.median(seconds[1:]):.2f} s")
    if given.runs:
        figures["memory"] = held = _in_process("memory", "--runs", str(given.runs + 10))
        _write(
            f"Memory over {given.runs} runs: {(held[-1] - held[9]) / given.runs:+.2f} MB a run, {held[-1]:.0f} MB held"
        )
    if given.json:
        Path(given.json).write_text(json.dumps(figures, indent=2))


def _serve(given: argparse.Namespace) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNSTUDIO_HOME"] = home
        if given.role == "keras":
            serve_keras(given.place)
        elif given.role == "studio":
            serve_studio(given.place, given.network, given.precision)
        else:
            _say(*(first_step() if given.role == "first" else memory(given.runs)))


def _print_line(found: dict[str, Any], reach: float | None) -> None:
    spread = f"{min(found['ratios']):.2f} to {max(found['ratios']):.2f}"
    fit, own = found["losses"][-1]
    losses = f"{own:.4f} ({fit:.4f})"
    wanted = f"{reach:6.1f}" if reach else " " * 6
    watching = f"{found['watching']:8.1%} {found['looks']:8.1f}"
    told = f"{found['network']:8} {found['ratio']:9.2f} {wanted}  {spread:13} {watching}"
    _write(f"{told}  {losses:17} {found['plan']}")


def _flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith("flags") for flag in line.split()}


if __name__ == "__main__":
    main()
