"""Inspection: pinned samples, and questions to a network with their answers."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from cnnstudio.wire.messages.base import Array, Command, Event, Sample

Setting: TypeAlias = bool | int | float | str
"""Value of a parameter of a method."""
PINNED = "pinned"
"""Part of a `Sample` that stands for a pinned one; its index is the pin."""


class PinSample(Command, frozen=True, kw_only=True):
    """Prepare a sample that is not of the data as training prepares its own, and hold it. Answer: Pinned or Failed.

    From then on `Sample(PINNED, pin)` stands for it in every other command. It comes from the file `path`, or is
    `values` as a file would hold them: (..., channels), or without channels where the network has one.
    """

    request: int
    pin: int
    experiment: str
    directory: str = ""
    """Run folder whose preparation to use; "" for that of the experiment's data."""
    path: str = ""
    number: int = 0
    """Of a file that holds several samples: which of them, from 0."""
    values: Array | None = None


class UnpinSample(Command, frozen=True):
    """Let go of a pinned sample."""

    pin: int


class KeepProbes(Command, frozen=True):
    """Keep what every block makes of these samples in the timelines of this run and later ones, the first one first.

    Without any it is the first sample of validation.
    """

    samples: tuple[Sample, ...]


class NetworkQuestion(Command, frozen=True, kw_only=True):
    """Asks something of the network of `experiment`, untrained, or with the weights of a run where they fit.

    While a run is under way it answers between its steps, if it trains that design. ExplanationProgress comes as it
    goes on, then the answer or Failed.
    """

    request: int
    experiment: str
    directory: str = ""
    """Run folder whose last weights to take, "" for none."""


class CancelQuestion(Command, frozen=True):
    """End the work on a network question; it answers Failed."""

    request: int


class Explain(NetworkQuestion, frozen=True, kw_only=True):
    """Ask for an explanation by one of the methods in `core.explaining`. Answer: Explained."""

    method: str
    sample: Sample
    block: str = ""
    channel: int = -1
    """Channel of the block, for methods that are about one; -1: all of them."""
    target: int = -1
    """Class to explain; -1: the one that the network gives, or, where the task has no classes, the whole output."""
    settings: dict[str, Setting] = msgspec.field(default_factory=dict)
    """Of the method, by name; what is missing has its default."""


class GetKernels(NetworkQuestion, frozen=True, kw_only=True):
    """Ask for the weights of a convolution. Answer: Kernels."""

    block: str


class FindExciting(NetworkQuestion, frozen=True, kw_only=True):
    """Ask which samples of a part excite a channel most. Answer: Exciting."""

    block: str
    channel: int
    part: str = "training"
    count: int = 16


class GetShiftResponse(NetworkQuestion, frozen=True, kw_only=True):
    """Ask how every block's result changes when the input moves by -most to most places. Answer: ShiftResponse."""

    sample: Sample
    axis: int = -1
    """Spatial axis along which it moves, as in Python; what moves in is the value of the edge."""
    most: int = 8


class GetJudgements(NetworkQuestion, frozen=True, kw_only=True):
    """Ask how the network does on every single sample of a part. Answer: Judgements."""

    part: str = "validation"
    threshold: float = 0.5
    """The score from which on an answer counts, where there can be several: several classes, and detection."""


class Pinned(Event, frozen=True):
    """Answer to PinSample."""

    request: int
    pin: int
    inputs: Array
    """float32 with the input's shape, as the network sees it."""
    name: str = ""
    """File that it comes from."""
    total: int = 1
    """Samples in that file."""


class Judgements(Event, frozen=True):
    """Answer to GetJudgements; one entry for each sample of the part, in its order."""

    request: int
    part: str
    losses: Array
    """float32 (n,): the loss of each sample alone."""
    truths: Array
    """int32 (n,) classes for classification; (n, 0) for other tasks."""
    answers: Array
    """The same as the network says."""
    numbers: dict[str, Array] = msgspec.field(default_factory=dict)
    """What else the task tells of each sample: float32 (n,), as "confidence", "mean_iou", "missed", "false"."""
    pairs: Array | None = None
    """int32 (m, 4) where a sample has several answers: sample, true class, class that is answered, how often.

    Counted are cells of masks, boxes, and classes of a sample. The number of classes in place of a class stands for
    none: what was missed, or answered where nothing is. None for other tasks."""


class ExplanationProgress(Event, frozen=True):
    """How far the work on a question is."""

    lossy: ClassVar[bool] = True
    request: int
    done: int
    total: int
    picture: Array | None = None
    """What has been found so far, as in the answer, where there is something to see."""
    judged: Judgements | None = None
    """The same of GetJudgements: of the first `done` samples of the part. Comes now and then only, as it grows."""

    @property
    def lane(self) -> str:
        """Each question has its own."""
        return str(self.request)


class Explained(Event, frozen=True):
    """Answer to Explain."""

    request: int
    method: str
    block: str
    target: int
    """The class that was explained; -1 where there are none."""
    trained: bool
    picture: Array
    """float32 with the input's spatial shape (how much each place counts), or with the whole shape of the input for
    methods that make a sample."""
    numbers: dict[str, float] = msgspec.field(default_factory=dict)
    """What the method says beside its picture, as "score" or "gap"."""


class Kernels(Event, frozen=True):
    """Answer to GetKernels."""

    request: int
    block: str
    trained: bool
    kernels: Array
    """float32 (sizes..., channels in, channels out), as Keras lays them out for a plain convolution."""
    start: Array
    """The same before the first step."""


class Exciting(Event, frozen=True):
    """Answer to FindExciting: the samples with the largest values, best first."""

    request: int
    block: str
    channel: int
    part: str
    indices: Array
    """int32 (n,): place in the part."""
    values: Array
    """float32 (n,): the largest value of the channel for each."""
    cells: Array
    """int32 (n, spatial axes of the block): where in the map it is."""
    inputs: Array
    """float32 (n, ...) with the input's shape."""


class ShiftResponse(Event, frozen=True):
    """Answer to GetShiftResponse."""

    request: int
    shifts: Array
    """int32 (n,)."""
    blocks: tuple[str, ...]
    changes: Array
    """float32 (blocks, n): the distance of a block's result to that without shift, as a share of the latter's norm."""
    predictions: Array
    """float32 (n, classes): as FeatureMaps.prediction; (n, 0) where the task has no classes for a whole sample."""


class Recorded(Event, frozen=True):
    """Another moment of the run under way is in its timeline on disk."""

    lossy: ClassVar[bool] = True
    run: str
    moments: int
    """How many there are now."""
    problem: str = ""
    """Why the latest one is missing, as on a full disk; "" where it is there."""
