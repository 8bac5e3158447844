"""Alarms of runs of questions about clips, stage by stage."""

from collections.abc import Iterator
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.below import LEAST, is_below
from pipeline.evaluation.event_ladder import Interval
from pipeline.tasks.av.alarms import AGAIN, leaks, one_sided, partial
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.kinds import ALL, kind_name
from pipeline.tasks.av_questions.result import QuestionsResult
from pipeline.tasks.av_questions.words import percent

_SHOWN = 5


def alarms(bound: BoundAvQuestions, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    if stage == "plan":  # without what the run has kept already: a status shows both
        kept = {alarm.problem for alarm in bound.warnings()}
        yield from (alarm for alarm in _of_data(bound) if alarm.problem not in kept)
    if stage == "cache":
        yield from _of_data(bound)
        yield from one_sided(bound)
    if stage == "evaluate":
        yield from _below_prior(found)
        yield from _below_prior_by_kind(found)
        yield from _no_better_blindfold(found)
        yield from _below_frozen(found)


def _of_data(bound: BoundAvQuestions) -> Iterator[Alarm]:
    yield from partial(bound)
    yield from leaks(bound)
    yield from _unlearned_answers(bound)
    yield from _unlearned_kinds(bound)


def _unlearned_answers(bound: BoundAvQuestions) -> Iterator[Alarm]:
    """Answers that train never has: no answer that can be given is right."""
    if bound.to_come:
        return
    learned = {question.answer for question in bound.of("train")}
    test = bound.of("test")
    lost = [question for question in test if question.answer not in learned]
    if lost:
        names = list(dict.fromkeys(question.answer for question in lost))
        yield Alarm(
            "unlearned-answer", "video", tuple(names),
            f"{len(lost):,} of {len(test):,} test questions have an answer that no question of train has ({_some(names)}): all of "
            "them are judged wrong, whatever is learned",
            f"add questions with these answers, or move some to train, or give such answers another name; {AGAIN}",
        )  # fmt: skip


def _unlearned_kinds(bound: BoundAvQuestions) -> Iterator[Alarm]:
    """Kinds of questions that train never asks."""
    if bound.to_come:
        return
    learned = {question.kind for question in bound.of("train")}
    lost = list(dict.fromkeys(q.kind for q in bound.of("test") if q.kind not in learned))
    if lost:
        names = [kind_name(kind) for kind in lost]
        yield Alarm(
            "unlearned-kind", "video", tuple(names),
            f"no question of train is of the kind {_some(names)}, which test asks: what is said of these was never learned",
            f"add questions of the kind to train, or leave them out of test; {AGAIN}",
        )  # fmt: skip


def _below_prior(result: QuestionsResult) -> Iterator[Alarm]:
    """The published method, beside what answers without looking or listening."""
    name = result.published
    ours = result.of(name).accuracy
    best = max(result.beside, key=lambda what: result.beside[what][ALL])
    known = result.beside[best][ALL]
    if is_below(ours.value, known, result.questions, certain=ours.high < known):
        better = max(result.methods, key=lambda each: each.accuracy.value)
        other = f", or publish the best of the table: publish: {{method: {better.name}}}" if better.name != name else ""
        yield Alarm(
            "below-prior", "video", (),
            f"{name} answers {percent(ours.value, ' %')} of {result.questions:,} questions rightly; '{best}', which neither looks "
            f"nor listens, {percent(known, ' %')}: what was learned made it worse",
            f"learn more epochs, from more questions, raise lr_head or lr_prompts{other}; {AGAIN}",
        )  # fmt: skip


def _below_prior_by_kind(result: QuestionsResult) -> Iterator[Alarm]:
    """The same of single kinds, where not all questions together are below."""
    if any(True for _ in _below_prior(result)):
        return
    own, told, names = result.of(result.published), list[str](), list[str]()
    for group in result.groups:
        if group.whole:
            continue
        best = max(result.beside, key=lambda what: result.beside[what][group.name])
        ours, known = own.scores[group.name], result.beside[best][group.name]
        if is_below(ours.value, known, result.sizes[group.name], certain=ours.high < known):
            names.append(group.name)
            told.append(f"{group.name}: {percent(ours.value, ' %')}, '{best}' {percent(known, ' %')}")
    if told:
        yield Alarm(
            "below-prior-of-kind", "video", tuple(names),
            f"of some kinds {own.name} answers fewer questions rightly than what neither looks nor listens "
            f"({'; '.join(told[:_SHOWN])}{_more(told)}): of these it has learned nothing from the clips",
            f"do not believe its answers to questions of these kinds; give train more of them, or learn more epochs; {AGAIN}",
        )  # fmt: skip


def _no_better_blindfold(result: QuestionsResult) -> Iterator[Alarm]:
    """The published method, beside one that learned to answer from the question alone: then clips brought nothing."""
    over = result.over_blindfold
    if over is not None and over.low <= 0:
        yield Alarm(
            "no-better-than-question-only", "video", (),
            f"{result.published} answers {_points(over)} of the questions more rightly than '{result.blindfold}', which reads the "
            "question alone: that pictures and sound help is not shown",
            f"learn more epochs, or from more clips; look in the table by kind for what needs the clip at all; {AGAIN}",
        )  # fmt: skip


def _below_frozen(result: QuestionsResult) -> Iterator[Alarm]:
    """The published method, beside the head on frozen towers: then prompts made it worse."""
    over = result.over_frozen
    if over is not None and over.high < 0 and over.value < -LEAST:
        yield Alarm(
            "below-frozen", "video", (),
            f"{result.published} answers {percent(-over.value)} points of the questions fewer rightly than '{result.frozen}', "
            "which learns nothing inside the towers",
            f"leave publish out, so that the questions of val choose, or learn more epochs; {AGAIN}",
        )  # fmt: skip


def _points(over: Interval) -> str:
    value, low, high = (f"{100 * each:+.1f}".replace("-", "−") for each in (over.value, over.low, over.high))
    return f"{value} points [{low}, {high}]"


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:_SHOWN])}{_more(names)}"


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
