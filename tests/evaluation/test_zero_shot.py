import numpy as np
import pytest

from pipeline.evaluation import (
    EvaluationError,
    cosine_scores,
    softmax,
    unit_rows,
    zero_shot_classifiers,
    zero_shot_texts,
)


def test_every_template_meets_every_label_as_it_is() -> None:
    texts = zero_shot_texts(["cat", "{} {0}"], ["a photo of a {}.", "{}"])
    assert texts == [["a photo of a cat.", "a photo of a {} {0}."], ["cat", "{} {0}"]]


@pytest.mark.parametrize("templates", [[], ["a photo"], ["{} and {}"]])
def test_a_template_has_one_place_for_the_label(templates: list[str]) -> None:
    with pytest.raises(EvaluationError, match=r"^zero-shot: .*'a photo of a \{\}'\.$"):
        zero_shot_texts(["cat"], templates)


def test_the_ensemble_is_the_unit_mean_of_unit_features() -> None:
    features = np.random.default_rng(0).normal(size=(3, 4, 5)) * np.array([1, 10, 100])[:, None, None]
    single, ensemble = zero_shot_classifiers(features).values()
    for c in range(4):
        unit = [features[t, c] / np.sqrt((features[t, c] ** 2).sum()) for t in range(3)]
        mean = (unit[0] + unit[1] + unit[2]) / 3
        np.testing.assert_allclose(single[c], unit[0])
        np.testing.assert_allclose(ensemble[c], mean / np.sqrt((mean**2).sum()))


def test_cosines_and_softmax() -> None:
    features, classifier = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[10.0, 0.0], [0.0, 0.5]])
    np.testing.assert_allclose(cosine_scores(features, classifier), [[0.6, 0.8], [0.0, 0.0]])
    np.testing.assert_allclose(softmax(np.array([[0.0, 0.1 * np.log(3)]]), 0.1), [[0.25, 0.75]])
    np.testing.assert_array_equal(softmax(np.array([[1e9, 0.0]])), [[1.0, 0.0]])
    assert unit_rows(np.array([[3.0, 4.0]], np.float16)).dtype == np.float32
