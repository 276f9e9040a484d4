"""A folder with images and COCO annotation files: one for each part, or one for all."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.data.facts import PARTS
from cnnstudio.engine.scan import boxes
from cnnstudio.engine.scan.box_listing import Boxed, box_listing
from cnnstudio.engine.scan.coco import Coco, CocoImage, is_coco, missing_file, read_coco
from cnnstudio.engine.scan.gathering import Gathered
from cnnstudio.engine.scan.image_file import ENDINGS
from cnnstudio.engine.scan.listing import ScanError
from cnnstudio.engine.scan.part_words import told_folder_part, told_part
from cnnstudio.engine.scan.picture_files import usable_pictures
from cnnstudio.engine.scan.pictures import unlike_an_image
from cnnstudio.engine.scan.walk import Found, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.data.files import CocoImages
    from cnnstudio.engine.scan.listing import Listing, Progress


class _Named(NamedTuple):
    """An image as an annotation file names it, and its file."""

    image: CocoImage
    file: Found
    part: int
    source: str
    classes: list[int]
    """Of each of the annotation file's classes, the class of all files together."""


def scan_coco(source: CocoImages, progress: Progress) -> Listing:
    """Read the annotations, then look at the images they name. Raises ScanError."""
    chosen = Path(source.path).expanduser()
    root = chosen.parent if chosen.suffix.lower() == ".json" else chosen
    wanted = chosen.name if root != chosen else source.annotations
    walked = walk(root, progress)
    gathered = Gathered(root, walked.skipped)
    pictures = _Pictures(walked.files, source.images.strip("/"))
    classes: dict[str, int] = {}
    named: list[_Named] = []
    for file in _annotation_files(walked.files, root, wanted, gathered):
        progress(0, 0)
        coco = read_coco(root / file.name, gathered.skip, gathered.leave_out)
        gathered.used(file)
        named += _named(coco, file, classes, pictures, gathered)
        _remark(coco, file.name, gathered)
    for image in pictures.unnamed(n.file.name for n in named):
        gathered.skip(image.name, "no annotation file names it")
    return box_listing(source, root, _boxed(root, named, gathered, progress), tuple(classes), gathered)


def _annotation_files(files: Iterable[Found], root: Path, wanted: str, gathered: Gathered) -> list[Found]:
    found = []
    for file in files:
        if file.ending in ENDINGS:
            continue
        if file.name == wanted or (not wanted and file.ending == ".json" and is_coco(root / file.name)):
            found.append(file)
        else:
            gathered.skip(file.name, "not an annotation file" if file.ending == ".json" else unlike_an_image(file))
    if not found:
        what = f'no file "{wanted}"' if wanted else "no COCO annotation file (.json)"
        raise ScanError(f'"{root.name}" holds {what}: choose the folder with the images and their annotations.')
    # Key points and captions of the same images lie beside COCO's boxes.
    boxed = [f for f in found if f.name.rpartition("/")[2].startswith("instances")]
    for file in found:
        if boxed and file not in boxed:
            gathered.skip(file.name, "the boxes are in the files called instances")
    return boxed or found


def _named(coco: Coco, file: Found, classes: dict[str, int], pictures: _Pictures, gathered: Gathered) -> list[_Named]:
    index = [classes.setdefault(name, len(classes)) for name in coco.classes]
    part = told_part(file.name.rpartition("/")[2])
    number = PARTS.index(part) if part else told_folder_part(file.folders)
    named = []
    for image in coco.images:
        found = pictures.find(image.file, file, number)
        if isinstance(found, str):
            gathered.skip(image.file, found)
        else:
            named.append(_Named(image, found, number, file.name, index))
    return named


class _Pictures:
    """Finds the file of an image that an annotation file names."""

    def __init__(self, files: Iterable[Found], folder: str) -> None:
        within = f"{folder}/" if folder else ""
        self._all = [f for f in files if f.ending in ENDINGS and f.name.startswith(within)]
        self._by_path = {f.name: f for f in self._all}
        self._by_last: defaultdict[str, list[Found]] = defaultdict(list)
        for file in self._all:
            self._by_last[file.name.rpartition("/")[2]].append(file)
        self._within = within

    def find(self, name: str, beside: Found, part: int) -> Found | str:
        """The file, or the reason why there is none: beside the annotations, in the folder, or anywhere below it."""
        folder = "/".join(beside.folders)
        for path in (f"{self._within}{name}", f"{folder}/{name}", name):
            if path in self._by_path:
                return self._by_path[path]
        found = [f for f in self._by_last[name.rpartition("/")[2]] if f"/{f.name}".endswith(f"/{name}")]
        if len(found) > 1:
            found = [f for f in found if told_folder_part([told_part(w) for w in f.folders]) == part] or found
        if len(found) > 1:
            return f"{len(found)} files have that name: choose the folder of the images"
        return found[0] if found else missing_file(name, [f.name for f in self._all[:1000]])

    def unnamed(self, names: Iterable[str]) -> list[Found]:
        """The pictures that are not among these."""
        known = set(names)
        return [f for f in self._all if f.name not in known]


def _boxed(root: Path, named: list[_Named], gathered: Gathered, progress: Progress) -> list[Boxed]:
    files = {n.file.name: n.file for n in named}
    usable = {p.file.name: p for p in usable_pictures(root, list(files.values()), gathered, progress)}
    boxed = []
    for entry in named:
        picture = usable.get(entry.file.name)
        if picture is None:
            continue
        height, width, _ = picture.head.shape
        if (width, height) != (entry.image.width, entry.image.height):
            gathered.skip(
                entry.file.name,
                f"it has {width:,} × {height:,} pixels, but {entry.source} says "
                f"{entry.image.width:,} × {entry.image.height:,}",
            )
            continue
        rows = [(*row[:4], entry.classes[row[4]]) for row in entry.image.boxes]
        boxed.append(Boxed(picture, entry.part, boxes.table(rows)))
    return boxed


def _remark(coco: Coco, file: str, gathered: Gathered) -> None:
    if coco.crowds:
        gathered.find("note", f"{file}: boxes round whole crowds (iscrowd) are left out ({coco.crowds:,}).")
    if coco.cut:
        gathered.find("note", f"{file}: boxes that reach beyond their image are cut at its edge ({coco.cut:,}).")
