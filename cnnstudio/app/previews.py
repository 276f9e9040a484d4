"""Live previews: keeps the pictures on the canvas's cards in step with the design, the sample and the run.

The worker is asked only while the canvas is in sight, for one set of pictures at a time, and after the person has
paused. While a run goes on nothing is asked: the run sends pictures of itself, and cards of blocks that it does not
have, or that read other blocks by now, show none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

from cnnstudio.app.canvas.thumbnails import Ink, PreviewNote, ink_for, painted
from cnnstudio.app.theme import themes
from cnnstudio.core.analysis.tracing import same_results, trace
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import Failed, GetMaps, GetPreviews, Previews, WatchPreviews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPixmap

    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.worker_client import Answer, WorkerClient
    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.wire.messages import Event, Sample
    from cnnstudio.wire.run_state import RunState

PAUSE_MS = 250
"""How long no edit may have come before the worker is asked."""
HERTZ = 1.0
SIZE = 44
"""Edge of a card's picture in pixels at a zoom of 100 %; it is asked for twice as fine, for closer looks."""
_CROWD = 200
"""With more blocks than this, pictures are no finer than the card shows them, as they would take megabytes, and the
worker, which takes seconds to build the network, is asked after a longer pause."""
_NO_WORKER = "Live previews need the worker: Train starts a new one."
_FOREIGN = "Live previews come back when the run of the other experiment is over."
_CHANGED = "Blocks that are not in the run under way show pictures when it is over."


@dataclass(frozen=True)
class _Wish:
    """What pictures depend on. Equal wishes have equal pictures; blocks that did not change are the same objects."""

    blocks: tuple[BlockTrace, ...]
    data: DataRecipe
    seed: int
    weights: str
    sample: Sample
    directory: str
    """Folder of the run whose weights to take, "" for a network that has not been trained."""
    size: int


class LivePreviews(QObject):
    """Asks for pictures and puts them on the cards."""

    changed = Signal()
    """Whether previews are on, the sample, or `reason` has changed."""

    def __init__(
        self,
        bridge: DocumentBridge,
        run: RunController,
        worker: WorkerClient,
        canvas: CanvasView,
        *,
        enabled: bool,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._run, self._worker, self._canvas = bridge, run, worker, canvas
        self._enabled = enabled
        self._reason = ""
        self._asked: tuple[int, _Wish] | None = None
        """The request under way."""
        self._shown: _Wish | None = None
        """What the cards show, or what could not be met."""
        self._watched: WatchPreviews | None = None
        """What the worker was told to watch of a run."""
        self._run_trace: tuple[Experiment, Trace] | None = None
        self._latest: Previews | None = None
        self._painted: dict[str, tuple[bytes, Ink, QPixmap]] = {}
        self._note = PreviewNote(canvas)
        self._names: Mapping[str, str] = {}
        """Block of the design -> the block of `_latest` that stands for it."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._refresh)
        canvas.installEventFilter(self)
        bridge.changed.connect(self._follow_design)
        bridge.probe.changed.connect(self._follow_sample)
        run.changed.connect(self._follow_run)
        worker.state_changed.connect(self._follow_worker)
        worker.received.connect(self._take)
        themes.changed.connect(self._repaint)
        self._show()

    @property
    def enabled(self) -> bool:
        """Whether cards show pictures."""
        return self._enabled

    @property
    def sample(self) -> Sample:
        """The sample that the pictures are of."""
        return self._bridge.probe.sample

    @property
    def reason(self) -> str:
        """Why there are no pictures: one sentence; "" while there are."""
        return self._reason if self._enabled else ""

    @property
    def origin(self) -> str:
        """Which weights the pictures are of: "untrained", "training, epoch 3", "trained, epoch 15"."""
        if self._latest is None:
            return ""
        if not self._latest.run:
            return "imported weights" if self._bridge.experiment.weights else "untrained"
        state = self._run.state
        epoch = state.epoch if state.run == self._latest.run else 0
        verb = "training" if state.active and epoch else "trained"
        return f"{verb}, epoch {epoch:,}" if epoch else "untrained" if state.active else "trained"

    @property
    def words(self) -> str:
        """Of which network and which sample the pictures are: "untrained · validation sample 0"."""
        return f"{self.origin} · {self._bridge.probe.words}"

    def name_in_pictures(self, block: str) -> str:
        """The id under which a block of the design is in the network shown; "" where it is not in it."""
        return self._names.get(block, "")

    def ask_maps(self, block: str, answer: Answer) -> bool:
        """Ask for all maps of a block, of the network and sample that the cards show. False: there are none to ask for.

        `answer` receives Maps, for the block's `name_in_pictures`, or Failed.
        """
        latest, then = self._latest, self.name_in_pictures(block)
        of_run = self._run.experiment if latest is not None and latest.run else None
        if latest is None or not then or self._worker.state not in ("ready", "busy"):
            return False
        text, sample = write_experiment(of_run or self._bridge.experiment), self.sample
        directory = self._run.trained_directory if of_run is not None else ""
        self._worker.request(lambda number: GetMaps(number, text, then, sample, directory, False), answer)
        return True

    def toggle(self) -> None:
        """Turn the pictures off, or on again."""
        self._enabled = not self._enabled
        self._shown = None
        self._show()
        self._note.explain(self.reason)
        self._refresh()
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin when the canvas comes into sight, and end when it goes."""
        if watched is self._canvas and event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._timer.start(0)  # by then it is, or is not, visible
        return super().eventFilter(watched, event)

    # What makes a difference

    def _follow_design(self, change: Change) -> None:
        if self._run.state.active:
            self._show_latest()
        self._timer.start(PAUSE_MS if len(change.trace.blocks) <= _CROWD else 4 * PAUSE_MS)

    def _follow_sample(self) -> None:
        self._refresh()
        self.changed.emit()

    def _follow_run(self, state: RunState) -> None:
        self._refresh()

    def _follow_worker(self, state: str) -> None:
        if state in ("starting", "lost", "stopped"):
            self._watched = None
            self._asked = None
        self._refresh()

    # Asking

    @property
    def _in_sight(self) -> bool:
        return self._enabled and self._canvas.isVisible()

    def _refresh(self) -> None:
        """Ask for what should be shown now, unless it is shown or asked for already."""
        ready = self._worker.state in ("ready", "busy")
        live = self._in_sight and self._run.state.active and not self._run.is_foreign
        if ready:
            self._tell(WatchPreviews(self.sample, HERTZ, self._size) if live else None)
        if not self._in_sight:
            return
        if not ready:
            loading = self._worker.state == "starting"  # the run strip says so, and pictures come by themselves
            self._say("" if loading else _NO_WORKER)
        elif not self._run.state.active:
            self._ask(self._wish())
            if self._reason in (_NO_WORKER, _FOREIGN):
                self._say("")
        elif not live:
            self._say(_FOREIGN)

    def _tell(self, watch: WatchPreviews | None) -> None:
        if watch != self._watched:
            self._watched = watch
            self._shown = None
            self._worker.send(watch or WatchPreviews(self.sample, 0.0, self._size))

    def _ask(self, wish: _Wish) -> None:
        if self._asked is not None or wish == self._shown:
            return  # an answer that is on its way asks again where it is stale
        trained = self._run.experiment if wish.directory else None
        text = write_experiment(trained or self._bridge.experiment)
        try:
            number = self._worker.request(
                lambda n: GetPreviews(n, text, wish.sample, wish.directory, wish.size), self._answer
            )
        except FrameError as error:
            self._give_up(wish, f"No previews: {error}")
            return
        self._asked = (number, wish)

    def _wish(self) -> _Wish:
        experiment = self._bridge.experiment
        blocks = tuple(self._bridge.trace.blocks.values())
        directory = self._run.trained_directory if self._run_names(whole=True) else ""
        seed, weights = experiment.training.seed, experiment.weights
        return _Wish(blocks, experiment.data, seed, weights, self.sample, directory, self._size)

    @property
    def _size(self) -> int:
        crowded = len(self._bridge.trace.blocks) > _CROWD
        return round((SIZE if crowded else 2 * SIZE) * self._canvas.devicePixelRatioF())

    def _run_names(self, *, whole: bool) -> Mapping[str, str]:
        """Blocks that compute what they do in the latest run -> their ids there; none if `whole` and one does not."""
        experiment, now = self._run.experiment, self._bridge.trace
        if experiment is None or self._run.is_foreign or experiment.data != self._bridge.experiment.data:
            return {}
        if self._run_trace is None or self._run_trace[0] is not experiment:
            known = now.architecture is experiment.architecture
            then = now if known else trace(experiment.architecture, experiment.data.info())
            self._run_trace = (experiment, then)
        names = same_results(now, self._run_trace[1], self._run.trained_block)
        computed = sum(block.output is not None for block in now.blocks.values())
        return {} if whole and len(names) < computed else names

    # Answers

    def _take(self, event: Event) -> None:
        """Pictures of the run under way, which come unasked."""
        if self._watched is None or not isinstance(event, Previews | Failed) or event.request != 0:
            return
        if isinstance(event, Failed):
            self._say(event.message)
        elif event.run == self._run.state.run:
            self._latest, self._shown = event, None
            self._show_latest()

    def _answer(self, event: Event) -> None:
        if self._asked is None or not isinstance(event, Previews | Failed) or event.request != self._asked[0]:
            return
        wish, self._asked = self._asked[1], None
        if not self._run.state.active and wish == self._wish():
            if isinstance(event, Previews):
                self._shown, self._latest = wish, event
                self._show_latest()
            else:
                self._give_up(wish, event.message)
        if not self._timer.isActive():
            self._refresh()

    def _give_up(self, wish: _Wish, sentence: str) -> None:
        self._shown, self._latest = wish, None
        self._show_latest()
        self._say(sentence)

    # Showing

    def _show_latest(self) -> None:
        latest, partly = self._latest, ""
        if latest is None:
            names: Mapping[str, str] = {}
        elif latest.run:
            names = self._run_names(whole=False)
            if self._run.state.active and len(names) < len(self._bridge.trace.blocks):
                partly = _CHANGED
        else:
            names = {id: id for id in latest.blocks}
        self._names = names
        self._show()
        self._say(partly)

    def _show(self) -> None:
        """Paint what has changed, and hand it to the cards."""
        latest, traced = self._latest, self._bridge.trace.blocks
        fresh: dict[str, tuple[bytes, Ink, QPixmap]] = {}
        if latest is not None and self._enabled:
            places = {id: place for place, id in enumerate(latest.blocks)}
            size = int(latest.pictures.shape[-1])
            for now, then in self._names.items():
                block = traced.get(now)
                if then in places and block is not None and block.output is not None:
                    levels, ink = latest.pictures[places[then]].tobytes(), ink_for(then, block.output)
                    known = self._painted.get(now)
                    if known is None or known[:2] != (levels, ink):
                        known = (levels, ink, painted(levels, size, ink))
                    fresh[now] = known
        self._painted = fresh
        self._canvas.board.show_thumbnails({id: picture for id, (_, _, picture) in fresh.items()}, framed=self._enabled)

    def _repaint(self) -> None:
        """Another theme has other ink."""
        self._painted = {}
        self._show()

    def _say(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._note.explain(self.reason)
            self.changed.emit()
