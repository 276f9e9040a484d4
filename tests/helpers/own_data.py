"""Small folders and files as people have them, one for each kind of source; equal for equal seeds.

Pictures show a bright disc, square or stripe on a dark ground, so that a small network can learn them.
"""

from __future__ import annotations

import csv
import json
import wave
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("disc", "square", "stripe")
SIDE = 24


def picture(kind: int, rng: np.random.Generator, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """A picture (side, side, 3) uint8 with one thing on it, and where the thing is: bool (side, side)."""
    rows, columns = np.mgrid[:side, :side]
    radius = rng.uniform(side / 6, side / 4)
    y, x = rng.uniform(radius, side - radius, 2)
    inside = (
        np.hypot(rows - y, columns - x) <= radius,
        (np.abs(rows - y) <= radius * 0.8) & (np.abs(columns - x) <= radius * 0.8),
        (np.abs(rows - y) <= side / 12) & (np.abs(columns - x) <= radius * 1.2),
    )[kind]
    pixels = rng.integers(0, 60, (side, side, 3))
    pixels[inside] = rng.integers(150, 255, 3)
    return pixels.astype("uint8"), inside


def box_of(inside: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in pixels, right and bottom beyond the last one."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def image_folder(place: Path, each: int = 12, *, parts: tuple[str, ...] = (), side: int = SIDE) -> Path:
    """One subfolder a class with PNG and JPEG files, below each of the parts if any are named."""
    rng = np.random.default_rng(1)
    for part in parts or ("",):
        for kind, name in enumerate(CLASSES):
            folder = place / part / name
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(each):
                ending = ".png" if number % 2 else ".jpg"
                Image.fromarray(picture(kind, rng, side)[0]).save(folder / f"{name}-{number:03}{ending}")
    return place


def untidy_folder(place: Path) -> Path:
    """A folder as people have them: landscape and portrait photographs, one class rare, and files that are no use."""
    rng = np.random.default_rng(11)
    for kind, (name, number) in enumerate((("apple", 40), ("crate", 24), ("pencil", 9))):
        folder = place / name
        folder.mkdir(parents=True)
        for n in range(number):
            pixels = Image.fromarray(picture(kind, rng, 160)[0])
            pixels.crop((0, 0, 160, 120) if n % 3 else (0, 0, 120, 160)).save(folder / f"{name}-{n:02}.jpg")
    whole = (place / "apple" / "apple-00.jpg").read_bytes()
    (place / "apple" / "camera-fell.jpg").write_bytes(whole[: len(whole) // 2])
    (place / "crate" / "empty.png").write_bytes(b"")
    (place / "crate" / "where.txt").write_text("Cellar, third shelf", encoding="ascii")
    (place / "pencil" / "drawing.jpg").write_text("not an image", encoding="ascii")
    (place / "plum").mkdir()
    return place


def image_masks(place: Path, count: int = 24) -> Path:
    """Folders images and masks; a mask holds class numbers, 0 for the ground."""
    rng = np.random.default_rng(2)
    for folder in ("images", "masks"):
        (place / folder).mkdir(parents=True)
    for number in range(count):
        pixels, inside = picture(number % 3, rng)
        Image.fromarray(pixels).save(place / "images" / f"{number:03}.png")
        Image.fromarray((inside * (number % 3 + 1)).astype("uint8")).save(place / "masks" / f"{number:03}.png")
    return place


def coco(place: Path, count: int = 24) -> Path:
    """A folder of images and annotations.json."""
    rng = np.random.default_rng(3)
    (place / "images").mkdir(parents=True)
    images, annotations = [], []
    for number in range(count):
        pixels, inside = picture(number % 3, rng)
        name = f"{number:03}.png"
        Image.fromarray(pixels).save(place / "images" / name)
        left, top, right, bottom = box_of(inside)
        images.append({"id": number, "file_name": name, "width": SIDE, "height": SIDE})
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": number % 3 + 1,
                "bbox": [left, top, right - left, bottom - top],
                "area": (right - left) * (bottom - top),
                "iscrowd": 0,
            }
        )
    categories = [{"id": n + 1, "name": name} for n, name in enumerate(CLASSES)]
    text = json.dumps({"images": images, "annotations": annotations, "categories": categories})
    (place / "annotations.json").write_text(text, encoding="utf-8")
    return place


def yolo(place: Path, count: int = 24) -> Path:
    """Folders images and labels, and data.yaml with the class names."""
    rng = np.random.default_rng(4)
    for folder in ("images", "labels"):
        (place / folder).mkdir(parents=True)
    for number in range(count):
        pixels, inside = picture(number % 3, rng)
        Image.fromarray(pixels).save(place / "images" / f"{number:03}.png")
        left, top, right, bottom = (n / SIDE for n in box_of(inside))
        line = f"{number % 3} {(left + right) / 2:.6f} {(top + bottom) / 2:.6f} {right - left:.6f} {bottom - top:.6f}\n"
        (place / "labels" / f"{number:03}.txt").write_text(line, encoding="ascii")
    (place / "data.yaml").write_text(f"nc: 3\nnames: [{', '.join(CLASSES)}]\n", encoding="ascii")
    return place


def file_table(place: Path, count: int = 24, *, several: bool = False) -> Path:
    """A CSV file that lists images and their labels; with `several`, two labels for each."""
    rng = np.random.default_rng(5)
    (place / "pictures").mkdir(parents=True)
    with (place / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label"])
        for number in range(count):
            kind = number % 3
            name = f"pictures/{number:03}.png"
            Image.fromarray(picture(kind, rng)[0]).save(place / name)
            size = "large" if number % 2 else "small"
            writer.writerow([name, f"{CLASSES[kind]}|{size}" if several else CLASSES[kind]])
    return place / "labels.csv"


def arrays(place: Path, count: int = 30) -> Path:
    """data.npz with x and y."""
    rng = np.random.default_rng(6)
    place.mkdir(parents=True, exist_ok=True)
    labels = np.arange(count) % 3
    np.savez(place / "data.npz", x=np.stack([picture(int(n), rng)[0] for n in labels]), y=labels)
    return place / "data.npz"


def wave_of(kind: int, rng: np.random.Generator, length: int = 128) -> np.ndarray:
    """A slow, middling or fast sine with noise, float64 (length,), within -1 and 1."""
    turns = (2, 6, 14)[kind] * np.arange(length) / length + rng.random()
    made: np.ndarray = 0.7 * np.sin(2 * np.pi * turns) + rng.uniform(-0.2, 0.2, length)
    return made


SPEEDS = ("slow", "middling", "fast")


def signal_table(place: Path, count: int = 30) -> Path:
    """A CSV file with one signal a row, its label last."""
    rng = np.random.default_rng(7)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "signals.csv").open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        for number in range(count):
            writer.writerow([f"{v:.4f}" for v in wave_of(number % 3, rng, 64)] + [SPEEDS[number % 3]])
    return place / "signals.csv"


def signal_array(place: Path, count: int = 30) -> Path:
    """signals.npy, one row a signal, without labels."""
    rng = np.random.default_rng(8)
    place.mkdir(parents=True, exist_ok=True)
    np.save(place / "signals.npy", np.stack([wave_of(n % 3, rng) for n in range(count)]).astype("float32"))
    return place / "signals.npy"


def signal_folder(place: Path, each: int = 8) -> Path:
    """One subfolder a class with .csv files of two channels."""
    rng = np.random.default_rng(9)
    for kind, name in enumerate(SPEEDS):
        (place / name).mkdir(parents=True)
        for number in range(each):
            channels = np.stack([wave_of(kind, rng), wave_of(kind, rng)], axis=1)
            np.savetxt(place / name / f"{number:02}.csv", channels, delimiter=",", fmt="%.4f")
    return place


def wav_folder(place: Path, each: int = 8) -> Path:
    """One subfolder a class with 16-bit WAV files of one channel at 8 kHz."""
    rng = np.random.default_rng(10)
    for kind, name in enumerate(SPEEDS):
        (place / name).mkdir(parents=True)
        for number in range(each):
            with wave.open(str(place / name / f"{number:02}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes((wave_of(kind, rng) * 32767).astype("<i2").tobytes())
    return place
