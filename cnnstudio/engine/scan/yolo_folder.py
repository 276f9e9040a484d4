"""A folder with images and YOLO label files: images/ beside labels/, in all or in each part, or side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.engine.scan import boxes
from cnnstudio.engine.scan.box_listing import Boxed, box_listing
from cnnstudio.engine.scan.class_names import TEXTS, YAMLS, read_names
from cnnstudio.engine.scan.gathering import Gathered
from cnnstudio.engine.scan.image_file import ENDINGS
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.part_words import told_folder_part
from cnnstudio.engine.scan.picture_files import usable_pictures
from cnnstudio.engine.scan.pictures import unlike_an_image
from cnnstudio.engine.scan.walk import Found, file_bytes, walk
from cnnstudio.engine.scan.yolo import MOST_BYTES, YoloBoxes, read_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.data.files import YoloImages
    from cnnstudio.engine.scan.listing import Listing, Progress


def scan_yolo(source: YoloImages, progress: Progress) -> Listing:
    """Pair images with label files, look at both. Raises ScanError."""
    chosen = Path(source.path).expanduser()
    root = chosen.parent if chosen.name in YAMLS else chosen
    walked = walk(root, progress)
    gathered = Gathered(root, walked.skipped)
    names, file = read_names(root)
    images = [f for f in walked.files if f.ending in ENDINGS]
    labels = _label_files(walked.files, gathered, {f.name for f in images}, file)
    if images and not labels:
        raise ScanError(
            f'"{root.name}" has images but no label file for any of them: YOLO wants labels/a.txt for images/a.png.'
        )
    boxed: list[tuple[Boxed, YoloBoxes]] = []
    for picture in usable_pictures(root, images, gathered, progress):
        label = labels.get(label_name(picture.file))
        try:
            read = _read(root, label, len(names), gathered)
        except ReadError as error:
            gathered.skip(picture.file.name, str(error))
            continue
        entry = Boxed(picture, told_folder_part(picture.file.folders), boxes.table(read.boxes))
        boxed.append((entry, read))
    cut = sum(read.cut for _, read in boxed)
    if cut:
        gathered.find("note", f"Boxes that reach beyond their image are cut at its edge ({cut:,}).")
    if not names:
        most = max((row[4] for _, read in boxed for row in read.boxes), default=0)
        names = tuple(map(str, range(most + 1)))
        gathered.find("note", "No data.yaml or classes.txt names the classes: they go by their numbers.")
    return box_listing(source, root, [entry for entry, _ in boxed], names, gathered)


def label_name(image: Found) -> str:
    """Where the boxes of an image are: the last folder called images becomes labels, the ending .txt."""
    *folders, last = image.name.split("/")
    stem = last[: len(last) - len(image.ending)]
    at = next((n for n in reversed(range(len(folders))) if folders[n] == "images"), None)
    if at is not None:
        folders[at] = "labels"
    return "/".join((*folders, f"{stem}.txt"))


def _label_files(files: Iterable[Found], gathered: Gathered, images: set[str], names: str) -> dict[str, Found]:
    wanted = {label_name(Found(image, 0, 0)) for image in images}
    labels = {}
    for file in files:
        if file.name in images:
            continue
        if file.name in wanted:
            labels[file.name] = file
        elif file.name == names:
            gathered.used(file)
        elif file.ending == ".txt" and file.name not in TEXTS:
            gathered.skip(file.name, "no image belongs to it")
        elif file.ending != ".txt":
            gathered.skip(file.name, unlike_an_image(file))
        else:
            gathered.skip(file.name, f"the class names are in {names}")
    # Empty label files, which the walk passes over, are YOLO's way of saying that an image shows nothing.
    skipped = gathered.skipped.all
    skipped[:] = [s for s in skipped if s.file not in wanted or s.reason != "empty file"]
    return labels


def _read(root: Path, label: Found | None, classes: int, gathered: Gathered) -> YoloBoxes:
    if label is None:
        return YoloBoxes([], 0)

    def leave_out(line: int, reason: str) -> None:
        gathered.leave_out(f"{label.name}, line {line}", reason)

    gathered.used(label)
    return read_labels(file_bytes(root / label.name, MOST_BYTES), classes or MOST_CLASSES, leave_out)
