"""What is said of a run of questions in words: lines of news, and remarks beside figures."""

from typing import Any

from pipeline.caching.summary import encoded
from pipeline.tasks.av.words import interval_text, percent, points
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.kinds import ALL
from pipeline.tasks.av_questions.result import QuestionsResult

__all__ = ["interval_text", "news", "percent", "points", "remarks"]


def news(bound: BoundAvQuestions, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    if stage == "cache":
        return encoded(found)
    if stage == "train":
        return f"{found.epochs} epochs now" if found.epochs else "nothing to learn"
    lines = [f"{each.name}: {interval_text(each.accuracy)} of the questions" for each in found.methods]
    known = [f"without a look: {what}: {percent(shares[ALL])}" for what, shares in found.beside.items()]
    return "\n".join([f"{found.questions:,} questions judged", *lines, *known, *remarks(found)])


def remarks(found: QuestionsResult) -> list[str]:
    """What must be said beside the figures."""
    told = []
    if found.version:
        told.append(f"questions of the version {found.version}")
    if found.partial:
        told.append(f"partial: {found.questions:,} of {found.listed:,} test questions could be judged")
    if found.unlearned:
        told.append(f"{found.unlearned:,} of the questions have an answer that train never has: counted as wrong")
    if found.silent:
        told.append(f"{found.silent:,} of the questions are about clips without sound: judged by the picture alone")
    if found.blind:
        told.append(f"{found.blind:,} of the questions are about clips without picture: judged by the sound alone")
    return told
