"""Rows staged by one process and adopted by another are the bytes of rows published at once."""

import numpy as np
import pyarrow as pa
import pytest
from toy_work import SPEC, tree, vector

from stores import ArtifactSpec, Rejection, Store, text_key
from stores.errors import PublishError, ShardError
from stores.staged import Ordinals, stage_rows

TEXTS = ArtifactSpec(kind="texts", fields={"toy": 1}, backend="parquet")
BLOBS = ArtifactSpec(kind="checkpoints", fields={"toy": 1}, backend="blob")


def keys(*rows):
    return [text_key(str(row)) for row in rows]


def arrays(*rows):
    return {"x": np.stack([vector(row) for row in rows])} if rows else None


def refused(*rows):
    return [Rejection(key, "broken") for key in keys(*rows)]


DATA = {
    SPEC: arrays,
    TEXTS: lambda *rows: pa.table({"text": [str(row) for row in rows]}) if rows else None,
    BLOBS: lambda *rows: [str(row).encode() for row in rows],
}
SHARDS = [((), (0, 1)), ((2, 3), ()), ((4,), (5,)), ((), (6,)), ((7, 9, 10), (8,))]


def made_of(number):
    """Keys of a shard's rows in the order of the files; what was rejected is anywhere between."""
    return keys(*sorted([*SHARDS[number][0], *SHARDS[number][1]]))


@pytest.mark.parametrize("spec", DATA, ids=lambda spec: spec.backend)
@pytest.mark.parametrize("late", [False, True])
def test_adopted_parts_are_those_that_would_have_been_published(tmp_path, spec, late):
    whole, staged = (Store(tmp_path / name).artifact(spec) for name in ("whole", "staged"))
    with whole.writer() as writer:
        for stored, bad in SHARDS:
            writer.publish(keys(*stored), DATA[spec](*stored), refused(*bad), {"n": float(len(stored))})
    with staged.writer() as writer:
        start = writer.ordinals()
        assert start == Ordinals(0, 0)
        made = []
        for number, (stored, bad) in enumerate(SHARDS):  # workers cannot know that some shards before theirs are empty
            guess = Ordinals(start.shard + number, start.rejected)
            notes = {"n": float(len(stored))}
            made.append(
                stage_rows(
                    staged.path, staged.spec.backend, keys(*stored), DATA[spec](*stored), refused(*bad), notes, guess
                )
            )
            if not late:
                writer.adopt(made[-1], made_of(number))
        for number, each in enumerate(made) if late else []:
            writer.adopt(each, made_of(number))
    assert tree(tmp_path / "staged") == tree(tmp_path / "whole")
    assert staged.keys() == whole.keys() == keys(2, 3, 4, 7, 9, 10) and staged.verify() == []
    assert [row.key for row in staged.rejected()] == keys(0, 1, 5, 6, 8)


def test_what_is_staged_and_not_adopted_is_removed_by_the_next_writer(tmp_path):
    artifact = Store(tmp_path).artifact(SPEC)
    stage_rows(artifact.path, artifact.spec.backend, keys(1), arrays(1), refused(2), {}, Ordinals(0, 0))
    assert len(tree(tmp_path)) == 2 and not artifact.exists and artifact.missing(keys(1)) == keys(1)
    with artifact.writer():
        assert not [name for name in tree(tmp_path) if ".lock" not in name]


def test_what_may_not_be_published_may_not_be_adopted(tmp_path):
    artifact = Store(tmp_path).artifact(SPEC)
    with artifact.writer() as writer:
        writer.publish(keys(1), arrays(1))
        again = stage_rows(artifact.path, artifact.spec.backend, keys(2, 1), arrays(2, 1), [], {}, Ordinals(1, 0))
        with pytest.raises(PublishError, match="is already stored"):
            writer.adopt(again, keys(2, 1))
        other = stage_rows(
            artifact.path, artifact.spec.backend, keys(3), {"y": np.zeros((1, 2))}, [], {}, Ordinals(1, 0)
        )
        with pytest.raises(PublishError, match="these are y: float64"):
            writer.adopt(other, keys(3))
        gone = stage_rows(artifact.path, artifact.spec.backend, keys(4), arrays(4), [], {}, Ordinals(1, 0))
        (artifact.path / "shards" / gone.shards[0].file).unlink()
        with pytest.raises(ShardError, match="is gone"):
            writer.adopt(gone, keys(4))
        assert artifact.keys() == keys(1)
    with pytest.raises(PublishError, match="not open for writing"):
        writer.adopt(again, keys(2, 1))


def test_rows_that_were_not_asked_for_are_not_adopted(tmp_path):
    artifact = Store(tmp_path).artifact(SPEC)
    with artifact.writer() as writer:
        staged = stage_rows(
            artifact.path, artifact.spec.backend, keys(1, 2), arrays(1, 2), refused(3), {}, Ordinals(0, 0)
        )
        for wanted in (keys(1, 3, 4), keys(2, 1, 3), keys(1, 3), keys(1, 2, 3, 4)):
            with pytest.raises(PublishError, match="made other rows of .* Install the same version of mmpt-pipeline"):
                writer.adopt(staged, wanted)
        assert not artifact.exists
        writer.adopt(staged, keys(3, 1, 2))
    assert artifact.keys() == keys(1, 2) and artifact.verify() == []


def test_the_same_shard_staged_twice_is_one_file(tmp_path):
    artifact = Store(tmp_path).artifact(SPEC)
    first, second = (
        stage_rows(artifact.path, artifact.spec.backend, keys(1, 2), arrays(1, 2), [], {}, Ordinals(0, 0))
        for _ in range(2)
    )
    assert first == second and len(tree(tmp_path)) == 1
