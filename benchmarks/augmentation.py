"""What augmentation costs: milliseconds of a training step with samples as they are, varied gently and strongly.

Run: python benchmarks/augmentation.py [--presets lenet-5 u-net signal-cnn] [--rounds 8]

Epochs with and without take turns, so that whatever else the computer does meets all of them; the fastest epoch of each
counts. In brackets: how much longer than a step without.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.augmentation import STRENGTHS
from cnnstudio.core.formats.presets import preset

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment

PRESETS = ("lenet-5", "signal-cnn", "u-net")


class Case:
    """One strength: a model and its learner."""

    def __init__(self, experiment: Experiment, strength: str) -> None:
        from cnnstudio.engine.augmenting import Augmenter
        from cnnstudio.engine.build import build_keras
        from cnnstudio.engine.data import load
        from cnnstudio.engine.learning import make_learner
        from cnnstudio.engine.optimizers import compile_model
        from cnnstudio.engine.tasks import kit_for

        recipe, training = experiment.data, experiment.training
        data = load(recipe)
        program = trace(experiment.architecture, data.info).program()
        model = build_keras(program)
        kit = kit_for(data.info, training, scores=program.gives_scores)
        compile_model(model, kit)
        augmenter = Augmenter(STRENGTHS[strength], data.info, training.seed)
        self._learner: Any = make_learner(model, kit, data.training, augmenter)
        self._count, self._batch, self._seed = len(data.training), training.batch_size, training.seed
        self.best = float("inf")
        """Milliseconds of a step in the fastest epoch so far."""

    def learn(self, epoch: int) -> None:
        """One epoch."""
        import numpy as np

        from cnnstudio.core.code.samples import epoch_order

        order = epoch_order(self._count, self._seed, epoch)
        batches = [order[at : at + self._batch] for at in range(0, self._count, self._batch)]
        started = time.perf_counter()
        self._learner.begin_epoch(epoch, batches)
        for batch in range(len(batches)):
            self._learner.learn(batch, np.full(1, 0.001, "float32"))
        self._learner.metrics()  # waits for the device
        if epoch > 1:  # the first one compiles
            self.best = min(self.best, 1000 * (time.perf_counter() - started) / len(batches))


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    parser.add_argument("--rounds", type=int, default=8)
    asked = parser.parse_args(arguments)
    sys.stdout.write(f"{'preset':14} {'sample':>13} {'batch':>5}" + "".join(f"{name:>18}" for name in STRENGTHS) + "\n")
    for id in asked.presets:
        found = preset(id).experiment
        if found is None:
            raise SystemExit(f'There is no preset "{id}".')
        cases = {name: Case(found, name) for name in STRENGTHS}
        for epoch in range(1, asked.rounds + 2):
            for case in cases.values():
                case.learn(epoch)
        base = cases["none"].best
        told = "".join(f"{f'{c.best:.2f} ms ({c.best / base - 1:+.0%})':>18}" for c in cases.values())
        sample = " x ".join(map(str, found.data.info().input_shape))
        sys.stdout.write(f"{id:14} {sample:>13} {found.training.batch_size:>5}{told}" + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
