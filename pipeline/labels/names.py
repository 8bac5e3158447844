"""When two spellings are one class name: the one place that says so, for labels, folders, tables, tars, imports and sentences.

Names are compared in Unicode's composed form (NFC), because the file systems of Macs hand them out decomposed. A name that is
spelled exactly as a class is that class. Otherwise it is the class from which it differs only by letter case, by `-` and `_` for
blanks, or by letters that nobody sees (soft hyphens, zero-width blanks, marks of byte order). Where two classes are so near,
nobody can tell which one is meant: the name is refused.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from pipeline.labels.errors import AmbiguousName

__all__ = ["Names", "bare", "composed", "fold", "folded_together", "repeated", "visible"]

# What Unicode calls a format character is found by its category; these take no room either, and have another one.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")
_DASHES = r"\-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
# Inside a name a dash is a blank. At its ends it says something: -1 is not 1, and the mark A- is not A.
_BETWEEN = re.compile(rf"[\s_]*[{_DASHES}][\s_{_DASHES}]*(?=[^\s_{_DASHES}])")
_MEANING = "#%&*@"
"""Signs that Unicode calls punctuation and that tell names apart: C# is not C."""


def composed(name: str) -> str:
    """The name in the form in which names are compared letter by letter (NFC)."""
    return unicodedata.normalize("NFC", name)


def visible(text: str) -> str:
    """The text, composed, without letters that nobody sees."""
    if text.isascii():
        return text
    shown = "".join(sign for sign in composed(text) if unicodedata.category(sign) != "Cf")
    return composed(_UNSEEN.sub("", shown))


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """What is left of a name when letter case, `-` and `_` for blanks, and invisible letters do not count."""
    text = composed(visible(name).casefold()).strip().strip("_")
    return " ".join((text[:1] + _BETWEEN.sub(" ", text[1:])).replace("_", " ").split())


def bare(name: str) -> str:
    """The folded name without blanks and punctuation, as published data sets spell names: `ApplyEyeMakeup`, `tie-dye`."""
    folded = fold(name)
    ends = (0, len(folded) - 1)
    return "".join(sign for i, sign in enumerate(folded) if not _divides(sign) or (i in ends and _is_dash(sign)))


def _is_dash(sign: str) -> bool:
    return sign == "\u2212" or unicodedata.category(sign) == "Pd"


def _divides(sign: str) -> bool:
    return sign not in _MEANING and unicodedata.category(sign)[0] in "PZ"


def repeated(names: Iterable[str]) -> list[str]:
    """The names that stand there more than once, by alphabet."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def folded_together(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of different names that folding makes one, each name with the first of its kind."""
    first: dict[str, str] = {}
    pairs = []
    for name in names:
        other = first.setdefault(fold(name), name)
        if other != name:
            pairs.append((other, name))
    return pairs


class Names:
    """Finds the class that a name means.

    Args:
        labels: the class names.
        loose: whether blanks and punctuation do not count either, where nothing nearer is found; for published data sets.
    """

    def __init__(self, labels: Sequence[str], *, loose: bool = False) -> None:
        self._exact = {composed(label): label for label in labels}
        self._levels: list[Callable[[str], str]] = [fold, bare] if loose else [fold]
        self._near: list[dict[str, list[str]]] = [{} for _ in self._levels]
        for near, level in zip(self._near, self._levels, strict=True):
            for label in labels:
                near.setdefault(level(label), []).append(label)

    def exact(self, name: str) -> str | None:
        """The class that is spelled exactly so."""
        return self._exact.get(composed(name))

    def find(self, name: str) -> str | None:
        """The class that is spelled exactly so, else the only one that is spelled almost so.

        Raises:
            AmbiguousName: no class is spelled so, and several are spelled almost so.
        """
        exact = self.exact(name)
        if exact is not None:
            return exact
        for near, level in zip(self._near, self._levels, strict=True):
            plain = level(name)
            found = near.get(plain, []) if plain else []  # a name of blanks only is near to nothing
            if len(found) > 1:
                told, signs = " and ".join(map(repr, found[:2])), "punctuation" if level is bare else "-, _"
                raise AmbiguousName(
                    f"{name!r} is spelled as no class is, and may mean {told}, which differ only by letter case, by {signs} and "
                    "blanks, or by letters that nobody sees. Spell it exactly as the class that is meant."
                )
            if found:
                return found[0]
        return None
