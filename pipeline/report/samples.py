"""Sample files with what the trained classifier says of them.

Most are spread evenly over the list, whatever their result, so that they are a fair sample; then come the mistakes that
the classifier is surest of, because those teach the most.

Dims: n files, C classes.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation import ModalityResult
from pipeline.evaluation.metrics import Bools
from pipeline.evaluation.similarity import Floats
from pipeline.media.specs import Orientation
from pipeline.report.data import ReportData
from pipeline.report.html import Markup, tag
from pipeline.report.projections import evenly
from pipeline.report.thumbnails import picture_of, player_of

_FAIR, _MISTAKES = 8, 4
_LARGEST_SOUND = 180_000  # bytes; a dozen of them stay below 3 MB of page


def sample_section(data: ReportData, result: ModalityResult) -> Markup | None:
    """A fair sample of a modality's files, and its surest mistakes."""
    modality = result.modality
    shares = data.shares.get(modality)
    rows, targets = data.media.get(modality, []), data.targets.get(modality)
    if shares is None or targets is None or not rows:
        return None
    baseline = result.best("zero-shot")
    before = data.scores.get(modality, {}).get(baseline.name) if baseline is not None else None
    fair = evenly(range(len(rows)), _FAIR)
    mistakes = _surest_mistakes(shares, targets)

    def cards(chosen: list[int]) -> Markup:
        return tag(
            "div", [_card(data, result, i, shares[i], targets[i], before) for i in chosen], cls=f"cards {modality}"
        )

    wrong = int((~targets[np.arange(len(rows)), shares.argmax(axis=1)] & targets.any(axis=1)).sum())
    return tag(
        "div",
        tag("h3", modality, tag("small", f"{len(fair)} of {len(rows)} files, evenly spread over the list")),
        cards(fair),
        tag("h4", f"The surest mistakes, {len(mistakes)} of {wrong}") if mistakes else None,
        cards(mistakes) if mistakes else None,
    )


def _surest_mistakes(shares: NDArray[np.float64], targets: Bools) -> list[int]:
    best = shares.argmax(axis=1)
    rows = np.arange(len(shares))
    wrong = ~targets[rows, best] & targets.any(axis=1)
    order = np.argsort(np.where(wrong, -shares[rows, best], np.inf), kind="stable")
    return [int(i) for i in order[:_MISTAKES] if wrong[i]]


def _card(
    data: ReportData,
    result: ModalityResult,
    i: int,
    shares: NDArray[np.float64],
    target: Bools,
    before: Floats | None,
) -> Markup:
    row = data.media[result.modality][i]
    truth = [label for label, true in zip(result.labels, target, strict=True) if true]
    top = np.argsort(-shares, kind="stable")[:3]
    orientation: Orientation = "shown" if result.modality in data.turned else "stored"
    picture = picture_of(row.path, result.modality, orientation) or tag("div", "no picture", cls="thumb none")
    return tag(
        "figure",
        picture,
        player_of(row.path, _LARGEST_SOUND) if result.modality == "audio" else None,
        tag(
            "figcaption",
            tag("b", ", ".join(truth) or "unlabelled"),
            tag("div", [_bar(result.labels[c], float(shares[c]), _mark(truth, target[c])) for c in top]),
            _said_before(result, target, before[i]) if before is not None else None,
            tag("span", Path(row.path).name, cls="file", title=Path(row.path).name)
            if result.modality != "text"
            else None,
        ),
        cls=_mark(truth, target[top[0]]),
    )


def _mark(truth: list[str], right: np.bool_) -> str | None:
    return ("right" if right else "wrong") if truth else None


def _bar(label: str, share: float, mark: str | None) -> Markup:
    sign = {"right": "✓ ", "wrong": "", None: ""}[mark]
    return tag(
        "div",
        tag("i", style=f"width:{100 * share:.1f}%"),
        tag("span", sign + label),
        tag("em", f"{100 * share:.0f} %"),
        cls=f"bar {mark or ''}".strip(),
    )


def _said_before(result: ModalityResult, target: Bools, scores: Floats) -> Markup:
    best = int(np.argmax(scores))
    sign = (" ✓" if target[best] else " ✗") if target.any() else ""
    return tag("span", f"zero-shot: {result.labels[best]}{sign}", cls="before")
