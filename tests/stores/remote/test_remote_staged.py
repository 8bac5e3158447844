"""Rows staged by a worker of another machine are published without being fetched."""

import shutil

import numpy as np
import pytest

from stores import ArtifactSpec, Rejection, Store, objects, text_key
from stores.address import local_side
from stores.copies_limit import COPIES
from stores.errors import ShardError
from stores.staged import Ordinals, stage_rows

SPEC = ArtifactSpec(kind="features", fields={"staged": 1}, backend="hdf5")
SHARDS = [((0, 1), ()), ((), (2, 3)), ((4, 6), (5,)), ((7, 8), ())]


def keys(*rows):
    return [text_key(str(row)) for row in rows]


def arrays(*rows):
    return {"x": np.stack([np.full(3, row, np.float32) for row in rows])} if rows else None


def refused(*rows):
    return [Rejection(key, "broken") for key in keys(*rows)]


def elsewhere(artifact):
    """What was staged was staged on another machine: there are no copies on this one."""
    shutil.rmtree(local_side(artifact.path.parents[1]) / COPIES, ignore_errors=True)


def test_no_shard_comes_to_this_machine_and_the_parts_are_those_of_a_folder(s3, tmp_path, monkeypatch):
    fetched, download = [], objects.download
    monkeypatch.setattr(objects, "download", lambda path, local: (fetched.append(path.name), download(path, local)))
    for artifact in (folder := Store(tmp_path).artifact(SPEC), remote := Store(s3).artifact(SPEC)):
        with artifact.writer() as writer:
            assert len(artifact.missing(keys(*range(9)))) == 9
            # Workers cannot know that the second shard will be empty, so the last two files get other names.
            staged = [
                stage_rows(
                    artifact.path,
                    artifact.spec.backend,
                    keys(*stored),
                    arrays(*stored),
                    refused(*bad),
                    {},
                    Ordinals(number, 0),
                )
                for number, (stored, bad) in enumerate(SHARDS)
            ]
            elsewhere(artifact)
            for (stored, bad), each in zip(SHARDS, staged, strict=True):
                writer.adopt(each, keys(*sorted(stored + bad)))
    assert len(fetched) == 2 and all(name.endswith(".parquet") for name in fetched)  # the rejections
    assert remote.manifest == folder.manifest and remote.verify() == []
    assert remote.keys() == keys(0, 1, 4, 6, 7, 8)
    np.testing.assert_array_equal(remote.arrays(keys(8, 4))["x"], arrays(8, 4)["x"])


def test_what_is_gone_is_told(s3):
    artifact = Store(s3).artifact(SPEC)
    with artifact.writer() as writer:
        staged = stage_rows(artifact.path, artifact.spec.backend, keys(1), arrays(1), (), {}, Ordinals(0, 0))
        objects.delete([artifact.path / "shards" / staged.shards[0].file])
        with pytest.raises(ShardError, match="is gone"):
            writer.adopt(staged, keys(1))
