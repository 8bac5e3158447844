"""Results below zero-shot: doing nothing would have been better.

A result is below where it is lower by more than a point and by more than the standard error of the zero-shot figure,
√(p(1 − p)/n). Less than a point is what the choice of a template does; less than the standard error is what other
files of the same kind would do: of nine files one is 11 points. Where both judge the same files, and a paired interval
excludes that they are alike, a point is enough.
"""

from collections.abc import Iterator
from math import sqrt

from pipeline.alarms.alarm import Alarm

LEAST = 0.01
"""Smallest loss that is told: a point."""


def is_below(result: float, zero_shot: float, files: int, certain: bool = False) -> bool:
    """Whether a fraction of so many files is below that of the frozen encoder; where that is certain, a point is enough."""
    noise = 0.0 if certain else sqrt(max(zero_shot * (1 - zero_shot), 0.0) / max(files, 1))
    return zero_shot - result > max(LEAST, noise)


def below_zero_shot(
    modality: str,
    what: str,
    result: float,
    baseline: str,
    zero_shot: float,
    files: int,
    remedy: str,
    *,
    certain: bool = False,
) -> Iterator[Alarm]:
    """An alarm where a result is below zero-shot.

    Args:
        modality: of the files.
        what: the method, with its metric.
        result: its figure, a fraction.
        baseline: what the frozen encoder does.
        zero_shot: its figure.
        files: judged.
        remedy: what to type.
        certain: whether a paired interval of the difference lies below nothing.
    """
    if is_below(result, zero_shot, files, certain):
        told = (
            f"{what} reaches {100 * result:.1f} % of {files:,} {modality} files, {100 * (zero_shot - result):.1f} points "
            f"less than the encoder alone ({baseline}, {100 * zero_shot:.1f} %): what was learned made it worse"
        )
        yield Alarm("below-zero-shot", modality, (), told, remedy)
