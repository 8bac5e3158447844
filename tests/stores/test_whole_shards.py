"""What a manifest alone can tell: whole shards are recognised by the digest of their keys, and nothing else is taken for one."""

import random
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stores import ArtifactSpec, Rejection, Store, text_key
from stores.errors import ShardError
from stores.manifest import read_manifest

SPEC = ArtifactSpec(kind="features", fields={"of": "rows"}, backend="hdf5")
KEYS = [text_key(str(number)) for number in range(40)]


def rows(keys: list[str]) -> dict[str, np.ndarray]:
    return {"vectors": np.array([[int(key[:6], 16)] for key in keys], np.float32)}


def store_with(folder: Path, shards: list[list[str]], rejected: list[str] = ()) -> Store:
    store = Store(folder)
    with store.artifact(SPEC).writer() as writer:
        for keys in shards:
            writer.publish(keys, rows(keys))
        if rejected:
            writer.publish([], rejected=[Rejection(key, "broken") for key in rejected])
    return store


def reads(store: Store, wanted: list[str]) -> tuple[list[str], int]:
    """What is missing, by an artifact that has read nothing yet, and how many shards' keys were read for it."""
    from stores import hdf5

    with patch.object(hdf5, "read_keys", wraps=hdf5.read_keys) as read:
        return store.artifact(SPEC).missing(wanted), read.call_count


def test_shards_that_are_wanted_as_they_were_published_are_not_read(tmp_path: Path) -> None:
    store = store_with(tmp_path, [KEYS[:10], KEYS[10:20], KEYS[20:25]])
    assert reads(store, KEYS) == (KEYS[25:], 0)
    assert reads(store, KEYS[:25]) == ([], 0)


def test_only_shards_that_were_cut_up_are_read(tmp_path: Path) -> None:
    store = store_with(tmp_path, [KEYS[:10], KEYS[10:20], KEYS[20:30]])
    assert reads(store, KEYS[:5] + KEYS[6:31]) == ([KEYS[30]], 2)  # one row less shifts the next shard, not the third


def test_rejected_rows_in_between_are_passed_over(tmp_path: Path) -> None:
    rejected = [KEYS[3], KEYS[15]]
    kept = [key for key in KEYS if key not in rejected]
    store = store_with(tmp_path, [kept[:10], kept[10:30]], rejected)
    assert reads(store, KEYS) == (kept[30:], 0)
    assert store.artifact(SPEC).missing(KEYS, retry_rejected=True) == [KEYS[3], KEYS[15], *kept[30:]]


def test_the_digest_in_the_manifest_is_that_of_the_rows(tmp_path: Path) -> None:
    store = store_with(tmp_path, [KEYS[:10], KEYS[10:12]])
    manifest = read_manifest(store.artifact(SPEC).path)
    assert manifest is not None
    assert [part.keys for part in manifest.shards] == [text_key("".join(KEYS[:10])), text_key("".join(KEYS[10:12]))]


def test_a_shard_that_is_gone_is_told_although_its_keys_are_not_read(tmp_path: Path) -> None:
    store = store_with(tmp_path, [KEYS[:10]])
    (part,) = store.artifact(SPEC).manifest.shards
    (store.artifact(SPEC).path / "shards" / part.file).unlink()
    with pytest.raises(ShardError, match="is gone"):
        store.artifact(SPEC).missing(KEYS)


def test_who_asked_first_publishes_without_reading_older_shards(tmp_path: Path) -> None:
    from stores import hdf5

    store = store_with(tmp_path, [KEYS[:10]])
    artifact = store.artifact(SPEC)
    with patch.object(hdf5, "read_keys", wraps=hdf5.read_keys) as read, artifact.writer() as writer:
        missing = artifact.missing(KEYS)
        writer.publish(missing[:20], rows(missing[:20]))
        writer.publish(missing[20:], rows(missing[20:]))
        assert read.call_count == 0
        with pytest.raises(Exception, match="already stored"):
            writer.publish(KEYS[:1], rows(KEYS[:1]))
        with pytest.raises(Exception, match="already stored"):
            writer.publish(missing[:1], rows(missing[:1]))
    assert store.verify()[f"features/{SPEC.fingerprint}"] == []


def test_an_answer_from_before_somebody_else_published_is_not_trusted(tmp_path: Path) -> None:
    artifact = store_with(tmp_path, [KEYS[:10]]).artifact(SPEC)
    missing = artifact.missing(KEYS)
    store_with(tmp_path, [KEYS[10:20]])
    with artifact.writer() as writer, pytest.raises(Exception, match="already stored"):
        writer.publish(missing[:3], rows(missing[:3]))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), asked=st.lists(st.integers(0, 39), max_size=60), shuffled=st.booleans())
def test_missing_is_what_a_plain_comparison_finds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, asked: list[int], shuffled: bool
) -> None:
    chance = random.Random(seed)
    order = chance.sample(KEYS, 30)
    cuts = sorted(chance.sample(range(1, 24), 3))
    shards = [order[start:end] for start, end in zip([0, *cuts], [*cuts, 24], strict=True)]
    rejected = order[24:]
    store = store_with(tmp_path_factory.mktemp("store"), shards, rejected)
    wanted = [KEYS[number] for number in asked] if shuffled else order[: len(asked)] + [KEYS[n] for n in asked[:5]]
    stored = {key for shard in shards for key in shard}
    plain = [key for key in dict.fromkeys(wanted) if key not in stored and key not in rejected]
    assert store.artifact(SPEC).missing(wanted) == plain
    again = [key for key in dict.fromkeys(wanted) if key not in stored]
    assert store.artifact(SPEC).missing(wanted, retry_rejected=True) == again
