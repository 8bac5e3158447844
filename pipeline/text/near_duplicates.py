"""Near-duplicates: sentences of one class that say the same in almost the same words.

Two sentences are compared by the sets of their content words and of pairs of neighbouring content words; the
measure is the Jaccard index of these sets. Articles and other small words do not count, order does. An
inverted index compares a sentence only with those that share a pair of words.
"""

from collections import Counter, defaultdict

from pipeline.text.filters import words_of

__all__ = ["NearDuplicates", "similarity"]

_SMALL_WORDS = frozenset(
    "a an the this that these those there is are was were be of in on at to and it its one here".split()
)


class NearDuplicates:
    """Sentences kept so far, by class; a class is indexed when it is first asked about."""

    def __init__(self, max_similarity: float):
        """Start empty.

        Args:
            max_similarity: Sentences at least this alike are near-duplicates (0 to 1).
        """
        self._limit = max_similarity
        self._waiting: dict[str, list[str]] = defaultdict(list)
        self._sizes: dict[str, list[int]] = defaultdict(list)
        self._places: dict[str, dict[tuple[str, ...], list[int]]] = defaultdict(lambda: defaultdict(list))

    def add(self, group: str, sentence: str) -> None:
        """Remember a sentence of a class."""
        self._waiting[group].append(sentence)

    def has_like(self, group: str, sentence: str) -> bool:
        """Whether the class has a sentence that is too much like this one."""
        for earlier in self._waiting.pop(group, ()):
            self._index(group, earlier)
        grams, places, sizes = _grams(sentence), self._places[group], self._sizes[group]
        shared = Counter(place for gram in grams for place in places.get(gram, ()))
        return any(n >= self._limit * (len(grams) + sizes[place] - n) for place, n in shared.items())

    def _index(self, group: str, sentence: str) -> None:
        grams = _grams(sentence)
        for gram in grams:
            self._places[group][gram].append(len(self._sizes[group]))
        self._sizes[group].append(len(grams))


def similarity(first: str, second: str) -> float:
    """Jaccard index of the content words and word pairs of two sentences, 0 to 1."""
    a, b = _grams(first), _grams(second)
    return len(a & b) / len(a | b) if a | b else 1.0


def _grams(sentence: str) -> frozenset[tuple[str, ...]]:
    words = [word for word in words_of(sentence) if word not in _SMALL_WORDS] or list(words_of(sentence))
    return frozenset([*((word,) for word in words), *zip(words, words[1:], strict=False)])
