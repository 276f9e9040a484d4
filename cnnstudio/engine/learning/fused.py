"""Optimizers that change a weight and what they keep for it in one operation.

Keras computes the update of each weight from five to fifteen small operations, which in small networks take as long as
all gradients do. For some of its optimizers TensorFlow has a single operation by the same formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import keras, tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def fuse(optimizer: Any) -> bool:
    """Let a built Keras optimizer update by TensorFlow's fused operation; False where none does the same.

    Only the last part of a step is replaced: clipping, weight decay and counting of steps stay Keras's. The optimizer
    remains of Keras's class, so files that name it stay readable.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # of the one that scales the loss for float16
    make = _UPDATES.get(type(inner))
    update = None if make is None or tensorflow.distribute.has_strategy() else make(inner)
    if update is None:
        return False

    def step(gradients: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> None:
        given = [
            (inner._get_variable_index(v), tensorflow.convert_to_tensor(g), v.value.handle)
            for g, v in zip(gradients, variables, strict=True)
        ]
        update(given, tensorflow.convert_to_tensor(learning_rate))

    inner._backend_update_step = step
    return True


Given = list[tuple[int, Any, Any]]
"""Number of a weight in the optimizer's order, its gradient and its resource."""


def _adam(optimizer: Any) -> Callable[[Given, Any], None] | None:
    """Kingma and Ba (2015), in the form before section 2.1; the last of their step sizes."""
    if optimizer.amsgrad:
        return None  # TensorFlow has none on the CPU that keeps velocities as Keras does

    def update(given: Given, rate: Any) -> None:
        step, beta_1, beta_2, epsilon = _scalars(optimizer, "beta_1", "beta_2", "epsilon")
        powers = {"beta1_power": tensorflow.pow(beta_1, step), "beta2_power": tensorflow.pow(beta_2, step)}
        for number, gradient, weight in given:
            tensorflow.raw_ops.ResourceApplyAdam(
                var=weight, m=_slot(optimizer._momentums, number), v=_slot(optimizer._velocities, number),
                lr=rate, beta1=beta_1, beta2=beta_2, epsilon=epsilon, grad=gradient, **powers,
            )  # fmt: skip

    return update


def _adamax(optimizer: Any) -> Callable[[Given, Any], None]:
    """Kingma and Ba (2015), section 7.1."""

    def update(given: Given, rate: Any) -> None:
        step, beta_1, beta_2, epsilon = _scalars(optimizer, "beta_1", "beta_2", "epsilon")
        power = tensorflow.pow(beta_1, step)
        for number, gradient, weight in given:
            tensorflow.raw_ops.ResourceApplyAdaMax(
                var=weight, m=_slot(optimizer._m, number), v=_slot(optimizer._u, number), beta1_power=power,
                lr=rate, beta1=beta_1, beta2=beta_2, epsilon=epsilon, grad=gradient,
            )  # fmt: skip

    return update


def _sgd(optimizer: Any) -> Callable[[Given, Any], None]:
    """With momentum as Keras has it: the rate is part of what is kept."""

    def plain(given: Given, rate: Any) -> None:
        for _, gradient, weight in given:
            tensorflow.raw_ops.ResourceApplyGradientDescent(var=weight, alpha=rate, delta=gradient)

    def with_momentum(given: Given, rate: Any) -> None:
        _, momentum = _scalars(optimizer, "momentum")
        for number, gradient, weight in given:
            tensorflow.raw_ops.ResourceApplyKerasMomentum(
                var=weight, accum=_slot(optimizer.momentums, number), lr=rate, grad=gradient, momentum=momentum,
                use_nesterov=optimizer.nesterov,
            )  # fmt: skip

    return with_momentum if optimizer.momentum else plain


def _rmsprop(optimizer: Any) -> Callable[[Given, Any], None] | None:
    """Hinton (2012). TensorFlow's always keeps a momentum; where Keras's has none, one that is nothing but the step."""
    if optimizer.centered:
        return None  # the variance is a small difference of large numbers, and TensorFlow rounds them otherwise
    kept = [v.value for v in optimizer._momentums]
    momentums = kept or [tensorflow.Variable(tensorflow.zeros_like(v.value)) for v in optimizer._velocities]

    def update(given: Given, rate: Any) -> None:
        _, rho, momentum, epsilon = _scalars(optimizer, "rho", "momentum", "epsilon")
        for number, gradient, weight in given:
            tensorflow.raw_ops.ResourceApplyRMSProp(
                var=weight, ms=_slot(optimizer._velocities, number), mom=momentums[number].handle,
                lr=rate, rho=rho, momentum=momentum, epsilon=epsilon, grad=gradient,
            )  # fmt: skip

    return update


def _adadelta(optimizer: Any) -> Callable[[Given, Any], None]:
    """Zeiler (2012)."""

    def update(given: Given, rate: Any) -> None:
        _, rho, epsilon = _scalars(optimizer, "rho", "epsilon")
        for number, gradient, weight in given:
            tensorflow.raw_ops.ResourceApplyAdadelta(
                var=weight, accum=_slot(optimizer._accumulated_grads, number),
                accum_update=_slot(optimizer._accumulated_delta_vars, number),
                lr=rate, rho=rho, epsilon=epsilon, grad=gradient,
            )  # fmt: skip

    return update


def _scalars(optimizer: Any, *names: str) -> list[Any]:
    """The number of the step, from 1, and these settings, as tensors that all weights share."""
    tf = tensorflow
    step = tf.cast(optimizer.iterations.value, tf.float32) + 1.0
    return [step, *(tf.constant(getattr(optimizer, name), tf.float32) for name in names)]


def _slot(variables: list[Any], number: int) -> Any:
    """The resource of what the optimizer keeps for a weight."""
    return variables[number].value.handle


_UPDATES: dict[type, Callable[[Any], Callable[[Given, Any], None] | None]] = {
    keras.optimizers.Adam: _adam,
    keras.optimizers.AdamW: _adam,
    keras.optimizers.Adamax: _adamax,
    keras.optimizers.SGD: _sgd,
    keras.optimizers.RMSprop: _rmsprop,
    keras.optimizers.Adadelta: _adadelta,
}
"""Keras's classes, each with what makes its update. Nadam, Lion and the others have no equal operation."""
