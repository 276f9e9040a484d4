"""Own data on their way into training: how soon the first step is made, how fast batches come, what memory is taken.

Run: python benchmarks/data.py [--images 5000] [--side 256] [--large 100000]

A folder of JPEG files is written first (not counted). Then, each in a process of its own, as the worker is one:
the first step (scan, load, build, one step), batches decoded ahead beside batches from memory and beside tf.data, and
the memory that a large folder takes, whose files are links to a few.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CLASSES = 5
SIZE = 64
BATCH = 64
FILES = 200
"""Different pictures of the large folder; all others are hard links to them, so that the disk stays small."""


def write_folder(place: Path, images: int, side: int, files: int) -> Path:
    """`images` pictures of that side in CLASSES subfolders; only `files` of them differ."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    made: list[Path] = []
    for kind in range(CLASSES):
        (place / f"class-{kind}").mkdir(parents=True)
    for number in range(images):
        path = place / f"class-{number % CLASSES}" / f"{number:06}.jpg"
        if number < files:
            coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3)).astype("uint8"))
            coarse.resize((side, side), Image.Resampling.BICUBIC).save(path, quality=85)
            made.append(path)
        else:
            os.link(made[number % files], path)
    return place


def recipe_of(place: Path) -> Any:
    """The folder's data recipe, scanned."""
    from cnnstudio.core.data.files import ImageFolder
    from cnnstudio.core.data.preparation import Preparation
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.engine.scan import scan

    source = scan(ImageFolder(path=str(place))).source
    return DataRecipe(source=source, preparation=Preparation(height=SIZE, width=SIZE))


def first_step(place: Path) -> dict[str, float]:
    """Seconds until the folder is scanned, until it is loaded, and until one step is learned; Keras is there already.

    The window's worker has loaded Keras and warmed up while the person looked for the folder.
    """
    import numpy as np

    from cnnstudio.core.data.augmentation import Augmentation
    from cnnstudio.core.training.recipe import TrainingRecipe
    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.backend import keras
    from cnnstudio.engine.data import load
    from cnnstudio.engine.learning import make_learner
    from cnnstudio.engine.optimizers import compile_model
    from cnnstudio.engine.tasks import kit_for
    from cnnstudio.engine.warming import warm_up

    warm_up()
    start = time.perf_counter()
    recipe = recipe_of(place)
    scanned = time.perf_counter()
    data = load(recipe)
    loaded = time.perf_counter()
    layers = keras.layers
    inputs = keras.Input(data.info.input_shape)
    maps = layers.Conv2D(16, 3, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(layers.GlobalAveragePooling2D()(maps)))
    kit = kit_for(data.info, TrainingRecipe())
    compile_model(model, kit)
    learner = make_learner(model, kit, data.training, Augmenter(Augmentation(), data.info, 0))
    batches = list(np.array_split(np.arange(len(data.training)), max(1, len(data.training) // BATCH)))
    learner.begin_epoch(1, batches)
    learner.learn(0, np.full(1, 0.001, "float32"))
    learner.metrics()
    ended = time.perf_counter()
    return {"scan": scanned - start, "load": loaded - scanned, "step": ended - loaded, "all": ended - start}


def throughput(place: Path) -> dict[str, float]:
    """Images a second of processor time: decoded ahead by our threads, by tf.data, only read, and out of memory.

    Processor time, as it hardly depends on what else the machine does; both ways keep all processors busy.
    """
    import numpy as np

    from cnnstudio.engine.backend import tensorflow as tf
    from cnnstudio.engine.data import load
    from cnnstudio.engine.data.ahead import Ahead
    from cnnstudio.engine.data.stores import FileStore

    part = load(recipe_of(place)).training
    store = part.store
    if not isinstance(store, FileStore):
        raise TypeError(type(store).__name__)
    listing = store.listing
    count = min(len(part), 2048)
    batches = list(np.arange(count).reshape(-1, BATCH)) if count % BATCH == 0 else [np.arange(count)]
    paths = [str(place / listing.names[row]) for row in part.rows[:count]]

    def decoded(path: Any) -> Any:
        pixels = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(pixels, (SIZE, SIZE), antialias=True)

    def ahead() -> None:
        reading = Ahead(part.batch, batches, 1)
        for batch in batches:
            reading.take(batch)

    def by_tensorflow() -> None:
        found = tf.data.Dataset.from_tensor_slices(paths).map(decoded, num_parallel_calls=tf.data.AUTOTUNE)
        for _ in found.batch(BATCH).prefetch(tf.data.AUTOTUNE):
            pass

    def alone() -> None:
        for row in part.rows[: count // 4]:
            listing.read(int(row))

    told = {}
    for name, work, done in (
        ("tf.data", by_tensorflow, count),
        ("read, not yet resized", alone, count // 4),
        ("decoded ahead", ahead, count),
        ("from memory", ahead, count),
    ):
        start = time.process_time()
        work()
        told[name] = done / (time.process_time() - start)
    return told


def memory(place: Path) -> dict[str, float]:
    """Of a large folder: seconds to scan and to the first batch, and MB taken beyond what the libraries take."""
    import numpy as np

    from cnnstudio.engine.data import load

    before = _resident()
    start = time.perf_counter()
    recipe = recipe_of(place)
    scanned = time.perf_counter()
    data = load(recipe)
    data.training.batch(np.arange(BATCH))
    first = time.perf_counter()
    after_first = _resident()
    for at in range(0, 4096, BATCH):
        data.training.batch(np.arange(at, at + BATCH))
    return {
        "images": float(len(data.training.store)),
        "scan": scanned - start,
        "first batch": first - scanned,
        "MB after the first batch": (after_first - before) / 1e6,
        "MB after 4,096 images": (_resident() - before) / 1e6,
    }


def _resident() -> float:
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * float(os.sysconf("SC_PAGE_SIZE"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


PARTS = {"first": first_step, "throughput": throughput, "memory": memory}


def apart(part: str, place: Path) -> dict[str, float]:
    """What that part of the benchmark tells, from a process of its own."""
    command = [sys.executable, __file__, "--part", part, "--place", str(place)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report(images: int, side: int, large: int) -> None:
    """Write the folders, measure, print."""
    with tempfile.TemporaryDirectory() as room:
        place = write_folder(Path(room) / "own", images, side, images)
        told = apart("first", place)
        steps = ", ".join(f"{name} {told[name]:.2f} s" for name in ("scan", "load", "step"))
        say(f"{images:,} images of {side} × {side}: first step after {told['all']:.1f} s ({steps})")
        speeds = apart("throughput", place)
        whole = speeds["from memory"]
        say(f"{'images a processor second, to ' + str(SIZE) + ' px':40} {'':>8} of memory")
        for name, speed in speeds.items():
            say(f"{name:40} {speed:8,.0f} {speed / whole:8.3f}")
        place = write_folder(Path(room) / "large", large, side, FILES)
        for name, value in apart("memory", place).items():
            say(f"large folder, {name:28} {value:10,.1f}")


def main() -> None:
    """Run one part, or all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--place", type=Path)
    args = parser.parse_args()
    if args.part:
        say(json.dumps(PARTS[args.part](args.place)))
    else:
        report(args.images, args.side, args.large)


if __name__ == "__main__":
    main()
