"""Which fixes a diagnostic offers: candidates, each tried out on the whole design before anybody sees it.

A fix holds when its finding is gone and no error has come that was not there before. Errors behind a broken block are
hidden until it is mended; a fix that would bring one to light either takes its mending along or is not offered.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix, Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.edits import ArchitectureEdit, EditError, RemoveBlocks
from cnnstudio.core.fixes.candidates import candidates, last_resorts
from cnnstudio.core.fixes.gains import told
from cnnstudio.core.fixes.mending import Together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cnnstudio.core.architecture import Architecture

MOST_FIXES = 5
"""Buttons for one finding."""
MOST_TRIALS = 60
"""Trials for one finding. A trial costs as much as an edit."""
MOST_EDITS = 3
"""Edits of one fix, its own and those that mend what it brings to light."""


def offers(before: Trace, diagnostic: Diagnostic) -> tuple[Fix, ...]:
    """The fixes of `diagnostic`, found by lint in `before`, that hold, likeliest first."""
    bench = _Bench(before, lint(before))
    good, halfway = bench.all_of(diagnostic, candidates(before, diagnostic))
    if good:
        return tuple(good)
    if diagnostic.severity is Severity.ERROR:
        grown = [done for t in halfway if _may_grow(t) and (done := bench.complete(diagnostic, t)) is not None]
        shortest = min((len(t.fixes) for t in grown), default=0)
        whole = [t for t in grown if len(t.fixes) == shortest][: MOST_FIXES - 1]
        good = [told(_together(t), diagnostic, before, t.after) for t in whole]
    good += bench.all_of(diagnostic, last_resorts(before, diagnostic))[0]
    return tuple(good[:MOST_FIXES])


@dataclass(frozen=True)
class _Trial:
    """Fixes made one after the other, the trace after them, and the errors they brought."""

    fixes: tuple[Fix, ...]
    after: Trace
    brought: tuple[Diagnostic, ...]


class _Bench:
    """Where fixes of one design are tried out."""

    def __init__(self, before: Trace, found: Iterable[Diagnostic]) -> None:
        self._before = before
        self._found = Counter(d.finding for d in found)
        self._last = before
        self._left = MOST_TRIALS

    def all_of(self, diagnostic: Diagnostic, fixes: Iterable[Fix]) -> tuple[list[Fix], list[_Trial]]:
        """Those fixes that hold, and the trials of those that end the finding but bring others."""
        good: list[Fix] = []
        halfway: list[_Trial] = []
        results: list[Architecture] = []
        for fix in _different(fixes):
            trial = self.try_out(diagnostic, _Trial((fix,), self._before, ()))
            if trial is not None and trial.brought:
                halfway.append(trial)
            elif trial is not None and trial.after.architecture not in results:
                results.append(trial.after.architecture)
                good.append(told(fix, diagnostic, self._before, trial.after))
            if len(good) == MOST_FIXES:
                break
        return good, halfway

    def try_out(self, diagnostic: Diagnostic, trial: _Trial) -> _Trial | None:
        """Make the trial's last fix on its trace; None when the fix cannot be made or leaves the finding as it is."""
        edit = trial.fixes[-1].edit()
        if not isinstance(edit, ArchitectureEdit) or not self._left:
            return None
        self._left -= 1
        try:
            changed = edit.apply(trial.after.architecture)
        except EditError:
            return None
        after = trace(changed, self._before.data, self._last)
        self._last = after  # the next one often has the same shapes behind the block
        found = lint(after)
        count = Counter(d.finding for d in found)
        if count[diagnostic.finding] >= max(self._found[diagnostic.finding], 1):
            return None
        held = {Severity.ERROR, diagnostic.severity}
        new = count - self._found
        return _Trial(trial.fixes, after, tuple(d for d in found if d.severity in held and new[d.finding]))

    def complete(self, diagnostic: Diagnostic, trial: _Trial) -> _Trial | None:
        """The trial with fixes of what it brought to light; None when these bring yet more or end nothing."""
        while trial.brought and len(trial.fixes) < MOST_EDITS:
            better = self._further(diagnostic, trial)
            if better is None:
                return None
            trial = better
        return None if trial.brought else trial

    def _further(self, diagnostic: Diagnostic, trial: _Trial) -> _Trial | None:
        problem = trial.brought[0]
        best: _Trial | None = None
        for fix in _different(candidates(trial.after, problem)):
            if isinstance(fix.edit(), RemoveBlocks):
                continue
            tried = self.try_out(diagnostic, _Trial((*trial.fixes, fix), trial.after, ()))
            if tried is None or any(d.finding == problem.finding for d in tried.brought):
                continue
            if not tried.brought:
                return tried
            best = best or tried
        return best


def _may_grow(trial: _Trial) -> bool:
    """Whatever is removed takes nothing along."""
    return not isinstance(trial.fixes[0].edit(), RemoveBlocks)


def _different(fixes: Iterable[Fix]) -> Iterator[Fix]:
    seen: set[str] = set()
    for fix in fixes:
        if fix.label not in seen:
            seen.add(fix.label)
            yield fix


def _together(trial: _Trial) -> Fix:
    if len(trial.fixes) == 1:
        return trial.fixes[0]
    first, *others = (f.label for f in trial.fixes)
    label = "; then ".join([first, *(o[0].lower() + o[1:] for o in others)])
    edits = tuple(e for f in trial.fixes if isinstance(e := f.edit(), ArchitectureEdit))
    return Fix(label, _Kept(Together(edits=edits)))


@dataclass(frozen=True)
class _Kept:
    """Gives an edit that is made already."""

    edit: ArchitectureEdit

    def __call__(self) -> ArchitectureEdit:
        return self.edit
