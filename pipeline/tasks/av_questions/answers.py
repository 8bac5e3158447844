"""Answers to a user's questions about own clips, by a checkpoint alone: the data need not be there.

A clip is T segments spread over it, however long it is, as those were that the run learned from. What it lacks, picture or sound,
is zeros to the towers, and the answer says so.

Dims: T segments, Q questions, K answers.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.predictions import Prediction
from pipeline.records import RunRecord
from pipeline.tasks.asking import Asking, of_clips, when_needed
from pipeline.tasks.av.asked import Asked, asked
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.own_clips import UNREADABLE, Clip, decoded
from pipeline.tasks.av_questions.asking import NotAsked, Understood, understood
from pipeline.tasks.av_questions.bound import form_of
from pipeline.tasks.av_questions.known import ENTRY, read_known
from pipeline.tasks.av_questions.recipe import AvQuestionsRecipe
from stores import Store

if TYPE_CHECKING:
    from pipeline.tasks.av_questions.window import Answerer

_LITTLE = 0.1
"""Share of a clip's sound below which an answer says how little was heard."""


def answer(store: Store, record: RunRecord, asking: Asking) -> list[Prediction]:
    """The answers to every question about every clip, the questions of a clip one after the other.

    A file that cannot be read, and a question of which no word is known, have an error instead.

    Args:
        store: of the run.
        record: of the run.
        asking: what about which clips, and whose answers.

    Raises:
        AvError: the run has no such method or seed, or cannot do what is asked.
    """
    asking.refuse_names(AvError, "answers questions by the answers that it learned")
    of = asked(AvQuestionsRecipe, store, record, asking.method, asking.seed, form_of)
    known = read_known(store, record.artifacts[ENTRY])
    meant: list[Understood | Prediction] = []
    for text in asking.ask:
        try:
            meant.append(understood(text, known))
        except NotAsked as error:
            meant.append(Prediction("", None, error=str(error), question=text or "(nothing)"))
    read = when_needed(lambda: _reader(of, asking.device))
    return of_clips(asking, lambda path: _about(path, of, meant, asking.top, read))


def _about(
    path: str, of: Asked[AvQuestionsRecipe], meant: Sequence[Understood | Prediction], top: int,
    read: "Callable[[], Answerer]",
) -> list[Prediction]:  # fmt: skip
    fine = [each for each in meant if isinstance(each, Understood)]
    try:
        made = decoded(path, of.towers, of.form, of.recipe.cache, whole=True)
    except UNREADABLE as error:
        return [Prediction(path, None, error=str(error), question=_text(each)) for each in meant]
    shares = iter(read()(made.windows[0], [each.numbers for each in fine]) if fine else ())
    answers, lacks = tuple(of.checkpoints.spec.fields["answers"]), _notes(made.clip, of)
    return [
        Prediction(path, made.clip.kind, error=each.error, question=each.question)
        if isinstance(each, Prediction)
        else Prediction(
            path, made.clip.kind, _best(next(shares), answers, top), note="; ".join(filter(None, [*lacks, each.note])),
            question=each.text,
        )
        for each in meant
    ]  # fmt: skip


def _text(meant: Understood | Prediction) -> str:
    return meant.text if isinstance(meant, Understood) else meant.question


def _notes(clip: Clip, of: Asked[AvQuestionsRecipe]) -> list[str]:
    """What must be known of every answer about a clip."""
    heard = of.form.segments * of.form.segment_s
    little = heard < _LITTLE * clip.seconds
    return [clip.note] + little * [
        f"of its {clip.seconds:,.0f} s only {of.form.segments} pictures are seen and {heard:g} s heard: cut out what is meant"
    ]


def _best(shares: NDArray[np.float32], answers: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    return tuple((answers[place], float(shares[place])) for place in np.argsort(-shares, kind="stable")[:top])


def _reader(of: Asked[AvQuestionsRecipe], device: str) -> "Answerer":
    from pipeline.tasks.av_questions.window import answerer

    return answerer(of, device)
