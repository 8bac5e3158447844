"""What is said of a run of audio-visual events in words."""

from typing import Any

from pipeline.evaluation.figure_words import interval_text
from pipeline.tasks.av.words import news_of
from pipeline.tasks.av_events.bound import BoundAvEvents


def news(bound: BoundAvEvents, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    judged = found.methods if stage == "evaluate" else ()
    lines = [f"{each.name}: {interval_text(each.main)} of the seconds" for each in judged]
    return news_of(stage, found, bound.examples, lines)
