"""What a sentence must be to be kept: short enough, no talk about the task, and carrying every one of its labels as a word.

A label is carried when its words stand next to each other in the sentence, in any case, with spaces, hyphens
or underscores between them, each perhaps in the plural or simply inflected. "cat" is carried by "two Cats",
not by "category"; "C++" by "C++ code", not by "vitamin C". Labels of one sentence may not share words: "dog, dog bark"
needs a dog besides the one that barks.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from pipeline.labels.inflection import word_forms
from pipeline.text.task_talk import is_task_talk
from pipeline.text.words import WORD, Word, split_words, words_of

__all__ = [
    "FILTER_VERSION",
    "MISSING_LABEL",
    "TASK_TALK",
    "TOO_LONG",
    "TOO_SHORT",
    "carries",
    "patterns",
    "reject_reason",
    "stands_at",
    "words_of",
]

FILTER_VERSION = 1
"""Raised whenever another set of sentences may be kept for plain names, for texts are then others.

Names with signs or slashes in them (C++, pot/vase) were once met otherwise, and talk about the task was once kept. Neither
raised it: the number is part of the fingerprint of texts, and a new one would have every sentence of everybody written again,
hours of a GPU. Sentences that are stored stay; new answers are sorted by the new rules.
"""

TOO_LONG, TOO_SHORT, MISSING_LABEL = "too many words", "too few words", "label missing"
TASK_TALK = "talk about the task"
_MIN_WORDS = 3

_OTHER_NAMES = re.compile(r"\s/\s|,")


def reject_reason(sentence: str, labels: Sequence[str], max_words: int, *, must_name: bool = True) -> str | None:
    """Why a sentence is not kept, or None.

    Args:
        sentence: As the parser gave it.
        labels: What it was written for.
        max_words: It has fewer words than this.
        must_name: Whether it must carry every label.
    """
    count = sum(1 for word in sentence.split() if WORD.search(word))
    if is_task_talk(sentence, labels):
        return TASK_TALK
    if count >= max_words:
        return TOO_LONG
    if must_name and not carries(sentence, labels):
        return MISSING_LABEL
    return TOO_SHORT if count < _MIN_WORDS else None


def carries(sentence: str, labels: Sequence[str]) -> bool:
    """Whether a sentence holds every label, no word counted twice."""
    words: list[Word | None] = list(split_words(sentence))
    for label in sorted(labels, key=lambda name: (-len(words_of(name)), name)):
        found = _find(words, label)
        if found is None:
            return False
        words[found.start : found.stop] = [None] * len(found)
    return True


def stands_at(words: Sequence[Word | None], start: int, pattern: Sequence[frozenset[str]]) -> bool:
    """Whether the words from `start` on are those of a pattern; None is a word that is taken already."""
    inside = words[start : start + len(pattern)]
    return len(inside) == len(pattern) and all(
        word is not None and (word.plain in forms or word.signed in forms)
        for word, forms in zip(inside, pattern, strict=True)
    )


def _find(words: Sequence[Word | None], label: str) -> range | None:
    for pattern in patterns(label):
        for start in range(len(words) - len(pattern) + 1):
            if stands_at(words, start, pattern):
                return range(start, start + len(pattern))
    return None


@lru_cache(maxsize=4096)
def patterns(label: str) -> tuple[tuple[frozenset[str], ...], ...]:
    """The ways to write a label, each a sequence of sets of word forms.

    "hurling (sport)" may drop what is in brackets; of "crib / cot", "pot/vase" and "violin, fiddle" either name will do;
    "motor bike" may be written as one word, and "salt & pepper" with "and".
    """
    bare = re.sub(r"\([^)]*\)", " ", label)
    names = dict.fromkeys(_signed(name) for name in (label, bare, bare.replace("&", " and "), *_names_in(bare)))
    ways: list[tuple[frozenset[str], ...]]
    ways = [tuple(_forms(word, len(name) == 1) for word in name) for name in names if name]
    ways += [
        (word_forms("".join(plain for plain, _ in name), alone=True),)
        for name in names
        if len(name) > 1 and all(plain == signed for plain, signed in name)
    ]
    return tuple(ways)


def _signed(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((word.plain, word.signed) for word in split_words(name))


def _forms(word: tuple[str, str], alone: bool) -> frozenset[str]:
    """A word with signs is met by itself only: nobody inflects C++."""
    plain, signed = word
    return word_forms(plain, alone=alone) if plain == signed and plain[-1] not in "+#" else frozenset((signed,))


def _names_in(label: str) -> list[str]:
    """The names of which any will do, where a label has several."""
    return [name for part in _OTHER_NAMES.split(label) for name in _either(part)]


def _either(name: str) -> list[str]:
    """Names beside a slash: "pot/vase" is two; "AC/DC", "24/7" and "km/h" are one, of which no part says anything."""
    parts = name.split("/")
    longest = [max((len(word) for word in words_of(part) if not word.isdigit()), default=0) for part in parts]
    return parts if min(longest) > 1 and max(longest) > 2 else [name]
