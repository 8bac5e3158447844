"""Damage on object storage is found and dropped; clean-up keeps what runs need; what lies on this machine may be deleted."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.records import read_run, run_folder, update_run
from stores import Artifact, ArtifactSpec, Problem, Rejection, Store, objects, text_key
from stores.address import local_side, location
from stores.errors import ArtifactNotFound, PublishError, ShardError
from stores.fence import bury, fence
from stores.journal import Journal
from stores.journal_objects import JOURNAL_FOLDER
from stores.manifest import read_manifest

Data = Callable[[str, Any], Any]
everywhere = pytest.mark.parametrize("store", ["memory", "s3"], indirect=True)


@pytest.fixture(autouse=True)
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPT_LEASE_S", "1.0")


@pytest.fixture
def published(artifact: Artifact, keys: list[str], data_of: Data) -> Artifact:
    """Rows 0-4 with row 30 rejected, then rows 5-9; blobs are one a shard."""
    with artifact.writer() as writer:
        for start, rejected in ((0, keys[30:31]), (5, [])):
            part = keys[start : start + 5]
            writer.publish(part, data_of(artifact.spec.backend, part), [Rejection(key, "why") for key in rejected])
    return artifact


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "store, harm, found",
    [
        ("s3", flipped, "has the SHA-256 "),
        ("memory", flipped, "has the SHA-256 "),
        ("memory", None, "is gone"),
        ("memory", lambda content: content[:-1], "has "),
    ],
    ids=["flipped-s3", "flipped", "gone", "cut"],
    indirect=["store"],
)
def test_a_bad_shard_is_found_dropped_and_made_again(
    published: Artifact, store: Store, keys: list[str], data_of: Data, harm: Any, found: str
) -> None:
    part = published.manifest.shards[-1]
    path = published.path / "shards" / part.file
    lost = published.keys()[-part.rows :]
    if harm is None:
        objects.delete([path])
    else:
        objects.put(path, harm(objects.read(path)))
    (problem,) = published.verify()
    assert (problem.kind, problem.file, problem.rows) == ("shard", f"shards/{part.file}", len(lost))
    assert found in problem.found
    shutil.rmtree(local_side(store.workspace))  # as on another machine
    with pytest.raises(ShardError) as error:
        store.artifact(published.spec).keys()
        store.artifact(published.spec).blob(lost[0])
    assert f"of {published.spec.kind}/{published.spec.fingerprint[:12]} {found}" in str(error.value)
    assert f"verify {published.spec.fingerprint[:12]} --repair -w {store.workspace}`" in str(error.value)
    assert published.repair() == [problem] and published.verify() == []
    assert published.missing(keys[:10]) == lost and [row.key for row in published.rejected()] == [keys[30]]
    with published.writer() as writer:
        writer.publish(lost, data_of(published.spec.backend, lost))
    assert published.keys() == keys[:10] and published.verify() == []


@everywhere
def test_clean_up(store: Store) -> None:
    made: list[Artifact] = []
    for name in ("texts", "features", "others"):
        parents = () if name != "features" else (made[0].spec.fingerprint,)
        made.append(store.artifact(ArtifactSpec(kind=name, fields={}, parents=parents, backend="blob")))
        with made[-1].writer() as writer:
            writer.publish([text_key("row")], [b"12345"])
    texts, features, others = made
    stray = texts.path / "shards" / "000009-ab.bin"
    objects.put(stray, b"123")
    abandoned = store.workspace / "texts" / ("2" * 32)
    objects.put(abandoned / "shards" / "000000-ab.bin", b"1234")
    objects.put(store.workspace / "notes" / "readme" / "text", b"not ours")
    needed = {features.spec.fingerprint}
    planned = store.gc(needed)
    assert [(str(item.path), item.reason) for item in planned] == [
        (str(others.path), "no run needs it"),
        (str(stray), "left by a killed writer"),
        (str(abandoned), "nothing was published in it"),
    ]
    assert [item.size for item in planned][1:] == [3, 4]
    assert store.gc(needed, delete=True) == planned
    assert {artifact.spec for artifact in store.artifacts()} == {texts.spec, features.spec}
    assert not objects.below(others.path) and not objects.below(abandoned) and not others.exists
    assert objects.below(store.workspace / "notes")
    assert texts.verify() == [] and store.gc(needed, delete=True) == []
    with pytest.raises(ArtifactNotFound):
        store.find(others.spec.fingerprint)


@everywhere
def test_a_clean_up_that_was_killed_leaves_nothing_that_can_be_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
    with artifact.writer() as writer:
        writer.publish([text_key("row")], [b"12345"])
    stale = artifact.manifest
    with monkeypatch.context() as patch:
        patch.setattr(objects, "below", lambda folder: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bury(artifact.path)
    assert not artifact.exists and artifact.keys() == [] and store.artifacts() == []
    with pytest.raises(PublishError):  # a writer that slept meanwhile
        stale.write(artifact.path)
    with artifact.writer() as writer:  # and one that comes after it
        writer.publish([text_key("row")], [b"again"])
    assert artifact.blob(text_key("row")) == b"again"
    bury(artifact.path)
    assert not objects.below(artifact.path)
    with pytest.raises(PublishError):
        stale.write(artifact.path)
    assert not objects.below(artifact.path) and not artifact.exists


@everywhere
def test_a_fence_changes_nothing_but_the_number(store: Store) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
    fence(artifact.path)
    assert not artifact.exists and not objects.below(artifact.path)
    with artifact.writer() as writer:
        writer.publish([text_key("row")], [b"12345"])
    before = artifact.manifest
    fence(artifact.path)
    after = read_manifest(artifact.path)
    assert after == before and after is not None and after.version == before.version + 1
    with pytest.raises(PublishError):
        before.write(artifact.path)


@everywhere
def test_copies_may_be_deleted_at_any_time(published: Artifact, store: Store, keys: list[str], data_of: Data) -> None:
    side = local_side(store.workspace)
    names = {str(path.relative_to(side / "copies")) for path in side.rglob("*") if path.is_file()}
    folder = f"{published.spec.kind}/{published.spec.fingerprint}"
    assert names == {f"{folder}/shards/{part.file}" for part in published.manifest.shards} | {
        f"{folder}/rejected/{part.file}" for part in published.manifest.rejected
    }
    shutil.rmtree(side)
    again = store.artifact(published.spec)
    assert again.keys() == keys[:10] and [row.key for row in again.rejected()] == keys[30:31]
    assert again.verify() == []


@everywhere
def test_what_is_added_to_the_journal_is_there_within_a_second(store: Store) -> None:
    folder = store.workspace / "things" / "x"
    journal = Journal(folder)
    journal.add("one", {"text": "a\nb"})
    journal.add("two", 2)
    deadline = time.monotonic() + 10
    while not objects.names(folder / JOURNAL_FOLDER):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    again = Journal(folder)  # as after a kill
    assert again.get("one") == {"text": "a\nb"} and again.get("two") == 2
    again.drop(["one"])
    again.add("three", 3)
    again.close()
    last = Journal(folder)
    assert [last.get(name) for name in ("one", "two", "three")] == [None, 2, 3]
    last.clear()
    assert objects.names(folder / JOURNAL_FOLDER) == []


@everywhere
def test_changes_of_a_run_record_at_once_are_all_kept(store: Store) -> None:
    folder = run_folder(store.workspace, "small")

    def change(name: str) -> None:
        for number in range(3):
            update_run(folder, lambda record, fact=f"{name}{number}": record.facts.update({fact: "done"}))

    threads = [threading.Thread(target=change, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    record = read_run(folder)
    assert record is not None and record.facts == {f"{name}{n}": "done" for name in "abc" for n in range(3)}
    assert objects.names(folder) == ["run-000008.json", "run-000009.json"]
    update_run(folder, lambda record: None)
    assert objects.names(folder) == ["run-000008.json", "run-000009.json"]


def test_the_local_side_of_a_folder_is_the_folder(tmp_path: Path) -> None:
    assert local_side(tmp_path) == tmp_path
    sides = {local_side(location(url)) for url in ("s3://bucket/a", "s3://bucket/b", "s3://bucket/a/b", "memory://a")}
    assert len(sides) == 4


def test_every_problem_has_a_name(published: Artifact) -> None:
    """The contract test of the local store: a stray is named below the artifact's folder."""
    (published.path / "shards" / "x").write_bytes(b"")
    assert published.verify() == [Problem("stray", "shards/x", "is named by no manifest")]
