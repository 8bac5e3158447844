"""Words of questions: how texts are cut, which words there are, and the numbers that stand for them.

Dims: L = words of the longest question.
"""

import re
from collections.abc import Iterable, Sequence

from pipeline.datasets.errors import DatasetError

PAD = "<pad>"
"""The first word, number 0: it fills up questions that are shorter than the longest, and stands for words that train lacks."""
_SIGNS = "?？"  # noqa: RUF001 - full-width, as some of MUSIC-AVQA's questions end
_BLANK = re.compile(r"<[^<>]*>")


def cut(content: str, values: Sequence[str] = ()) -> tuple[str, ...]:
    """The words of one of MUSIC-AVQA's questions, as its authors' code cuts them.

    Cut at single spaces; the last word loses its last character, whatever it is; a word with a `<` becomes the next of `values`.
    The case of letters is kept.

    Raises:
        DatasetError: there are fewer values than blanks.
    """
    words = content.rstrip().split(" ")
    words[-1] = words[-1][:-1]
    blanks = sum("<" in word for word in words)
    if blanks > len(values):
        raise DatasetError(f"the question {content!r} has {blanks} blanks, and {len(values)} values to fill in")
    rest = iter(values)
    return tuple(next(rest) if "<" in word else word for word in words)


def filled(content: str, values: Sequence[str] = ()) -> str:
    """A question as it is asked, its blanks `<…>` filled with `values` in order; blanks without a value stay."""
    rest = iter(values)
    return _BLANK.sub(lambda blank: next(rest, blank[0]), content.strip())


def cut_free(text: str) -> tuple[str, ...]:
    """The words of a question that somebody has written, without the sign at its end; for MUSIC-AVQA's the same as `cut`.

    Raises:
        DatasetError: it has no word.
    """
    words = tuple(text.strip().rstrip(_SIGNS).split())
    if not words:
        raise DatasetError(
            f"a question has at least one word, found {text!r}. Ask for example: How many sounds are heard?"
        )
    return words


def vocabulary(questions: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """`PAD` and all words of the questions, in the order in which they first appear."""
    return tuple(dict.fromkeys([PAD, *(word for question in questions for word in question)]))


def unknown_words(tokens: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """Words of a question that a vocabulary lacks, each once."""
    return tuple(dict.fromkeys(token for token in tokens if token not in words))


def encoded(tokens: Sequence[str], words: Sequence[str], longest: int) -> tuple[int, ...]:
    """The numbers (L,) of a question's words, filled up with 0 behind; words that `words` lacks are 0, too.

    Raises:
        DatasetError: it has more than `longest` words.
    """
    if len(tokens) > longest:
        raise DatasetError(
            f"the question {' '.join(tokens)!r} has {len(tokens)} words, and {longest} are the most. Ask in fewer words."
        )
    number = {word: place for place, word in enumerate(words)}
    return tuple(number.get(token, 0) for token in tokens) + (0,) * (longest - len(tokens))
