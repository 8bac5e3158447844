"""What a result says of files that are held out: what was chosen on them, and what was fitted to them."""

from collections.abc import Mapping

from pipeline.evaluation.value import Value


class SeveralClasses(Value):
    """What the published method says of classes by themselves, where files show several and some are held out.

    Attributes:
        files: held out, that probabilities and thresholds are fitted to.
        undefined: why there are none; empty where there are.
        thresholds: of each class: the probability from which it is named.
        f1: of each class on the judged files; None where none shows it.
        micro_f1: of all files and classes at once; None without judged files.
        macro_f1: mean over the classes that a judged file shows.
    """

    files: int
    undefined: str = ""
    thresholds: tuple[float, ...] = ()
    f1: tuple[float | None, ...] = ()
    micro_f1: float | None = None
    macro_f1: float | None = None


class ChosenEpoch(Value):
    """Which epoch of the learned prompts answers: the best on files that are held out, not the last.

    Attributes:
        epoch: its number.
        epochs: that were learned.
        files: modality -> held-out files with a class of the run, by whose mean figure it was chosen.
    """

    epoch: int
    epochs: int
    files: Mapping[str, int]

    def __str__(self) -> str:
        """The same in words."""
        on = " and ".join(f"{count:,} {modality}" for modality, count in self.files.items())
        return f"TaAM-CPT answers with epoch {self.epoch} of {self.epochs}, the best on {on} files held out"
