"""Alarms of runs that learn from sentences, stage by stage: which rules apply, to what figures, and what can be done."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.tasks.sentences.alarms.features import of_features
from pipeline.tasks.sentences.alarms.renamed import files_of_old_names
from pipeline.tasks.sentences.alarms.results import of_results
from pipeline.tasks.sentences.alarms.sentences import of_sentences
from pipeline.tasks.sentences.alarms.unwritable import unwritable
from pipeline.tasks.sentences.bound import BoundSentences

__all__ = ["alarms"]


def alarms(context: BoundSentences, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left, or before anything is made ("plan")."""
    if stage == "plan":
        yield from unwritable(context)
    if stage == "generate":
        yield from of_sentences(context)
    if stage == "cache":
        yield from files_of_old_names(context)
        yield from of_features(context)
    if stage == "evaluate":
        yield from of_results(context, found)
