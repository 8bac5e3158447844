"""Checkpoints: what is saved comes back bit by bit, and only whole epochs count."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, ArtifactSpec, Store, text_key

TENSORS = {"b": torch.randn(3, 2), "a.x": torch.tensor([[1.5, -0.0], [math.pi, 1e-40]])}


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return Store(tmp_path).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))


def test_round_trip(artifact: Artifact) -> None:
    assert Checkpoints(artifact).last_epoch() is None
    assert Checkpoints(artifact).history() == {}
    with artifact.writer() as writer:
        checkpoints = Checkpoints(artifact, writer)
        checkpoints.save(0, TENSORS, {}, {})
        assert checkpoints.last_epoch() == 0
        checkpoints.save(1, TENSORS, {"loss": [3.0, 2.0], "step": [1.0, 2.0]}, {"weak": "video"})
        later = {name: value + 1 for name, value in TENSORS.items()}
        checkpoints.save(2, later, {"inter": [0.5], "step": [3.0]}, {})
    found = Checkpoints(artifact)
    assert found.last_epoch() == 2
    for epoch, expected in ((0, TENSORS), (1, TENSORS), (2, later)):
        tensors, arrays = found.tensors(epoch), found.arrays(epoch)
        assert sorted(tensors) == sorted(arrays) == ["a.x", "b"]
        for name in expected:
            assert torch.equal(tensors[name], expected[name])
            np.testing.assert_array_equal(arrays[name], expected[name].numpy())
            assert tensors[name].numpy().tobytes() == expected[name].numpy().tobytes()
    assert [found.notes(epoch) for epoch in range(3)] == [{}, {"weak": "video"}, {}]
    history = found.history()
    assert sorted(history) == ["inter", "loss", "step"]
    assert history["step"] == [1.0, 2.0, 3.0]
    assert history["loss"][:2] == [3.0, 2.0] and math.isnan(history["loss"][2])
    assert [math.isnan(value) for value in history["inter"]] == [True, True, False]


def test_the_bytes_do_not_depend_on_the_order_of_names(artifact: Artifact, tmp_path: Path) -> None:
    other = Store(tmp_path / "other").artifact(artifact.spec)
    for each, tensors in ((artifact, TENSORS), (other, dict(reversed(TENSORS.items())))):
        with each.writer() as writer:
            Checkpoints(each, writer).save(0, tensors, {"step": [1.0]}, {"weak": "image"})
    key = text_key("epoch-000000")
    assert artifact.blob(key) == other.blob(key)


def test_what_is_for_reading_does_not_write(artifact: Artifact) -> None:
    with pytest.raises(AssertionError, match="these checkpoints are for reading"):
        Checkpoints(artifact).save(0, TENSORS, {}, {})
