"""What is said of a run of open-vocabulary video in words: news of stages, remarks beside figures, figures as texts."""

from typing import Any

import numpy as np

from pipeline.caching.summary import encoded
from pipeline.datasets.open_video import EXAMS
from pipeline.evaluation.figure_words import interval_text, percent
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.figures import MethodFigures
from pipeline.tasks.open_video.result import OpenVideoResult


def news(bound: BoundOpenVideo, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    if stage == "cache":
        return encoded(found)
    if stage == "train":
        return f"{found.epochs} epochs now" if found.epochs else "nothing to learn"
    lines = [
        f"{each.name}: base {interval_text(each.figures['base'])}, novel {interval_text(each.figures['novel'])}"
        for each in found.methods
    ]
    return "\n".join([f"{sum(found.clips.values()):,} clips judged", *lines, *remarks(found)])


def remarks(found: OpenVideoResult) -> list[str]:
    """What must be said beside the figures."""
    told = [
        f"partial: {found.clips[exam]:,} of {found.listed[exam]:,} {exam} clips could be judged"
        for exam in found.clips
        if found.clips[exam] < found.listed[exam]
    ]
    told += [
        f"partial: {clips:,} of {listed:,} clips of {name} could be judged"
        for name, (clips, listed, _) in found.elsewhere.items()
        if clips < listed
    ]
    told += [
        f"{each.name}: {each.alone:,} clips have no {each.other}: judged by their frames alone, as frozen CLIP sees them"
        for each in found.methods
        if each.alone
    ]
    if found.halves > 1:
        told.append(
            f"every method learned {found.halves} halves of the classes, each by itself; H is of the averages over them. "
            f"Standard deviations over halves, base and novel: {'; '.join(map(_deviations, found.methods))}"
        )
    if found.drawn:
        told.append("base and novel classes are of our own drawing (draw), and not published lists")
    return told


def _deviations(found: MethodFigures) -> str:
    spread = (float(np.std(found.halves[exam], ddof=1)) for exam in EXAMS)
    return f"{found.name} {', '.join(map(percent, spread))}"
