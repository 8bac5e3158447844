"""Sentences about one to three named things in an image, a sound or a video, from a caption grammar.

The grammar, `llama_grammar.txt`, is a table of symbols: `{size}` is replaced by a random alternative of its row
until no symbol is left, or by what is usual for a class of the miniature world (`llama_knowledge`). Symbols belong to
a name: `{colour1}` to the second; inside a phrase they belong to the phrase's name, elsewhere to the first. Class names
come in through `{np0}` (a noun phrase around name 0), `{ing0}` (what name 0 is doing) and `{name0}`; they are put
between `OPEN` and `CLOSE`, so that training can weigh the tokens of a name.

No sentence mentions another class of the miniature world of its own accord, for that would be a label that nobody
recorded; only the moving shapes of videos are named, because a motion needs something that moves.
"""

import random
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from pipeline.miniature.train.llama_knowledge import known_word
from pipeline.miniature.train.llama_names import WORLD_NAMES

__all__ = ["CLOSE", "OPEN", "write_sentence"]

OPEN, CLOSE = "\x01", "\x02"
"""Marks around a class name in a sentence of the grammar."""

_MAX_WORDS = 23
_TRIES = 6

_KINDS = {
    "rising whistle": "one",
    "falling whistle": "one",
    "ring": "one",
    "plucked string": "one",
    "wind": "mass",
    "cross": "one",
}
_SYMBOL = re.compile(r"\{([a-z]+)(\d?)\}")


def write_sentence(rng: random.Random, modality: str, names: Sequence[str], spoken: Sequence[str] | None = None) -> str:
    """Write one sentence of less than 25 words that holds every name, names between `OPEN` and `CLOSE`.

    Args:
        rng: Source of all choices.
        modality: `"image"`, `"audio"` or `"video"`.
        names: One to three class names, in the order in which the sentence mentions them.
        spoken: What the sentence calls them; by their names by default.
    """
    tries = (_expand(rng, modality, names, spoken or names) for _ in range(_TRIES))
    shortest = min(tries, key=lambda text: max(len(text.split()), _MAX_WORDS))
    return shortest if len(shortest.split()) <= _MAX_WORDS else " and ".join(map(_marked, spoken or names)) + "."


def _expand(rng: random.Random, modality: str, names: Sequence[str], spoken: Sequence[str]) -> str:
    who = "mover" if _moves(rng, names) else "person"

    def replace(match: re.Match[str]) -> str:
        symbol, index = match.groups()
        name, word = names[int(index or 0)], spoken[int(index or 0)]
        if symbol == "np":
            phrase = _owned(rng.choice(_grammar()[f"{modality}-{_kind(word)}"]), index)
            return phrase.replace("{n}", _marked(word))
        if symbol in ("ing", "name"):
            return _marked(word)
        row = who if symbol == "who" else symbol
        return known_word(rng, modality, name, symbol) or _owned(rng.choice(_grammar()[row]), index)

    text = rng.choice(_grammar()[_start(modality, spoken)])
    while _SYMBOL.search(text):
        text = _SYMBOL.sub(replace, text)
    return _finish(text)


def _owned(text: str, index: str) -> str:
    """Text whose symbols without a number, but for `{n}`, belong to a name."""
    return re.sub(r"\{([a-z]{2,})\}", rf"{{\g<1>{index}}}", text)


def _start(modality: str, names: Sequence[str]) -> str:
    """The symbol of a whole sentence: videos have one for activities and one for things."""
    if modality != "video":
        return f"{modality}{len(names)}"
    doing = all(name.split()[0].endswith("ing") for name in names)
    return f"{'doing' if doing else 'thing'}video{len(names)}"


def _moves(rng: random.Random, names: Sequence[str]) -> bool:
    """Whether shapes do it, as in the miniature world, or people: a motion of one unknown word may be either."""
    if any(name in WORLD_NAMES["video"] for name in names):
        return True
    return all(" " not in name for name in names) and rng.random() < 0.6


@cache
def _grammar() -> dict[str, tuple[str, ...]]:
    text = (resources.files("pipeline") / "miniature" / "train" / "llama_grammar.txt").read_text("utf-8")
    rows: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("    "):
            next(reversed(rows.values())).append(line.strip())
        elif line.endswith(":") and not line.startswith("#"):
            rows[line.removesuffix(":")] = []
    return {symbol: tuple(alternatives) for symbol, alternatives in rows.items()}


def _kind(name: str) -> str:
    """How English treats the name: `one` thing, `many` things or a `mass` (activities, sounds that go on)."""
    if name in _KINDS:
        return _KINDS[name]
    words = name.lower().split()
    if words[-1].endswith("ing") or words[0].endswith("ing"):
        return "mass"
    return "many" if words[-1].endswith("s") and not words[-1].endswith(("ss", "us", "is")) else "one"


def _marked(name: str) -> str:
    return f"{OPEN}{name}{CLOSE}".replace("{", "(").replace("}", ")")


def _finish(text: str) -> str:
    """Choose "a" or "an", say nothing twice in a row, and start with a capital (a class name keeps its own case)."""
    text = re.sub(r"\b(\w+)(?:,| and) \1\b", r"\1", text)
    text = re.sub(rf"a~ (?={OPEN}?[aeiouAEIOU])", "an ", text).replace("a~ ", "a ")
    return text if text.startswith(OPEN) else text[0].upper() + text[1:]
