"""Blobs that are dropped row by row, remote or in a folder: gone with the manifest that names what took their place."""

import pytest

from stores import ArtifactSpec, Store, text_key
from stores.errors import MissingKeys

SPEC = ArtifactSpec(kind="checkpoints", fields={"dropped": 1}, backend="blob")
KEYS = [text_key(str(number)) for number in range(4)]


def test_the_newest_blob_takes_the_place_of_the_older_ones(s3, tmp_path):
    for artifact in (folder := Store(tmp_path).artifact(SPEC), remote := Store(s3).artifact(SPEC)):
        with artifact.writer() as writer:
            for number, key in enumerate(KEYS):
                writer.publish([key], [b"%d" % number], notes={"newest": number}, dropped=artifact.keys())
                assert artifact.keys() == [key] and artifact.missing(KEYS[:number]) == KEYS[:number]
    assert folder.manifest == remote.manifest and folder.manifest.notes == {"newest": 3}
    for artifact in (Store(tmp_path).artifact(SPEC), Store(s3).artifact(SPEC)):
        assert artifact.blob(KEYS[3]) == b"3" and artifact.verify() == []
        with pytest.raises(MissingKeys):
            artifact.blob(KEYS[0])
    from stores.entries import names

    assert names(folder.path / "shards") == names(remote.path / "shards") and len(names(folder.path / "shards")) == 1


def test_a_dropped_row_may_be_published_again(tmp_path):
    artifact = Store(tmp_path).artifact(SPEC)
    with artifact.writer() as writer:
        writer.publish(KEYS[:2], [b"a", b"b"])
        writer.publish([], dropped=KEYS[:1])
        assert artifact.keys() == KEYS[1:2]
        writer.publish(KEYS[:1], [b"again"], dropped=KEYS[1:2])
    assert artifact.keys() == KEYS[:1] and artifact.blob(KEYS[0]) == b"again" and artifact.verify() == []
