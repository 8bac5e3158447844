"""What is asked of clips: templates as MUSIC-AVQA has them, with a name filled in or without, and their answers.

In each split every answer to a text is right equally often: clips that would make one too many are not asked. So whoever only
reads the question is right in exactly one of k, k being the answers that the template has.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from numpy.random import Generator

from pipeline.miniature.world.questions import QUESTION_SHAPES, QUESTION_SOUNDS, Content

_COUNTS = ("zero", "one", "two")
BLANK = "<Object>"


@dataclass(frozen=True)
class Template:
    """A question, with `BLANK` where a name is filled in.

    Attributes:
        kind: the modality that it is about and its type, as MUSIC-AVQA has them.
        content: its text.
        names: what may be filled in; none where there is no blank.
        answers: all that may be right.
        answer: what is right of a clip, with the number of the name that is filled in.
    """

    kind: tuple[str, str]
    content: str
    names: tuple[str, ...]
    answers: tuple[str, ...]
    answer: Callable[[Content, int], str]


@dataclass(frozen=True)
class Asked:
    """A question of a clip: the template, the name that is filled in, and what is right."""

    clip: int
    template: Template
    values: tuple[str, ...]
    answer: str


TEMPLATES: tuple[Template, ...] = (
    Template(
        ("Audio", "Counting"), f"Do you hear a {BLANK}?", QUESTION_SOUNDS, ("yes", "no"),
        lambda content, name: _yes(name in content.heard),
    ),
    Template(
        ("Audio", "Comparative"), "Which sound is heard longest?", (), QUESTION_SOUNDS,
        lambda content, _: QUESTION_SOUNDS[content.heard[0]],
    ),
    Template(
        ("Visual", "Counting"), f"Do you see a {BLANK}?", QUESTION_SHAPES, ("yes", "no"),
        lambda content, name: _yes(name in content.seen),
    ),
    Template(
        ("Visual", "Comparative"), "Which shape is seen longest?", (), QUESTION_SHAPES,
        lambda content, _: QUESTION_SHAPES[content.seen[0]],
    ),
    Template(
        ("Audio-Visual", "Comparative"), "Does the shape seen longest sound longest?", (), ("yes", "no"),
        lambda content, _: _yes(content.long_match),
    ),
    Template(
        ("Audio-Visual", "Counting"), "How many shapes in the video sound?", (), _COUNTS,
        lambda content, _: _COUNTS[content.long_match + content.short_match],
    ),
)  # fmt: skip


def ask(contents: Sequence[Content], rng: Generator) -> list[Asked]:
    """The questions of a split's clips, clip by clip, every answer to a text equally often.

    A template without names is asked once of a clip at most; one with names once for each answer, so that no answer can be told
    from which name is filled in.
    """
    asked = [one for template in TEMPLATES for one in _even(_all(template, contents, rng), template.answers, rng)]
    order = {template.content: place for place, template in enumerate(TEMPLATES)}
    return sorted(asked, key=lambda one: (one.clip, order[one.template.content], one.values))


def _all(template: Template, contents: Sequence[Content], rng: Generator) -> list[Asked]:
    """The questions of every clip; of the names that have an answer, that which was asked with it least so far."""
    asked: list[Asked] = []
    times: Counter[tuple[int, str]] = Counter()
    for clip, content in enumerate(contents):
        by_answer: dict[str, list[int]] = defaultdict(list)
        for name in rng.permutation(max(1, len(template.names))).tolist():
            by_answer[template.answer(content, name)].append(name)
        for answer, names in by_answer.items():
            name = min(names, key=lambda name: times[name, answer])  # noqa: B023 - called at once
            times[name, answer] += 1
            asked.append(Asked(clip, template, template.names[name : name + 1], answer))
    return asked


def _even(asked: Sequence[Asked], answers: Sequence[str], rng: Generator) -> list[Asked]:
    """As many questions of each text and answer as of the text's rarest answer, drawn from all."""
    of: Mapping[tuple[str, ...], Mapping[str, list[Asked]]] = defaultdict(lambda: {answer: [] for answer in answers})
    for one in asked:
        of[one.values][one.answer].append(one)
    kept = []
    for rows in of.values():
        fewest = min(map(len, rows.values()))
        kept += [row[place] for row in rows.values() for place in sorted(rng.permutation(len(row))[:fewest].tolist())]
    return kept


def _yes(value: bool) -> str:
    return "yes" if value else "no"
