"""Window to worker."""

from __future__ import annotations

from cnnstudio.wire.messages.base import Array, Command, Sample


class StartRun(Command, frozen=True):
    """Train the experiment (its JSON text) into the run folder `directory`, which the worker creates."""

    run: str
    directory: str
    experiment: str
    parent: str = ""
    """Name of the folder of the run before, of which this experiment is a changed copy; "" for none."""


class ResumeRun(Command, frozen=True):
    """Go on with the run in the folder `directory` from its last checkpoint, to the end of its recipe.

    `more` adds epochs to those it was to have, or, where it stopped early or by hand, to those it has done.
    """

    run: str
    directory: str
    more: int = 0


class PauseRun(Command, frozen=True):
    """Hold the run after the current batch, with a checkpoint on disk. Answer: RunPaused."""

    run: str


class ContinueRun(Command, frozen=True):
    """Let a paused run go on. Answer: RunContinued."""

    run: str


class StopRun(Command, frozen=True):
    """End the run after the current batch, or with the epoch; what has been learned is kept."""

    run: str
    after_epoch: bool = False


class Watch(Command, frozen=True):
    """Send feature maps of this block for this sample, at most `hertz` times a second; block "" stops it.

    Each `view` of the window has a watch of its own, which another one with the same number replaces.
    """

    block: str
    sample: Sample
    hertz: float = 10.0
    view: int = 0


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
    indices: tuple[int, ...] = ()
    """Places in the part, in any order, in place of `start` and `count`; what lies beyond its end is left out."""


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


class GetPreflight(Command, frozen=True):
    """Ask what a run of the experiment would need and take, before it is started. Answer: Preflight or Failed.

    `measure`: build the network and train some steps, nothing of which is kept, to tell the seconds of an epoch.
    """

    request: int
    experiment: str
    measure: bool = True


class FindRate(Command, frozen=True):
    """Try learning rates from `low` to `high`, rising with each step, on a fresh network of which nothing is kept.

    Answer: RatesTried as it goes on, then RateFound or Failed. After Smith, "Cyclical Learning Rates for Training
    Neural Networks" (WACV 2017).
    """

    request: int
    experiment: str
    low: float = 1e-6
    high: float = 1.0
    steps: int = 100


class CancelTrial(Command, frozen=True):
    """End the preflight or rate test that answers this request; it answers Failed."""

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
    """Write a network in one of the forms of `core.exporting`. ExportProgress comes as it goes on, then Exported or
    Failed; CancelQuestion ends it before its next stage.
    """

    request: int
    directory: str
    """Run folder whose network it is; "" for that of `experiment`, with the weights that it starts from."""
    format: str
    path: str
    experiment: str = ""
    """JSON text; for a run its own folder has it."""
    quantise: str = "none"
    weights: str = "last"
    """Of a run: "last" or "best"."""
    example: bool = True
    """Whether an example program is written beside the file, where there can be one."""


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
    view: int = 0
    """Who asks, as in Watch: what one asks anew takes the place of what it asked before."""


class WatchPreviews(Command, frozen=True):
    """Send Previews (with request 0) of the run under way, at most `hertz` times a second; 0 stops it.

    Of several views that watch, the one that said so last is served.
    """

    sample: Sample
    hertz: float = 1.0
    size: int = 48
    view: int = 0
    """Who watches, as in Watch."""


class GetMaps(Command, frozen=True):
    """Ask for the maps of one block for one sample, of a network as in GetPreviews. Answer: Maps or Failed."""

    request: int
    experiment: str
    block: str
    sample: Sample
    directory: str = ""
    predict: bool = True
    """Say what the network answers, too; without it nothing behind the block is computed."""


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
