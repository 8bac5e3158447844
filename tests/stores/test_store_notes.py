"""Notes of a manifest: numbers that a writer measured; an artifact without any is the bytes it always was."""

import json

import numpy as np
import pytest

from stores import ArtifactSpec, Store
from stores.errors import ManifestError
from stores.manifest import read_manifest


@pytest.fixture
def artifact(tmp_path):
    return Store(tmp_path).artifact(ArtifactSpec(kind="features", fields={"x": 1}, backend="hdf5"))


def publish(artifact, key, **options):
    with artifact.writer() as writer:
        writer.publish([key * 16], {"vectors": np.ones((1, 2), np.float32)}, **options)
    return json.loads((artifact.path / "manifest.json").read_text())


def test_notes_are_kept_by_writers_that_have_none(artifact):
    assert publish(artifact, "aa", notes={"batch": 3e-7})["notes"] == {"batch": 3e-7}
    assert publish(artifact, "bb")["notes"] == {"batch": 3e-7}
    assert publish(artifact, "cc", notes={"stored": 0.1})["notes"] == {"batch": 3e-7, "stored": 0.1}
    assert read_manifest(artifact.path).notes == {"batch": 3e-7, "stored": 0.1}


def test_without_notes_the_manifest_does_not_mention_them(artifact):
    assert set(publish(artifact, "aa")) == set(publish(artifact, "bb", notes={}))
    assert "notes" not in publish(artifact, "cc")


@pytest.mark.parametrize("notes", [{"batch": "much"}, ["batch"], {"batch": None}])
def test_notes_that_are_no_numbers_are_a_damaged_manifest(artifact, notes):
    content = publish(artifact, "aa", notes={"batch": 1.0})
    (artifact.path / "manifest.json").write_text(json.dumps({**content, "notes": notes}))
    with pytest.raises(ManifestError):
        read_manifest(artifact.path)
