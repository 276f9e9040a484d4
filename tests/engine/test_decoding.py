"""Values put in place of a bottleneck's own: the answer is what the network itself makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine.looking.decoding import decoded, design_decoded
from cnnstudio.engine.looking.previews import design_maps
from cnnstudio.engine.looking.sketch import SketchError, Sketches
from cnnstudio.wire.messages import Decoded, GetDecoded, GetMaps, Sample
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from tests.engine.conftest import Peer

SAMPLE = Sample("validation", 3)


@pytest.fixture(scope="module")
def text() -> str:
    """A small autoencoder of the digits."""
    return write_experiment(
        chain(
            Digits(task="reconstruction"),
            ("flat", "Flatten", {}),
            ("code", "Dense", {"units": 5}),
            ("wide", "Dense", {"units": 64}),
            ("image", "Reshape", {"target_shape": [8, 8, 1]}),
        )
    )


@pytest.fixture(scope="module")
def sketches() -> Sketches:
    return Sketches()


def values_of(text: str, sketches: Sketches, block: str) -> Any:
    """What a block gives for the sample, exactly: of a vector each value is a channel with a scale of its own."""
    found = design_maps(GetMaps(1, text, block, SAMPLE), sketches)
    return found.low if found.maps.ndim == 1 else found


def test_the_encoding_of_a_sample_gives_what_the_network_gives(text: str, sketches: Sketches) -> None:
    code = values_of(text, sketches, "code")
    sketch = sketches.of(text)
    whole = dict(sketch.values(sketch.sample(SAMPLE)))["output"]
    answer = design_decoded(GetDecoded(7, text, "", "code", code), sketches)
    assert answer.request == 7
    np.testing.assert_allclose(answer.output, whole, atol=1e-5)
    other = design_decoded(GetDecoded(8, text, "", "code", code + 1), sketches).output
    assert np.abs(other - whole).max() > 1e-3


def test_the_part_behind_a_block_is_built_once(text: str, sketches: Sketches) -> None:
    sketch = sketches.of(text)
    assert sketch.model_from("code") is sketch.model_from("code")


@pytest.mark.parametrize(
    ("block", "values", "said"),
    [
        ("input", np.zeros((8, 8, 1)), 'The network cannot be entered at the block "input": it is not in it'),
        ("absent", np.zeros(5), 'The network cannot be entered at the block "absent"'),
        ("code", np.zeros(4), 'The block "code" gives 5 values, but 4 came.'),
        ("code", np.zeros((5, 1)), 'The block "code" gives 5 values, but 5 x 1 came.'),
        ("code", np.full(5, np.nan), 'The values for the block "code" are not all finite numbers: reset them.'),
    ],
)
def test_what_cannot_be_decoded_is_said(text: str, sketches: Sketches, block: str, values: Any, said: str) -> None:
    with pytest.raises(SketchError) as refused:
        decoded(GetDecoded(1, text, "", block, values.astype("float32")), sketches.of(text))
    assert str(refused.value).startswith(said)


def test_the_worker_answers(text: str, worker: Peer) -> None:
    worker.send(GetDecoded(41, text, "", "code", np.zeros(5, "float32")))
    answer = worker.until(Decoded, lambda event: event.request == 41)
    assert answer.output.shape == (8, 8, 1)
    assert np.isfinite(answer.output).all()
