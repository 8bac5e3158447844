"""What is said of a run of clips in words: lines of news, and remarks beside figures."""

from collections.abc import Sequence
from typing import Any

from pipeline.caching.summary import encoded
from pipeline.tasks.av.result import AvResult


def news_of(stage: str, found: Any, judged: str, lines: Sequence[str]) -> str:
    """One line, or a few, about what a stage came to.

    Args:
        stage: "cache", "train" or "evaluate".
        found: what it came to.
        judged: what people call what is judged.
        lines: a line a method, of "evaluate" alone.
    """
    if stage == "cache":
        return encoded(found)
    if stage == "train":
        return f"{found.epochs} epochs now" if found.epochs else "nothing to learn"
    return "\n".join([f"{found.clips:,} {judged} judged", *lines, *remarks(found, judged)])


def remarks(found: AvResult[Any], judged: str = "clips") -> list[str]:
    """What must be said beside the figures."""
    told = []
    if found.partial:
        told.append(f"partial: {found.clips:,} of {found.listed:,} test {judged} could be judged")
    if found.silent:
        told.append(f"{found.silent:,} of the {judged} have no sound: judged by their picture alone")
    if found.blind:
        told.append(f"{found.blind:,} of the {judged} have no picture: judged by their sound alone")
    if found.protocol == "lavish":
        told.append(f"LAVISH's protocol: epochs were chosen on the test {judged}, so these figures are too good")
    return told


def title_of(name: str, found: AvResult[Any], judged: str = "clips") -> str:
    """Of a table of figures."""
    partial = f"PARTIAL, {found.clips:,} of {found.listed:,}" if found.partial else f"{found.clips:,}"
    return f"{name}: {partial} test {judged}, percent, 95 % intervals over {judged}"
