"""The worker: reads commands, trains, answers. One run at a time; the window may ask for samples meanwhile.

Threads: the main one trains and exports; "reader" takes commands off the pipe and deals at once with those that a
training run must not hold up; "samples" answers GetSamples, which is numpy alone, and in mid-training what can be said
of another run without computing; "scan" looks through a person's files; "outbox" writes; "heartbeat" shows that the
process lives. When the window closes the pipe, the worker ends, in mid-training too.
"""

from __future__ import annotations

import os
import queue
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from cnnstudio.core.formats.files import FileError, read_experiment
from cnnstudio.core.formats.run_folder import settle
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.engine import devices, held
from cnnstudio.engine.data import DataError
from cnnstudio.engine.explaining import ANSWERS, Cancelled, Explaining
from cnnstudio.engine.exporting import serving
from cnnstudio.engine.looking.decoding import design_decoded
from cnnstudio.engine.looking.effective_field import design_field
from cnnstudio.engine.looking.pinned import Pins
from cnnstudio.engine.looking.previews import Replaced, design_maps, previews
from cnnstudio.engine.looking.showing import show_samples
from cnnstudio.engine.looking.sketch import SketchError, Sketches
from cnnstudio.engine.outbox import Outbox
from cnnstudio.engine.running.control import Asked, Control, RunError
from cnnstudio.engine.running.training import Run, resumed
from cnnstudio.engine.scanning import Scans
from cnnstudio.engine.trials import Trials
from cnnstudio.engine.warming import warm_up
from cnnstudio.wire.framing import FrameError, FrameReader, decode_command
from cnnstudio.wire.messages import (
    PROTOCOL,
    CancelQuestion,
    CancelScan,
    CancelTrial,
    Command,
    ContinueRun,
    Event,
    ExportRun,
    Failed,
    FindRate,
    GetDecoded,
    GetEffectiveField,
    GetMaps,
    GetPreflight,
    GetPreviews,
    GetSamples,
    Heartbeat,
    Hello,
    KeepProbes,
    NetworkQuestion,
    PauseRun,
    PinSample,
    ResumeRun,
    RunFailed,
    Sample,
    ScanSource,
    StartRun,
    StopRun,
    UnpinSample,
    Watch,
    WatchPreviews,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.engine.running.control import Question

_HEARTBEAT_SECONDS = 1.0
_GRACE_SECONDS = 2.0
"""How long after the window has gone the batch, the weights and the record may take."""
_READ_BYTES = 1 << 16
_PAUSE_SECONDS = 0.2
"""Without anything to do, after which there is time for what makes the next answers faster."""

Handler: TypeAlias = "Callable[[Any], None]"
Q = TypeVar("Q", GetMaps, GetEffectiveField, GetDecoded)
"""A question about a design that a run answers, too."""


class Worker:
    """Serves the window at the other end of two pipes: commands on `commands`, events on `events` (descriptors)."""

    def __init__(self, commands: int, events: int) -> None:
        self._commands = commands
        self._outbox = Outbox(events, self._close)
        self._jobs: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        """For the main thread; None ends it."""
        self._samples = ThreadPoolExecutor(1, thread_name_prefix="samples")
        self._scans = Scans(self._outbox.put)
        self._trials = Trials(self._outbox.put, self._has_time)
        self._closing = threading.Event()
        self._force = threading.Timer(_GRACE_SECONDS, os._exit, (0,))  # compiling and exporting cannot be interrupted
        self._force.daemon = True
        self._watches: dict[int, Watch] = {}
        """By view."""
        self._watch_previews: dict[int, WatchPreviews] = {}
        """By view, the one that came last at the end."""
        self._kept: tuple[Sample, ...] = ()
        self._newest_previews: dict[int, GetPreviews] = {}
        """By view."""
        self._asked: Asked = queue.SimpleQueue()
        """Questions about a design that wait for the next step of a run."""
        self._runs_due = 0
        """Runs that wait or go on."""
        self._pins = Pins()
        self._sketches = Sketches(self._pins)
        self._cancelled = Cancelled()
        self._explaining = Explaining(self._sketches, self._outbox.put, self._cancelled, self._has_time)
        self._asked_before: dict[str, list[Callable[[Control], None]]] = {}
        """What is asked of runs that have not begun."""
        self._lock = threading.Lock()
        self._control = Control()
        self._run: Run | None = None
        self._running = ""
        self._at_once: dict[type[Command], Handler] = {
            StopRun: self._stop_run,
            PauseRun: self._pause_run,
            ContinueRun: self._continue_run,
            Watch: self._watch_block,
            WatchPreviews: self._watch_pictures,
            GetPreviews: self._note_newest,
            GetSamples: self._get_samples,
            ScanSource: self._scan_source,
            CancelScan: self._scans.cancel,
            CancelTrial: self._trials.cancel,
            CancelQuestion: self._cancelled.add,
            PinSample: self._pin_sample,
            UnpinSample: self._pins.release,
            KeepProbes: self._keep_probes,
        }
        """Handled by the reader, in mid-training too."""
        self._in_turn: dict[type[Command], Handler] = {
            StartRun: self._start_run,
            ResumeRun: self._resume_run,
            ExportRun: self._export_run,
            Watch: self._look_again,
            GetPreviews: self._get_previews,
            GetMaps: self._get_maps,
            GetEffectiveField: self._get_field,
            GetDecoded: self._get_decoded,
            GetPreflight: self._trials.preflight,
            FindRate: self._trials.find_rate,
            **dict.fromkeys(ANSWERS, self._explain),
        }
        """Handled by the main thread, one after the other."""
        self._meanwhile: dict[type[Command], Handler] = {
            GetPreflight: self._trials.estimate,
            FindRate: self._trials.refuse,
        }
        """In place of the handlers above while a run waits or goes on: handled by the thread for samples."""

    def serve(self) -> None:
        """Greet, then work until the window closes the pipe."""
        self._outbox.start()
        self._outbox.put(Hello(PROTOCOL, devices.versions(), devices.devices(), os.getpid()))
        for name, work in (("reader", self._read), ("heartbeat", self._beat)):
            threading.Thread(target=work, name=name, daemon=True).start()
        settle(runs_folder())
        if not self._runs_due:
            _warm_up()
        while (job := self._next_job()) is not None:
            self._handle(self._in_turn, job)
        self._samples.shutdown(wait=False, cancel_futures=True)
        self._scans.close()
        self._outbox.close(_GRACE_SECONDS)
        self._force.cancel()

    def _next_job(self) -> Command | None:
        """Wait for it. When nobody has wanted anything for a moment, what is asked again and again is compiled."""
        while self._sketches.could_be_faster:
            try:
                return self._jobs.get(timeout=_PAUSE_SECONDS)
            except queue.Empty:
                if self._has_time():
                    self._get_faster()
        return self._jobs.get()

    def _get_faster(self) -> None:
        try:
            self._sketches.get_faster()
        except SketchError:  # it goes on step by step
            traceback.print_exc()

    # Threads

    def _read(self) -> None:
        reader: FrameReader[Command] = FrameReader(decode_command)
        try:
            while data := os.read(self._commands, _READ_BYTES):
                for command in reader.feed(data):
                    self._take(command)
        except FrameError as error:  # what follows on the pipe cannot be told apart any more
            self._outbox.put(Failed(0, f"The worker ends, because it could not read a command: {error}"))
        except OSError:  # the pipe broke: the same as its end
            pass
        self._close()

    def _take(self, command: Command) -> None:
        if type(command) in self._at_once:
            self._handle(self._at_once, command)
        if type(command) in self._in_turn:
            with self._lock:
                self._runs_due += isinstance(command, StartRun | ResumeRun)
                if self._runs_due and isinstance(command, _OF_DESIGNS):
                    self._asked.put(command)
                elif self._runs_due and type(command) in self._meanwhile:
                    self._samples.submit(self._handle, self._meanwhile, command)
                else:
                    self._jobs.put(command)

    def _beat(self) -> None:
        while not self._closing.wait(_HEARTBEAT_SECONDS):
            self._outbox.put(Heartbeat(self._control.steps_done))

    def _close(self) -> None:
        """End soon: after the current batch, or by force if that takes too long."""
        if self._closing.is_set():
            return
        self._closing.set()
        with self._lock:
            self._control.abandon()
        self._jobs.put(None)
        self._force.start()

    # Handlers

    def _handle(self, table: dict[type[Command], Handler], command: Command) -> None:
        """Call the handler; what it does not foresee becomes an answer too, and the worker lives on."""
        try:
            table[type(command)](command)
        except Exception as error:
            details = "".join(traceback.format_exception(error))
            sentence = f"{type(command).__name__} failed unexpectedly: {_first_line(error)}."
            self._outbox.put(_refusal(command, sentence, details))

    def _stop_run(self, command: StopRun) -> None:
        self._ask_run(command.run, Control.stop_with_epoch if command.after_epoch else Control.stop)

    def _pause_run(self, command: PauseRun) -> None:
        self._ask_run(command.run, Control.pause)

    def _continue_run(self, command: ContinueRun) -> None:
        self._ask_run(command.run, Control.go_on)

    def _ask_run(self, run: str, what: Callable[[Control], None]) -> None:
        """Ask it of the run, now or as soon as it begins."""
        with self._lock:
            if run == self._running:
                what(self._control)
            else:
                self._asked_before.setdefault(run, []).append(what)

    def _watch_block(self, command: Watch) -> None:
        with self._lock:
            self._watches.pop(command.view, None)
            if command.block:
                self._watches[command.view] = command
            self._control.watches = tuple(self._watches.values())

    def _look_again(self, command: Watch) -> None:
        """Between runs nobody looks by themselves. Of many changes in a row only the last is looked at."""
        if self._run is not None and command is self._watches.get(command.view):
            self._run.look()

    def _watch_pictures(self, command: WatchPreviews) -> None:
        with self._lock:
            self._watch_previews.pop(command.view, None)
            if command.hertz > 0:
                self._watch_previews[command.view] = command
            self._control.previews = self._watched_pictures

    @property
    def _watched_pictures(self) -> WatchPreviews | None:
        return next(reversed(self._watch_previews.values()), None)

    def _keep_probes(self, command: KeepProbes) -> None:
        with self._lock:
            self._kept = self._control.kept = command.samples

    def _note_newest(self, command: GetPreviews) -> None:
        self._newest_previews[command.view] = command

    def _get_previews(self, command: GetPreviews) -> None:
        """Of designs that follow each other faster than they are computed, only the newest is; and a run goes first."""
        try:
            answer: Event = previews(command, self._sketches, lambda: self._is_wanted(command))
        except Replaced:
            answer = Failed(command.request, "Something newer has taken the place of these previews.")
        except SketchError as error:
            answer = Failed(command.request, str(error))
        self._outbox.put(answer)

    def _is_wanted(self, command: GetPreviews) -> bool:
        return command is self._newest_previews.get(command.view) and self._has_time()

    def _has_time(self) -> bool:
        return not self._runs_due and not self._closing.is_set()

    def _get_maps(self, command: GetMaps) -> None:
        self._answer(command, design_maps)

    def _get_field(self, command: GetEffectiveField) -> None:
        self._answer(command, design_field)

    def _get_decoded(self, command: GetDecoded) -> None:
        self._answer(command, design_decoded)

    def _answer(self, command: Q, work: Callable[[Q, Sketches, Callable[[], bool]], Event]) -> None:
        """A run that is asked for meanwhile goes first, and answers between its steps if it can."""
        try:
            answer = work(command, self._sketches, self._has_time)
        except Replaced:
            self._put_off(command)
            return
        except SketchError as error:
            answer = Failed(command.request, str(error))
        self._outbox.put(answer)

    def _explain(self, question: NetworkQuestion) -> None:
        try:
            self._explaining.answer(question)
        except Replaced:
            self._put_off(question)

    def _put_off(self, question: Question) -> None:
        """Let a run answer it that goes first, or ask again when it is over."""
        with self._lock:
            (self._asked if self._runs_due else self._jobs).put(question)

    def _scan_source(self, command: ScanSource) -> None:
        self._scans.ask(command, self._answer_scan)

    def _answer_scan(self, command: ScanSource) -> None:
        self._handle({ScanSource: self._scans.answered}, command)

    def _get_samples(self, command: GetSamples) -> None:
        self._samples.submit(self._handle, {GetSamples: self._answer_samples}, command)

    def _answer_samples(self, command: GetSamples) -> None:
        try:
            answer: Event = show_samples(command)
        except (FileError, DataError) as error:
            answer = Failed(command.request, str(error))
        self._outbox.put(answer)

    def _pin_sample(self, command: PinSample) -> None:
        """It counts at once, whoever asks about it next; whether it can be used at all is said when it was read."""
        self._pins.hold(command)
        self._samples.submit(self._handle, {PinSample: self._answer_pin}, command)

    def _answer_pin(self, command: PinSample) -> None:
        try:
            answer: Event = self._pins.answer(command)
        except (FileError, DataError) as error:
            answer = Failed(command.request, str(error))
        self._outbox.put(answer)

    def _start_run(self, command: StartRun) -> None:
        def made(control: Control) -> Run:
            experiment = read_experiment(command.experiment, "The experiment")
            return Run(experiment, Path(command.directory), self._outbox.put, control, command.run, command.parent)

        self._execute(command.run, made)

    def _resume_run(self, command: ResumeRun) -> None:
        def made(control: Control) -> Run:
            return resumed(Path(command.directory), command.more, self._outbox.put, control, command.run)

        self._execute(command.run, made)

    def _execute(self, name: str, made: Callable[[Control], Run]) -> None:
        self._run = None
        self._sketches.clear()
        held.give_back()  # the last one's memory is to go before the next one's is taken
        try:
            run = made(self._begin(name))
            run.execute()
            self._run = run
        except FileError as error:
            self._outbox.put(RunFailed(name, str(error)))
        except RunError as error:
            self._outbox.put(RunFailed(name, error.message, error.details))
        finally:
            with self._lock:
                self._running = ""
                self._runs_due -= 1
                while not self._runs_due and not self._asked.empty():
                    self._jobs.put(self._asked.get())
        if self._run is not None:
            self._run.finish(self._has_time)

    def _begin(self, run: str) -> Control:
        with self._lock:
            self._running = run
            watches = tuple(self._watches.values())
            self._control = Control(
                watches, self._watched_pictures, self._asked, self._cancelled, self._pins, self._kept
            )
            if self._closing.is_set():
                self._control.abandon()
            for what in self._asked_before.pop(run, ()):
                what(self._control)
            return self._control

    def _export_run(self, command: ExportRun) -> None:
        serving.answer(command, self._outbox.put, self._cancelled)


def _warm_up() -> None:
    try:
        warm_up()
    except Exception:  # a full GPU, say: it only saves time, and a run that needs the device will say what is wrong
        traceback.print_exc()


_TRIALS = GetPreflight | FindRate
_OF_DESIGNS = GetPreviews | GetMaps | GetEffectiveField | GetDecoded | NetworkQuestion
_REQUESTS = GetSamples | PinSample | ScanSource | ExportRun | _OF_DESIGNS | _TRIALS


def _refusal(command: Command, sentence: str, details: str) -> Event:
    if isinstance(command, StartRun | ResumeRun):
        return RunFailed(command.run, sentence, details)
    request = command.request if isinstance(command, _REQUESTS) else 0
    return Failed(request, sentence, details)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
