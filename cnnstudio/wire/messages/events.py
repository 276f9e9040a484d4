"""Worker to window."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cnnstudio.core.data.facts import ScanReport
from cnnstudio.wire.messages.base import Array, Event, Sample


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


class EpochEnd(Event, frozen=True):
    """An epoch is done: training and validation metrics."""

    run: str
    epoch: int
    seconds: float
    metrics: dict[str, float]
    learning_rate: float = 0.0
    """Of its last step."""
    plan: str = ""
    """As RunStarted.plan: what is found out while the first steps are learned is told with the epoch."""


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
    plan: str = ""
    """How steps are computed on this machine, as a short warm-up has chosen, in a few words."""
    history: tuple[EpochEnd, ...] = ()
    """Of a run that is resumed: the epochs that were done before."""
    steps_before: int = 0
    """Of a run that is resumed: steps that were done before, those of a broken epoch counted."""


class RunPaused(Event, frozen=True):
    """The run waits for ContinueRun, ResumeRun or StopRun."""

    run: str
    message: str = ""
    """Why it was not the person who paused it, and what to do: one sentence; "" where it was."""


class RunContinued(Event, frozen=True):
    """A paused run goes on."""

    run: str


class Checkpointed(Event, frozen=True):
    """All that the run needs to go on from here is on disk."""

    lossy: ClassVar[bool] = True
    run: str
    epoch: int
    """The epoch in progress, from 1."""
    step: int
    """Steps done of that epoch."""


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
    learning_rate: float = 0.0
    """Of the last step."""


class RunEnded(Event, frozen=True):
    """The run is over: outcome is "finished" or "stopped"; `test` holds the metrics on the test part."""

    run: str
    outcome: str
    directory: str
    epochs: int
    seconds: float
    test: dict[str, float]
    reason: str = ""
    """Why it ended before its last epoch though nobody stopped it, or which epoch it took: one sentence, or ""."""


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

    @property
    def lane(self) -> str:
        """Each block and sample that is watched has its own."""
        return f"{self.block}/{self.sample.part}/{self.sample.index}"


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
    parts: dict[str, int] = msgspec.field(default_factory=dict)
    """Samples in each part: training, validation, test."""
    class_counts: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)
    """For each part, samples of each class (pixels for segmentation, boxes for detection; () for reconstruction)."""
    names: tuple[str, ...] = ()
    """File of each sample, where the data come from files."""
    indices: tuple[int, ...] = ()
    """Places in the part of those that were asked for by place; () for samples in a row."""


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
    per_class: dict[str, tuple[float, ...]] = msgspec.field(default_factory=dict)
    """Metric -> a value for each class, NaN where it is not defined."""
    scores: Array | None = None
    """float32 (classes, 101): the score from which on boxes count at each recall of `precision`, 0 beyond the last."""


class Preflight(Event, frozen=True):
    """Answer to GetPreflight."""

    request: int
    device: str
    needed: dict[str, int]
    """Bytes by what needs them, as "weights", "optimizer", "activations", "data"."""
    free: int
    """Bytes that can be had on the device; 0 where nobody knows."""
    largest_batch: int
    """The largest batch that fits, at most the training part; 0 where none does."""
    problem: str = ""
    """Why the run would be refused, with the numbers; "" when it fits."""
    seconds_per_epoch: float = 0.0
    """With validation; 0 where it was not measured."""
    plan: str = ""
    """As RunStarted.plan."""
    warning: str = ""
    """What else to know, though the run can start: one sentence, or ""."""
    training_samples: int = 0
    """How many samples are learned from, about or at most; no batch is larger."""


class RatesTried(Event, frozen=True):
    """How far a rate test is; arrays as in RateFound."""

    lossy: ClassVar[bool] = True
    request: int
    rates: Array
    losses: Array
    steps: int
    """Of the whole test."""

    @property
    def lane(self) -> str:
        """Each test has its own."""
        return str(self.request)


class RateFound(Event, frozen=True):
    """Answer to FindRate."""

    request: int
    rates: Array
    """float32 (n,), rising; fewer than asked for where the loss grew beyond sense."""
    losses: Array
    """float32 (n,): the loss of each step's batch, smoothed."""
    suggestion: float
    """The rate at which the loss falls fastest; 0 where it never falls."""
    message: str = ""
    """What is to be known of the suggestion, in one sentence; "" when nothing is."""


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
    prediction: Array | None = None
    """As in FeatureMaps; None where it was not asked for, or the design has no working Output."""


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


class ExportProgress(Event, frozen=True):
    """How far an export is."""

    lossy: ClassVar[bool] = True
    request: int
    stage: str
    """What is being done, in words, as "Comparing"."""
    done: int = 0
    total: int = 0
    """0 where nobody knows how long the stage takes."""

    @property
    def lane(self) -> str:
        """Each export has its own."""
        return str(self.request)


class Exported(Event, frozen=True):
    """Answer to ExportRun: the file was opened again by its own runtime and compared on held-out samples."""

    request: int
    path: str
    bytes: int
    """Of all that is needed to use it: for a folder of its files, for OpenVINO of both."""
    max_abs_difference: float | None
    """Largest difference of any output; None where nothing can be predicted with the file."""
    agreement: float | None
    """Share of equal predictions: classes, or cells with an object, or values of samples as 8 bits have them."""
    samples: int = 0
    """How many were compared."""
    stand_in: bool = False
    """Whether they are noise, because the person's files are gone."""
    runtime: str = ""
    files: tuple[str, ...] = ()
    """What was written beside it: the sidecar, the example."""
    metric: str = ""
    """What quality is measured by, for a quantised form; "" where it was not measured."""
    quality_before: float | None = None
    quality_after: float | None = None
    bytes_before: int = 0
    """Of the same form without quantisation; 0 where it was not made."""
    notes: tuple[str, ...] = ()
    """What is different in the file, and why: a sentence each."""


class Failed(Event, frozen=True):
    """A request could not be met: one sentence for the person."""

    request: int
    message: str
    details: str = ""
