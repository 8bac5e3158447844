"""What to change where little of what a language model writes can be kept."""

from collections.abc import Mapping

from pipeline.text.answers import DUPLICATE, NEAR_DUPLICATE
from pipeline.text.asking import query_name
from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import TOO_LONG as QUERY_TOO_LONG
from pipeline.text.filters import MISSING_LABEL, TASK_TALK, TOO_LONG, TOO_SHORT
from pipeline.text.parse import CHATTER, CUT_OFF, EMPTY, THOUGHT
from pipeline.text.shipped_queries import PAPER

__all__ = ["POOR_YIELD", "SENTENCE_REASONS", "advice", "is_poor"]

POOR_YIELD = 0.5
"""Less than this share of the sentences kept is a poor yield."""

SENTENCE_REASONS = frozenset((MISSING_LABEL, TASK_TALK, TOO_LONG, TOO_SHORT, DUPLICATE, NEAR_DUPLICATE))
"""Why a sentence is refused; other rejected rows are parts of answers that are no sentence."""

_FEWEST = 10
_WORTH_NAMING = 0.15


def is_poor(sentences: int, kept: int) -> bool:
    """Whether little was kept; of a handful of sentences nobody can tell."""
    return sentences >= _FEWEST and kept < POOR_YIELD * sentences


def advice(config: GenerateConfig, modality: str, kept: int, rejected: Mapping[str, int]) -> tuple[str, ...]:
    """What to write under `generate` in the recipe, the most frequent trouble first; nothing where the yield is good.

    Args:
        config: What was asked.
        modality: Of the classes.
        kept: Sentences.
        rejected: Sentences, and parts of answers, by reason.
    """
    sentences = kept + sum(count for reason, count in rejected.items() if reason in SENTENCE_REASONS)
    parts = kept + sum(rejected.values())
    nothing_read = sum(rejected.get(reason, 0) for reason in (EMPTY, QUERY_TOO_LONG, CUT_OFF, CHATTER))
    if not (is_poor(sentences, kept) or (parts >= _FEWEST and kept < nothing_read)):
        return ()
    found: list[str] = []
    for reason, count in sorted(rejected.items(), key=lambda item: (-item[1], item[0])):
        told = _told(config, modality, reason)
        if told and told not in found and count >= _WORTH_NAMING * parts:
            found.append(told)
    return tuple(found)


def _told(config: GenerateConfig, modality: str, reason: str) -> str:
    if config.engine in ("templates", "import", "deterministic"):
        return ""
    if reason in (MISSING_LABEL, TASK_TALK, CHATTER, EMPTY, THOUGHT):
        return _another_query(config, modality, reason)
    if reason == TOO_LONG:
        return f"max_words: {2 * config.max_words} keeps longer sentences, as far as the text encoder reads them"
    if reason == CUT_OFF:
        return f"max_new_tokens: {2 * config.max_new_tokens} lets the model finish its answers"
    if reason in (DUPLICATE, NEAR_DUPLICATE):
        return (
            f"temperature: {min(2 * config.temperature, 1.0) or 0.7:g} and other wordings in turn say less of the same"
        )
    if reason == QUERY_TOO_LONG:
        return "combine: never, or a shorter template, fits into the model's context"
    return ""


def _another_query(config: GenerateConfig, modality: str, reason: str) -> str:
    if query_name(config, modality) in (None, PAPER):
        return (
            "query: definitions asks for one short sentence about one class, which small models answer best "
            "(all queries: mmpt-pipeline texts templates)"
        )
    if reason == MISSING_LABEL:
        return "must_name: false keeps sentences that do not name their class, where the model can be trusted to stay with it"
    return "a larger model, or engine: templates, which needs none"
