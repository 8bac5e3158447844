"""Every damage is found; a repair makes the lost rows missing again and nothing else; clean-up keeps what runs need."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stores import Artifact, ArtifactSpec, Problem, Rejection, Store
from stores.errors import ArtifactNotFound, LockHeld, ShardError

Data = Callable[[str, Any], Any]


@pytest.fixture
def published(artifact: Artifact, keys: list[str], data_of: Data) -> Artifact:
    """Rows 0-4 with row 30 rejected, rows 5-9 with row 31 rejected, rows 10-14; blobs are one a shard."""
    with artifact.writer() as writer:
        for start, rejected in ((0, keys[30:31]), (5, keys[31:32]), (10, [])):
            part = keys[start : start + 5]
            writer.publish(part, data_of(artifact.spec.backend, part), [Rejection(key, "why") for key in rejected])
    return artifact


def middle(artifact: Artifact) -> tuple[Path, list[str]]:
    """Return the shard in the middle and its keys."""
    shards = artifact.manifest.shards
    part = shards[len(shards) // 2]
    start = sum(other.rows for other in shards[: len(shards) // 2])
    return artifact.path / "shards" / part.file, artifact.keys()[start : start + part.rows]


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "harm, found",
    [
        (flip, "has the SHA-256 "),
        (Path.unlink, "is gone"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes instead of"),
        (lambda path: path.write_bytes(b""), "has 0 bytes instead of"),
    ],
    ids=["flipped", "gone", "cut", "empty"],
)
def test_a_bad_shard_is_found_dropped_and_made_again(
    published: Artifact, data_of: Data, tree: Any, harm: Callable[[Path], Any], found: str
) -> None:
    before, rejected, stored = tree(published.path), published.rejected(), published.keys()
    path, lost = middle(published)
    harm(path)
    (problem,) = published.verify()
    assert (problem.kind, problem.file, problem.rows) == ("shard", f"shards/{path.name}", len(lost))
    assert found in problem.found
    assert published.repair() == [problem]
    assert published.verify() == []
    assert not path.exists()
    assert published.missing(stored) == lost
    assert published.rejected() == rejected
    with published.writer() as writer:
        writer.publish(lost, data_of(published.spec.backend, lost))
    assert sorted(published.keys()) == sorted(stored)
    after = tree(published.path)
    # The same bytes lie under a new number, since the old one may be in somebody's hands.
    assert sorted(bytes_ for name, bytes_ in after.items() if name != "manifest.json") == sorted(
        bytes_ for name, bytes_ in before.items() if name != "manifest.json"
    )


def test_a_bad_file_of_rejections_is_dropped_too(published: Artifact, keys: list[str]) -> None:
    part = published.manifest.rejected[0]
    flip(published.path / "rejected" / part.file)
    (problem,) = published.verify()
    assert (problem.kind, problem.file, problem.rows) == ("rejected", f"rejected/{part.file}", 1)
    assert published.repair() == [problem]
    assert [row.key for row in published.rejected()] == [keys[31]]
    assert published.missing(keys[30:32]) == [keys[30]]
    assert published.keys() == keys[:15]


def test_dropping_all_shards_frees_the_layout(store: Store, keys: list[str], data_of: Data) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    with artifact.writer() as writer:
        writer.publish(keys, data_of("hdf5", keys))
    for shard in (artifact.path / "shards").iterdir():
        flip(shard)
    assert [problem.rows for problem in artifact.repair()] == [40]
    assert artifact.manifest.layout == {}
    assert artifact.missing(keys) == keys


def test_a_key_in_two_shards_is_found(store: Store, keys: list[str], data_of: Data) -> None:
    spec = ArtifactSpec(kind="things", fields={}, backend="parquet")
    artifact, other = store.artifact(spec), Store(store.workspace / "other").artifact(spec)
    for target, part in ((artifact, keys[:3]), (other, keys[2:5])):
        with target.writer() as writer:
            writer.publish(part, data_of("parquet", part))
    twice = other.manifest.shards[0]
    shutil.copy(other.path / "shards" / twice.file, artifact.path / "shards")
    replace(artifact.manifest, shards=(*artifact.manifest.shards, twice)).write(artifact.path)
    (problem,) = artifact.verify()
    first = artifact.manifest.shards[0].file
    assert problem == Problem("shard", f"shards/{twice.file}", f"holds row {keys[2]}, which {first} holds too", 3)
    artifact.repair()
    assert artifact.keys() == keys[:3]


def test_a_shard_of_other_rows_than_the_manifest_says_is_found(published: Artifact, keys: list[str]) -> None:
    manifest = published.manifest
    part = replace(manifest.shards[0], rows=6) if published.spec.backend != "blob" else None
    if part is None:
        part = replace(manifest.shards[0], first_key=keys[20])
    replace(manifest, shards=(part, *manifest.shards[1:])).write(published.path)
    (problem,) = published.verify()
    assert problem.found.endswith(f"rows that are not the {part.rows} of the manifest")
    if published.spec.backend != "blob":
        with pytest.raises(ShardError, match="holds 5 rows that are not the 6 of the manifest"):
            published.keys()


@pytest.mark.parametrize(
    "name", [".tmp-manifest.json", "shards/.tmp-part", "shards/000009-ab.h5", "rejected/.tmp-part"]
)
def test_what_a_kill_left_is_ignored_reported_and_swept(published: Artifact, keys: list[str], name: str) -> None:
    left = published.path / name
    left.write_bytes(b'{"format": 1, "sp')
    assert published.keys() == keys[:15]
    assert published.verify() == [Problem("stray", name, "is named by no manifest")]
    assert published.repair() == [Problem("stray", name, "is named by no manifest")]
    assert not left.exists()
    left.write_bytes(b"")
    with published.writer():
        assert not left.exists()
    assert published.keys() == keys[:15]


def test_the_temporary_files_of_a_working_writer_are_left_alone(published: Artifact, store: Store) -> None:
    with published.writer():
        working = published.path / "shards" / ".tmp-part"
        working.write_bytes(b"half a shard")
        assert published.verify() == []
        assert store.gc({published.spec.fingerprint}, delete=True) == []
        assert store.gc(set(), delete=True) == []  # needed by nobody, but open for writing
        assert working.exists()
        with pytest.raises(LockHeld):
            published.repair(timeout_s=0)


def test_the_whole_workspace_is_verified_at_once(published: Artifact, store: Store, keys: list[str]) -> None:
    other = store.artifact(ArtifactSpec(kind="runs", fields={}, backend="blob"))
    with other.writer() as writer:
        writer.publish(keys[:1], [b"report"])
    names = [f"{artifact.spec.kind}/{artifact.spec.fingerprint}" for artifact in (other, published)]
    assert store.verify() == {names[0]: [], names[1]: []}
    (other.path / "manifest.json").write_text("{")
    flip(middle(published)[0])
    found = store.verify(repair=True)
    assert [[problem.kind for problem in found[name]] for name in names] == [["manifest"], ["shard"]]
    assert [[problem.kind for problem in problems] for problems in store.verify().values()] == [["manifest"], []]
    assert store.verify(published.spec.fingerprint[:9]) == {names[1]: []}


@pytest.fixture
def lineage(store: Store) -> dict[str, Artifact]:
    """texts -> features -> run, and texts -> others, which no run needs."""
    made: dict[str, Artifact] = {}
    for name, kind, parents in (
        ("texts", "texts", ()),
        ("features", "features", ("texts",)),
        ("others", "features", ("texts",)),
        ("run", "runs", ("features", "checkpoint")),
    ):
        # The run's checkpoint has been deleted by hand: a parent that is not there must not stop the clean-up.
        fingerprints = tuple(made[parent].spec.fingerprint if parent in made else "0" * 32 for parent in parents)
        spec = ArtifactSpec(kind=kind, fields={"name": name}, parents=fingerprints, backend="blob")
        made[name] = store.artifact(spec)
        with made[name].writer() as writer:
            writer.publish(["1" * 32], [b"12345"])
    return made


def test_clean_up_keeps_what_runs_are_made_from(store: Store, lineage: dict[str, Artifact]) -> None:
    stray = lineage["texts"].path / "shards" / ".tmp-part"
    stray.write_bytes(b"123")
    abandoned = store.workspace / "texts" / ("2" * 32) / "shards"
    abandoned.mkdir(parents=True)
    (abandoned / ".tmp-part").write_bytes(b"1234")
    foreign = store.workspace / "notes" / "readme"
    foreign.mkdir(parents=True)
    needed = {lineage["run"].spec.fingerprint}
    planned = store.gc(needed)
    assert {(item.path, item.reason) for item in planned} == {
        (lineage["others"].path, "no run needs it"),
        (stray, "left by a killed writer"),
        (abandoned.parent, "nothing was published in it"),
    }
    assert {item.path: item.size for item in planned if item.path != lineage["others"].path} == {
        stray: 3,
        abandoned.parent: 4,
    }
    assert stray.exists() and lineage["others"].exists
    assert store.gc(needed, delete=True) == planned
    assert {artifact.spec for artifact in store.artifacts()} == {
        lineage[name].spec for name in ("texts", "features", "run")
    }
    assert not stray.exists() and not abandoned.parent.exists() and foreign.exists()
    assert not lineage["others"].path.exists()
    assert store.gc(needed, delete=True) == []


def test_no_kind_of_artifact_keeps_itself(store: Store, lineage: dict[str, Artifact]) -> None:
    removed = store.gc(set(), delete=True)
    assert {item.path for item in removed} == {artifact.path for artifact in lineage.values()}
    assert store.artifacts() == []


def test_clean_up_keeps_the_roots_it_is_given(store: Store, lineage: dict[str, Artifact]) -> None:
    removed = store.gc(roots={lineage["others"].spec.fingerprint}, delete=True)
    assert {item.path for item in removed} == {lineage["features"].path, lineage["run"].path}
    with pytest.raises(ArtifactNotFound, match=f"root {'3' * 32} is not in "):
        store.gc(roots={"3" * 32})


def test_clean_up_finishes_what_a_killed_clean_up_began(store: Store, lineage: dict[str, Artifact]) -> None:
    folder = lineage["others"].path
    folder.rename(folder.with_name(f".tmp-{folder.name}"))
    assert len(store.artifacts()) == 3
    (removal,) = store.gc({lineage[name].spec.fingerprint for name in ("run", "features", "texts")}, delete=True)
    assert (removal.path, removal.reason) == (folder.with_name(f".tmp-{folder.name}"), "left by an earlier clean-up")
    assert not removal.path.exists()
