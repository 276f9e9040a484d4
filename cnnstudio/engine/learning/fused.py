"""Optimizers that change a weight and what they keep for it in one operation, where TensorFlow has one that does the
same as Keras's formula.

Keras computes an update from five to fifteen small operations for each weight. In small networks these take as long as
all gradients.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import keras, tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable


def fuse(optimizer: Any) -> bool:
    """Let a built Keras optimizer update by TensorFlow's fused operation; False where none does the same.

    Only `update_step` is replaced, which Keras means to be: clipping, weight decay and counting of steps stay Keras's.
    The optimizer remains of Keras's class, so files that name it stay readable.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # of the one that scales the loss for float16
    make = _UPDATES.get(type(inner))
    update = None if make is None or tensorflow.distribute.has_strategy() else make(inner)
    if update is None:
        return False
    inner.update_step = partial(_update, inner, update)
    return True


def _update(optimizer: Any, update: Callable[..., None], gradient: Any, variable: Any, learning_rate: Any) -> None:
    tf = tensorflow
    number = optimizer._get_variable_index(variable)
    gradient = tf.cast(gradient, variable.dtype)
    if isinstance(gradient, tf.IndexedSlices):
        gradient = tf.convert_to_tensor(gradient)
    update(number, gradient, variable.handle, tf.cast(learning_rate, variable.dtype))


def _adam(optimizer: Any) -> Callable[..., None] | None:
    """Kingma and Ba (2015), as both write it: epsilon beside the root, bias taken out by the rate."""
    tf, raw = tensorflow, tensorflow.raw_ops
    if optimizer.amsgrad:
        return None  # TensorFlow's takes the bias out of the largest velocity, Keras's does not

    def update(number: int, gradient: Any, variable: Any, rate: Any) -> None:
        step = tf.cast(optimizer.iterations + 1, gradient.dtype)
        beta_1, beta_2 = (tf.cast(beta, gradient.dtype) for beta in (optimizer.beta_1, optimizer.beta_2))
        raw.ResourceApplyAdam(
            var=variable,
            m=_handle(optimizer._momentums, number),
            v=_handle(optimizer._velocities, number),
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )

    return update


def _adamax(optimizer: Any) -> Callable[..., None]:
    """Kingma and Ba (2015), section 7.1."""
    tf, raw = tensorflow, tensorflow.raw_ops

    def update(number: int, gradient: Any, variable: Any, rate: Any) -> None:
        step = tf.cast(optimizer.iterations + 1, gradient.dtype)
        raw.ResourceApplyAdaMax(
            var=variable,
            m=_handle(optimizer._m, number),
            v=_handle(optimizer._u, number),
            beta1_power=tf.pow(tf.cast(optimizer.beta_1, gradient.dtype), step),
            lr=rate,
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )

    return update


def _sgd(optimizer: Any) -> Callable[..., None]:
    raw = tensorflow.raw_ops

    def plain(number: int, gradient: Any, variable: Any, rate: Any) -> None:
        raw.ResourceApplyGradientDescent(var=variable, alpha=rate, delta=gradient)

    def with_momentum(number: int, gradient: Any, variable: Any, rate: Any) -> None:
        raw.ResourceApplyKerasMomentum(
            var=variable,
            accum=_handle(optimizer.momentums, number),
            lr=rate,
            grad=gradient,
            momentum=optimizer.momentum,
            use_nesterov=optimizer.nesterov,
        )

    return with_momentum if optimizer.momentum else plain


def _rmsprop(optimizer: Any) -> Callable[..., None] | None:
    """Hinton (2012). TensorFlow's always keeps a momentum, which Keras's may lack: it is then a variable of ours."""
    tf, raw = tensorflow, tensorflow.raw_ops
    if optimizer.centered:
        return None  # TensorFlow's rounds the mean of gradients otherwise, and what is left of the variance shows it
    momentums = optimizer._momentums or [tf.Variable(tf.zeros_like(v.value)) for v in optimizer._velocities]

    def update(number: int, gradient: Any, variable: Any, rate: Any) -> None:
        raw.ResourceApplyRMSProp(
            var=variable,
            ms=_handle(optimizer._velocities, number),
            mom=_handle(momentums, number),
            lr=rate,
            rho=optimizer.rho,
            momentum=optimizer.momentum,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )

    return update


def _adadelta(optimizer: Any) -> Callable[..., None]:
    """Zeiler (2012)."""
    raw = tensorflow.raw_ops

    def update(number: int, gradient: Any, variable: Any, rate: Any) -> None:
        raw.ResourceApplyAdadelta(
            var=variable,
            accum=_handle(optimizer._accumulated_grads, number),
            accum_update=_handle(optimizer._accumulated_delta_vars, number),
            lr=rate,
            rho=optimizer.rho,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )

    return update


def _handle(slots: list[Any], number: int) -> Any:
    """TensorFlow's resource of an optimizer's variable; RMSprop's own are TensorFlow's already."""
    slot = slots[number]
    return slot.value.handle if isinstance(slot, keras.Variable) else slot.handle


_UPDATES: dict[type, Callable[[Any], Callable[..., None] | None]] = {
    keras.optimizers.Adam: _adam,
    keras.optimizers.AdamW: _adam,
    keras.optimizers.Adamax: _adamax,
    keras.optimizers.SGD: _sgd,
    keras.optimizers.RMSprop: _rmsprop,
    keras.optimizers.Adadelta: _adadelta,
}
"""Keras's classes, each with what makes its update. Nadam, Lion and the others have no equal operation."""
