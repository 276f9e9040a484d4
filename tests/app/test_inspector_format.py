"""Numbers and shapes as the window writes them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cnnstudio.app import format
from cnnstudio.app.inspector import reading
from cnnstudio.core.analysis.field import AxisField
from cnnstudio.core.declare import Form, Parameter


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (999.6, "1 k"), (1234, "1.23 k"), (61706, "61.7 k"), (1_200_000, "1.2 M"),
     (999_600, "1 M"), (4.5, "4.5"), (0.25, "0.25"), (123_456_789_012, "123 G")],
)  # fmt: skip
def test_short(value: float, text: str) -> None:
    assert format.short(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 B"), (950, "950 B"), (1000, "1 kB"), (45_600_000, "45.6 MB")])
def test_bytes(value: int, text: str) -> None:
    assert format.size_of(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0001, "0.0001"), (0.00001, "0.00001"), (1e-7, "1e-07"), (0.15, "0.15"), (1.0, "1"), (0.0, "0")],
)
def test_numbers(value: float, text: str) -> None:
    assert format.number(value) == text
    assert reading.read_number(text) == value


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 3, "33.3 %"), (0, 3, "0.0 %"), (1, 10_000, "< 0.1 %"), (0, 0, "–"), (3, 3, "100.0 %")],
)
def test_shares(part: int, whole: int, text: str) -> None:
    assert format.share(part, whole) == text


def test_shapes_and_fields() -> None:
    assert format.shape((1024, 26, 32)) == "1,024 × 26 × 32"
    assert format.lettered_shape((128, 1)) == "L 128 × C 1"
    assert format.lettered_shape((4, 8, 8, 3)) == "D 4 × H 8 × W 8 × C 3"
    assert format.lettered_shape((10,)) == "C 10"
    field = (AxisField(5, Fraction(1, 2), 0), AxisField(7, Fraction(1, 3), 0))
    assert format.receptive_field(field) == "5 × 7"
    assert format.stride(field) == "0.5 × 1/3"
    assert format.stride((AxisField(8, 0, 0),)) == "–"
    assert format.counted(1, "block") == "1 block"
    assert format.counted(1200, "block") == "1,200 blocks"


def test_one_cell_is_one() -> None:
    """A signal's cell sees 1 sample, not 1 samples; px is the same for one and many."""
    assert [format.cells(rank, 1) for rank in (1, 2, 3)] == ["sample", "px", "voxel"]
    assert [format.cells(rank, 3) for rank in (1, 2, 3)] == ["samples", "px", "voxels"]


@pytest.mark.parametrize("text", ["28 x 28 x 1", "28,28,1", "(28, 28, 1)", "28 × 28 × 1", "28 28 1", " 28*28*1 "])
def test_shapes_are_read_in_every_usual_writing(text: str) -> None:
    assert reading.read_shape(text) == (28, 28, 1)


@pytest.mark.parametrize("text", ["", "  ", "x", "1 x", "a x b", "1.5 x 2"])
def test_no_shapes(text: str) -> None:
    with pytest.raises(reading.Unreadable):
        reading.read_shape(text)


@pytest.mark.parametrize("text", ["0.5 1 2e-1", "0.5; 1; 0.2", "0.5, 1, 0.2", "(0.5, 1.0, 0.2)", "0,5 1 0,2"])
def test_numbers_for_each_channel_are_read_in_every_usual_writing(text: str) -> None:
    assert reading.read_numbers(text) == (0.5, 1.0, 0.2)
    assert reading.read_numbers(reading.numbers_text((0.5, 1.0, 0.2))) == (0.5, 1.0, 0.2)


def test_one_number_stands_for_all_channels() -> None:
    assert reading.read_numbers("0.1") == 0.1
    assert reading.numbers_text(0.1) == "0.1"
    for text in ("", "a b", "1 x 2"):
        with pytest.raises(reading.Unreadable):
            reading.read_numbers(text)


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "1-2", "--1", "nan", "9" * 30])
def test_no_whole_numbers(text: str) -> None:
    with pytest.raises(reading.Unreadable):
        reading.read_whole(text)


@pytest.mark.parametrize("text", ["", "inf", "nan", "1_0", "one", "1,000,000"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(reading.Unreadable):
        reading.read_number(text)


def test_true_is_not_one() -> None:
    assert not reading.same(True, 1)
    assert not reading.same((1, True), (1, 1))
    assert reading.same(((1, 2), 3), ((1, 2), 3))


@pytest.mark.parametrize(
    ("value", "steps", "minimum", "maximum", "below", "expected"),
    [
        (0.001, 1, 0.0, None, None, 0.002), (0.009, 1, 0.0, None, None, 0.01), (0.01, -1, 0.0, None, None, 0.009),
        (0.15, 1, 0.0, 1.0, None, 0.2), (0.98, 1, 0.0, 1.0, None, 0.985), (1.0, 1, 0.0, 1.0, None, 1.0),
        (0.95, 1, 0.0, None, 1.0, 0.955), (0.0, -1, 0.0, 1.0, None, 0.0), (0.3, 2, 0.0, 1.0, None, 0.4),
    ],
)  # fmt: skip
def test_steps(
    value: float, steps: int, minimum: float, maximum: float | None, below: float | None, expected: float
) -> None:
    parameter = Parameter("p", Form.NUMBER, 0.0, "help", "P", minimum=minimum, maximum=maximum, below=below)
    assert reading.stepped_number(value, steps, parameter) == expected
