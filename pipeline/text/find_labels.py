"""Class names in sentences that come without labels, such as captions that people wrote.

The authors of TaAM-CPT learn MSCOCO, VOC and NUS-WIDE from human captions, whose label field is empty; the classes are
those that the words name. A name is met as `filters.carries` has it, in any case and inflection. Where names overlap, the
one with the most words counts ("hot dog" shows no "dog"), of equally long ones the first in the sentence, then the one that
is spelled exactly so ("Bread" and "bread"), then the first in the list: the same on every machine, which the authors' matcher, by
its sets, is not. It knows no synonyms.
"""

from collections import defaultdict
from collections.abc import Sequence

from pipeline.text.filters import patterns, stands_at
from pipeline.text.words import Word, split_words

__all__ = ["FINDER_VERSION", "LabelFinder"]

FINDER_VERSION = 2
"""Raised whenever other names may be found, for texts are then others."""


class LabelFinder:
    """Finds class names in sentences; in a time that does not grow with the number of names.

    Args:
        names: the class names.
    """

    def __init__(self, names: Sequence[str]):
        self._names = list(names)
        self._spelled = [[word.spelled for word in split_words(name)] for name in self._names]
        self._beginning_with: dict[str, list[tuple[int, tuple[frozenset[str], ...]]]] = defaultdict(list)
        for number, name in enumerate(self._names):
            for pattern in patterns(name):
                for form in pattern[0]:
                    self._beginning_with[form].append((number, pattern))

    def labels(self, sentence: str) -> tuple[str, ...]:
        """The class names in a sentence, each once, in the order in which they first stand there."""
        words = split_words(sentence)
        places = sorted(
            (-len(pattern), start, not self._is_spelled_at(words, start, number), number)
            for start, word in enumerate(words)
            for form in word.spellings
            for number, pattern in self._beginning_with.get(form, ())
            if stands_at(words, start, pattern)
        )
        taken: set[int] = set()
        found: list[tuple[int, int]] = []
        for length, start, _, number in places:
            place = range(start, start - length)
            if taken.isdisjoint(place):
                taken.update(place)
                found.append((start, number))
        return tuple(dict.fromkeys(self._names[number] for _, number in sorted(found)))

    def _is_spelled_at(self, words: Sequence[Word], start: int, number: int) -> bool:
        name = self._spelled[number]
        return [word.spelled for word in words[start : start + len(name)]] == name
