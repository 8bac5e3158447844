"""What cosines mean as probabilities, by the encoder's own measure: beside sums over single numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline import classify
from pipeline.encoders.cards import Score, card
from pipeline.encoders.load import load_encoder
from pipeline.evaluation.similarity import cosine_scores, probabilities, softmax

COSINES = np.random.default_rng(0).uniform(-1, 1, (3, 5))


def test_a_softmax_is_the_one_that_there_was() -> None:
    assert (probabilities(COSINES, Score()) == softmax(COSINES, 0.01)).all()
    powers = [[math.exp(20 * x) for x in row] for row in COSINES]
    wanted = [[x / sum(row) for x in row] for row in powers]
    np.testing.assert_allclose(probabilities(COSINES, Score("softmax", 20, bias=3)), wanted, rtol=1e-12)


def test_a_sigmoid_is_of_each_class_by_itself() -> None:
    wanted = [[1 / (1 + math.exp(-(30 * x - 12))) for x in row] for row in COSINES]
    np.testing.assert_allclose(probabilities(COSINES, Score("sigmoid", 30, -12)), wanted, rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_large_logits_overflow_nothing() -> None:
    assert probabilities(np.array([[-1.0, 0, 1]]), Score("sigmoid", 1e6)).tolist() == [[0, 0.5, 1]]


def test_predict_tells_what_the_card_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = [np.random.default_rng(i).integers(0, 256, (48, 48, 3), dtype=np.uint8) for i in range(2)]
    clip = card("miniature-clip")
    vectors = np.random.default_rng(1).normal(size=(4, clip.dim)).astype(np.float32)
    encoder = load_encoder(clip, "cpu")
    cosines = cosine_scores(encoder.media.full(np.stack(pixels)).numpy(), vectors)
    sigmoid = replace(clip, score=Score("sigmoid", 10, -2))
    for asked, temperature, wanted in (
        (clip, None, softmax(cosines, 0.01)),
        (clip, 0.5, softmax(cosines, 0.5)),
        (sigmoid, None, 1 / (1 + np.exp(-(10 * cosines - 2)))),
        (sigmoid, 0.5, softmax(cosines, 0.5)),  # one that was fitted is better than what the card says
    ):
        score = asked.score if temperature is None else Score("softmax", 1 / temperature)
        found = classify.nearest(vectors, score)(classify.features_of(asked, "cpu", "float32")(pixels))
        np.testing.assert_allclose(found, wanted, atol=1e-5)
