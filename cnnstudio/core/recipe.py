"""The data recipe of an experiment: which samples, prepared, varied and split how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.declare import Declared, declared, param

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.data.sources import SourceSpec


@declared
class DataRecipe(Declared):
    """A source, how its samples are prepared and varied, and how they are split.

    The test part is never seen in training or in any choice.
    """

    source: SourceSpec = Digits()
    preparation: Preparation = Preparation()
    augmentation: Augmentation = Augmentation()
    split: Literal["auto", "random", "given"] = param(
        "auto",
        label="Parts",
        help="given: as the folders or files of the source say; random: drawn by the seed, classes in equal shares; "
        "auto: given where the source says so",
    )
    validation: float = param(0.15, min=0.01, max=0.8, help="Share of the samples watched while training")
    test: float = param(0.15, min=0.01, max=0.8, help="Share of the samples kept for the one final test")
    seed: int = param(0, min=0, max=2**31 - 1, label="Split seed", help="The same seed draws the same parts")

    def info(self) -> DataInfo:
        """Task, shape of a sample as the network sees it, and classes."""
        return self.preparation.prepared(self.source.info())

    @property
    def given_parts(self) -> tuple[str, ...]:
        """The parts that are taken as the source gives them; () when they are drawn."""
        return () if self.split == "random" else self.source.parts

    def problem(self) -> str:
        """Why there is nothing to train on, in one sentence; "" when all is well."""
        return self.source.problem() or self._given_problem() or self.size_problem() or self.shares_problem()

    def _given_problem(self) -> str:
        if self.split != "given" or "training" in self.given_parts:
            return ""
        return "The source does not say which samples are for training: let the parts be drawn (Parts: random)."

    def size_problem(self) -> str:
        """Why samples of several sizes cannot go in together; "" when they can."""
        source = self.source
        if not isinstance(source, FileSource) or not source.facts.mixed:
            return ""
        rank, preparation = source.info().rank, self.preparation
        if rank == 2 and not (preparation.height and preparation.width):
            return "The images come in several sizes: set the height and width to bring them to under Preparation."
        if rank == 1 and not preparation.length:
            return "The signals come in several lengths: set the length to bring them to under Preparation."
        return ""

    def shares_problem(self) -> str:
        """Why the split leaves nothing to train on, as `core.code.samples.split` would say it; "" when it does."""
        if self.given_parts:
            return ""
        count = self.source.sample_count
        validating, testing = (max(1, round(count * share)) for share in (self.validation, self.test))
        if validating + testing < count:
            return ""
        return (
            f"Of {count:,} samples, validation takes {validating:,} and test {testing:,}, "
            "so none is left to train on: make these shares smaller."
        )
