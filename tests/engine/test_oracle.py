"""Our layer rules against Keras, the oracle: random architectures and random layer calls.

300 architectures are compared, or more (see `helpers.effort`); a fifth as many are run on data, and as many single
layer calls, legal and not, are tried. A failure names the seed: `random_net(seed)` repeats it.
"""

from __future__ import annotations

import functools
import logging
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.catalogue import catalogue
from cnnstudio.core.layers.registry import Call, Outcome, known_layers, work_out
from cnnstudio.core.program import Tensor
from cnnstudio.engine.build import build_keras, layer_names
from tests.helpers.effort import times
from tests.helpers.random_nets import MERGES, RandomCall, random_call, random_net

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.program import Program, Step

NETS = times(220)
RUNS = NETS // 5
CALLS = NETS


@pytest.fixture(autouse=True)
def no_word_on_retracing() -> Iterator[None]:
    """Keras makes a new tf.function at every eager grouped convolution, and TensorFlow warns of that after a while."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


def _plain(value: Any) -> Any:
    return tuple(_plain(v) for v in value) if isinstance(value, list | tuple) else value


@functools.cache
def _keras_says(layer: str, config: tuple[tuple[str, Any], ...], shapes: tuple[tuple[int, ...], ...]) -> Any:
    """Output shape and weights (name, shape, trainable) by Keras's own account, without drawing any weights."""
    batched = [(None, *shape) for shape in shapes]
    with keras.StatelessScope(initialize_variables=False):
        made = getattr(keras.layers, layer)(**dict(config))
        given: Any = batched if len(batched) > 1 else batched[0]
        made.build(given)
        out = tuple(made.compute_output_shape(given))[1:]
    weights = [(w.name, tuple(w.shape), w.trainable) for w in made.weights]
    return out, weights, made.count_params()


def _compare(step: Step, program_shapes: dict[str, tuple[int, ...]], where: str) -> None:
    shapes = tuple(program_shapes[name] for name in step.inputs)
    config = tuple((k, _plain(v)) for k, v in step.config.items())
    out, weights, params = _keras_says(step.layer, config, shapes)
    assert step.output.shape == out, f"{where}: {step}"
    assert [(w.name, w.shape, w.trainable) for w in step.weights] == weights, f"{where}: {step}"
    assert step.params == params, f"{where}: {step}"


def _shapes(program: Program) -> dict[str, tuple[int, ...]]:
    return {"input": program.input_shape, **{s.name: s.output.shape for s in program.steps}}


@pytest.mark.search
def test_random_architectures_have_the_shapes_and_weights_that_keras_gives_them() -> None:
    kinds: Counter[str] = Counter()
    steps = 0
    for seed in range(NETS):
        net = random_net(seed)
        program = net.trace.program()
        shapes = _shapes(program)
        for step in program.steps:
            _compare(step, shapes, f"seed {seed}")
        kinds.update(net.kinds)
        steps += len(program.steps)
    assert steps > 8 * NETS
    rare = [kind for kind in _kinds() if kinds[kind] < NETS // 40]
    assert not rare, f"too seldom drawn to say much: {rare}"


def _kinds() -> list[str]:
    return [k for k, cls in catalogue().items() if not cls.hidden]


@pytest.mark.search
def test_random_architectures_run_and_yield_what_was_worked_out() -> None:
    for seed in range(10**6, 10**6 + RUNS):
        program = random_net(seed, blocks=5, most_cells=5_000).trace.program()
        model = build_keras(program)
        assert model.count_params() == program.params == sum(s.params for s in program.steps)
        names = layer_names(program)
        results: dict[str, Any] = {"input": np.random.default_rng(seed).random((2, *program.input_shape), np.float32)}
        for step in program.steps:
            given = [results[source] for source in step.inputs]
            result = model.get_layer(names[step.name])(given if len(given) > 1 else given[0])
            results[step.name] = result
            assert tuple(result.shape) == (2, *step.output.shape), f"seed {seed}: {step}"
            assert np.isfinite(np.asarray(result)).all(), f"seed {seed}: {step}"


def _ours(call: RandomCall) -> Outcome | str:
    tensors = tuple(Tensor("input", shape) for shape in call.shapes)
    try:
        return work_out(Call(call.layer, call.config, tensors))
    except Refused as refused:
        return refused.message


def _theirs(call: RandomCall) -> tuple[int, ...] | str:
    """The shape that comes out of Keras with data, or why not. The call is made symbolically first, as the data
    would kill the process where a pool does not fit."""
    try:
        layer = getattr(keras.layers, call.layer)(**call.config)
        symbols = [keras.KerasTensor((None, *shape)) for shape in call.shapes]
        layer(symbols if len(symbols) > 1 else symbols[0])
        data = [np.ones((2, *shape), np.float32) for shape in call.shapes]
        result = layer(data if len(data) > 1 else data[0])
    except Exception as error:  # whatever Keras or TensorFlow raises is a refusal, and nothing else is of interest
        return f"{type(error).__name__}: {error}"
    return tuple(result.shape)[1:]


def _silently_accepted(call: RandomCall) -> bool:
    """What Keras takes without a word though it cannot be meant; our rules refuse it, and DESIGN.md lists it."""
    if call.layer in MERGES:
        return len(set(call.shapes)) > 1  # stretched axes and added ranks
    if call.config.get("activation") == "softmax":
        return True  # over a single channel; with more of them our rule accepts
    return "Dropout" in call.layer  # a rate of 1


@pytest.mark.search
@pytest.mark.filterwarnings("ignore:You are using a softmax over axis:UserWarning")
def test_random_calls_legal_and_not_are_judged_as_keras_judges_them() -> None:
    rng = random.Random(20)
    judged: Counter[str] = Counter()
    for _ in range(CALLS):
        call = random_call(rng, known_layers())
        ours, theirs = _ours(call), _theirs(call)
        if isinstance(ours, Outcome):
            assert ours.shape == theirs, f"{call}: accepted as {ours.shape}, but Keras: {theirs}"
            judged["accepted"] += 1
        elif isinstance(theirs, str):
            judged["refused"] += 1
        else:
            assert _silently_accepted(call), f"{call}: refused ({ours}), but Keras gives {theirs}"
            judged["silent"] += 1
    assert judged["accepted"] > CALLS // 4
    assert judged["refused"] > CALLS // 10
    assert judged["silent"] > CALLS // 100
