"""The averages of the few-shot protocol, against the published tables and figures worked out by hand."""

import re

import pytest

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.harmonic import (
    BaseNovel,
    HarmonicRow,
    harmonic_table,
    mean,
)

# ProMPT, table 4 (two iterations) and the averages of table 1; base, novel, H in percent.
PUBLISHED = {
    "imagenet": (76.03, 70.37, 73.09),
    "oxford-pets": (95.20, 97.80, 96.48),
    "food101": (90.93, 91.80, 91.36),
    "fgvc-aircraft": (35.33, 33.83, 34.57),
    "eurosat": (92.47, 76.03, 83.45),
    "average of ProMPT": (80.94, 74.89, 77.80),
    "average of CoCoOp": (80.47, 71.69, 75.83),
    "average of CoOp": (82.69, 63.22, 71.66),
    "average of CLIP": (69.34, 74.22, 71.70),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_harmonic_means(name: str) -> None:
    base, novel, harmonic = PUBLISHED[name]
    assert BaseNovel(base, novel).harmonic == pytest.approx(harmonic, abs=0.0065)  # all three figures are rounded
    assert BaseNovel(base / 100, novel / 100).harmonic == pytest.approx(harmonic / 100, abs=6.5e-5)


def test_ends() -> None:
    assert BaseNovel(0.0, 0.0).harmonic == 0.0 == BaseNovel(1.0, 0.0).harmonic
    assert BaseNovel(0.5, 0.5).harmonic == 0.5 and BaseNovel(1.0, 0.5).harmonic == pytest.approx(2 / 3)


def test_h_is_taken_of_averages() -> None:
    """Seeds 1.0/0.2 and 0.2/1.0 have H 1/3 each; their mean 0.6/0.6 has H 0.6."""
    assert mean([BaseNovel(1.0, 0.2), BaseNovel(0.2, 1.0)]) == BaseNovel(0.6, 0.6)
    assert mean([BaseNovel(1.0, 0.2), BaseNovel(0.2, 1.0)]).harmonic == pytest.approx(0.6)


def test_table() -> None:
    runs = {
        "ours": {
            "dtd": [BaseNovel(0.8, 0.4), BaseNovel(0.6, 0.2)],
            "eurosat": [BaseNovel(0.9, 0.7)],
        },
        "CLIP": {"eurosat": [BaseNovel(0.5, 0.5)], "dtd": [BaseNovel(0.25, 0.75)]},
    }
    found = harmonic_table(runs)
    assert [row.data_set for row in found] == ["dtd", "eurosat", "average"]
    expected = [
        {"ours": (0.7, 0.3, 0.42), "CLIP": (0.25, 0.75, 0.375)},
        {"ours": (0.9, 0.7, 0.7875), "CLIP": (0.5, 0.5, 0.5)},
        {"ours": (0.8, 0.5, 8 / 13), "CLIP": (0.375, 0.625, 0.46875)},
    ]
    for row, want in zip(found, expected, strict=True):
        assert isinstance(row, HarmonicRow) and list(row.methods) == ["ours", "CLIP"]
        for method, values in want.items():
            one = row.methods[method]
            assert (one.base, one.novel, one.harmonic) == pytest.approx(values)


def test_averages_over_fewer_are_refused() -> None:
    with pytest.raises(EvaluationError, match=re.escape("Found: nothing. An average over fewer cannot be compared")):
        harmonic_table({"a": {"dtd": [BaseNovel(1, 1)]}, "b": {}})
    with pytest.raises(EvaluationError, match="base to novel, b: the average is over dtd, eurosat. Found: dtd."):
        harmonic_table({"a": {"dtd": [BaseNovel(1, 1)], "eurosat": [BaseNovel(1, 1)]}, "b": {"dtd": [BaseNovel(1, 1)]}})
    with pytest.raises(EvaluationError, match="Judge at least one seed"):
        harmonic_table({"a": {"dtd": []}})
