"""From listed questions and the media of their videos to what a run has: what all readers of questions share."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.datasets.av.listed import SPLITS, Leak, RejectedClip, Split, SplitCount
from pipeline.datasets.av.questions.lists import ListedQuestion
from pipeline.datasets.av.questions.questions import AvQuestion, AvQuestions, kind_name
from pipeline.datasets.av.questions.words import vocabulary


def gathered(
    listed: Sequence[ListedQuestion],
    questions: Sequence[AvQuestion],
    refused: Sequence[RejectedClip],
    *,
    version: str = "",
    leaks: Sequence[Leak] = (),
    left_out: Sequence[str] = (),
    strange: Sequence[str] = (),
) -> AvQuestions:
    """What was found of the listed questions: words, answers and counts are those of the list, whatever is left of its videos."""
    answers = answers_of(listed)
    return AvQuestions(
        answers=answers,
        words=words_of(listed),
        longest=longest_of(listed),
        version=version,
        questions=tuple(questions),
        refused=tuple(refused),
        counts=counts_of_kinds(questions, listed),
        leaks=tuple(leaks),
        left_out=tuple(left_out),
        strange=tuple(strange),
        unsaid=unsaid_of(listed, answers),
    )


def answers_of(listed: Iterable[ListedQuestion]) -> tuple[str, ...]:
    """The answers of train's questions in the order in which they first appear, whatever is left of their videos."""
    return tuple(dict.fromkeys(question.answer for question in listed if question.split == "train"))


def words_of(listed: Iterable[ListedQuestion]) -> tuple[str, ...]:
    """The words of train's questions, whatever is left of their videos."""
    return vocabulary(question.tokens for question in listed if question.split == "train")


def longest_of(listed: Iterable[ListedQuestion]) -> int:
    """L, words of the longest question of all splits."""
    return max((len(question.tokens) for question in listed), default=0)


def unsaid_of(listed: Iterable[ListedQuestion], answers: Sequence[str]) -> tuple[tuple[Split, str, int], ...]:
    """Answers that train's questions never have, and how many of a split's have them."""
    times = Counter((question.split, question.answer) for question in listed if question.answer not in answers)
    return tuple((split, answer, count) for (split, answer), count in times.items())


def counts_of_kinds(found: Iterable[AvQuestion], listed: Iterable[ListedQuestion]) -> tuple[SplitCount, ...]:
    """Questions of each kind in each split: those that can be used, of those that a list has."""
    have = Counter((question.split, question.kind) for question in found)
    of = Counter((question.split, question.kind) for question in listed)
    kinds = sorted({kind for _, kind in of})
    return tuple(
        SplitCount(split, kind_name(kind), have[split, kind], of[split, kind])
        for split in SPLITS
        for kind in kinds
        if of[split, kind]
    )
