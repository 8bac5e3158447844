"""Copies of shards on this machine keep to the room that they are given, and nothing that is read suffers."""

import os
import shutil
import time

import numpy as np
import pytest

from stores import ArtifactSpec, Store, copies_limit, objects, text_key
from stores.address import cache_folder
from stores.errors import StorageError, WorkspaceError

ROWS = np.random.default_rng(0).normal(size=(6, 4000)).astype(np.float32)  # 16 kB a row


@pytest.fixture(autouse=True)
def a_cache_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("MMPT_CACHE", str(tmp_path / "cache"))


def artifact(workspace, row):
    return Store(workspace).artifact(ArtifactSpec(kind="features", fields={"row": row}, backend="hdf5"))


def write(workspace, rows=range(6)):
    """An artifact a row."""
    for row in rows:
        with artifact(workspace, row).writer() as writer:
            writer.publish([text_key(str(row))], {"x": ROWS[row : row + 1]})


def read(workspace, row):
    return artifact(workspace, row).arrays([text_key(str(row))])["x"]


def copies(workspace):
    """Rows of which there are copies, the one that was used longest ago first."""
    names = {artifact(workspace, row).path.name: row for row in range(6)}
    found = sorted(cache_folder().glob("*/copies/*/*/shards/*.h5"), key=lambda path: path.stat().st_mtime)
    return [names[path.parts[-3]] for path in found]


def age(seconds):
    """All copies were used so long ago, one after the other as they were."""
    found = sorted(cache_folder().glob("*/copies/*/*/shards/*.h5"), key=lambda path: path.stat().st_mtime)
    for number, path in enumerate(found):
        os.utime(path, times=2 * (time.time() - seconds + number,))


def test_without_a_limit_all_stay(s3):
    write(s3)
    age(10_000)
    read(s3, 0)
    assert copies(s3) == [1, 2, 3, 4, 5, 0]


def test_what_was_used_longest_ago_goes_and_comes_back_when_it_is_read(s3, monkeypatch):
    write(s3)
    age(10_000)
    read(s3, 1)
    monkeypatch.setenv("MMPT_COPIES_GB", "60e-6")  # three of them, and a bit
    write(s3 + "/other", [0])
    assert copies(s3) == [5, 1, 0]
    for row in range(6):
        age(10_000)
        np.testing.assert_array_equal(read(s3, row), ROWS[row : row + 1])
        assert len(copies(s3)) == 3
    np.testing.assert_array_equal(read(s3 + "/other", 0), ROWS[:1])


def test_what_is_in_use_stays_even_above_the_limit(s3, monkeypatch):
    monkeypatch.setenv("MMPT_COPIES_GB", "20e-6")
    write(s3)
    assert copies(s3) == [0, 1, 2, 3, 4, 5]
    mapped = read(s3, 3)
    age(10_000)
    copies_limit.make_room()
    assert copies(s3) == [3]
    monkeypatch.setenv("MMPT_COPIES_GB", "0")
    copies_limit.make_room()
    assert copies(s3) == []
    np.testing.assert_array_equal(mapped, ROWS[3:4])


@pytest.mark.parametrize("asked", ["much", "-1", "nan"])
def test_a_limit_that_is_none_is_told(s3, monkeypatch, asked):
    monkeypatch.setenv("MMPT_COPIES_GB", asked)
    with pytest.raises(WorkspaceError, match=f"MMPT_COPIES_GB is '{asked}'; .* e.g. MMPT_COPIES_GB=200"):
        copies_limit.make_room()


def test_a_damaged_copy_is_fetched_again_and_the_shard_is_sound(s3):
    """A flipped byte on this machine says nothing about what lies on the storage."""
    write(s3)
    for row in range(6):
        (copy,) = cache_folder().glob(f"*/copies/*/{artifact(s3, row).path.name}/shards/*.h5")
        sound = copy.read_bytes()
        at = sound.index(ROWS[row].tobytes()) + 5
        copy.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        np.testing.assert_array_equal(read(s3, row), ROWS[row : row + 1])
        assert copy.read_bytes() == sound
    assert not any(Store(s3).verify(repair=True).values())


def test_a_folder_of_copies_that_goes_away_is_no_damage(s3, monkeypatch):
    write(s3, [0])
    shutil.rmtree(cache_folder())

    def gone(path, local):
        shutil.rmtree(local.parent)
        return download(path, local)

    download = objects.download
    with monkeypatch.context() as patched:
        patched.setattr(objects, "download", gone)
        with pytest.raises(StorageError, match="could not be fetched into"):
            Store(s3).verify(repair=True)
    assert not any(Store(s3).verify().values())
    np.testing.assert_array_equal(read(s3, 0), ROWS[:1])


def test_a_blob_and_a_table_are_compared_too(s3):
    import pyarrow as pa

    key = text_key("a")
    for backend, data in (("blob", [b"0123456789"]), ("parquet", pa.table({"text": ["0123456789"]}))):
        found = Store(s3).artifact(ArtifactSpec(kind="things", fields={}, backend=backend))
        with found.writer() as writer:
            writer.publish([key], data)
        (copy,) = cache_folder().glob(f"*/copies/*/{found.path.name}/shards/*")
        copy.write_bytes(copy.read_bytes().replace(b"345", b"354"))
        again = Store(s3).artifact(found.spec)
        assert (
            again.blob(key) == b"0123456789" if backend == "blob" else again.table()["text"][0].as_py() == "0123456789"
        )
