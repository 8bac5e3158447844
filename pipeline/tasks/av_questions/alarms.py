"""Alarms of runs of questions about clips, stage by stage."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.below import is_below
from pipeline.datasets.av.questions import kind_name
from pipeline.evaluation.figure_words import interval_text, percent, points
from pipeline.tasks.av.alarms import AGAIN, below_frozen, leaking, or_publish, partial, some, staged
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.kinds import ALL
from pipeline.tasks.av_questions.result import QuestionsResult


def alarms(bound: BoundAvQuestions, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    yield from staged(bound, stage, of_data)
    if stage == "evaluate":
        below = list(_below_prior(found)) or list(_no_better_prior(found))
        yield from below or _below_prior_by_kind(found)
        yield from _no_better_blindfold(found)
        yield from _below_frozen(found)


def of_data(bound: BoundAvQuestions) -> Iterator[Alarm]:
    """What is wrong with the questions as they are listed."""
    yield from partial(bound)
    yield from leaking(
        bound,
        "give every clip one split in the table of questions"
        if bound.recipe.questions.layout == "questions"
        else "write under questions: disjoint: true, where figures need not be those of papers",
    )
    if not bound.to_come:
        yield from _unlearned_answers(bound)
        yield from _unlearned_kinds(bound)


def _unlearned_answers(bound: BoundAvQuestions) -> Iterator[Alarm]:
    """Answers that train never has: whatever is answered is wrong."""
    test, known = bound.of("test"), set(bound.clips.answers)
    lost = [question.answer for question in test if question.answer not in known]
    if lost:
        names = list(dict.fromkeys(lost))
        yield Alarm(
            "unlearned-answer", "video", tuple(names),
            f"{len(lost):,} of {len(test):,} test questions have an answer that no question of train has ({some(names)}): all of "
            "them are judged wrong, whatever is learned",
            f"add questions with these answers to train, or move some there, or write answers that mean one thing alike; {AGAIN}",
        )  # fmt: skip


def _unlearned_kinds(bound: BoundAvQuestions) -> Iterator[Alarm]:
    """Kinds of questions that train never asks."""
    learned = {question.kind for question in bound.of("train")}
    names = list(dict.fromkeys(kind_name(q.kind) for q in bound.of("test") if q.kind not in learned))
    if names:
        yield Alarm(
            "unlearned-kind", "video", tuple(names),
            f"no question of train is of the kind that test asks: {some(names)}. How to answer these was never learned",
            f"add questions of the kind to train, or leave them out of test; {AGAIN}",
        )  # fmt: skip


def _below_prior(result: QuestionsResult) -> Iterator[Alarm]:
    """The published method, beside what answers without looking or listening."""
    name = result.published
    ours = result.of(name).main
    best, known = _best_prior(result)
    if is_below(ours.value, known, result.clips, certain=ours.high < known):
        other = or_publish(result, but=result.blindfold)
        yield Alarm(
            "below-prior", "video", (),
            f"{name} answers {percent(ours.value, ' %')} of {result.clips:,} questions rightly; '{best}', without looking or "
            f"listening, {percent(known, ' %')}: what was learned made it worse",
            f"learn more epochs, from more questions, raise lr_head or lr_prompts{other}; {AGAIN}",
        )  # fmt: skip


def _no_better_prior(result: QuestionsResult) -> Iterator[Alarm]:
    """The published method, where its interval does not exclude that not looking is as good: nothing of the clips is learned."""
    ours, (best, known) = result.of(result.published).main, _best_prior(result)
    if ours.low <= known:
        yield Alarm(
            "no-better-than-prior", "video", (),
            f"{result.published} answers {interval_text(ours)} % of {result.clips:,} questions rightly; '{best}', without "
            f"looking or listening, {percent(known, ' %')}: it is not shown that anything was learned from the clips",
            "look at the losses in the report: where they stay as they are, take another lr_prompts or lr_head, or more epochs; "
            f"where they fall, learn from more clips, or judge more of them; {AGAIN}",
        )  # fmt: skip


def _best_prior(result: QuestionsResult) -> tuple[str, float]:
    """What answers best of all that neither looks nor listens, and how well."""
    best = max(result.beside, key=lambda what: result.beside[what][ALL])
    return best, result.beside[best][ALL]


def _below_prior_by_kind(result: QuestionsResult) -> Iterator[Alarm]:
    """The same of single kinds, where all questions together are not below."""
    own, told, names = result.of(result.published), list[str](), list[str]()
    for group in result.groups:
        best = max(result.beside, key=lambda what: result.beside[what][group.name])
        ours, known = own.scores[group.name], result.beside[best][group.name]
        if not group.whole and is_below(ours.value, known, result.sizes[group.name], certain=ours.high < known):
            names.append(group.name)
            told.append(f"{group.name} {percent(ours.value, ' %')}, '{best}' {percent(known, ' %')}")
    if told:
        yield Alarm(
            "below-prior-of-kind", "video", tuple(names),
            f"of some kinds of questions {own.name} answers fewer rightly than can be done without looking or listening: "
            f"{'; '.join(told)}. Of the clips it has learned nothing for these",
            f"do not trust its answers to them; add such questions to train, or learn more epochs; {AGAIN}",
        )  # fmt: skip


def _no_better_blindfold(result: QuestionsResult) -> Iterator[Alarm]:
    """The published method, beside one that learned to answer from the question alone: then clips brought nothing."""
    over = result.over_blindfold
    if over is not None and over.low <= 0:
        yield Alarm(
            "no-better-than-question-only", "video", (),
            f"{result.published} answers {points(over)} points of the questions more rightly than '{result.blindfold}', which "
            "reads the question alone: it is not shown that pictures and sound help",
            f"learn more epochs, from more clips, or judge more of them; the table by kind tells what needs the clip; {AGAIN}",
        )  # fmt: skip


def _below_frozen(result: QuestionsResult) -> Iterator[Alarm]:
    return below_frozen(result, "answers {points} points of the questions fewer rightly than", "questions")
