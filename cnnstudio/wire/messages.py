"""The messages between window and worker. A new message is one type here and one handler where it arrives.

`Command` goes to the worker, `Event` comes from it. A lossy event may be dropped when a newer one of its type (and
`lane`) waits to be sent; all others arrive, in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

import msgspec

from cnnstudio.core.data.facts import ScanReport

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, Any]
else:

    class _ArrayType(type):
        def __instancecheck__(cls, value: object) -> bool:
            return is_array(value)

    class Array(metaclass=_ArrayType):
        """Stands for numpy.ndarray in message types, so that numpy is imported only when an array arrives."""


def is_array(value: object) -> bool:
    """Whether `value` is a numpy array, found out without importing numpy."""
    kind = type(value)
    return (kind.__module__, kind.__name__) == ("numpy", "ndarray")


PROTOCOL = 2
"""Raised when a message changes in a way the other side could misread."""


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Base of everything on the wire."""

    lossy: ClassVar[bool] = False

    @property
    def lane(self) -> str:
        """What a newer lossy message of this type must agree with to replace this one."""
        return ""


class Command(Message, frozen=True):
    """Window to worker."""


class Event(Message, frozen=True):
    """Worker to window."""


class Sample(msgspec.Struct, frozen=True):
    """One sample of the data: part is "training", "validation" or "test"; index counts within the part."""

    part: str = "validation"
    index: int = 0


# Window to worker


class StartRun(Command, frozen=True):
    """Train the experiment (its JSON text) into the run folder `directory`, which the worker creates."""

    run: str
    directory: str
    experiment: str
    device: str = "auto"


class StopRun(Command, frozen=True):
    """End the run after the current batch; what has been learned is kept."""

    run: str


class Watch(Command, frozen=True):
    """Send feature maps of this block for this sample, at most `hertz` times a second; block "" stops it."""

    block: str
    sample: Sample
    hertz: float = 10.0


class GetSamples(Command, frozen=True):
    """Ask for samples of the experiment's data, to show and to choose from. Answer: Samples or Failed."""

    request: int
    experiment: str
    part: str = "validation"
    start: int = 0
    count: int = 48
    edge: int = 0
    """Images are made smaller until no edge is longer than this; 0: as the network sees them."""
    epoch: int = 0
    """Varied as training does in this epoch, from 1; 0: not varied."""


class ScanSource(Command, frozen=True):
    """Look through the files of a source. Answer: ScanProgress as it goes on, then Scanned or Failed."""

    request: int
    source: str
    """JSON text of the source; where its kind is "" the worker tells the kind from what lies at `path`."""
    path: str = ""
    fresh: bool = False
    """Look again even where an earlier scan is still true."""


class CancelScan(Command, frozen=True):
    """End the scan that answers this request; it answers Failed."""

    request: int


class GetDecoded(Command, frozen=True):
    """Ask what comes out when a block gives these values in place of its own. Answer: Decoded or Failed.

    For moving through the bottleneck of an autoencoder; the network is that of the run folder `directory`.
    """

    request: int
    experiment: str
    directory: str
    block: str
    values: Array
    """float32 with the shape of the block's output."""


class ExportRun(Command, frozen=True):
    """Write the trained model of a run folder to `path`. Answer: Exported or Failed."""

    request: int
    directory: str
    """"" to write the model of `experiment` with the imported weights that it starts from."""
    format: str
    path: str
    experiment: str = ""
    """JSON text; for a run its own folder has it."""


class GetPreviews(Command, frozen=True):
    """Ask for a small picture of every block's maps for one sample. Answer: Previews or Failed.

    The network is that of `experiment`, untrained, or with the weights of the run folder `directory` where they fit.
    """

    request: int
    experiment: str
    sample: Sample
    directory: str = ""
    size: int = 48
    """Edge of a picture in pixels."""


class WatchPreviews(Command, frozen=True):
    """Send Previews (with request 0) of the run under way, at most `hertz` times a second; 0 stops it."""

    sample: Sample
    hertz: float = 1.0
    size: int = 48


class GetMaps(Command, frozen=True):
    """Ask for the maps of one block for one sample, of a network as in GetPreviews. Answer: Maps or Failed."""

    request: int
    experiment: str
    block: str
    sample: Sample
    directory: str = ""


class GetEffectiveField(Command, frozen=True):
    """Ask what a cell of a block's maps really depends on, of a network as in GetPreviews.

    Answer: EffectiveField or Failed.
    """

    request: int
    experiment: str
    block: str
    cell: tuple[int, ...]
    """One index for each spatial axis of the block's maps; () for a block without maps."""
    sample: Sample
    directory: str = ""


# Worker to window


class Device(msgspec.Struct, frozen=True):
    """A device that can train: id is "cpu" or "gpu:0"."""

    id: str
    name: str


class Hello(Event, frozen=True):
    """First message: TensorFlow is loaded and the worker is ready."""

    protocol: int
    versions: dict[str, str]
    devices: tuple[Device, ...]
    pid: int


class Heartbeat(Event, frozen=True):
    """Sent every second, from a thread that training does not block; `step` stands still when training hangs."""

    lossy: ClassVar[bool] = True
    step: int


class RunStarted(Event, frozen=True):
    """The model is built and the data are split."""

    run: str
    directory: str
    name: str
    epochs: int
    steps_per_epoch: int
    batch_size: int
    parts: dict[str, int]
    """Number of samples in each part."""
    params: int
    device: str
    metrics: tuple[str, ...]
    """Names of the metrics of training, the loss first."""
    judged: tuple[str, ...] = ()
    """Names of the metrics of validation ("val_" stands in front of them elsewhere) and test, the loss first."""
    start: str = ""
    """What training starts from, in one sentence without its full stop; "" for fresh weights."""


class Progress(Event, frozen=True):
    """Where training is, sent some times a second; metrics are running means over the epoch so far."""

    lossy: ClassVar[bool] = True
    run: str
    epoch: int
    """From 1."""
    step: int
    """From 1, within the epoch."""
    seconds: float
    """Since the run started."""
    metrics: dict[str, float]
    samples_per_second: float


class EpochEnd(Event, frozen=True):
    """An epoch is done: training and validation metrics."""

    run: str
    epoch: int
    seconds: float
    metrics: dict[str, float]


class RunEnded(Event, frozen=True):
    """The run is over: outcome is "finished" or "stopped"; `test` holds the metrics on the test part."""

    run: str
    outcome: str
    directory: str
    epochs: int
    seconds: float
    test: dict[str, float]


class RunFailed(Event, frozen=True):
    """The run could not go on: one sentence for the person, and the details for a report."""

    run: str
    message: str
    details: str = ""


class FeatureMaps(Event, frozen=True):
    """Every feature map of one block for one sample, after `step` steps of training (0: untrained).

    `maps` is uint8 of shape (channels, height, width) for images, (channels, length) for signals, (channels,) for
    vectors and (channels, depth, height, width) for volumes; value = low[c] + maps[c] / 255 * (high[c] - low[c]).
    """

    lossy: ClassVar[bool] = True
    run: str
    block: str
    sample: Sample
    epoch: int
    step: int
    maps: Array
    low: Array
    high: Array
    """float32, one per channel."""
    prediction: Array
    """The network's answer for the sample, by task: float32 (classes,) shares or, for several classes, chances;
    int32 mask; float32 sample; float32 (boxes, 6): left, top, right, bottom, class, score, best first."""


class WatchFailed(Event, frozen=True):
    """The watched block or sample is not in the model or the data of the run: one sentence for the person."""

    run: str
    block: str
    message: str


class Samples(Event, frozen=True):
    """Answer to GetSamples."""

    request: int
    part: str
    start: int
    total: int
    """Samples in the part."""
    inputs: Array
    """float32, (n, ...) with the input's shape."""
    targets: Array
    """int32 class indices (n,), 0 or 1 for each class (n, classes), or masks (n, height, width); float32 (n, ...) for
    reconstruction and (n, most boxes, 5) for detection: left, top, right, bottom as shares of the size, and the class,
    -1 where there is none."""
    parts: dict[str, int] = {}
    """Samples in each part: training, validation, test."""
    class_counts: dict[str, tuple[int, ...]] = {}
    """For each part, samples of each class (pixels for segmentation, boxes for detection; () for reconstruction)."""
    names: tuple[str, ...] = ()
    """File of each sample, where the data come from files."""


class ScanProgress(Event, frozen=True):
    """How far a scan is; `total` is 0 while files are still being counted."""

    lossy: ClassVar[bool] = True
    request: int
    done: int
    total: int

    @property
    def lane(self) -> str:
        """Each scan has its own."""
        return str(self.request)


class Scanned(Event, frozen=True):
    """Answer to ScanSource."""

    request: int
    source: str
    """JSON text of the source with its facts, and its kind where the worker told it."""
    report: ScanReport
    preparation: str = "{}"
    """JSON of the parameters of the preparation that suits these samples, where sizes have to be settled."""


class Evaluation(Event, frozen=True):
    """How the network did on a part: on validation at the end of an epoch, on test at the end of the run."""

    run: str
    epoch: int
    part: str
    metrics: dict[str, float]
    """The loss first."""
    confusion: Array
    """int64 (classes, classes): rows are the truth, columns the answers; (0, 0) where there is none."""
    precision: Array
    """float32 (classes, 101): detection's precision at recall 0, 0.01, ... 1; (0, 101) for other tasks."""
    per_class: dict[str, tuple[float, ...]] = {}
    """Metric -> a value for each class, NaN where it is not defined."""
    scores: Array | None = None
    """float32 (classes, 101): the score from which on boxes count at each recall of `precision`, 0 beyond the last."""


class Decoded(Event, frozen=True):
    """Answer to GetDecoded: the network's output, float32."""

    request: int
    output: Array


class Previews(Event, frozen=True):
    """Small pictures of blocks' maps: the answer to GetPreviews, or sent for WatchPreviews."""

    lossy: ClassVar[bool] = True
    request: int
    """0: of the run under way."""
    run: str
    """Run whose weights were used, "" for an untrained network."""
    blocks: tuple[str, ...]
    pictures: Array
    """uint8 (blocks, size, size): channels side by side for maps, lines for signals, bars for vectors.

    0 stands where there is nothing, 1 to 255 from low to high. Blocks that have no output are not among them."""

    @property
    def lane(self) -> str:
        """Each request gets its answer."""
        return str(self.request)


class Maps(Event, frozen=True):
    """Answer to GetMaps; `maps`, `low` and `high` as in FeatureMaps."""

    request: int
    block: str
    sample: Sample
    trained: bool
    """Whether the weights are those of a run."""
    input: Array
    """float32: the sample itself."""
    maps: Array
    low: Array
    high: Array


class EffectiveField(Event, frozen=True):
    """Answer to GetEffectiveField: the absolute gradient of the cell, summed over channels, with respect to the input.

    After Luo, Li, Urtasun and Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural
    Networks" (NeurIPS 2016).
    """

    request: int
    block: str
    cell: tuple[int, ...]
    trained: bool
    field: Array
    """float32, the input's spatial shape, scaled to a largest value of 1; all 0 where nothing reaches the cell."""


class Exported(Event, frozen=True):
    """Answer to ExportRun: the file was opened again by its own runtime and compared on held-out samples."""

    request: int
    path: str
    bytes: int
    max_abs_difference: float
    agreement: float
    """Share of samples with the same predicted class (of equal outputs to 1e-5, where there are no classes)."""


class Failed(Event, frozen=True):
    """A request could not be met: one sentence for the person."""

    request: int
    message: str
    details: str = ""


AnyCommand: TypeAlias = Annotated[
    StartRun | StopRun | Watch | GetSamples | ExportRun | GetPreviews | WatchPreviews | GetMaps | GetEffectiveField
    | ScanSource | CancelScan | GetDecoded,
    msgspec.Meta(title="command"),
]  # fmt: skip
AnyEvent: TypeAlias = Annotated[
    Hello | Heartbeat | RunStarted | Progress | EpochEnd | RunEnded | RunFailed | FeatureMaps | WatchFailed
    | Samples | Exported | Failed | Previews | Maps | EffectiveField | ScanProgress | Scanned | Evaluation | Decoded,
    msgspec.Meta(title="event"),
]  # fmt: skip
