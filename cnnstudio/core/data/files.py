"""The person's own data: which files, read how. What is in them a scan tells; its facts go along with the source."""

from __future__ import annotations

from typing import Literal, Self

from cnnstudio.core.data.facts import Facts
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.data.sources import SourceSpec
from cnnstudio.core.declare import declared, param

MOST_PATH = 4096


@declared
class FileSource(SourceSpec):
    """Base of sources that are read off disk: a place, and what a scan found there."""

    origin = "own"

    path: str = param("", max=MOST_PATH, help="Folder or file the samples are read from")
    facts: Facts = Facts()
    """Found by the latest scan. No parameter: files keep it beside them, forms do not show it."""

    @property
    def task_found(self) -> Task:
        """What is learned from these files."""
        raise NotImplementedError

    def info(self) -> DataInfo:
        """Task, most frequent shape and classes, as found."""
        task = self.task_found
        classes = () if task is Task.RECONSTRUCTION else self.facts.classes
        return DataInfo(task, self.facts.shape, classes)

    @property
    def sample_count(self) -> int:
        """As found."""
        return self.facts.samples

    @property
    def parts(self) -> tuple[str, ...]:
        """As found."""
        return self.facts.parts

    def problem(self) -> str:
        """Not scanned, or nothing found."""
        if not self.path:
            return "No folder or file is chosen: choose one on the Data page."
        if not self.facts.fingerprint:
            return f'"{self.path}" has not been scanned yet: press Scan on the Data page.'
        return "" if self.facts.samples else f'"{self.path}" holds no sample that can be used: choose another place.'

    def found(self, facts: Facts) -> Self:
        """The same source with the facts of another scan."""
        return self.having("facts", facts)

    def moved(self, path: str) -> Self:
        """The same source at another place; its facts stay until it is scanned there."""
        return self.having("path", path)


@declared
class ImageFolder(FileSource):
    """A folder of images, with one subfolder a class or none."""

    kind = "ImageFolder"
    title = "Image folder"
    note = "One subfolder a class, also below train, validation and test; without subfolders for reconstruction."

    task: Literal["classification", "reconstruction"] = param(
        "classification", help="Name the subfolder that an image lies in, or give the image back"
    )

    @property
    def task_found(self) -> Task:
        """As chosen."""
        return Task(self.task)


@declared
class ImageMasks(FileSource):
    """Images and, under the same names in another folder, masks that name each pixel's class."""

    kind = "ImageMasks"
    title = "Images and masks"
    note = "Two folders with equal file names; a mask holds class numbers, palette entries or one colour a class."

    images: str = param("images", max=MOST_PATH, help="Folder of the images within the chosen folder")
    masks: str = param("masks", max=MOST_PATH, help="Folder of the masks within the chosen folder")

    @property
    def task_found(self) -> Task:
        """Always segmentation."""
        return Task.SEGMENTATION


@declared
class CocoImages(FileSource):
    """Images with boxes in COCO's JSON format."""

    kind = "CocoImages"
    title = "COCO boxes"
    note = "A folder with images and COCO annotation files (.json); one for each part, or one for all."

    annotations: str = param(
        "",
        max=MOST_PATH,
        blank="all there are",
        help="Annotation file within the chosen folder; empty: every .json that is one",
    )
    images: str = param(
        "",
        max=MOST_PATH,
        blank="searched for",
        help="Folder of the images within the chosen folder; empty: searched for",
    )

    @property
    def task_found(self) -> Task:
        """Always detection."""
        return Task.DETECTION


@declared
class YoloImages(FileSource):
    """Images with boxes in YOLO's text format."""

    kind = "YoloImages"
    title = "YOLO boxes"
    note = "Folders images and labels with equal file names, one line a box; class names from data.yaml or classes.txt."

    @property
    def task_found(self) -> Task:
        """Always detection."""
        return Task.DETECTION


@declared
class FileTable(FileSource):
    """A CSV file that lists a file and its label on each line."""

    kind = "FileTable"
    title = "CSV of files and labels"
    note = "Each line names an image or signal file and its label; several labels are separated by | or ;."

    file: str = param(
        "",
        max=200,
        label="File column",
        blank="found by content",
        help="Column with the files; empty: found by its content",
    )
    label: str = param(
        "",
        max=200,
        label="Label column",
        blank="found by content",
        help="Column with the labels; empty: found by its content",
    )
    part: str = param(
        "",
        max=200,
        label="Part column",
        blank="one so named",
        help="Column that says train, validation or test; empty: one so named, if any",
    )
    task: Literal["classification", "multi-label"] = param(
        "classification", help="One class for each sample, or any number of them"
    )

    @property
    def task_found(self) -> Task:
        """As chosen."""
        return Task(self.task)


@declared
class ArrayFile(FileSource):
    """NumPy arrays: samples and, unless they are to be given back, targets."""

    kind = "ArrayFile"
    title = "NumPy arrays"
    note = ".npz with x and y (or x_train, y_train, x_test, y_test), or a single .npy; never pickled objects."

    task: Literal["classification", "multi-label", "segmentation", "reconstruction", "detection"] = param(
        "classification", help="What the targets are: class numbers, several classes, masks, the samples, or boxes"
    )
    rank: Literal["auto", "signals", "images", "volumes", "vectors"] = param(
        "auto", label="Samples are", help="What one sample is; auto: told from the number of axes"
    )

    @property
    def task_found(self) -> Task:
        """As chosen."""
        return Task(self.task)


@declared
class SignalTable(FileSource):
    """A CSV file with one signal a row."""

    kind = "SignalTable"
    title = "CSV of signals"
    note = "Each row is a signal of one or several channels, its label in the first or last column or in none."

    label: Literal["auto", "first", "last", "none"] = param(
        "auto",
        label="Label column",
        help="Where the label stands; none: for reconstruction; auto: by its content",
    )
    channels: int = param(1, min=1, max=1024, help="How many channels a row holds, one after the other")

    @property
    def task_found(self) -> Task:
        """Reconstruction where there is no label."""
        return Task.CLASSIFICATION if self.facts.classes else Task.RECONSTRUCTION


@declared
class SignalFolder(FileSource):
    """A folder of signal files (.csv, .npy, .wav), with one subfolder a class or none."""

    kind = "SignalFolder"
    title = "Signal folder"
    note = "One file a signal, several channels side by side; one subfolder a class. WAV files of one sampling rate."

    task: Literal["classification", "reconstruction"] = param(
        "classification", help="Name the subfolder that a signal lies in, or give the signal back"
    )

    @property
    def task_found(self) -> Task:
        """As chosen."""
        return Task(self.task)
