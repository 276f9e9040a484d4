"""Which presets are looked for: by words, task, kind of data, size, owner and tag; for window and command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.core.data.info import Task
    from cnnstudio.core.formats.presets import Preset

KINDS = {"Signals": 1, "Images": 2, "Volumes": 3}
"""What samples are called by their number of spatial axes."""


@dataclass(frozen=True, slots=True)
class PresetFilter:
    """What is looked for; as it is made, everything."""

    words: tuple[str, ...] = ()
    """All of them must stand in name, description, notes, tags or papers, whatever their capitals."""
    task: Task | None = None
    rank: int | None = None
    """Spatial axes of a sample."""
    params: tuple[int, int] | None = None
    """More parameters than the first number, at most the second."""
    own: bool | None = None
    """True for the person's own alone, False for those that came with the studio."""
    tag: str = ""

    def matches(self, preset: Preset, *, work_out: bool = False) -> bool:
        """Whether that one is looked for.

        One whose network is not known yet has no size to be found by, unless it may be worked out now.
        """
        if self.own is not None and preset.user is not self.own:
            return False
        if self == PresetFilter(own=self.own):
            return True  # nothing has to be read for that
        return self._says(preset) and (self.params is None or self._has_size(preset, self.params, work_out))

    def _says(self, preset: Preset) -> bool:
        known = preset.outline
        words = [word.casefold() for word in self.words]
        if known is None:  # a broken one is found by its name alone
            plain = self.task is None and self.rank is None and self.params is None and not self.tag
            return plain and all(word in preset.id.casefold() for word in words)
        text = f"{preset.id.casefold()} {known.words}"
        return (
            all(word in text for word in words)
            and (self.task is None or known.info.task is self.task)
            and (self.rank is None or known.info.rank == self.rank)
            and (not self.tag or self.tag.casefold() in (tag.casefold() for tag in known.tags))
        )

    def _has_size(self, preset: Preset, bounds: tuple[int, int], work_out: bool) -> bool:
        found = preset.summary if work_out else preset.known_summary
        return found is not None and bounds[0] < found.params <= bounds[1]
