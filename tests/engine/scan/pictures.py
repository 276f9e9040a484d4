"""Small pictures on disk, for scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def picture(path: Path, size: tuple[int, int] = (8, 6), seed: int | None = None) -> np.ndarray:
    """Save an RGB picture of (width, height), different for each path or seed. Returns its pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(sum(str(path).encode()) if seed is None else seed)
    pixels = random.integers(0, 256, (size[1], size[0], 3), "uint8")
    Image.fromarray(pixels).save(path)
    return pixels
