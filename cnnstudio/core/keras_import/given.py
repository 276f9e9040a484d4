"""A layer's configuration while it is translated: what was asked for, and what is left over at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from cnnstudio.core.keras_import.naming import clean


class Unknown(Exception):
    """The layer cannot become a block; the text says why, as the end of a sentence."""


ALWAYS_FINE = frozenset(
    {"name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape", "input_dim", "sparse", "ragged"}
)
ONLY_TRAINING = {
    "kernel_regularizer": "regularisers", "bias_regularizer": "regularisers", "beta_regularizer": "regularisers",
    "gamma_regularizer": "regularisers", "depthwise_regularizer": "regularisers", "alpha_regularizer": "regularisers",
    "pointwise_regularizer": "regularisers", "activity_regularizer": "regularisers",
    "kernel_constraint": "constraints on weights", "bias_constraint": "constraints on weights",
    "beta_constraint": "constraints on weights", "gamma_constraint": "constraints on weights",
    "depthwise_constraint": "constraints on weights", "pointwise_constraint": "constraints on weights",
    "alpha_constraint": "constraints on weights", "noise_shape": "shapes of dropped noise",
    "synchronized": "statistics shared between devices", "seed": "seeds of single layers",
}  # fmt: skip
"""Arguments that do not change what a trained network gives, and the words for them in a note."""

INITIALISERS = {
    "kernel_initializer": "glorot_uniform", "bias_initializer": "zeros", "depthwise_initializer": "glorot_uniform",
    "pointwise_initializer": "glorot_uniform", "beta_initializer": "zeros", "gamma_initializer": "ones",
    "moving_mean_initializer": "zeros", "moving_variance_initializer": "ones", "alpha_initializer": "zeros",
}  # fmt: skip
"""The studio starts fresh weights from Keras's own defaults."""


@dataclass
class Given:
    """The arguments of one layer."""

    config: dict[str, Any]
    taken: set[str] = field(default_factory=set)

    def take(self, name: str, default: Any = None) -> Any:
        """An argument, which then counts as dealt with. Lists become tuples."""
        self.taken.add(name)
        return tupled(self.config.get(name, default))

    def whole(self, name: str) -> int:
        """A whole number that must be there. Raises Unknown."""
        value = self.take(name)
        if type(value) is not int:
            raise Unknown(f"its {name} is {_short(value)} and no whole number")
        return value

    def number(self, name: str, default: float) -> float:
        """A real number. Raises Unknown."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise Unknown(f"its {name} is {_short(value)} and no number")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false; Keras 2 wrote 0 and 1 at times. Raises Unknown."""
        value = self.take(name, default)
        if value not in (True, False):
            raise Unknown(f"its {name} is {_short(value)} and neither true nor false")
        return bool(value)

    def size(self, name: str, default: Any = None) -> Any:
        """One whole number or one per axis; a number that is the same on every axis is given once. Raises Unknown."""
        value = self.take(name, default)
        if value is None and default is None:
            return None
        parts = value if isinstance(value, tuple) else (value,)
        if not parts or not all(type(n) is int for n in parts):
            raise Unknown(f"its {name} is {_short(value)}")
        return parts[0] if len(set(parts)) == 1 else parts

    def choice(self, name: str, default: str, known: tuple[str, ...]) -> str:
        """One of the texts that a block knows. Raises Unknown."""
        value = self.take(name, default)
        if value not in known:
            raise Unknown(f"its {name} is {_short(value)}, which no block knows")
        return str(value)

    def channels_last(self) -> None:
        """Check the order of the axes. Raises Unknown."""
        order = self.take("data_format", None)
        if order not in (None, "channels_last"):
            raise Unknown(f"its data_format is {_short(order)}, while the studio keeps channels last")

    def leftovers(self) -> tuple[list[str], list[str]]:
        """Names of arguments that say something and that nobody took: (words for a note, initialisers).

        Raises Unknown for an argument that nobody knows: it may change what comes out.
        """
        words, initialisers = [], []
        for name, value in self.config.items():
            if name in self.taken or name in ALWAYS_FINE or value is None or value is False:
                continue
            if name in INITIALISERS:
                if not _is_initialiser(value, INITIALISERS[name]):
                    initialisers.append(name)
            elif name in ONLY_TRAINING:
                words.append(ONLY_TRAINING[name])
            else:
                raise Unknown(f"its argument {clean(name)[:40]} ({_short(value)}) is not known")
        return words, initialisers


def tupled(value: Any) -> Any:
    """Lists as tuples, all the way down; Keras writes a tuple in a plain list or in an object of its own."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        return tupled(value.get("items"))
    return tuple(tupled(v) for v in value) if isinstance(value, list) else value


def class_of(value: Any) -> tuple[str, dict[str, Any]]:
    """Class name and configuration of something that Keras serialised, or that it wrote as a bare name."""
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        config = value.get("config")
        return value["class_name"], config if isinstance(config, dict) else {}
    return "", {}


def _is_initialiser(value: Any, default: str) -> bool:
    name, config = class_of(value)
    plain = name.replace("_", "").lower() == default.replace("_", "")
    return plain and all(v is None for v in config.values())


def _short(value: Any) -> str:
    text = clean(str(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
