"""What a script says of its data: where they come from, how they are prepared, split and made noisy.

Built-in samples are made by functions that the script carries along. What lies in a person's files, or in packages,
comes as one .npz file beside the script, already in the network's size: reading strangers' files is a matter of many
rules, and a script that repeated half of them would train on other samples than the studio did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.code.writing import Piece, arguments, call, laid_out, literal
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.packaged import KerasDataset
from cnnstudio.core.declare import to_plain
from cnnstudio.core.formats.files import file_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe

_READ = """\
with np.load(DATA) as data:
    inputs, targets = in_unit(data["inputs"]), data["targets"]
    training, validation = data["training"], data["validation"]
    test = data["test"]""".splitlines()
_READ_SAMPLES = """\
with np.load(DATA) as data:
    inputs = in_unit(data["inputs"])
    targets = in_unit(data["targets"]) if "targets" in data else inputs
    training, validation = data["training"], data["validation"]
    test = data["test"]""".splitlines()
_STANDARDISED = """\
mean, scale = channel_statistics(inputs[statistics_rows(training)])
inputs = (inputs - mean) * scale""".splitlines()
_NOISY = """\
# The same noise whenever the network is judged; other noise in every epoch.
judged = np.concatenate([validation, test])
inputs = inputs.copy()
inputs[judged] += noise_for(judged, inputs.shape[1:], NOISE, {seed}, 0)""".splitlines()


def archive_name(experiment: Experiment) -> str:
    """Name of the file of samples that the script reads, from the folder it is run in; "" where it makes them."""
    data = experiment.data
    return "" if data.source.maker or isinstance(data.source, KerasDataset) else f"{file_name(experiment.name)}.npz"


def is_noisy(data: DataRecipe) -> bool:
    """Whether noise is added to what goes in."""
    return data.preparation.added_noise > 0 and data.info().task is Task.RECONSTRUCTION


def constants(experiment: Experiment) -> list[str]:
    """What the data recipe says in one value each."""
    data, name = experiment.data, archive_name(experiment)
    return [
        *(["# Written beside this script, by the program that wrote it.", f"DATA = {literal(name)}"] if name else []),
        *([f"NOISE = {data.preparation.added_noise!r}"] if is_noisy(data) else []),
    ]


def carried(experiment: Experiment) -> tuple[str, ...]:
    """Names of the functions that the data need."""
    data = experiment.data
    names: list[str] = []
    if archive_name(experiment):
        names.append("in_unit")
    elif data.source.maker:
        names += [data.source.maker, "split"]
    else:
        names += ["joined", "in_unit", *(("draw",) if data.given_parts else ("split",))]
    if _is_resized(experiment):
        follow = {Task.SEGMENTATION: ["prepared_mask"], Task.DETECTION: ["resized_boxes"]}
        names += ["prepared", *follow.get(data.info().task, [])]
    if data.preparation.normalisation == "standardise":
        names += ["channel_statistics", "statistics_rows"]
    if is_noisy(data):
        names += ["noise_for"]
        names += ["noisy_batches"] if data.augmentation.acts_on(data.info()) else []
    return tuple(names)


def load_and_split(experiment: Experiment, parameters: Callable[[str], set[str]], indent: str = "") -> list[str]:
    """Statements that give `inputs`, `targets` and the indices `training`, `validation` and `test`.

    `parameters` gives the names of a carried function's parameters.
    """
    data = experiment.data
    task = data.info().task
    if archive_name(experiment):
        itself = task is Task.RECONSTRUCTION
        lines = [indent + line for line in (_READ_SAMPLES if itself else _READ)]
    elif data.source.maker:
        lines = [*_made(data, parameters, indent), *_resized(experiment, indent), *_drawn(data, indent)]
    else:
        lines = [*_downloaded(data, indent), *_resized(experiment, indent), *_cut(data, indent)]
    if data.preparation.normalisation == "standardise":
        lines += [indent + line for line in _STANDARDISED]
        both = task is Task.RECONSTRUCTION and bool(archive_name(experiment))
        lines += [f"{indent}targets = (targets - mean) * scale"] if both else []
    if task is Task.RECONSTRUCTION and not archive_name(experiment):
        lines.append(f"{indent}targets = inputs")
    if is_noisy(data):
        lines += [indent + line.format(seed=data.seed) for line in _NOISY]
    return lines


def noisy_inputs(data: DataRecipe) -> str:
    """What goes into a `fit` over arrays: the inputs of the rows `order`, with the noise of the epoch."""
    noise = f" + noise_for(order, inputs.shape[1:], NOISE, {data.seed}, epoch)" if is_noisy(data) else ""
    return f"inputs[order]{noise}"


def noisy_batches(data: DataRecipe) -> list[str]:
    """Statements that add the noise of the epoch to `batches`; [] where there is none."""
    if not is_noisy(data):
        return []
    return [f"batches = noisy_batches(batches, training[order], NOISE, {data.seed}, epoch)"]


def _made(data: DataRecipe, parameters: Callable[[str], set[str]], indent: str) -> list[str]:
    """The call of the function that makes the data: its parameters are those of the source that it takes."""
    taken = parameters(data.source.maker)
    given = {name: value for name, value in to_plain(data.source).items() if name in taken}
    result = "inputs, _" if data.info().task is Task.RECONSTRUCTION else "inputs, targets"
    return laid_out(call(f"{result} = {data.source.maker}", arguments((), given)), indent)


def _drawn(data: DataRecipe, indent: str) -> list[str]:
    shares = {"validation": data.validation, "test": data.test, "seed": data.seed}
    labels = [Piece("labels=targets")] if data.info().task is Task.CLASSIFICATION else []
    parts = [Piece("len(inputs)"), *arguments((), shares), *labels]
    return laid_out(call("training, validation, test = split", parts), indent)


def _downloaded(data: DataRecipe, indent: str) -> list[str]:
    name = to_plain(data.source)["name"]
    return [
        f"{indent}loaded = keras.datasets.{name}.load_data()",
        f"{indent}inputs, targets, count = joined(loaded)",
    ]


def _cut(data: DataRecipe, indent: str) -> list[str]:
    """Parts of a data set that comes with a test part."""
    unit = f"{indent}inputs = in_unit(inputs)"
    if not data.given_parts:
        return [unit, *_drawn(data, indent)]
    given = [Piece("np.arange(count)"), *arguments((), {"share": data.validation, "seed": data.seed})]
    drawn = laid_out(call("training, validation = draw", [*given, Piece("labels=targets")]), indent)
    return [unit, f"{indent}test = np.arange(count, len(inputs))", *drawn]


def _is_resized(experiment: Experiment) -> bool:
    data = experiment.data
    found, wanted = data.source.info(), data.info()
    return not archive_name(experiment) and found.input_shape != wanted.input_shape and wanted.rank in (1, 2)


def _resized(experiment: Experiment, indent: str) -> list[str]:
    """Statements that bring made or downloaded samples to the network's size."""
    if not _is_resized(experiment):
        return []
    data, info = experiment.data, experiment.data.info()
    size = f"shape, mode = {literal(info.input_shape)}, {literal(data.preparation.resize)}"
    lines = [size]
    if info.task is Task.SEGMENTATION:
        lines += ["targets = [prepared_mask(mask, shape[:-1], mode) for mask in targets]"]
        lines += ["targets = np.stack(targets)"]
    if info.task is Task.DETECTION:
        lines += ["targets = resized_boxes(targets, inputs.shape[1:-1], shape[:-1], mode)"]
    lines += ["inputs = np.stack([prepared(values, shape, mode) for values in inputs])"]
    return [indent + line for line in lines]
