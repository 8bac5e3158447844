"""What is said of a run of sounding objects in words."""

from typing import Any

from pipeline.evaluation.figure_words import interval_text
from pipeline.tasks.av.words import news_of, remarks
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import MasksResult


def news(bound: BoundAvMasks, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    judged = found.methods if stage == "evaluate" else ()
    lines = [f"{each.name}: mIoU {interval_text(each.main)}" for each in judged]
    told = news_of(stage, found, bound.examples, lines)
    return "\n".join([told, *_own(found)]) if stage == "evaluate" else told


def all_remarks(found: MasksResult) -> list[str]:
    """What must be said beside the figures."""
    return [*remarks(found), *_own(found)]


def _own(found: MasksResult) -> list[str]:
    if not found.silent_clips:
        return []
    return [f"nothing sounds in {found.silent_clips:,} of the clips: their F is 0, whatever is answered"]
