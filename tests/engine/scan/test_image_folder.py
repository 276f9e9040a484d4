"""A folder of images as people have them and as nobody should: what is used, what is not, and the sentences for it."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.data.files import ImageFolder
from cnnstudio.engine.scan import Listing, ScanError, scan
from cnnstudio.engine.scan.image_file import check_image, read_image
from cnnstudio.engine.scan.listing import ReadError
from tests.helpers import own_data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOISE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype="uint8")


def encoded(form: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """A picture as a file of that format."""
    file = io.BytesIO()
    (image or Image.fromarray(NOISE)).save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """A piece of a PNG file."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_of(width: int, height: int) -> bytes:
    """A small PNG file whose head promises that many pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")


def spoiled(data: bytes, place: int) -> bytes:
    """The data with one byte changed."""
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def with_preview() -> bytes:
    """A cut JPEG whose notes of the camera hold a whole preview, which has an end of its own."""
    whole = encoded("JPEG")
    preview = b"Exif\0\0" + encoded("JPEG")
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview + whole[2:-40]


CUT = "truncated: its end is missing"
TORN = "truncated or damaged: it begins as an image, but cannot be opened"
BAD: dict[str, tuple[bytes, str]] = {
    "empty.png": (b"", "empty file"),
    "cut.png": (encoded("PNG")[:-20], CUT),
    "cut.jpg": (encoded("JPEG")[:-40], CUT),
    "cut-with-preview.jpg": (with_preview(), CUT),
    "cut.gif": (encoded("GIF")[:-30], CUT),
    "cut.bmp": (encoded("BMP")[:-30], CUT),
    "cut.webp": (encoded("WEBP")[:-30], TORN),
    "cut.tif": (encoded("TIFF")[:40] + encoded("TIFF")[40:-200], CUT),
    "cut.ppm": (encoded("PPM")[:-30], CUT),
    "damaged.png": (spoiled(encoded("PNG"), 60), "damaged: a checksum within does not fit"),
    "text.png": (b"no picture at all", "not an image: its content is of no kind that can be read"),
    "script.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not an image: its content is of no kind that can be read"),
    "bomb.png": (png_of(30000, 30000), "too large to decode safely: 30,000 × 30,000 are more than 67 million pixels"),
    "vast.png": (png_of(2**31 - 1, 2**31 - 1), "too large to decode safely: 2,147,483,647 × 2,147,483,647 are more "
                 "than 67 million pixels"),
    "notes.txt": (b"hello", "not an image: unknown ending .txt"),
    "README": (b"hello", "not an image: a name without an ending"),
    ".hidden.png": (encoded("PNG"), "hidden file"),
}  # fmt: skip


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good images of two classes, and among them all that must not be used."""
    root = tmp_path_factory.mktemp("bad")
    for name in ("cat", "dog"):
        (root / name).mkdir()
        for number in range(3):
            Image.fromarray(NOISE + np.uint8(number + 10 * (name == "cat"))).save(root / name / f"{number}.png")
    for name, (data, _) in BAD.items():
        (root / "cat" / name).write_bytes(data)
    for folder in (".git", "__MACOSX", "bird"):
        (root / folder).mkdir()
        (root / folder / ("x.png" if folder != "bird" else "x.md")).write_bytes(encoded("PNG"))
    (root / "loose.png").write_bytes(encoded("PNG"))
    return root


@pytest.fixture
def listing(bad: Path) -> Listing:
    return scan(ImageFolder(path=str(bad)))


def reasons(listing: Listing) -> dict[str, str]:
    return {s.file: s.reason for s in listing.report.skipped}


def test_every_file_that_is_not_used_has_its_reason(listing: Listing) -> None:
    expected = {f"cat/{name}": reason for name, (_, reason) in BAD.items()} | {
        ".git/": "hidden folder",
        "__MACOSX/": "added by the Mac's archiver, holds no data",
        "bird/x.md": "not an image: unknown ending .md",
        "loose.png": "in no folder of a class",
    }
    assert reasons(listing) == expected
    assert listing.report.skipped_total == len(expected)
    assert listing.names == tuple(f"{name}/{n}.png" for name in ("cat", "dog") for n in range(3))
    assert listing.report.classes == {"cat": 3, "dog": 3}
    assert [(d.severity, d.message) for d in listing.report.diagnostics] == [
        ("warning", 'The folder "bird" holds no image that can be used, so it is no class: fill it or remove it.')
    ]


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe.png")
    return "cat/pipe.png"


def loop(folder: Path) -> str:
    (folder / "back").symlink_to(folder.parent)
    return "cat/back/"


def loop_of_two(folder: Path) -> str:
    (folder / "a.png").symlink_to(folder / "b.png")
    (folder / "b.png").symlink_to(folder / "a.png")
    return "cat/a.png"


def dangling(folder: Path) -> str:
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    return "cat/gone.png"


def undecodable(folder: Path) -> str:
    with open(os.path.join(os.fsencode(folder), b"caf\xe9.png"), "wb") as file:
        file.write(encoded("PNG"))
    return "cat/caf\\xe9.png"


def deep(folder: Path) -> str:
    names = ["d"] * 33
    (folder / "/".join(names)).mkdir(parents=True)
    return f"cat/{'/'.join(names[:32])}/"


def device(folder: Path) -> str:
    (folder / "null.png").symlink_to("/dev/null")
    return "cat/null.png"


def listening(folder: Path) -> str:
    before = os.getcwd()
    os.chdir(folder)  # the address of a socket may be 100 bytes long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket.png")
    finally:
        os.chdir(before)
    return "cat/socket.png"


ODD: list[tuple[Callable[[Path], str], str]] = [
    (pipe, "a pipe (FIFO), not a file"),
    (listening, "a socket, not a file"),
    (device, "a device, not a file"),
    (loop, "a link to a folder that is looked at already"),
    (loop_of_two, "a link that leads to itself"),
    (dangling, "a link to a file that is not there"),
    (undecodable, "its name is not text in the system's encoding: rename it"),
    (deep, "more than 32 folders deep"),
]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="made by calls that this system does not have")
@pytest.mark.parametrize(("make", "reason"), ODD, ids=[make.__name__ for make, _ in ODD])
def test_what_is_no_plain_file_neither_hangs_nor_crashes(
    tmp_path: Path, make: Callable[[Path], str], reason: str
) -> None:
    root = own_data.image_folder(tmp_path / "data", 2)
    (root / "disc").rename(root / "cat")
    place = make(root / "cat")
    listing = scan(ImageFolder(path=str(root)))
    assert reasons(listing)[place] == reason
    assert listing.report.samples == 6


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything may be read by this user")
def test_a_file_that_may_not_be_read_is_named_and_looked_at_again_when_it_may(tmp_path: Path) -> None:
    root = own_data.image_folder(tmp_path / "data", 2)
    shut = root / "disc" / "disc-000.jpg"
    shut.chmod(0)
    assert reasons(scan(ImageFolder(path=str(root)))) == {"disc/disc-000.jpg": "may not be read: no permission"}
    shut.chmod(0o600)
    assert scan(ImageFolder(path=str(root))).report.skipped == ()


def test_links_that_lead_everywhere_are_followed_once(tmp_path: Path) -> None:
    """Followed by every way, twelve folders with links to each other would be millions."""
    root = own_data.image_folder(tmp_path / "data", 2)
    folders = [root / "disc" / str(n) for n in range(12)]
    for folder in folders:
        folder.mkdir()
    for folder in folders:
        for other in folders:
            (folder / f"to-{other.name}").symlink_to(other)
    assert scan(ImageFolder(path=str(root))).report.skipped_total == 12 * 12


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    root = own_data.image_folder(tmp_path / "data", 2)
    (root / "disc").rename(tmp_path / "elsewhere")
    (root / "disc").symlink_to(tmp_path / "elsewhere")
    assert scan(ImageFolder(path=str(root))).report.classes == {"disc": 2, "square": 2, "stripe": 2}


# Kinds of pictures: what the head says, and the pixels as they are read

RNG = np.random.default_rng(1)
GREY16 = RNG.integers(0, 65536, (5, 7), dtype="uint16")
FLOATS = RNG.random((5, 7), dtype="float32") * 3
RGBA = RNG.integers(0, 256, (5, 7, 4), dtype="uint8")
CMYK = Image.fromarray(RNG.integers(0, 256, (5, 7, 4), dtype="uint8"), "CMYK")
RGB = RNG.integers(0, 256, (5, 7, 3), dtype="uint8")
PALETTE = Image.fromarray(RGB).quantize(5)
BITS = RGB[..., 0] > 127


def over_white(pixels: np.ndarray) -> np.ndarray:
    """By the definition: a share of the colour and the rest white."""
    share = pixels[..., 3:] / 255
    laid: np.ndarray = pixels[..., :3] * share + 255 * (1 - share)
    return laid


def turned(turn: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    return encoded("PNG", Image.fromarray(RGB), exif=exif)


def deep_rgb() -> bytes:
    rows = b"".join(b"\0" + (row.astype(">u2") * 257).tobytes() for row in RGB)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


KINDS: list[tuple[str, bytes, np.ndarray]] = [
    ("PNG, RGB", encoded("PNG", Image.fromarray(RGB)), RGB),
    ("PNG, grey", encoded("PNG", Image.fromarray(RGB[..., 0])), RGB[..., :1]),
    ("PNG, 16-bit grey", encoded("PNG", Image.fromarray(GREY16)), GREY16[..., None]),
    ("TIFF, 16-bit grey", encoded("TIFF", Image.fromarray(GREY16)), GREY16[..., None]),
    ("TIFF, 32-bit float", encoded("TIFF", Image.fromarray(FLOATS)), FLOATS[..., None]),
    ("PNG, 16-bit colour", deep_rgb(), RGB),
    ("PNG, RGB with transparency", encoded("PNG", Image.fromarray(RGBA)), over_white(RGBA)),
    ("PNG, grey with transparency", encoded("PNG", Image.fromarray(RGBA[..., [0, 3]], "LA")),
     over_white(RGBA[..., [0, 0, 0, 3]])[..., :1]),
    ("TIFF, CMYK", encoded("TIFF", CMYK), np.asarray(CMYK.convert("RGB"))),
    ("PNG, palette", encoded("PNG", PALETTE), np.asarray(PALETTE.convert("RGB"))),
    ("BMP, RGB", encoded("BMP", Image.fromarray(RGB)), RGB),
    ("PPM, RGB", encoded("PPM", Image.fromarray(RGB)), RGB),
    ("WEBP, RGB", encoded("WEBP", Image.fromarray(RGB), lossless=True), RGB),
    ("PNG, black and white", encoded("PNG", Image.fromarray(BITS)), BITS[..., None] * 255),
    ("GIF, palette, several pictures",
     encoded("GIF", PALETTE, save_all=True, append_images=[PALETTE.transpose(Image.Transpose.ROTATE_180)]),
     np.asarray(PALETTE.convert("RGB"))),
    ("PNG, RGB", turned(6), np.rot90(RGB, -1)),
    ("PNG, RGB", turned(3), np.rot90(RGB, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "pixels"), KINDS, ids=[f"{k} {i}" for i, (k, _, _) in enumerate(KINDS)])
def test_the_head_tells_what_the_pixels_are(tmp_path: Path, kind: str, data: bytes, pixels: np.ndarray) -> None:
    path = tmp_path / "picture"
    path.write_bytes(data)
    head, read = check_image(path), read_image(path)
    assert head.kind == kind
    assert head.shape == read.shape == pixels.shape
    np.testing.assert_allclose(read, pixels, atol=1 if "transparency" in kind else 0)
    assert read.dtype == ("uint16" if "16-bit grey" in kind else "float32" if "float" in kind else "uint8")


def test_pixels_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    values = FLOATS.copy()
    values[2, 3] = np.nan
    (tmp_path / "nan.tif").write_bytes(encoded("TIFF", Image.fromarray(values)))
    with pytest.raises(ReadError, match=r"^holds pixels that are no numbers \(NaN or infinite\)$"):
        read_image(tmp_path / "nan.tif")


def test_any_damage_is_a_clause_and_nothing_else(tmp_path: Path) -> None:
    """Every file cut anywhere and with any byte changed is read, or refused with a reason."""
    rng = np.random.default_rng(2)
    path = tmp_path / "picture"
    refused = 0
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        data = encoded(form)
        for _ in range(24):
            place = int(rng.integers(len(data)))
            path.write_bytes(data[:place] if rng.random() < 0.3 else spoiled(data, place))
            for look in (check_image, read_image):
                refused += (reason := refusal(look, path)) is not None
                assert reason is None or (reason and not reason.endswith("."))
    assert refused > 100


def refusal(look: Callable[[Path], object], path: Path) -> str | None:
    """Why a picture cannot be looked at; None when it can."""
    try:
        look(path)
    except ReadError as error:
        return str(error)
    return None


def test_what_cannot_be_read_any_more_names_the_file(tmp_path: Path) -> None:
    root = own_data.image_folder(tmp_path / "data", 2)
    listing = scan(ImageFolder(path=str(root)))
    assert listing.read(0).target == 0
    (root / "disc" / "disc-000.jpg").write_bytes(encoded("JPEG")[:-40])
    with pytest.raises(ReadError, match=r'^"disc/disc-000.jpg" cannot be read: cannot be decoded: .*[^.]\.$'):
        listing.read(0)
    (root / "disc" / "disc-001.png").unlink()
    with pytest.raises(ReadError, match=r'^"disc/disc-001.png" cannot be read: no longer there.$'):
        listing.read(1)


def test_nothing_that_can_be_used(tmp_path: Path) -> None:
    def told(root: Path) -> str:
        with pytest.raises(ScanError) as caught:
            scan(ImageFolder(path=str(root)))
        return str(caught.value)

    assert told(tmp_path / "x") == f'"{tmp_path / "x"}" is not there: choose where the files lie now.'
    (tmp_path / "x").mkdir()
    assert told(tmp_path / "x") == '"x" holds no sample that can be used.'
    (tmp_path / "x" / "a.png").write_bytes(encoded("PNG"))
    assert told(tmp_path / "x") == (
        '"x" has images but no folders of classes: put the images of each class into a folder of its own, or choose '
        "the task reconstruction."
    )
    assert told(tmp_path / "x" / "a.png") == (
        f'"{tmp_path / "x" / "a.png"}" is not a folder: choose the folder that the files lie in.'
    )
    (tmp_path / "x" / "a.png").rename(tmp_path / "x" / "a.txt")
    assert told(tmp_path / "x") == ('"x" holds no sample that can be used: a.txt: not an image: unknown ending .txt.')
    with pytest.raises(ScanError, match=r"^No folder or file is chosen: choose one on the Data page\.$"):
        scan(ImageFolder())
