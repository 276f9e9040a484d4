"""Answers to Explain: the methods of `core.explaining`, each with its work, and what is refused before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.declare import DeclarationError, closest, from_plain
from cnnstudio.core.explaining import METHODS
from cnnstudio.engine.explaining.grad_cam import grad_cam
from cnnstudio.engine.explaining.integrated import integrated_gradients
from cnnstudio.engine.explaining.maximising import activation_maximisation
from cnnstudio.engine.explaining.occlusion import occlusion
from cnnstudio.engine.explaining.passing import on_device
from cnnstudio.engine.looking.sketch import SketchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.explaining import Method
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import Explain

WORK: dict[str, Callable[[Explain, Network, Any], Answering]] = {
    "grad-cam": grad_cam,
    "integrated-gradients": integrated_gradients,
    "occlusion": occlusion,
    "activation-maximisation": activation_maximisation,
}
"""By name of the method, as METHODS has them."""


def explain(command: Explain, network: Network) -> Answering:
    """Answer Explain."""
    settings = settings_of(command)
    if settings.about == "class" and not network.predicts:
        raise SketchError("The network gives no answer yet: mend what stands in Problems, up to the Output block.")
    task = network.kit.info.task
    if task not in settings.tasks:
        raise SketchError(f"{settings.title} cannot explain a network for {task}.")
    with on_device(settings.title):
        return (yield from WORK[command.method](command, network.still(), settings))


def settings_of(command: Explain) -> Method:
    """The method that is asked for, with its settings. Raises SketchError with a sentence for what is not allowed."""
    kind = METHODS.get(command.method)
    if kind is None or command.method not in WORK:
        raise SketchError(f'There is no method "{command.method[:40]}". {closest(command.method, WORK)}')
    try:
        made = from_plain(kind, command.settings, kind.title)
    except DeclarationError as error:
        raise SketchError(str(error)) from error
    for parameter in kind.parameters:
        if problem := parameter.problem(getattr(made, parameter.name)):
            raise SketchError(f"{kind.title}: {problem}")
    return made
