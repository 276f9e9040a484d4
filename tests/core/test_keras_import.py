"""Reading Keras files without Keras: what they become, and that nothing but one sentence comes of a bad one."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from cnnstudio.core import keras_import
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.unknown import MAX_CONFIG, Opaque
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.files import read_experiment, write_experiment
from cnnstudio.core.keras_import import FileError, read_model, read_model_file
from tests.helpers.effort import times
from tests.helpers.keras_files import (
    SHAPE,
    archive,
    entrance,
    functional,
    keras_file,
    layer,
    small,
    small_weights,
    tensor,
    text,
    weights_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.keras_import import Imported


def refused(data: bytes, name: str = "net.keras") -> str:
    """The one sentence with which a file is refused."""
    with pytest.raises(FileError) as caught:
        read_model(data, name)
    sentence = str(caught.value)
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence
    assert name in sentence
    return sentence


def architecture_of(*layers: dict[str, Any]) -> Architecture:
    return read_model(text(functional(*layers)), "net.json").experiment.architecture


def test_a_keras_file_becomes_blocks_weights_and_data_that_fit() -> None:
    imported = read_model(keras_file(), "net.keras")
    experiment = imported.experiment
    blocks = experiment.architecture.blocks
    assert [(b.id, b.spec.kind, b.inputs) for b in blocks.values()] == [
        ("input", "Input", ()),
        ("conv_1", "Convolution", ("input",)),
        ("flat", "Flatten", ("conv_1",)),
        ("answer", "Output", ("flat",)),
    ]
    assert experiment.name == "net"
    assert "Keras 3.15.1" in experiment.description
    info = experiment.data.info()
    assert (info.task, info.input_shape, info.classes) == (Task.CLASSIFICATION, SHAPE, 3)
    traced = trace(experiment.architecture, info)
    assert lint(traced) == ()
    wanted = {f"{s.name}/{w.name}": w.shape for s in traced.program().steps for w in s.weights}
    assert {name: array.shape for name, array in imported.weights.items()} == wanted
    np.testing.assert_array_equal(imported.weights["conv_1/kernel"], small_weights()["layers/conv2d/vars/0"])
    assert imported.notes == ()
    assert len({b.position for b in blocks.values()}) == len(blocks)


def test_a_file_on_disk_is_read_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(keras_file())
    from_disk, from_bytes = read_model_file(path), read_model(keras_file(), "net.keras")
    assert from_disk.experiment == from_bytes.experiment
    assert from_disk.weights.keys() == from_bytes.weights.keys()
    with pytest.raises(FileError, match="no such file"):
        read_model_file(tmp_path / "other.keras")
    with pytest.raises(FileError, match="is not a file"):
        read_model_file(tmp_path)


def test_compressed_members_are_read_too() -> None:
    members = {"config.json": text(small()), "model.weights.h5": weights_bytes(small_weights())}
    packed = read_model(archive(members, zipfile.ZIP_DEFLATED), "net.keras")
    assert len(packed.weights) == 4


def test_the_text_of_to_json_has_no_weights_and_says_so() -> None:
    imported = read_model(text(small()), "net.json")
    assert imported.weights == {}
    assert imported.notes == ("The file has no weights: the network starts from fresh ones.",)


def test_connections_in_the_words_of_keras_2() -> None:
    layers = [
        {
            "class_name": "InputLayer",
            "name": "x",
            "inbound_nodes": [],
            "config": {"batch_input_shape": [None, 8, 8, 2]},
        },
        {
            "class_name": "LeakyReLU",
            "name": "bent",
            "inbound_nodes": [[["x", 0, 0, {}]]],
            "config": {"name": "bent", "alpha": 0.25},
        },
        {
            "class_name": "Add",
            "name": "sum",
            "inbound_nodes": [[["x", 0, 0, {}], ["bent", 0, 0, {}]]],
            "config": {"name": "sum"},
        },
    ]
    config = {"name": "old", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["sum", 0, 0]]}
    blocks = read_model(text({"class_name": "Model", "config": config}), "old.json").experiment.architecture.blocks
    assert blocks["bent"].spec == spec_class("Activation")(function="leaky_relu", negative_slope=0.25)
    assert blocks["sum"].inputs == ("input", "bent")


def unknown(architecture: Architecture) -> dict[str, Opaque]:
    return {b.id: b.spec for b in architecture.blocks.values() if isinstance(b.spec, Opaque)}


def lambda_model() -> dict[str, Any]:
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAA", "defaults": None, "closure": None}}
    return functional(
        entrance(),
        layer("Lambda", "twist", [tensor("images", SHAPE)], function=code, arguments={}),
        layer("Conv2D", "conv", [tensor("twist", (3, 3, 8))], filters=4, kernel_size=[1, 1]),
        layer("GlobalAveragePooling2D", "mean", [tensor("conv", (3, 3, 4))], data_format="channels_last"),
        layer("Dense", "answer", [tensor("mean", (4,))], units=3, activation="softmax"),
    )


def test_a_layer_without_a_block_is_kept_and_shapes_flow_behind_it() -> None:
    imported = read_model(text(lambda_model()), "net.json")
    experiment = imported.experiment
    [(id, spec)] = unknown(experiment.architecture).items()
    assert (id, spec.layer, spec.output_shape) == ("twist", "Lambda", (3, 3, 8))
    assert "4wEAAAAA" in spec.config, "the code stays text"
    traced = trace(experiment.architecture, experiment.data.info())
    output = traced.blocks["answer"].output
    assert output is not None
    assert output.shape == (3,)
    assert traced.fields["conv"], "receptive fields go on"
    [error] = [d for d in lint(traced) if d.severity is Severity.ERROR]
    assert error.block == "twist"
    assert error.message.startswith("No block of the studio stands for the Keras layer Lambda: ")
    with pytest.raises(ValueError, match="lint says which"):
        traced.program()
    assert all(step.block not in ("twist", "conv", "answer") for step in traced.whole_program().steps)
    assert any("Lambda" in note and '"twist"' in note for note in imported.notes)
    again = read_experiment(write_experiment(experiment), "saved")
    assert again.architecture == experiment.architecture


def test_an_unknown_layer_that_keeps_the_shape_can_be_bypassed_and_any_removed() -> None:
    model = functional(
        entrance(),
        layer("RandomFlip", "flip", [tensor("images", SHAPE)], mode="horizontal"),
        layer("Flatten", "flat", [tensor("flip", SHAPE)]),
        layer("Dense", "answer", [tensor("flat", (72,))], units=3, activation="softmax"),
    )
    experiment = read_model(text(model), "net.json").experiment
    traced = trace(experiment.architecture, experiment.data.info())
    [error] = [d for d in lint(traced) if d.severity is Severity.ERROR]
    assert "bypassing it changes no answer" in error.message
    assert error.fixes[0].label == "Bypass flip"
    for fix in error.fixes:
        after = fix.edit()(experiment)
        assert not [d for d in lint(trace(after.architecture, after.data.info())) if d.severity == "error"]


REASONS = [
    (
        layer("Conv2D", "x", [tensor("images", SHAPE)], filters=2, kernel_size=3, data_format="channels_first"),
        "channels",
    ),
    (layer("BatchNormalization", "x", [tensor("images", SHAPE)], axis=1), "another axis"),
    (layer("UpSampling2D", "x", [tensor("images", SHAPE)], size=2, interpolation="bicubic"), "bicubic"),
    (layer("Conv2DTranspose", "x", [tensor("images", SHAPE)], filters=2, kernel_size=3, dilation_rate=2), "dilated"),
    (layer("Conv2D", "x", [tensor("images", SHAPE)], filters=2, kernel_size=3, twist=7), "twist"),
    (layer("Conv2D", "x", [tensor("images", SHAPE)], filters="many", kernel_size=3), "filters is many"),
    (layer("Conv2D", "x", [tensor("images", SHAPE)], filters=2, kernel_size=9), "must fit the input"),
    (layer("Dense", "x", [tensor("images", SHAPE)], units=2, activation="my_own"), "my_own"),
    (layer("Dropout", "x", [tensor("images", SHAPE)], rate=7.0), "below 1"),
    (layer("Dense", "x", [tensor("images", SHAPE)], units=2, dtype="int8_from_float32"), "quantised"),
    (layer("Add", "x", [[tensor("images", SHAPE)]]), "1 tensors"),
    (layer("Concatenate", "x", [[tensor("images", SHAPE), tensor("images", SHAPE)]], axis=0), "another axis"),
    ({**layer("Dense", "x", [tensor("images", SHAPE)], units=2), "registered_name": "mine>Dense"}, ""),
    ({**layer("Dense", "x", [tensor("images", SHAPE)], units=2), "module": "my.layers"}, ""),
    (layer("Conv2D", "x", [tensor("images", SHAPE), 5], filters=2, kernel_size=3), "further arguments"),
]


@pytest.mark.parametrize(("given", "why"), REASONS, ids=lambda v: v if isinstance(v, str) else v["class_name"])
def test_what_a_block_cannot_do_is_kept_with_the_reason(given: dict[str, Any], why: str) -> None:
    architecture = architecture_of(entrance(), given)
    [spec] = unknown(architecture).values()
    assert spec.layer == given["class_name"]
    assert why in spec.why
    assert (spec.why == "") == (why == "")


def test_arguments_that_only_training_knows_are_noted_once_for_all_layers() -> None:
    penalty = {"class_name": "L2", "config": {"l2": 0.01}}
    chain = [entrance()]
    for number in range(6):
        source = chain[-1]["name"]
        chain.append(
            layer(
                "Dense",
                f"d{number}",
                [tensor(source, (6, 6, 2))],
                units=2,
                kernel_regularizer=penalty,
                trainable=False,
                kernel_initializer={"class_name": "HeNormal", "config": {"seed": None}},
            )
        )
    notes = read_model(text(functional(*chain)), "net.json").notes
    assert sum("regularisers" in note for note in notes) == 1
    assert sum('"d0", "d1", "d2", "d3" and 2 more' in note for note in notes) == 3


def test_models_within_become_groups_within_groups() -> None:
    deep = functional(
        entrance(name="in2"), layer("ReLU", "a", [tensor("in2", SHAPE)]), layer("ReLU", "b", [tensor("a", SHAPE)])
    )
    deep |= {"name": "Deep part", "inbound_nodes": [{"args": [tensor("first", SHAPE)], "kwargs": {"mask": None}}]}
    deep["config"]["name"] = "Deep part"
    middle = functional(entrance(name="in1"), layer("ReLU", "first", [tensor("in1", SHAPE)]), deep)
    middle |= {"name": "backbone", "inbound_nodes": [{"args": [tensor("images", SHAPE)], "kwargs": {}}]}
    architecture = architecture_of(entrance(), middle, layer("ReLU", "a", [tensor("backbone", SHAPE)]))
    groups = {g.name: set(g.blocks) for g in architecture.groups.values()}
    assert groups == {"backbone": {"first", "a", "b"}, "Deep part": {"a", "b"}}
    assert architecture.blocks["a_2"].inputs == ("b",), "names stay apart"
    assert not architecture.blocks.keys() & architecture.groups.keys()


def test_a_layer_called_twice_stays_exact_where_it_has_no_weights() -> None:
    twice = [[tensor("images", SHAPE)], [tensor("dense", SHAPE)]]
    architecture = architecture_of(
        entrance(),
        layer("ReLU", "act", *twice),
        layer("Dense", "dense", [tensor("act", SHAPE)], [tensor("act", SHAPE, 1)], units=2),
        layer("Add", "sum", [[tensor("dense", SHAPE), tensor("dense", SHAPE, 1)]]),
    )
    assert list(architecture.blocks) == ["input", "act", "dense", "act_2", "dense_2", "sum"]
    [spec] = unknown(architecture).values()
    assert "shares its weights with dense" in spec.why


def test_a_block_reads_another_once() -> None:
    both = [[tensor("images", SHAPE), tensor("images", SHAPE)]]
    architecture = architecture_of(entrance(), layer("Add", "double", *both))
    assert architecture.blocks["double"].inputs == ("input", "input_again")
    assert architecture.blocks["input_again"].spec == spec_class("Activation")(function="linear")


def test_open_sizes_are_set_and_said() -> None:
    relu = layer("ReLU", "x", [{"class_name": "__keras_tensor__", "config": {"keras_history": ["images", 0, 0]}}])
    imported = read_model(text(functional(entrance((None, None, 3)), relu)), "net.json")
    assert imported.experiment.architecture.input_shape == (224, 224, 3)
    assert any("any size" in note for note in imported.notes)


ENDS: list[tuple[dict[str, Any], tuple[int, ...], dict[str, Any] | None, Task]] = [
    ({"units": 3, "activation": "softmax"}, (8,), {"activation": "auto"}, Task.CLASSIFICATION),
    ({"units": 3}, (8,), {"activation": "linear"}, Task.CLASSIFICATION),
    ({"units": 3, "activation": "softmax", "use_bias": False}, (8,), {"use_bias": False}, Task.CLASSIFICATION),
    ({"units": 1, "activation": "sigmoid"}, (8,), None, Task.CLASSIFICATION),
    ({"units": 8, "activation": "sigmoid"}, (8,), {"activation": "auto"}, Task.RECONSTRUCTION),
    ({"units": 3, "activation": "softmax"}, (4, 8), None, Task.CLASSIFICATION),
]


@pytest.mark.parametrize(("config", "shape", "expected", "task"), ENDS)
def test_the_last_layer_becomes_output_where_that_does_the_same(
    config: dict[str, Any], shape: tuple[int, ...], expected: dict[str, Any] | None, task: Task
) -> None:
    dense = layer("Dense", "last", [tensor("images", shape)], **config)
    imported = read_model(text(functional(entrance(shape), dense)), "net.json")
    spec = imported.experiment.architecture.blocks["last"].spec
    assert imported.experiment.data.info().task is task
    if expected is None:
        assert spec.kind == "Dense"
        assert any("is no Output" in note for note in imported.notes)
    else:
        assert spec == spec_class("Output")(**expected)


def test_the_experiment_can_be_saved_whatever_the_layers_hold() -> None:
    long = layer("Mystery", "x" * 300, [tensor("images", SHAPE)], table=["\u2028", 1e300, *range(9000)])
    imported = read_model(text(functional(entrance(), long)), "net.json")
    [spec] = unknown(imported.experiment.architecture).values()
    assert len(spec.config) == MAX_CONFIG
    assert any("only its beginning" in note for note in imported.notes)
    again = read_experiment(write_experiment(imported.experiment), "saved")
    assert again.architecture.blocks.keys() == imported.experiment.architecture.blocks.keys()


# Faults


def members() -> dict[str, bytes]:
    return {"config.json": text(small()), "model.weights.h5": weights_bytes(small_weights())}


def twice() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("config.json", text(small()))
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("config.json", text(small()))
    return file.getvalue()


def bomb() -> bytes:
    return archive({"config.json": b'{"a": "' + b" " * 8_000_000 + b'"}'}, zipfile.ZIP_DEFLATED)


def deep() -> bytes:
    return b'{"config":' + b"[" * 5000 + b"]" * 5000 + b"}"


FAULTS: list[tuple[Callable[[], bytes] | bytes, str]] = [
    (b"", "no JSON"),
    (b"hello", "no JSON"),
    (b"\xff\xfe\x00", "neither a .keras file nor"),
    (b"[1]", "an object is wanted"),
    (b'{"class_name": "\\ud800"}', "half a character"),
    (b"{}", "only Sequential and functional"),
    (b'{"class_name": "MyModel", "config": {"layers": []}}', "MyModel"),
    (b'{"class_name": "Functional", "config": {"layers": [1], "input_layers": 3}}', "wrong kind"),
    (b'{"class_name": "Functional", "config": {"layers": []}}', "input_layers"),
    (b'{"class_name": "Sequential", "config": {"layers": []}}', "what goes in"),
    (b"\x89HDF\r\n\x1a\n....", "save the model as .keras"),
    (b"PK\x03\x04", "damaged"),
    (deep, "200 levels"),
    (lambda: archive({"metadata.json": b"{}"}), "no config.json"),
    (lambda: archive({**members(), "../../etc/passwd": b""}), "out of the archive"),
    (lambda: archive({**members(), "/tmp/x": b""}), "out of the archive"),
    (lambda: archive({"config.json": text(small()), "model.weights.npz": b""}), "save the model again"),
    (lambda: archive({"config.json": text(small()), "model.weights.h5": b"no HDF5"}), "no HDF5 file"),
    (twice, "two members"),
    (bomb, "no honest file"),
    (lambda: keras_file(arrays={}), "0 arrays"),
    (lambda: keras_file(arrays=small_weights() | {"layers/dense/vars/0": np.zeros((3, 64), "f4")}), "3 x 64"),
    (lambda: keras_file(arrays=small_weights() | {"layers/dense/vars/2": np.zeros(1, "f4")}), "3 arrays"),
    (lambda: keras_file(arrays=small_weights() | {"layers/dense/vars/1": np.array([b"a", b"b", b"c"])}), "no numbers"),
]


@pytest.mark.parametrize(("data", "words"), FAULTS, ids=lambda v: v if isinstance(v, str) else "")
def test_each_fault_is_one_sentence(data: Callable[[], bytes] | bytes, words: str) -> None:
    assert words in refused(data if isinstance(data, bytes) else data())


def test_models_with_two_inputs_or_without_channels_are_refused_in_words() -> None:
    model = functional(
        entrance(), entrance(name="masks"), layer("Add", "sum", [[tensor("images", SHAPE), tensor("masks", SHAPE)]])
    )
    model["config"]["input_layers"] = [["images", 0, 0], ["masks", 0, 0]]
    assert "2 inputs (images, masks)" in refused(text(model))
    relu = layer("ReLU", "x", [tensor("images", SHAPE)])
    assert "number of channels" in refused(text(functional(entrance((8, 8, None)), relu)))
    looped = functional(entrance(), layer("Add", "sum", [[tensor("images", SHAPE), tensor("sum", SHAPE)]]))
    assert '"sum" reads what is not there' in refused(text(looped))


def linked(make: Callable[[h5py.File, Path], None], tmp_path: Path) -> bytes:
    """The small file with one array put in by `make`."""
    arrays = small_weights()
    del arrays["layers/dense/vars/1"]
    path = tmp_path / "weights.h5"
    path.write_bytes(weights_bytes(arrays))
    with h5py.File(path, "a") as root:
        make(root, tmp_path)
    return archive({"config.json": text(small()), "model.weights.h5": path.read_bytes()})


def _soft(root: h5py.File, folder: Path) -> None:
    root["layers/dense/vars/1"] = h5py.SoftLink("/layers/conv2d/vars/1")


def _external_link(root: h5py.File, folder: Path) -> None:
    root["layers/dense/vars/1"] = h5py.ExternalLink("/etc/hostname", "/")


def _external_storage(root: h5py.File, folder: Path) -> None:
    (folder / "secret.bin").write_bytes(bytes(12))
    storage = [(str(folder / "secret.bin"), 0, 12)]
    root["layers/dense/vars"].create_dataset("1", (3,), "f4", external=storage)


def _virtual(root: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "x", (3,))
    root["layers/dense/vars"].create_virtual_dataset("1", layout)


@pytest.mark.parametrize("make", [_soft, _external_link, _external_storage, _virtual])
def test_weights_that_lie_elsewhere_are_refused(make: Callable[[h5py.File, Path], None], tmp_path: Path) -> None:
    sentence = refused(linked(make, tmp_path))
    assert "elsewhere" in sentence or "another file" in sentence


def test_an_array_that_is_larger_than_what_is_stored_is_refused(tmp_path: Path) -> None:
    wide = functional(entrance((1000,)), layer("Dense", "d", [tensor("images", (1000,))], units=4000, use_bias=False))
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as root:
        root.create_dataset("layers/dense/vars/0", (1000, 4000), "f4", chunks=(100, 100), compression="gzip")
    data = archive({"config.json": text(wide), "model.weights.h5": path.read_bytes()})
    assert "far larger than what is stored" in refused(data)


def outcome(data: bytes) -> Imported | str:
    """What reading comes to; anything but FileError fails the test."""
    try:
        found = read_model(data, "net.keras")
    except FileError as error:
        return str(error)
    assert not [note for note in found.notes if not note.isprintable()]
    read_experiment(write_experiment(found.experiment), "saved")
    return found


def test_truncated_files_end_in_one_sentence() -> None:
    whole = keras_file()
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        assert isinstance(outcome(whole[:length]), str)


@pytest.mark.search
def test_damaged_bytes_end_in_one_sentence_or_are_outside_what_counts() -> None:
    whole = keras_file()
    rng = random.Random(7)
    said = 0
    for _ in range(times(150)):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        said += isinstance(outcome(bytes(data)), str)
    assert said > times(100)


@pytest.mark.search
def test_damaged_weights_behind_a_true_checksum_end_in_one_sentence_or_numbers() -> None:
    weights = weights_bytes(small_weights())
    rng = random.Random(8)
    for _ in range(times(60)):
        data = bytearray(weights)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(0, 2048)] = rng.randrange(256)
        outcome(archive({"config.json": text(small()), "model.weights.h5": bytes(data)}))


@pytest.mark.search
def test_configurations_with_anything_in_any_place_end_in_one_sentence_or_a_design() -> None:
    """Each value of a configuration in turn becomes something else."""
    names: list[Any] = ["", "x" * 500, "two\nlines", "\u202eback"]
    strange = [None, True, -1, 0, 2**70, 1e308, float("nan"), [], {}, [[[]]], {"class_name": "Lambda"}, *names]
    rng = random.Random(9)
    for _ in range(times(400)):
        model = lambda_model() if rng.random() < 0.5 else small()
        at: Any = model
        while True:
            key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if not isinstance(at[key], dict | list) or not at[key] or rng.random() < 0.2:
                at[key] = rng.choice(strange)
                break
            at = at[key]
        found = outcome(text(model))
        if not isinstance(found, str):
            trace(found.experiment.architecture, found.experiment.data.info())


def test_a_local_header_that_lies_does_not_move_the_weights() -> None:
    """The length of the name in a member's own header decides where its bytes begin."""
    data = bytearray(keras_file())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as made:
        offset = made.getinfo("model.weights.h5").header_offset
    struct.pack_into("<H", data, offset + 28, 60_000)
    assert isinstance(outcome(bytes(data)), str)


def test_samples_that_no_design_can_take_are_refused_at_once() -> None:
    """Else the experiment could be saved and never be opened again."""
    for shape in ((2,) * 9, (70_000, 1)):
        flat = layer("Flatten", "flat", [tensor("images", shape)])
        model = functional(entrance(shape), flat, layer("Dense", "answer", [tensor("flat", (8,))], units=3))
        with pytest.raises(FileError, match=r"takes samples that no design can: Shape must be 1 to 6 whole numbers"):
            read_model(text(model), "odd.keras")


def test_layers_that_read_one_tensor_many_times_become_no_more_blocks_than_a_design_has() -> None:
    reads = [[tensor("images", SHAPE)] * 600 for _ in range(9)]
    model = functional(entrance(), *(layer("Add", f"sum{n}", [read]) for n, read in enumerate(reads)))
    with pytest.raises(FileError, match=r"would become 5,\d\d\d blocks; a design holds at most 5,000"):
        read_model(text(model), "wide.keras")


def test_the_room_for_the_weights_names_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment that could not be saved once it starts from its weights is refused before they are kept."""
    data = keras_file()
    size = len(write_experiment(read_model(data, "small.keras").experiment).encode())
    monkeypatch.setattr(keras_import, "MAX_BYTES", size + 100)
    with pytest.raises(FileError, match="an experiment file has at most"):
        read_model(data, "small.keras")
    read_model(text(small()), "small.json")
