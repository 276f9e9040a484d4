"""Trials: a network is built and trained a little, to learn something of the run to come; nothing of it is kept."""

from __future__ import annotations

from cnnstudio.engine.trials.desk import Trials
from cnnstudio.engine.trials.preflight import estimate, preflight
from cnnstudio.engine.trials.rates import find_rate
from cnnstudio.engine.trials.trial import Check, TrialError

__all__ = ["Check", "TrialError", "Trials", "estimate", "find_rate", "preflight"]
