"""What is said of a run of audio-visual events in words: lines of news, remarks beside figures, figures with intervals."""

import math
from typing import Any

from pipeline.caching.summary import encoded
from pipeline.evaluation.event_ladder import Interval
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import EventsResult


def news(bound: BoundAvEvents, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    if stage == "cache":
        return encoded(found)
    if stage == "train":
        return f"{found.epochs} epochs now" if found.epochs else "nothing to learn"
    lines = [f"{each.name}: {interval_text(each.accuracy)} of the seconds" for each in found.methods]
    return "\n".join([f"{found.clips:,} clips judged", *lines, *remarks(found)])


def remarks(found: EventsResult) -> list[str]:
    """What must be said beside the figures."""
    told = []
    if found.partial:
        told.append(f"partial: {found.clips:,} of {found.listed:,} test clips could be judged")
    if found.silent:
        told.append(f"{found.silent:,} of the clips have no sound: judged by their picture alone")
    if found.blind:
        told.append(f"{found.blind:,} of the clips have no picture: judged by their sound alone")
    if found.protocol == "lavish":
        told.append("LAVISH's protocol: epochs were chosen on the test clips, so these figures are too good")
    return told


def percent(share: float, sign: str = "") -> str:
    """A share in percent; "n/a" where there is none."""
    return "n/a" if math.isnan(share) else f"{100 * share:.1f}{sign}"


def interval_text(found: Interval) -> str:
    """A figure with its interval, percent."""
    return f"{percent(found.value)} [{percent(found.low)}, {percent(found.high)}]"


def points(found: Interval | None) -> str:
    """A difference with its interval, points; nothing where there is none."""
    if found is None:
        return ""
    value, low, high = (f"{100 * each:+.1f}".replace("-", "−") for each in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"
