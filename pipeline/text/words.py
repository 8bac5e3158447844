"""The words of a sentence or a class name, as they are compared: in one letter case, composed, without invisible letters.

Hyphens, underscores and punctuation divide words. Signs that stand on a word may be part of a name: "C++" is not "C", ".NET" is
no net. Signs around a word that is no such name are decoration ("**dog**", "#dog"): so a word has one spelling with all its
signs and one without, and only a + or # behind it stays in both.
"""

import re
from dataclasses import dataclass

from pipeline.labels.names import visible

__all__ = ["WORD", "Word", "split_words", "words_of"]

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b")
_SIGNS = r"#$€£¥@*~+=^%°\-"
# Between two words a sign divides them ("dog+cat"); so signs belong to a word only where no other word stands beyond them.
_SIGNED = re.compile(
    rf"(?P<lead>(?<![^\W_])(?<![{_SIGNS}])[{_SIGNS}]*+(?:(?<!\.)\.(?=[^\W\d_]))?)?"
    rf"(?P<word>{WORD.pattern})"
    rf"(?:(?P<tail>(?:[+]++|#)?+)(?P<more>[{_SIGNS}]*+)(?![^\W_]))?"
)


@dataclass(frozen=True)
class Word:
    """One word.

    Attributes:
        spelled: with the signs that stand on it, in the letter case of its text.
        plain: in lower case, without signs but + and # behind it.
        signed: in lower case, with all signs.
    """

    spelled: str
    plain: str
    signed: str

    @property
    def spellings(self) -> frozenset[str]:
        """What it may be met by."""
        return frozenset((self.plain, self.signed))


def split_words(text: str) -> list[Word]:
    """The words of a text in order; a possessive 's goes."""
    clean = _POSSESSIVE.sub("", visible(text).replace("’", "'"))
    return [_word(*found.groups()) for found in _SIGNED.finditer(clean)]


def words_of(text: str) -> tuple[str, ...]:
    """The plain words of a text."""
    return tuple(word.plain for word in split_words(text))


def _word(lead: str | None, word: str, tail: str | None, more: str | None) -> Word:
    plain, spelled = word + (tail or ""), f"{lead or ''}{word}{tail or ''}{more or ''}"
    return Word(spelled, plain.casefold(), spelled.casefold())
