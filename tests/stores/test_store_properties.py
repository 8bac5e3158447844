"""Whatever is wanted, published and rejected in whatever order: the store agrees with a plain dict."""

import tempfile
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stores import Artifact, ArtifactSpec, Rejection, Store, text_key

KEYS = [text_key(f"row {number}") for number in range(12)]
SPEC = ArtifactSpec(kind="things", fields={}, backend="hdf5")
# A step stores some rows and rejects others; what it may not touch any more is left out of it.
STEPS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 11), unique=True, max_size=5),
        st.lists(st.tuples(st.integers(0, 11), st.sampled_from("ab"), st.integers(1, 3)), max_size=4),
    ),
    max_size=5,
)


class Model:
    """An artifact as one would write it without a disk."""

    def __init__(self) -> None:
        self.stored: dict[str, int] = {}
        self.rejected: dict[str, Rejection] = {}

    def allowed(self, step: Any) -> tuple[list[str], list[Rejection]]:
        """Return the step without rows that are stored already or named twice in it."""
        keys = [KEYS[row] for row in step[0] if KEYS[row] not in self.stored]
        refused = {KEYS[row]: Rejection(KEYS[row], reason, attempts) for row, reason, attempts in step[1]}
        rows = [row for key, row in refused.items() if key not in self.stored and key not in keys]
        return keys, rows

    def publish(self, keys: list[str], rejected: list[Rejection]) -> None:
        """Store and reject."""
        self.stored |= {key: KEYS.index(key) for key in keys}
        for row in rejected:
            earlier = self.rejected.get(row.key)
            attempts = row.attempts + (earlier.attempts if earlier else 0)
            self.rejected[row.key] = Rejection(row.key, row.reason, attempts)


def check(artifact: Artifact, model: Model, wanted: list[str]) -> None:
    """Compare everything that can be asked."""
    assert artifact.keys() == list(model.stored)
    assert artifact.rejected() == [row for key, row in model.rejected.items() if key not in model.stored]
    for retry in (False, True):
        expected = []
        for key in wanted:
            settled = key in model.stored or (key in model.rejected and not retry)
            if not settled and key not in expected:
                expected.append(key)
        assert artifact.missing(wanted, retry_rejected=retry) == expected
    asked = [key for key in wanted if key in model.stored]
    if model.stored:
        found = artifact.arrays(asked)["rows"]
        assert found.dtype == np.int16
        assert found.tolist() == [[model.stored[key], -1] for key in asked]


@settings(deadline=None, max_examples=10)
@given(STEPS, st.lists(st.integers(0, 11), max_size=30))
def test_an_artifact_is_a_dict_that_lasts(steps: Any, asked: list[int]) -> None:
    wanted = [KEYS[row] for row in asked]
    with tempfile.TemporaryDirectory() as folder:
        artifact, model = Store(folder).artifact(SPEC), Model()
        for step in steps:
            keys, rejected = model.allowed(step)
            rows = np.array([[KEYS.index(key), -1] for key in keys], np.int16).reshape(-1, 2)
            with artifact.writer() as writer:
                writer.publish(keys, {"rows": rows}, rejected)
            model.publish(keys, rejected)
            check(artifact, model, wanted)
        check(Store(folder).artifact(SPEC), model, wanted)
        assert artifact.verify() == []


@settings(deadline=None, max_examples=10)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_how_they_were_cut_into_shards(cuts: list[int], random: Any) -> None:
    keys = [text_key(f"row {number}") for number in range(sum(cuts))]
    values = np.array([list(bytes.fromhex(key)) for key in keys], np.uint8).astype(np.float16)
    asked = [random.randrange(len(keys)) for _ in range(40)]
    with tempfile.TemporaryDirectory() as folder:
        artifact = Store(folder).artifact(SPEC)
        with artifact.writer() as writer:
            for start, rows in zip(np.cumsum([0, *cuts]), cuts, strict=False):
                part = slice(int(start), int(start) + rows)
                writer.publish(keys[part], {"bytes": values[part]})
        assert len(artifact.manifest.shards) == len(cuts)
        assert np.array_equal(artifact.arrays([keys[row] for row in asked])["bytes"], values[asked])
        assert np.array_equal(artifact.arrays(keys)["bytes"], values)
