"""Training text of the miniature LLaMA: the paper's query, and a list of five sentences as its answer.

A small share of the answers is untidy in the ways in which large language models are: chatty openings and closings,
bullets, quotation marks, an ending that is cut off. The parser of `pipeline.text` has to cope with the same.
"""

import random
from dataclasses import dataclass

from pipeline.miniature.train.llama_grammar import CLOSE, OPEN, write_sentence
from pipeline.miniature.train.llama_names import NameSource
from pipeline.text.template import MAX_LABELS, MODALITY_WORDS, PAPER_TEMPLATE, render_query

__all__ = ["Example", "draw_example", "write_answer"]

_SENTENCES = 5
_COUNT_WEIGHTS = {"image": (40, 33, 27), "audio": (40, 33, 27), "video": (60, 40)}
_IN_ORDER = 0.85
_OPENINGS = (
    "Sure! Here are five sentences:", "Here are 5 English sentences:", "Sure, here are five sentences for you:",
    "Of course! Here you go:", "Here are the sentences:",
)  # fmt: skip
_CLOSINGS = (
    "I hope this helps!",
    "Let me know if you need more sentences.",
    "Please tell me if you want more!",
)
_STYLES = ("{i}. {s}", "{i}) {s}", "({i}) {s}", "- {s}", "* {s}", '{i}. "{s}"')
_STYLE_WEIGHTS = (84, 5, 2, 4, 2, 3)


@dataclass(frozen=True)
class Example:
    """One query with its answer.

    Attributes:
        prompt: The query.
        answer: The text that follows the query, beginning with a line break.
        names: Character ranges of the class names in `prompt + answer`, behind the query only.
    """

    prompt: str
    answer: str
    names: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        """Query and answer in one piece."""
        return self.prompt + self.answer


def draw_example(rng: random.Random, source: NameSource, sentences: int = _SENTENCES) -> Example:
    """Draw a modality, one to three names and an answer of `sentences` sentences."""
    modality = rng.choice(tuple(MAX_LABELS))
    weights = _COUNT_WEIGHTS[modality]
    count = rng.choices(range(1, len(weights) + 1), weights=weights)[0]
    labels = list(dict.fromkeys(source.draw(rng, modality) for _ in range(count)))
    prompt = render_query(PAPER_TEMPLATE, MODALITY_WORDS[modality], labels)
    answer, names = _without_marks(write_answer(rng, modality, labels, sentences), offset=len(prompt))
    return Example(prompt, answer, names)


def write_answer(rng: random.Random, modality: str, labels: list[str], sentences: int = _SENTENCES) -> str:
    """Write the answer to a query; class names stand between `OPEN` and `CLOSE`.

    An answer that is cut short (`sentences` below five) is a plain prefix: it never learns to stop early.
    """
    style = rng.choices(_STYLES, weights=_STYLE_WEIGHTS)[0]
    lines = [rng.choice(_OPENINGS)] if rng.random() < 0.06 else []
    for number in range(1, sentences + 1):
        order = labels if rng.random() < _IN_ORDER else rng.sample(labels, len(labels))
        lines.append(style.format(i=number, s=write_sentence(rng, modality, order)))
    dice = rng.random()
    if dice < 0.02 and sentences == _SENTENCES:
        lines[-1] = lines[-1][: rng.randrange(len(lines[-1]) // 2, len(lines[-1]) - 1)].rsplit(OPEN, 1)[0].rstrip()
    elif dice < 0.05 and sentences == _SENTENCES:
        lines.append(rng.choice(_CLOSINGS))
    return "\n" + "\n".join(lines)


def _without_marks(marked: str, offset: int) -> tuple[str, tuple[tuple[int, int], ...]]:
    plain, ranges, start = "", [], 0
    for char in marked:
        if char == OPEN:
            start = offset + len(plain)
        elif char == CLOSE:
            ranges.append((start, offset + len(plain)))
        else:
            plain += char
    return plain, tuple(ranges)
