"""Which sentences are believed, and which classifier is published for it."""

from dataclasses import replace

import numpy as np
from small_world import around, directions

from pipeline.methods.label_free.agreement import agreement, kept
from pipeline.methods.label_free.base import Material, unit
from pipeline.methods.label_free.publishing import COMBINED, Evidence, chosen, combined, evidence, unbounded

WEIGHED = "names + sentences, weighed"


def test_every_sentence_is_judged_without_itself(world: Material) -> None:
    found, units = agreement(world), unit(world.sentences)
    for i, own in enumerate(set(row.tolist()) - {-1} for row in world.carries):
        scores, names = [], [float(units[i] @ world.prior[c]) for c in range(3)]
        for c in range(3):
            others = [units[j] for j in range(len(units)) if c in world.carries[j] and j != i]
            vector = 5 * world.prior[c] + np.sum(others, axis=0) if others else world.prior[c]
            scores.append(float(units[i] @ vector / np.linalg.norm(vector)))
        assert found.given[i] == np.argmax(scores) and found.agrees[i] == (int(np.argmax(scores)) in own)
        for values, told in ((scores, found.learned[i]), (names, found.named[i])):
            assert told == len(set(np.argsort(values)[::-1][: len(own)].tolist()) & own) / len(own)


def test_sentences_under_the_wrong_class_are_dropped(world: Material) -> None:
    rows = np.repeat(np.arange(3), 10)
    said = rows.copy()
    said[[0, 1, 10, 20]] = [1, 2, 2, 0]
    material = replace(world, sentences=around(directions(), rows, 0.08, 9), carries=said[:, None])
    assert np.array_equal(np.flatnonzero(~agreement(material).agrees), [0, 1, 10, 20])
    left = kept(material, agreement(material))
    assert len(left.sentences) == 26 and np.array_equal(left.carries[:, 0], rows[agreement(material).agrees])


def test_a_class_that_the_encoder_knows_by_other_words_keeps_its_sentences(world: Material) -> None:
    """Names of classes 0 and 1 are exchanged in the encoder's mind; twenty sentences a class that agree outweigh them."""
    rows = np.repeat(np.arange(3), 20)
    material = replace(
        world, names=world.names[:, [1, 0, 2]], sentences=around(directions(), rows, 0.05, 9), carries=rows[:, None]
    )
    found = agreement(material)
    assert found.named.mean() < 0.4 and found.agrees.all()


def test_no_sentence_no_evidence(world: Material) -> None:
    silent = replace(world, sentences=np.zeros((0, 24)), carries=np.zeros((0, 1), np.int64))
    assert evidence(silent, agreement(silent)) == Evidence(0, 0.0, 0.0, 0.0)
    assert agreement(silent).agrees.shape == (0,)


def test_sentences_prove_themselves_where_they_find_what_names_miss(world: Material) -> None:
    centres, rows = directions(), np.repeat(np.arange(3), 40)
    muddled = replace(world, names=(centres + 0.9 * centres[[1, 2, 0]])[None])
    material = replace(muddled, sentences=around(centres, rows, 0.12, 9), carries=rows[:, None])
    found = evidence(material, agreement(material))
    assert found.fewest == 40 and 0.6 < found.recognised < 0.95 and found.gained > 0.05 and found.proven
    assert chosen(found, "pools", literal=False) == COMBINED
    few = replace(material, sentences=material.sentences[::4], carries=material.carries[::4])
    assert (
        evidence(few, agreement(few)).fewest == 10
        and chosen(evidence(few, agreement(few)), "pools", literal=False) == WEIGHED
    )


def test_what_is_published() -> None:
    healthy = Evidence(100, 0.8, 0.1, 0.01)
    for found, recommended, literal in (
        (healthy, COMBINED, "pools"),
        (replace(healthy, gained=0.04), WEIGHED, "pools"),  # the names explain the sentences as well
        (replace(healthy, error=0.06), WEIGHED, "pools"),  # chance may have done that
        (replace(healthy, recognised=0.5), WEIGHED, "pools"),  # the encoder takes them for something else
        (replace(healthy, fewest=19), WEIGHED, WEIGHED),  # too little text to learn a pool from, whatever the preset
        (Evidence(0, 0.0, 0.0, 0.0), WEIGHED, WEIGHED),
    ):
        assert (chosen(found, "pools", False), chosen(found, "pools", True)) == (recommended, literal), found


def test_names_sentences_and_pools_together(world: Material) -> None:
    pools = np.random.default_rng(1).normal(size=(3, 24))
    u = 5 * world.prior + [
        sum(unit(world.sentences)[i] for i, r in enumerate(world.carries) if c in r) for c in range(3)
    ]
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    w = u + 0.35 * pools / np.linalg.norm(pools, axis=1, keepdims=True)
    expected = w / np.linalg.norm(w, axis=1, keepdims=True)
    assert np.abs(combined(unbounded(world), pools) - expected).max() < 1e-12
