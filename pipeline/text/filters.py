"""What a sentence must be to be kept: short enough, and carrying every one of its labels as a word.

A label is carried when its words stand next to each other in the sentence, in any case, with spaces, hyphens
or underscores between them, each perhaps in the plural or simply inflected. "cat" is carried by "two Cats",
not by "category". Labels of one sentence may not share words: "dog, dog bark" needs a dog besides the one
that barks.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from pipeline.labels.inflection import word_forms

__all__ = [
    "FILTER_VERSION",
    "MISSING_LABEL",
    "TOO_LONG",
    "TOO_SHORT",
    "carries",
    "patterns",
    "reject_reason",
    "words_of",
]

FILTER_VERSION = 1
"""Raised whenever another set of sentences may be kept, for texts are then others."""

TOO_LONG, TOO_SHORT, MISSING_LABEL = "too many words", "too few words", "label missing"
_MIN_WORDS = 3

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b")


def reject_reason(sentence: str, labels: Sequence[str], max_words: int) -> str | None:
    """Why a sentence is not kept, or None.

    Args:
        sentence: As the parser gave it.
        labels: Everything that it must carry.
        max_words: It has fewer words than this.
    """
    count = sum(1 for word in sentence.split() if _WORD.search(word))
    if count >= max_words:
        return TOO_LONG
    if not carries(sentence, labels):
        return MISSING_LABEL
    return TOO_SHORT if count < _MIN_WORDS else None


def carries(sentence: str, labels: Sequence[str]) -> bool:
    """Whether a sentence holds every label, no word counted twice."""
    words: list[str | None] = list(words_of(sentence))
    for label in sorted(labels, key=lambda name: (-len(words_of(name)), name)):
        found = _find(words, label)
        if found is None:
            return False
        words[found.start : found.stop] = [None] * len(found)
    return True


def words_of(text: str) -> tuple[str, ...]:
    """Words in lower case; hyphens, underscores and all other punctuation divide them, and a possessive 's goes."""
    return tuple(word.lower() for word in _WORD.findall(_POSSESSIVE.sub("", text.replace("’", "'"))))


def _find(words: Sequence[str | None], label: str) -> range | None:
    for pattern in patterns(label):
        for start in range(len(words) - len(pattern) + 1):
            if all(words[start + i] in forms for i, forms in enumerate(pattern)):
                return range(start, start + len(pattern))
    return None


@lru_cache(maxsize=4096)
def patterns(label: str) -> tuple[tuple[frozenset[str], ...], ...]:
    """The ways to write a label, each a sequence of sets of word forms.

    "hurling (sport)" may drop what is in brackets; of "crib / cot" and "violin, fiddle" either name will do;
    "motor bike" may be written as one word.
    """
    bare = re.sub(r"\([^)]*\)", " ", label)
    names = dict.fromkeys(words_of(name) for name in (label, bare, *re.split(r"\s/\s|,", bare)))
    ways: list[tuple[frozenset[str], ...]]
    ways = [tuple(word_forms(word, alone=len(name) == 1) for word in name) for name in names if name]
    ways += [(word_forms("".join(name), alone=True),) for name in names if len(name) > 1]
    return tuple(ways)
