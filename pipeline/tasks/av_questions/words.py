"""What is said of a run of questions in words: lines of news, and remarks beside figures."""

from typing import Any

from pipeline.evaluation.figure_words import interval_text, percent
from pipeline.tasks.av import words
from pipeline.tasks.av_questions.kinds import ALL
from pipeline.tasks.av_questions.result import QuestionsResult


def news(stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    if stage != "evaluate":
        return words.news_of(stage, found, "questions", [])
    lines = [f"{each.name}: {interval_text(each.main)} of the questions" for each in found.methods]
    lines += [f"{what}: {percent(shares[ALL])}" for what, shares in found.beside.items()]
    told = words.news_of(stage, found, "questions", lines)
    return "\n".join([told, *_more(found)])


def remarks(found: QuestionsResult) -> list[str]:
    """What must be said beside the figures."""
    return [*words.remarks(found, "questions"), *_more(found)]


def _more(found: QuestionsResult) -> list[str]:
    told = [f"questions of the version {found.version}"] if found.version else []
    if found.unlearned:
        told.append(f"{found.unlearned:,} of the questions have an answer that train never has: counted as wrong")
    return told
