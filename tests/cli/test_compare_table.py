"""The table of `compare`: what cannot be told is a dash."""

from math import nan

from pipeline.cli.compare import _row
from pipeline.evaluation.beside import Beside


def test_what_cannot_be_told_is_a_dash() -> None:
    nothing = Beside("e", "top-1", ("a", "b"), 0, (1, 1), 0, (nan, nan), nan, nan, nan)
    assert _row(nothing) == ["e", "top-1", "0", "–", "–", "–", "–", "not to be told"]
    found = Beside("e", "top-1", ("a", "b"), 4, (0, 0), 0, (0.5, 0.75), 0.25, 0.1, 0.3)
    assert _row(found) == ["e", "top-1", "4", "50.0", "75.0", "+25.0", "+10.0 to +30.0", "better"]
