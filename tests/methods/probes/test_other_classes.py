"""What the methods say where the classes to choose from are not those that they learned."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from shots_world import NAMES, SCALE, answers, begun, examples, made, shots, solved, texts, unit

from pipeline.methods.base import why_not
from pipeline.methods.few_shot.features import FeatureLearner
from pipeline.methods.few_shot.task import ClassTexts
from pipeline.methods.registry import methods

SOLVED, STEPPED = ("tip-adapter", "gda", "linear-probe", "lp++"), ("tip-adapter-f", "class-adaptive", "cross-modal")
NOVEL = texts(4, ("bus", "fox", "hat"))


def learned(method: str) -> FeatureLearner:
    if method in SOLVED:
        return solved(method, examples())[0]
    learner = begun(method, examples()).learner
    assert isinstance(learner, FeatureLearner)
    with torch.no_grad():
        for parameter in learner.parameters():  # as if it had been stepped
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)).double()
    return learner


def chosen(classes: ClassTexts, places: list[int]) -> ClassTexts:
    return replace(classes, features=classes.features[places], names=tuple(classes.names[i] for i in places))


@pytest.mark.parametrize("method", [*SOLVED, *STEPPED])
@pytest.mark.parametrize("places", [[2, 0, 3, 1], [3, 1]])
def test_the_order_and_the_number_of_the_learned_classes_change_no_answer(method: str, places: list[int]) -> None:
    learner, asked = learned(method), shots()
    found = answers(learner, asked, chosen(texts(), places))
    np.testing.assert_allclose(found, answers(learner, asked)[:, places], rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", ["tip-adapter", "tip-adapter-f", "gda", "lp++", "class-adaptive", "cross-modal"])
def test_where_no_class_was_learned_the_texts_alone_answer(method: str) -> None:
    asked = shots()
    zero_shot = SCALE * unit(asked.features.numpy()) @ unit(NOVEL.features.numpy()).T
    np.testing.assert_allclose(answers(learned(method), asked, NOVEL), zero_shot, rtol=0, atol=1e-10)
    assert why_not(methods()[method], NAMES, NOVEL.names) == ""


@pytest.mark.parametrize("method", ["tip-adapter", "tip-adapter-f", "class-adaptive", "cross-modal"])
def test_beside_learned_classes_another_one_is_known_by_its_text(method: str) -> None:
    features = torch.cat([texts().features[:2], NOVEL.features[:1]])
    mixed, learner, asked = ClassTexts(features, texts().tokens, (*NAMES[:2], "bus")), learned(method), shots()
    found = answers(learner, asked, mixed)
    np.testing.assert_allclose(found[:, :2], answers(learner, asked)[:, :2], rtol=0, atol=1e-10)
    np.testing.assert_allclose(found[:, 2], answers(learner, asked, NOVEL)[:, 0], rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("method", "asked", "reason"),
    [
        ("gda", ("cat", "bus"), "gda has learned some of these classes and not 'bus'; what it says of both cannot be compared"),
        ("lp++", ("bus", "cat", "fox"), "lp++ has learned some of these classes and not 'bus' and 1 more"),
        ("linear-probe", ("bus", "fox"), "linear-probe has learned nothing of 'bus' and 1 more, and reads no texts"),
        ("linear-probe", ("dog", "bus"), "linear-probe has learned nothing of 'bus', and reads no texts"),
    ],
)  # fmt: skip
def test_where_no_answer_would_be_right_there_is_a_reason(method: str, asked: tuple[str, ...], reason: str) -> None:
    assert why_not(methods()[method], NAMES, asked).startswith(reason)
    assert why_not(methods()[method], NAMES, NAMES[:2]) == "" and why_not(methods()["coop"], NAMES, asked) == ""


@pytest.mark.parametrize("method", [*SOLVED, *STEPPED])
def test_what_was_learned_is_read_back(method: str) -> None:
    learner, again = learned(method), made(method)
    again.load_state_dict(learner.state_dict())
    np.testing.assert_array_equal(answers(again, shots()), answers(learner, shots()))


def test_numbers_that_are_learned_are_counted() -> None:
    from pipeline.methods.base import Sizes

    sizes = Sizes("tiny", 12, 8, 8, 2, classes=len(NAMES), images=len(examples().labels))
    for method in (*SOLVED, *STEPPED):
        floats = [x for x in learned(method).state_dict().values() if x.is_floating_point()]
        kept = {"tip-adapter": 0, "gda": sum(x.numel() for x in floats) - 1}.get(method)
        parameters = sum(p.numel() for p in learned(method).parameters())
        expected = kept if kept is not None else parameters or sum(x.numel() for x in floats)
        assert methods()[method].count(methods()[method].config(), sizes) == expected, method
