"""Names that are almost the same: other letter case, a plural, a typing error.

Every new name is held against all that are there. Comparing two names letter by letter takes longer than all the rest, so it
is done only where length and letters leave the names a chance to be that near.
"""

from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

from pipeline.labels.inflection import word_forms

_ALIKE = 0.85
"""Letters in common from which two names are told as near: a typing error in six letters, a plural."""
_BUCKETS = 64


class _Known(NamedTuple):
    """A name, without letter case, and the letters that occur in it, as bits."""

    name: str
    plain: str
    letters: int


class NearNames:
    """Finds the name that is nearest to another one.

    Args:
        names: those that are there.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._of_length: defaultdict[int, list[_Known]] = defaultdict(list)
        self._of_first_word: defaultdict[str, list[_Known]] = defaultdict(list)
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Remember one more."""
        known = _Known(name, plain := name.casefold(), _letters(plain))
        self._of_length[len(plain)].append(known)
        self._of_first_word[plain.split()[0] if plain.split() else ""].append(known)

    def nearest(self, name: str) -> str | None:
        """The name that is almost this one, if any; of equally near ones the last by alphabet."""
        plain = name.casefold()
        best = max(((1.0, other) for other in self._inflected(plain)), default=(_ALIKE, ""))
        for length, names in self._of_length.items():
            if _share(min(length, len(plain)), length + len(plain)) >= best[0]:
                best = _best(plain, names, best)
        return best[1] or None

    def _inflected(self, plain: str) -> list[str]:
        """The names that are this one but for plurals and simple endings."""
        forms = [word_forms(word, alone=True) for word in plain.split()]
        near = (known for form in (forms[0] if forms else [""]) for known in self._of_first_word.get(form, ()))
        return [known.name for known in near if _is_inflected(forms, known.plain.split())]


def _is_inflected(forms: list[frozenset[str]], words: list[str]) -> bool:
    return len(forms) == len(words) and all(word in form for word, form in zip(words, forms, strict=True))


def _best(plain: str, names: Iterable[_Known], best: tuple[float, str]) -> tuple[float, str]:
    """The nearest one and how near it is, if it is nearer than the best so far."""
    letters, length = _letters(plain), len(plain)
    for known in names:
        # A letter that the other name lacks is in common with nothing.
        common = min(
            length - (letters & ~known.letters).bit_count(), len(known.plain) - (known.letters & ~letters).bit_count()
        )
        if _share(common, length + len(known.plain)) < best[0]:
            continue
        pair = SequenceMatcher(None, plain, known.plain)
        if pair.quick_ratio() >= best[0]:
            best = max(best, (pair.ratio(), known.name))
    return best


def _share(common: int, both: int) -> float:
    """Letters in common as a share of all letters, as `SequenceMatcher.ratio` counts them."""
    return 2.0 * common / both if both else 1.0


def _letters(plain: str) -> int:
    """The letters of a text as bits; some letters share one, which can only make names look nearer than they are."""
    return sum(1 << bucket for bucket in {ord(letter) % _BUCKETS for letter in plain})
