"""Names of classes out of classes.txt and data.yaml."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.engine.scan.class_names import read_names, yaml_names
from cnnstudio.engine.scan.listing import ScanError
from tests.helpers.effort import times

if TYPE_CHECKING:
    from pathlib import Path

FORMS = {
    "one line": "train: ../train/images\nnc: 3\nnames: ['cat', \"dog\", red fox]\n",
    "several lines": "names: ['cat',\n  'dog',  # a comment\n  'red fox']\nnc: 3\n",
    "a list": "nc: 3\nnames:\n- cat\n- dog\n- red fox\nroboflow:\n  license: CC\n",
    "an indented list": "names:\n  - cat\n  - 'dog'\n  - red fox\n",
    "numbered": "path: x\nnames:\n  0: cat\n  1: dog  # the tame one\n  2: red fox\n\n# end\ndownload: y\n",
    "numbered in disorder": "names:\n  2: red fox\n  0: cat\n  1: dog\n",
    "braces": "names: {0: cat, 1: 'dog', 2: red fox}\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_the_forms_that_yolo_writes_are_read(text: str) -> None:
    assert yaml_names(text) == ["cat", "dog", "red fox"]


def test_quotes_within_names_and_other_keys(tmp_path: Path) -> None:
    assert yaml_names("""names: ['it''s', "a \\"b\\"", 'x, y']\n""") == ["it's", 'a "b"', "x, y"]
    assert yaml_names("nc: 3\n  names: [a]\nclass_names: [b]\n") == []
    (tmp_path / "data.yaml").write_text("nc: 2\n", encoding="utf-8")
    (tmp_path / "classes.txt").write_text("\ufeffcat\r\ndog\r\n\r\n", encoding="utf-8")
    assert read_names(tmp_path) == (("cat", "dog"), "classes.txt")


_WRONG = '"data.yaml": the class names are not in a form that YOLO writes. Write names: [first, second].'
BAD = {
    "an anchor": ("data.yaml", "names: &a [x]", _WRONG),
    "a tag": ("data.yaml", "names: !!python/object/apply:os.system [x]", _WRONG),
    "an alias": ("data.yaml", "names: *a", _WRONG),
    "text": ("data.yaml", "names: cat", _WRONG),
    "never closed": ("data.yaml", "names: [cat, dog", _WRONG),
    "nested": ("data.yaml", "names: [[cat], dog]", _WRONG),
    "lists in a list": ("data.yaml", "names:\n  - - cat\n  - [dog]", _WRONG),
    "mixed": ("data.yaml", "names:\n  0: cat\n  - dog", _WRONG),
    "a gap": (
        "data.yaml",
        "names:\n  0: cat\n  2: dog",
        '"data.yaml" does not name class 1: the numbers must run from 0 without a gap.',
    ),
    "one number twice": ("data.yaml", "names: {0: cat, 0: dog}", '"data.yaml" names class 0 twice: remove one.'),
    "one name twice": (
        "classes.txt",
        "cat\ndog\ncat\n",
        '"classes.txt": classes 0 and 2 are both called "cat": rename one.',
    ),
    "no name": (
        "classes.txt",
        "cat\n\ndog\n",
        '"classes.txt": the name of class 1 must be 1 to 200 characters: got "".',
    ),
    "a zero": ("classes.txt", "cat\0\n", '"classes.txt" is not a text: write one class name on each line.'),
    "too many": (
        "classes.txt",
        "\n".join(map(str, range(10_001))),
        '"classes.txt" has 10,001 class names; there may be 10,000.',
    ),
    "too large": (
        "classes.txt",
        "x" * (1 << 20) + "y",
        '"classes.txt" has more than 1,048,576 bytes: write one class name on each line.',
    ),
}


@pytest.mark.parametrize(("file", "text", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_a_sentence(tmp_path: Path, file: str, text: str, sentence: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(ScanError) as refused:
        read_names(tmp_path)
    assert str(refused.value) == sentence


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_bytes(b"names: [\xff]")
    with pytest.raises(ScanError, match=r'^"data.yaml" is not UTF-8 text: save it as UTF-8\.$'):
        read_names(tmp_path)


@settings(max_examples=times(100))
@given(st.text(max_size=40), st.sampled_from(["names: [", "names: {0: ", "names:\n  ", "names:\n- ", ""]))
def test_any_text_is_names_or_a_sentence(text: str, start: str) -> None:
    with contextlib.suppress(ScanError):
        assert all(isinstance(name, str) for name in yaml_names(start + text))


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "[" + "'" * 50_001, "[" + "a" * 100_000 + "\x00!", "[" + "a #" * 30_000]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    with pytest.raises(ScanError):
        yaml_names("names: " + text)
