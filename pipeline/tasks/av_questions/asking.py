"""Questions of a user as a run understands them: which of their words it has learned, and which learned questions are like them.

A run knows the words of the questions that it learned from and no others: what it never saw has no meaning to it. So an unknown
word is left out and told, a question that is worded like none that was learned is told, too, and one of which most words are
unknown is refused. Free of torch.

Dims: L = words of the longest question that a run reads.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from pipeline.datasets.av.questions import NO_KIND, kind_name
from pipeline.tasks.av.errors import AvError

_ENDS = "?？.!…"
_QUOTES = "\"'“”‘’«»"
_ALIKE = 0.6
"""Share of common words below which two questions have nothing to do with each other."""

_NEAR = 0.75
"""Letters in common from which a word is told as meant: two letters that changed places in a word of four."""


class NotAsked(AvError):
    """A question in which a run knows nothing."""


@dataclass(frozen=True)
class Known:
    """What a run has learned to be asked.

    Attributes:
        words: by their numbers; the first one fills what is left of a question.
        longest: L.
        kinds: words of a question that was learned, with a blank between -> its kind, as people call it.
    """

    words: tuple[str, ...]
    longest: int
    kinds: Mapping[str, str]

    def written(self) -> bytes:
        """As a run keeps it."""
        return json.dumps(
            {"words": list(self.words), "longest": self.longest, "kinds": dict(self.kinds)}, ensure_ascii=False
        ).encode()

    @classmethod
    def read(cls, content: bytes) -> "Known":
        """What was written."""
        found = json.loads(content)
        return cls(tuple(found["words"]), found["longest"], found["kinds"])


@dataclass(frozen=True)
class Understood:
    """A question in the words of a run.

    Attributes:
        text: as it was asked.
        numbers: (L,) of its words, filled with 0.
        note: what the run does not know of it; empty where it knows all.
    """

    text: str
    numbers: tuple[int, ...]
    note: str


def understood(text: str, known: Known) -> Understood:
    """The words of a question that a run knows, and what must be known of the answer.

    Raises:
        NotAsked: it does not know most of them: an answer would be sure, and of another question.
    """
    number = {word: place for place, word in enumerate(known.words) if place}
    lower = {word.lower(): word for word in reversed(number)}
    found, strange = list[str](), list[str]()
    for written in text.strip().rstrip(_ENDS).split():
        known_as = [word for form in _forms(written) if (word := form if form in number else lower.get(form.lower()))]
        found += known_as[:1]
        strange += [] if known_as else [written]
    if len(found) <= len(strange):
        some = ", ".join(list(number)[:8])
        lost = f"most of its words were never learned ({_told(strange, list(number))})" if strange else "it has no word"
        raise NotAsked(f"{lost}; learned were {some}, …. Ask in the words of the data")
    notes = [f"never learned, and left out: {_told(strange, list(number))}"] if strange else []
    if len(found) > known.longest:
        notes.append(f"only its first {known.longest} words are read, as many as the longest question of the data has")
        found = found[: known.longest]
    notes += [told] if (told := _unlike(" ".join(found), known.kinds)) else []
    numbers = [number[word] for word in found]
    return Understood(text, (*numbers, *(0 for _ in range(known.longest - len(numbers)))), "; ".join(notes))


def _forms(written: str) -> list[str]:
    """A word as it stands, and without what is no part of it."""
    bare = written.strip(_QUOTES)
    return [written, bare, bare.rstrip(",;:" + _ENDS)]


def _told(words: Sequence[str], learned: Sequence[str]) -> str:
    """Words that mean nothing to the run, each with the nearest one that does."""
    told = []
    for word in words:
        close = get_close_matches(word.lower(), [each.lower() for each in learned], n=1, cutoff=_NEAR)
        meant = next((each for each in learned if close and each.lower() == close[0]), "")
        told.append(f"'{word}'" + (f" (did you mean '{meant}'?)" if meant else ""))
    return ", ".join(told)


def _unlike(text: str, kinds: Mapping[str, str]) -> str:
    """What to say of a question that nobody asked while the run learned; nothing of one that somebody did."""
    if text in kinds or not kinds:
        return ""
    words = text.split()
    near = max(kinds, key=lambda other: SequenceMatcher(None, words, other.split(), autojunk=False).ratio())
    if SequenceMatcher(None, words, near.split(), autojunk=False).ratio() < _ALIKE:
        return f"resembles no question that was learned, so the answer is worth little; the nearest one is '{near}?'"
    kind = "" if kinds[near] == kind_name(NO_KIND) else f" ({kinds[near]})"
    return f"no question was learned in these words; the nearest one is '{near}?'{kind}"
