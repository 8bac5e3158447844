"""What a user asks of a run: what is refused, in whose words, and in which order clips are answered about."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.predictions import Prediction
from pipeline.tasks.asking import Asking, of_clips, when_needed
from stores import MmptError


class OwnError(MmptError):
    """Of a task."""


@pytest.mark.parametrize("asked", [{"strangers": True}, {"together": True}])
def test_what_only_runs_of_sentences_can_do_is_refused_in_the_tasks_name(asked: dict[str, Any]) -> None:
    with pytest.raises(OwnError) as error:
        Asking([], "cpu", 1, **asked).refuse_sentences(OwnError, "labelled clips")
    assert str(error.value) == (
        "predict: --none-of-these and --together are of runs that learn from sentences; this run learned from labelled clips. "
        "Leave them out; --threshold names no class that is less probable than a number"
    )


@pytest.mark.parametrize("asked", [{"strangers": True}, {"together": True}, {"labels": ["dog"]}])
def test_what_only_runs_of_names_can_do_is_refused_in_the_tasks_name(asked: dict[str, Any]) -> None:
    with pytest.raises(OwnError) as error:
        Asking([], "cpu", 1, **asked).refuse_names(OwnError, "learned masks of what sounds")
    assert str(error.value) == (
        "predict: --labels, --none-of-these and --together are of runs that know classes by their names; this run learned masks "
        "of what sounds. Leave them out"
    )


def test_other_options_are_not_refused() -> None:
    asking = Asking([], "cpu", 1, method="copl", seed=0, texts=["a"], ask=["what?"])
    asking.refuse_names(OwnError, "answers")
    Asking([], "cpu", 1, labels=["dog"]).refuse_sentences(OwnError, "images")


def test_a_clip_given_twice_is_looked_at_once_and_texts_come_last() -> None:
    looked = list[str]()

    def about(path: str) -> list[Prediction]:
        looked.append(path)
        return [Prediction(path, "video", question=question) for question in ("who?", "when?")]

    found = of_clips(Asking([Path("b"), Path("a"), Path("b")], "cpu", 1, texts=["words"]), about)
    assert looked == ["b", "a"]
    assert [(each.path, each.question) for each in found[:-1]] == [
        (path, question) for path in ("b", "a", "b") for question in ("who?", "when?")
    ]
    assert found[-1] == Prediction("words", "text", error="a text is no clip")


def test_what_is_needed_is_made_once_and_not_before() -> None:
    made = list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    read = when_needed(make)
    assert made == [] and (read(), read()) == (1, 1) and made == [1]
