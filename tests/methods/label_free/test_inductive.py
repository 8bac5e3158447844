"""Rungs that learn class vectors, each against a few lines of another kind, and on what must come out."""

from dataclasses import replace

import numpy as np
import pytest
from small_world import directions

from pipeline.methods.label_free import base, text_linear
from pipeline.methods.label_free.base import Material
from pipeline.methods.label_free.registry import inductive, rungs
from pipeline.methods.label_free.sentence_mean import names_and_mean, sentence_mean
from pipeline.methods.label_free.waffle import descriptors, waffle, waffle_texts
from pipeline.methods.label_free.weighed import weighed


def long(v: np.ndarray) -> np.ndarray:
    """One vector at length 1, in extended precision."""
    return np.asarray(v / np.sqrt(np.sum(np.square(v.astype(np.longdouble)))), np.longdouble)


def sentences_of(world: Material, c: int) -> list[np.ndarray]:
    return [long(x) for x, carries in zip(world.sentences, world.carries, strict=True) if c in carries]


def ensemble(world: Material, c: int) -> np.ndarray:
    return long(np.sum([long(template[c]) for template in world.names], axis=0))


def test_mean_of_sentences(world: Material) -> None:
    expected = [long(np.sum(sentences_of(world, c), axis=0)) for c in range(3)]
    assert np.abs(sentence_mean(world) - expected).max() < 1e-12


def test_names_and_mean(world: Material) -> None:
    expected = [long(ensemble(world, c) + long(np.sum(sentences_of(world, c), axis=0))) for c in range(3)]
    assert np.abs(names_and_mean(world) - expected).max() < 1e-12


def test_weighed_by_number_and_agreement(world: Material) -> None:
    """Class 1 has two sentences of its own and one that is really about class 2: they say different things."""
    expected = []
    for c in range(3):
        total = np.sum(sentences_of(world, c), axis=0)
        share = min(float(np.sqrt(np.sum(total**2))) / 5, 0.7)
        expected.append(long(ensemble(world, c) + share * long(total)))
    assert np.abs(weighed(world) - expected).max() < 1e-12
    lengths = [np.linalg.norm(np.sum(sentences_of(world, c), axis=0)) for c in (0, 1)]
    assert lengths[1] < lengths[0] < 3, "three sentences that agree weigh more than three that do not"


def test_a_thousand_sentences_weigh_no_more_than_a_bound(world: Material) -> None:
    wrong = np.tile(directions()[1], (1000, 1))
    found = weighed(replace(world, sentences=wrong, carries=np.full((1000, 1), 0)))
    assert found[0] @ world.prior[0] > found[0] @ directions()[1] + 0.15, "the name of class 0 stands against them"


def test_a_class_without_a_sentence(world: Material) -> None:
    bare = replace(world, carries=np.where(world.carries == 1, -1, world.carries))
    assert not sentence_mean(bare)[1].any(), "zero: nobody's answer"
    for learner in (names_and_mean, weighed):
        assert np.allclose(learner(bare)[1], world.prior[1], atol=1e-15)


def test_without_any_sentence_the_names_are_published(world: Material) -> None:
    silent = replace(world, sentences=np.zeros((0, 24)), carries=np.zeros((0, 1), np.int64))
    assert np.array_equal(weighed(silent), base.unit(world.prior))
    told = {rung.name: rung.undefined(silent) for rung in inductive()}
    assert told == {
        "WaffleCLIP (control)": "", "mean of sentences": "there is no sentence", "names + mean": "there is no sentence",
        "names + sentences, weighed": "", "text-only linear": "there is no sentence",
    }  # fmt: skip


def test_waffle_vectors(world: Material) -> None:
    assert world.waffle is not None
    expected = [long(np.sum([long(each[c]) for each in world.waffle], axis=0)) for c in range(3)]
    assert np.abs(waffle(world) - expected).max() < 1e-12


def test_waffle_texts_are_the_same_for_all_classes_and_differ_by_seed() -> None:
    texts = waffle_texts(["cat", "fire hydrant"], "a photo of a {}.", 5)
    assert len(texts) == 30 and len({text for each in texts for text in each}) == 60
    for (cat, hydrant), told in zip(texts, descriptors(5), strict=True):
        assert cat == f"a photo of a cat, which has {told}."
        assert hydrant == f"a photo of a fire hydrant, which has {told}."
    assert descriptors(5) == descriptors(5) and not set(descriptors(5)) & set(descriptors(6))
    assert all(len(each.split()) == 2 for each in descriptors(5))


def test_text_linear_is_adamw_on_noisy_texts(world: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against torch: the same noise, its own autograd, its own AdamW and its own smoothing."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(text_linear, "STEPS", 40)
    names = base.unit(world.names)
    texts = np.concatenate([names[0], names[1], base.unit(world.sentences)])
    hard = np.zeros((len(texts), 3))
    for row, own in enumerate([{0}, {1}, {2}, {0}, {1}, {2}, *(set(c.tolist()) - {-1} for c in world.carries)]):
        hard[row, list(own)] = 1 / len(own)
    weights = torch.zeros(3, 24, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.AdamW([weights], lr=1e-3, weight_decay=0.01)
    rng = np.random.default_rng((7, 1))
    for _ in range(40):
        noisy = torch.from_numpy(texts + 0.1 * rng.standard_normal(texts.shape))
        loss = torch.nn.functional.cross_entropy(noisy @ weights.T, torch.from_numpy(hard), label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert np.abs(text_linear.text_linear(world) - weights.detach().numpy()).max() < 1e-8


def test_text_linear_looks_at_a_bounded_number_of_texts_a_step(
    world: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_linear, "BATCH", 5)
    seen: list[int] = []
    real = text_linear._texts
    monkeypatch.setattr(
        text_linear, "_texts", lambda m, names, rows: (seen.append(len(set(rows))), real(m, names, rows))[1]
    )
    found = base.unit(text_linear.text_linear(world))
    assert set(seen) == {5} and len(seen) == text_linear.STEPS
    assert ((directions() @ found.T).argmax(1) == np.arange(3)).all()


def test_every_rung_finds_the_files(world: Material, truth: np.ndarray) -> None:
    for rung in inductive():
        scores = base.unit(world.media) @ base.unit(rung.solve(world)).T
        assert (scores.argmax(1) == truth).mean() > 0.9, rung.name


def test_rungs_look_at_nothing_but_what_they_need(world: Material) -> None:
    """No inductive rung moves with the files; every rung gives the same twice."""
    blind = replace(world, media=None)
    for rung in inductive():
        assert np.array_equal(rung.solve(blind), rung.solve(world)), rung.name
    for rung in rungs():
        assert np.array_equal(rung.solve(world), rung.solve(world)), rung.name


def test_sentences_in_blocks_are_the_same_sentences(world: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = weighed(world)
    monkeypatch.setattr(base, "BLOCK", 3)
    assert np.allclose(weighed(replace(world)), whole, atol=1e-15)
