"""RunState against every order of messages: lives of runs in a row, with what comes late or from elsewhere."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cnnstudio.wire.messages import (
    Checkpointed,
    ContinueRun,
    EpochEnd,
    Message,
    PauseRun,
    Progress,
    ResumeRun,
    RunContinued,
    RunEnded,
    RunFailed,
    RunPaused,
    RunStarted,
    StartRun,
    StopRun,
)
from cnnstudio.wire.run_state import RunState, fold
from tests.helpers.effort import times
from tests.helpers.started import STEPS, run_started

EPOCHS = 5
FINAL = ("finished", "stopped", "failed")


class Lives(RuleBasedStateMachine):
    """A worker that trains, told as it is, beside a window that commands and a pipe that brings what is out of date."""

    def __init__(self) -> None:
        super().__init__()
        self.state = RunState()
        self.number = 0
        self.run = ""
        self.alive = self.set_up = self.waits = False
        self.done = 0
        self.history: list[EpochEnd] = []
        self.checkpoint: tuple[int, int] | None = None
        self.past: list[Message] = []
        """What earlier lives have said."""
        self.said: list[Message] = []

    def take(self, message: Message) -> None:
        self.state = fold(self.state, message)
        self.said.append(message)

    @property
    def place(self) -> tuple[int, int]:
        return self.done // STEPS + 1, self.done % STEPS

    def begin(self) -> None:
        self.past += [m for m in self.said if not isinstance(m, StartRun | ResumeRun | RunStarted)]
        self.said = []
        self.alive, self.set_up, self.waits, self.checkpoint = True, False, False, None

    @initialize()
    def start_first(self) -> None:
        self.start()

    @precondition(lambda self: not self.alive)
    @rule()
    def start(self) -> None:
        self.begin()
        self.number += 1
        self.run, self.done, self.history = f"r{self.number}", 0, []
        self.take(StartRun(self.run, f"/runs/{self.run}", "{}"))
        assert self.state == RunState(phase="starting", run=self.run, directory=f"/runs/{self.run}")

    @precondition(lambda self: not self.alive)
    @rule(back=st.integers(0, 2 * STEPS))
    def resume(self, back: int) -> None:
        self.begin()
        self.done = max(0, self.done - back)
        self.history = self.history[: self.done // STEPS]
        self.take(ResumeRun(self.run, f"/runs/{self.run}"))
        assert self.state == RunState(phase="starting", run=self.run, directory=f"/runs/{self.run}")

    @precondition(lambda self: self.alive and not self.set_up)
    @rule()
    def stand(self) -> None:
        asked, ends = self.state.phase, self.state.ends_with_epoch
        self.set_up = True
        history = tuple(self.history)
        self.take(run_started(self.run, epochs=EPOCHS, history=history, steps_before=self.done))
        assert self.state.phase == (asked if asked in ("pausing", "stopping") else "running")
        assert self.state.ends_with_epoch == ends
        assert self.state.steps_done == self.done

    @precondition(lambda self: self.alive and self.set_up and not self.waits and self.done < EPOCHS * STEPS)
    @rule(count=st.integers(1, STEPS))
    def learn(self, count: int) -> None:
        epoch, step = self.place
        step = min(STEPS, step + count)
        self.done = (epoch - 1) * STEPS + step
        self.take(Progress(self.run, epoch, step, float(self.done), {"loss": 1.0}, 1.0, 0.1))
        if step == STEPS:
            self.history.append(EpochEnd(self.run, epoch, float(self.done), {"loss": 0.5, "val_loss": 0.6}, 0.1))
            self.take(self.history[-1])
        assert self.state.steps_done == self.done

    @precondition(lambda self: self.alive and self.set_up and not self.waits)
    @rule()
    def keep(self) -> None:
        self.checkpoint = self.place
        self.take(Checkpointed(self.run, *self.place))

    @precondition(lambda self: self.alive and self.set_up and not self.waits)
    @rule(message=st.sampled_from(("", "The disk is full.")))
    def wait(self, message: str) -> None:
        was = self.state.phase
        self.waits = True
        self.take(RunPaused(self.run, message))
        assert self.state.phase == ("stopping" if was == "stopping" else "paused")

    @precondition(lambda self: self.alive and self.waits)
    @rule()
    def go_on(self) -> None:
        was = self.state.phase
        self.waits = False
        self.take(RunContinued(self.run))
        assert self.state.phase == ("running" if was in ("paused", "pausing") else was)

    @precondition(lambda self: self.alive)
    @rule(command=st.sampled_from((PauseRun, ContinueRun, StopRun)), after_epoch=st.booleans())
    def ask(self, command: type[PauseRun | ContinueRun | StopRun], after_epoch: bool) -> None:
        before = self.state
        asked = StopRun(self.run, after_epoch) if command is StopRun else command(self.run)
        self.take(asked)
        if before.phase == "stopping" or (command is StopRun and not after_epoch):
            assert self.state.phase == "stopping"
        assert self.state.active

    @precondition(lambda self: self.alive and self.set_up)
    @rule(outcome=st.sampled_from(("finished", "stopped")))
    def end(self, outcome: str) -> None:
        self.alive = False
        self.take(RunEnded(self.run, outcome, f"/runs/{self.run}", len(self.history), float(self.done), {"loss": 0.4}))
        assert self.state.phase == outcome

    @precondition(lambda self: self.alive)
    @rule()
    def break_off(self) -> None:
        self.alive = False
        self.take(RunFailed(self.run, "The worker was killed."))
        assert (self.state.phase, self.state.message) == ("failed", "The worker was killed.")

    @precondition(lambda self: self.alive and not self.set_up and self.past)
    @rule(data=st.data())
    def hear_the_life_before(self, data: st.DataObject) -> None:
        """What an earlier life said of its steps comes late, under the same name as this one's or another."""
        late = data.draw(st.sampled_from(self.past))
        ends = isinstance(late, RunEnded | RunFailed) and late.run == self.run  # cannot be told from this life's
        if not ends and not isinstance(late, PauseRun | ContinueRun | StopRun):
            assert fold(self.state, late) is self.state

    @precondition(lambda self: not self.alive)
    @rule(data=st.data())
    def hear_what_is_over(self, data: st.DataObject) -> None:
        late = data.draw(st.sampled_from([m for m in (*self.past, *self.said) if not isinstance(m, _BEGIN)]))
        assert fold(self.state, late) is self.state

    @rule(data=st.data(), own=st.booleans())
    def hear_a_stranger(self, data: st.DataObject, own: bool) -> None:
        others = [m for m in self.past if getattr(m, "run", self.run) != self.run]
        if self.alive:
            others.append(run_started("stranger"))
        if others:
            assert fold(self.state, data.draw(st.sampled_from(others))) is self.state

    @invariant()
    def tells_the_truth(self) -> None:
        state = self.state
        assert state.active == self.alive
        assert state.run == self.run
        assert 0.0 <= state.progress <= 1.0
        assert state.seconds_left is None or state.seconds_left >= 0.0
        if self.alive and self.set_up:
            assert list(state.history) == self.history
            assert state.checkpoint == self.checkpoint
            assert state.steps_done == self.done
        if not self.alive and self.number:
            assert state.phase in FINAL


_BEGIN = (StartRun, ResumeRun)
TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=times(15), stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)
