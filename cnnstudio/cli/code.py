"""`cnnstudio code`: the matching Keras script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.cli.experiments import add_experiment, load
from cnnstudio.cli.output import say
from cnnstudio.cli.sound import require_sound
from cnnstudio.cli.verb import OK, Verb
from cnnstudio.core.source import script

if TYPE_CHECKING:
    import argparse


def _run(args: argparse.Namespace) -> int:
    experiment = load(args.experiment)
    require_sound(experiment)
    say(script(experiment).removesuffix("\n"))
    return OK


VERB = Verb(
    "code",
    "print a Keras script that trains the same network on its own",
    "Prints a complete Python script: data, model, training and the test at the end. It needs Keras, TensorFlow and "
    "scikit-learn, and nothing of CNN Studio.",
    add_experiment,
    _run,
)
