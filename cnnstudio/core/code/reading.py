"""How a file becomes samples: what the engine does, and what programs beside exported models carry along.

As in `samples`, the source text of these functions is copied; each needs numpy as `np`, and of this module only the
functions that it calls. They read files of the person's own: what is damaged ends them with the error of the library.
Lines keep to the 88 columns of generated code, in the layout that Black gives them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_deep_grey(image: Any) -> bool:
    """Whether a Pillow image has 16 bits of grey: those of PNM have room for 32."""
    deep = image.mode == "I" and image.format == "PPM"
    return bool(image.mode.startswith("I;16") or deep)


def is_transparent(image: Any) -> bool:
    """Whether a Pillow image lets something behind it be seen."""
    modes = ("LA", "La", "RGBA", "RGBa", "PA")
    return image.mode in modes or "transparency" in image.info


def pixels_of(image: Any, deep: bool) -> np.ndarray:
    """A Pillow image as (height, width, 1 or 3): uint8, uint16 or float32.

    `deep`: what `is_deep_grey` says of the file. Transparency is laid over white.
    """
    from PIL import Image

    grey = image.mode in ("1", "L", "LA", "La")
    if deep:
        pixels = np.asarray(image).astype("uint16")
    elif image.mode in ("I", "F"):
        pixels = np.asarray(image, "float32")
    else:
        if is_transparent(image):
            image = image.convert("RGBA")
            ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
            image = Image.alpha_composite(ground, image)
        pixels = np.asarray(image.convert("L" if grey else "RGB"))
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def wave_values(data: bytes, bits: int) -> np.ndarray:
    """Samples of a WAV file of so many bits, float32 in -1..1."""
    if bits == 8:
        return (np.frombuffer(data, "uint8").astype("float32") - 128.0) / 128.0
    if bits == 24:
        # Each three bytes become the upper three of an int32, which keeps the sign.
        wide = np.zeros((len(data) // 3, 4), "uint8")
        wide[:, 1:] = np.frombuffer(data, "uint8").reshape(-1, 3)
        return (wide.view("<i4").reshape(-1) / 2.0**31).astype("float32")
    return (np.frombuffer(data, f"<i{bits // 8}") / 2.0 ** (bits - 1)).astype("float32")


def sample_axes(found: Sequence[int], wanted: Sequence[int]) -> tuple[bool, bool]:
    """Whether an array holds several samples, and whether it lacks their channels.

    Three axes may be a picture with its channels or several without: channels win where
    there is a fitting number of them.
    """
    axes, channels = len(found), wanted[-1]
    fitting = (channels, 1, 3) if len(wanted) == 3 else (channels,)
    if axes == len(wanted) + 1:
        return True, False
    if axes == len(wanted) and (len(wanted) == 1 or found[-1] in fitting):
        return False, False
    if axes == len(wanted) > 1 and channels == 1:
        return True, True
    if axes == len(wanted) - 1 > 0 and 1 in fitting:
        return False, True
    shapes = [" × ".join(f"{n:,}" for n in shape) for shape in (found, wanted)]
    more = "several have one more axis in front"
    raise ValueError(f"its shape is {shapes[0]}, but a sample is {shapes[1]}; {more}")


def read_arrays(path: str, shape: Sequence[int]) -> list[np.ndarray]:
    """The samples of a .npy file: one, or several along its first axis."""
    values = np.load(path, allow_pickle=False)
    several, lacking = sample_axes(values.shape, shape)
    if lacking:
        values = values[..., np.newaxis]
    return list(values) if several else [values]


def read_image(path: str, shape: Sequence[int]) -> list[np.ndarray]:
    """The one sample of a picture, turned as the camera says, or those of a .npy file."""
    from PIL import Image, ImageOps

    if path.lower().endswith(".npy"):
        return read_arrays(path, shape)
    with Image.open(path) as image:
        return [pixels_of(ImageOps.exif_transpose(image), is_deep_grey(image))]


def read_signal(path: str, shape: Sequence[int]) -> list[np.ndarray]:
    """The one sample of a .wav or .csv file, or those of a .npy file.

    A line of a .csv file is a moment, a column a channel.
    """
    import csv
    import wave

    if path.lower().endswith(".npy"):
        return read_arrays(path, shape)
    if path.lower().endswith(".wav"):
        with wave.open(path) as sound:
            count, bits = sound.getnchannels(), sound.getsampwidth() * 8
            values = wave_values(sound.readframes(sound.getnframes()), bits)
        values = values.reshape(-1, count)
        if shape[-1] == 1:
            values = values.mean(axis=1, keepdims=True, dtype="float64")
        return [values.astype("float32")]
    with open(path, encoding="utf-8-sig", newline="") as file:
        text = file.read()
    first = text.partition("\n")[0]
    lines = list(csv.reader(text.splitlines(), delimiter=max(",;\t", key=first.count)))
    named = not any(cell.strip("+-.0123456789eE ") == "" for cell in lines[0])
    return [np.array(lines[1:] if named else lines, "float64").astype("float32")]


def as_numbers(values: np.ndarray) -> np.ndarray:
    """As uint8, or as float32: 16 bits are brought to 0..1, others are as they are."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        return values.astype("float32") * np.float32(1 / 65535)
    return values.astype("float32", copy=False)


def in_range(values: np.ndarray, white: float) -> np.ndarray:
    """As float32, `white` for what is 255 in 8 bits and 1 in other numbers."""
    if values.dtype == np.uint8:
        return values.astype("float32") * np.float32(white / 255)
    return values * np.float32(white)
