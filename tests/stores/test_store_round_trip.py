"""What is published is what is read, in every backend, and nothing else may be published."""

import ast
import hashlib
import os
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pytest

import stores
from stores import Artifact, ArtifactSpec, Rejection, Store, text_key
from stores.errors import (
    ArtifactNotFound,
    ManifestError,
    MissingKeys,
    PublishError,
    ReadError,
    ShardError,
    WorkspaceError,
)

Data = Callable[[str, Any], Any]
BROKEN = Rejection(text_key("broken"), "no JSON object found", detail={"text": "…", "path": "a/b"})

everywhere = pytest.mark.parametrize("store", ["folder", "memory", "s3"], indirect=True)


def read(artifact: Artifact, keys: list[str]) -> Any:
    """Read rows by key, whatever the backend."""
    if artifact.spec.backend == "parquet":
        table = artifact.table()
        place = {key: row for row, key in enumerate(table.column("key").to_pylist())}
        return table.take([place[key] for key in keys]).drop_columns("key").to_pylist()
    if artifact.spec.backend == "hdf5":
        return artifact.arrays(keys)
    return [artifact.blob(key) for key in keys]


def equal(one: Any, other: Any) -> bool:
    """Compare rows bit by bit, types included."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name]) for name in one
        )
    return one == (other.to_pylist() if isinstance(other, pa.Table) else other)


@everywhere
def test_rows_come_back_in_any_order_from_any_number_of_shards(
    artifact: Artifact, keys: list[str], data_of: Data
) -> None:
    kind = artifact.spec.backend
    with artifact.writer() as writer:
        for part in (keys[:7], keys[7:8], keys[8:]):
            writer.publish(part, data_of(kind, part))
    for reader in (
        artifact,
        Artifact(artifact.path.parents[1], artifact.spec),
        pickle.loads(pickle.dumps(artifact)),
    ):
        assert reader.keys() == keys
        asked = [*keys[::-3], keys[0], keys[39], keys[0]]
        assert equal(read(reader, asked), data_of(kind, asked))
        assert equal(read(reader, keys), data_of(kind, keys))
    assert artifact.verify() == []


def test_naming_an_artifact_writes_nothing(artifact: Artifact, store: Store, keys: list[str]) -> None:
    assert not artifact.exists
    assert artifact.keys() == [] and artifact.rejected() == [] and artifact.verify() == []
    assert artifact.missing(keys + keys) == keys
    assert store.artifacts() == []
    assert not store.workspace.exists()
    with artifact.writer():
        assert not artifact.path.exists()
    assert not artifact.exists


@everywhere
def test_rejections_alone_can_be_published(artifact: Artifact) -> None:
    with artifact.writer() as writer:
        writer.publish([], rejected=[BROKEN])
    assert artifact.exists
    assert artifact.rejected() == [BROKEN]
    assert artifact.missing([BROKEN.key]) == []
    assert artifact.missing([BROKEN.key], retry_rejected=True) == [BROKEN.key]
    assert artifact.keys() == []


@everywhere
def test_attempts_add_up_and_a_stored_row_is_no_longer_rejected(
    artifact: Artifact, keys: list[str], data_of: Data
) -> None:
    with artifact.writer() as writer:
        writer.publish([], rejected=[Rejection(keys[0], "too long"), Rejection(keys[1], "too long")])
        writer.publish([], rejected=[Rejection(keys[0], "no label", attempts=2, detail={"text": "x"})])
        writer.publish(keys[1:2], data_of(artifact.spec.backend, keys[1:2]))
    assert artifact.rejected() == [Rejection(keys[0], "no label", attempts=3, detail={"text": "x"})]
    assert artifact.missing(keys[:3], retry_rejected=True) == [keys[0], keys[2]]


@everywhere
def test_an_empty_publish_makes_an_empty_artifact(artifact: Artifact) -> None:
    with artifact.writer() as writer:
        writer.publish([])
        writer.publish([])
    assert artifact.exists and artifact.keys() == [] and artifact.verify() == []


@everywhere
def test_a_reader_sees_what_another_published_since(artifact: Artifact, keys: list[str], data_of: Data) -> None:
    reader = Artifact(artifact.path.parents[1], artifact.spec)
    with artifact.writer() as writer:
        for number, key in enumerate(keys[:5]):
            writer.publish([key], data_of(artifact.spec.backend, [key]), [Rejection(keys[-1 - number], "refused")])
            assert reader.missing(keys) == keys[number + 1 : -1 - number]
            assert equal(read(reader, [key]), data_of(artifact.spec.backend, [key]))


def test_equal_rows_make_equal_bytes_however_they_were_built(tmp_path: Path, keys: list[str], tree: Any) -> None:
    whole = pa.table({"text": keys, "n": range(40)})
    pieces = pa.concat_tables([whole.slice(0, 3), whole.slice(3)]).replace_schema_metadata({"made": "elsewhere"})
    arrays = {"b": np.arange(80.0).reshape(40, 2), "a": np.arange(40)}
    other = {"a": np.arange(80)[::2] // 2, "b": np.asfortranarray(arrays["b"])}
    trees = []
    for name, table, rows, detail in (("x", whole, arrays, "pq"), ("y", pieces, other, "qp")):
        for backend, data in (("parquet", table), ("hdf5", rows)):
            spec = ArtifactSpec(kind="things", fields={letter: 1 for letter in detail}, backend=backend)
            with Store(tmp_path / name).artifact(spec).writer() as writer:
                writer.publish(keys, data, [Rejection("f" * 32, "why", detail={letter: "1" for letter in detail})])
        trees.append(tree(tmp_path / name))
    assert trees[0] == trees[1]
    assert len(trees[0]) == 6


MANIFEST = """{
 "format": 1,
 "spec": {"kind": "runs", "fields": {"recipe": {"a": 2, "b": 1}}, "parents": ["PARENT"], "backend": "blob"},
 "layout": {},
 "shards": [
  {"file": "000000-DIGEST16.bin", "rows": 1, "first_key": "KEY", "last_key": "KEY", "size": 6, "sha256": "DIGEST", "keys": "KEYS"}
 ],
 "rejected": []
}
"""


def test_the_manifest_is_text_that_depends_on_nothing_but_the_rows(store: Store, keys: list[str]) -> None:
    spec = ArtifactSpec(kind="runs", fields={"recipe": {"b": 1, "a": 2}}, parents=("c" * 32,), backend="blob")
    artifact = store.artifact(spec)
    with artifact.writer() as writer:
        writer.publish([keys[0]], [b"report"])
    digest = hashlib.sha256(b"report").hexdigest()
    expected = (
        MANIFEST.replace("PARENT", "c" * 32)
        .replace("KEYS", text_key(keys[0]))
        .replace("KEY", keys[0])
        .replace("DIGEST16", digest[:16])
        .replace("DIGEST", digest)
    )
    body = expected.removesuffix("\n}\n")
    checksum = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    assert (artifact.path / "manifest.json").read_text() == f'{body},\n "checksum": "{checksum}"\n}}\n'
    assert artifact.blob_path(keys[0]).read_bytes() == b"report"


def test_hdf5_arrays_lie_in_one_aligned_piece(store: Store, keys: list[str], data_of: Data) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    with artifact.writer() as writer:
        writer.publish(keys, data_of("hdf5", keys))
    (shard,) = (artifact.path / "shards").iterdir()
    with h5py.File(shard) as file:
        assert sorted(file) == ["keys", "pixels", "seen", "vectors"]
        for dataset in file.values():
            assert dataset.chunks is None and dataset.compression is None
            assert dataset.id.get_offset() % 64 == 0
        assert [key.decode() for key in file["keys"][:]] == keys
        assert np.array_equal(file["vectors"][:], data_of("hdf5", keys)["vectors"])


@everywhere
def test_arrays_can_be_chosen_and_may_be_empty(store: Store, keys: list[str]) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    assert artifact.arrays([]) == {}
    data = {"vectors": np.ones((40, 3), np.float32), "nothing": np.ones((40, 0), np.float16)}
    with artifact.writer() as writer:
        writer.publish(keys, data)
    assert artifact.arrays(keys[:2], ["nothing"])["nothing"].shape == (2, 0)
    empty = artifact.arrays([])
    assert {name: (array.shape, array.dtype.name) for name, array in empty.items()} == {
        "vectors": ((0, 3), "float32"),
        "nothing": ((0, 0), "float16"),
    }
    rows = artifact.arrays(keys[:2], ["vectors"])["vectors"]
    rows[:] = 7  # a copy: shards are mapped read-only
    assert (artifact.arrays(keys[:2])["vectors"] == 1).all()


@everywhere
def test_table_columns_keep_their_order_and_can_be_chosen(store: Store, keys: list[str]) -> None:
    artifact = store.artifact(ArtifactSpec(kind="texts", fields={}, backend="parquet"))
    assert artifact.table().to_pydict() == {"key": []}
    assert artifact.table(["text"]).to_pydict() == {"key": [], "text": []}
    with artifact.writer() as writer:
        writer.publish(keys[:2], pa.table({"z": [1, 2], "a": [["x"], []]}))
        writer.publish(keys[2:3], pa.table({"z": [3], "a": [["y"]]}))
    for reader in (artifact, store.find(artifact.spec.fingerprint)):
        assert reader.table().to_pydict() == {"key": keys[:3], "z": [1, 2, 3], "a": [["x"], [], ["y"]]}
        assert reader.table(["a", "key"]).column_names == ["key", "a"]
    with pytest.raises(ReadError, match=r"^there is no column 'b'; there are key, z, a\.$"):
        artifact.table(["b"])


def test_many_threads_may_read_while_one_writes(store: Store, data_of: Data) -> None:
    keys = [text_key(f"row {number}") for number in range(200)]
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    failures: list[object] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen = artifact.keys()
            try:
                if seen != keys[: len(seen)] or not equal(artifact.arrays(seen), data_of("hdf5", seen)) and seen:
                    failures.append(seen)
            except Exception as error:  # noqa: BLE001  any error at all is the finding
                failures.append(error)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    with artifact.writer() as writer:
        for start in range(0, 200, 10):
            writer.publish(keys[start : start + 10], data_of("hdf5", keys[start : start + 10]))
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []


@everywhere
def test_rows_that_are_not_stored_are_named(store: Store, keys: list[str], data_of: Data) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    with artifact.writer() as writer:
        writer.publish(keys[:9], data_of("hdf5", keys[:9]), [Rejection(keys[9], "broken file")])
    with pytest.raises(MissingKeys) as error:
        artifact.arrays([keys[11], keys[0], keys[9], keys[11]])
    assert error.value.keys == (keys[11], keys[9])
    assert str(error.value) == (
        f"2 of 3 rows asked of {artifact.spec.name} are not stored (1 of them were rejected), e.g. "
        f"{keys[11]}, {keys[9]}. It holds 9 rows. Run the stage that makes them, or ask only for keys that "
        "are in artifact.keys()."
    )


def test_reading_in_the_wrong_way_says_the_right_one(artifact: Artifact, keys: list[str]) -> None:
    ways = {
        "parquet": artifact.table,
        "hdf5": lambda: artifact.arrays(keys),
        "blob": lambda: artifact.blob(keys[0]),
    }
    right = {"parquet": "table()", "hdf5": "arrays(keys)", "blob": "blob(key)"}[artifact.spec.backend]
    for name, way in ways.items():
        if name != artifact.spec.backend:
            with pytest.raises(ReadError) as error:
                way()
            assert str(error.value).endswith(f"is stored as {artifact.spec.backend}. Use {right}.")


@everywhere
def test_an_unknown_array_is_named_beside_those_there_are(store: Store, keys: list[str], data_of: Data) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    with artifact.writer() as writer:
        writer.publish(keys, data_of("hdf5", keys))
    with pytest.raises(ReadError, match=r"^there is no array 'vector'; there are pixels, seen, vectors\.$"):
        artifact.arrays(keys, ["vector"])


def test_a_row_is_published_once(artifact: Artifact, keys: list[str], data_of: Data, tree: Any) -> None:
    kind = artifact.spec.backend
    with artifact.writer() as writer:
        writer.publish(keys[:2], data_of(kind, keys[:2]))
        before = tree(artifact.path)
        for new, rejected, text in (
            (keys[1:3], [], f"row {keys[1]} is already stored in {artifact.spec.name}"),
            ([], [Rejection(keys[0], "late")], f"row {keys[0]} is already stored in {artifact.spec.name}"),
            ([keys[5], keys[6], keys[5]], [], f"row {keys[5]} comes twice"),
            ([keys[5]], [Rejection(keys[5], "both")], f"row {keys[5]} comes twice"),
        ):
            with pytest.raises(PublishError) as error:
                writer.publish(new, data_of(kind, new), rejected)
            assert str(error.value).startswith(text)
            assert "artifact.missing(wanted)" in str(error.value)
        assert tree(artifact.path) == before


@everywhere
def test_publishing_needs_the_open_block(artifact: Artifact, keys: list[str], data_of: Data) -> None:
    with artifact.writer() as writer:
        pass
    with pytest.raises(PublishError) as error:
        writer.publish(keys, data_of(artifact.spec.backend, keys))
    assert str(error.value).startswith(f"{artifact.spec.name} is not open for writing here. Publish inside")
    assert not artifact.exists


K2 = [text_key("one"), text_key("two")]


@pytest.mark.parametrize(
    "backend, data, text",
    [
        ("parquet", {"text": ["a", "b"]}, "stores a pyarrow.Table, found dict"),
        ("parquet", pa.table({"key": K2}), "has a column 'key', which publish adds itself"),
        ("parquet", pa.table({"text": ["a"]}), "2 keys come with a table of 1 rows"),
        ("parquet", pa.table([[1, 2], [3, 4]], names=["a", "a"]), "names a column twice: a, a."),
        ("hdf5", [np.ones(2)], "stores a dict of arrays, found <class 'list'>"),
        ("hdf5", {}, "stores a dict of arrays, found {}"),
        ("hdf5", {"v": np.ones(3)}, "2 keys come with array 'v' of shape (3,)"),
        ("hdf5", {"v": np.ones(())}, "2 keys come with array 'v' of shape ()"),
        ("hdf5", {"v": [1, 2]}, "array 'v' is a list; an hdf5 artifact stores numpy arrays"),
        ("hdf5", {"v": np.array(["a", "b"])}, "array 'v' is a <U1 array"),
        ("hdf5", {"v": np.ones(2, ">f4")}, "array 'v' is a >f4 array"),
        ("hdf5", {"keys": np.ones(2)}, "'keys' cannot name an array"),
        ("hdf5", {"a/b": np.ones(2)}, "'a/b' cannot name an array"),
        ("blob", b"ab", "stores a list of bytes, found bytes"),
        ("blob", [b"a", "b"], "stores a list of bytes, found a list of bytes, str"),
        ("blob", [b"a"], "2 keys come with 1 blobs"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_data_that_do_not_fit_are_refused_before_anything_is_written(
    store: Store, backend: Any, data: Any, text: str
) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend=backend))
    with artifact.writer() as writer, pytest.raises(PublishError) as error:
        writer.publish(K2, data)
    assert text in str(error.value)
    assert not artifact.path.exists()


@everywhere
def test_all_shards_have_the_layout_of_the_first(store: Store, keys: list[str]) -> None:
    artifact = store.artifact(ArtifactSpec(kind="things", fields={}, backend="hdf5"))
    with artifact.writer() as writer:
        writer.publish(keys[:1], {"vectors": np.ones((1, 3), np.float16)})
        for other in (np.ones((1, 4), np.float16), np.ones((1, 3), np.float32)):
            with pytest.raises(PublishError) as error:
                writer.publish(keys[1:2], {"vectors": other})
            assert str(error.value).startswith(
                f"the rows of {artifact.spec.name} are vectors: float16[3]; these are vectors: {other.dtype}"
            )
    assert artifact.verify() == []


def test_a_failed_publish_leaves_what_was_there(store: Store, keys: list[str], tree: Any) -> None:
    artifact = store.artifact(ArtifactSpec(kind="texts", fields={}, backend="parquet"))
    with pytest.raises(ZeroDivisionError), artifact.writer() as writer:
        writer.publish(keys[:1], pa.table({"text": ["a"]}))
        before = tree(artifact.path)
        raise ZeroDivisionError
    assert tree(artifact.path) == before
    assert os.listdir(store.workspace / ".locks") == []


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="is a file; use a folder"):
        Store(tmp_path / "file")


@pytest.mark.parametrize("store", ["folder", "memory"], indirect=True)
def test_artifacts_are_found_by_the_start_of_their_fingerprint(store: Store) -> None:
    specs = [ArtifactSpec(kind=kind, fields={"n": n}, backend="blob") for kind in ("runs", "texts") for n in range(12)]
    for spec in specs:
        with store.artifact(spec).writer() as writer:
            writer.publish([])
    (store.workspace / "notes").mkdir()
    assert {artifact.spec for artifact in store.artifacts()} == set(specs)
    assert {artifact.spec for artifact in store.artifacts("runs")} == set(specs[:12])
    assert all(store.find(spec.fingerprint[:10]).spec == spec for spec in specs)
    assert store.find(specs[0].name).spec == specs[0]
    with pytest.raises(ArtifactNotFound, match=r"'' fits 24 artifacts in .*, …\. Type more digits\.$"):
        store.find("")
    with pytest.raises(ArtifactNotFound, match="starts with 'xyz'. List them with `mmpt-pipeline store ls -w "):
        store.find("xyz")


def test_a_shard_that_is_gone_or_cut_short_is_an_error_with_the_remedy(
    artifact: Artifact, keys: list[str], data_of: Data
) -> None:
    with artifact.writer() as writer:
        writer.publish(keys[:3], data_of(artifact.spec.backend, keys[:3]))
    shard = sorted((artifact.path / "shards").iterdir())[0]
    content = shard.read_bytes()
    shard.write_bytes(content[:-1])
    for found in (f"has {len(content) - 1} bytes instead of {len(content)}", "is gone"):
        with pytest.raises(ShardError) as error:
            read(Artifact(artifact.path.parents[1], artifact.spec), keys[:1])
        assert str(error.value) == (
            f"shards/{shard.name} of {artifact.spec.name} {found}. Drop it with `mmpt-pipeline store verify "
            f"{artifact.spec.fingerprint[:12]} --repair -w {artifact.path.parents[1]}` and run the stage "
            "that made it again: only its rows are missing then."
        )
        shard.unlink(missing_ok=True)


def test_a_manifest_that_cannot_be_trusted_stops_everything(store: Store, keys: list[str], tree: Any) -> None:
    artifact = store.artifact(ArtifactSpec(kind="runs", fields={"seed": 1}, backend="blob"))
    with artifact.writer() as writer:
        writer.publish(keys[:1], [b"x"])
    path = artifact.path / "manifest.json"
    with_checksum = path.read_text()
    sound = with_checksum.partition(',\n "checksum"')[0] + "\n}\n"  # as older versions wrote it
    for text, found in (
        (with_checksum.replace('"seed": 1', '"seed": 2'), "its bytes are not those of its checksum"),
        (with_checksum.replace('"checksum"', '"chocksum"'), "its checksum is damaged"),
        (sound[:-9], "it is no JSON"),
        ("[]\n", "it is a list, not an object"),
        (
            sound.replace('"format": 1', '"format": 2'),
            "has format 2; this version of mmpt-pipeline reads format 1",
        ),
        (sound.replace('"seed": 1', '"seed": 2'), "its spec has the fingerprint"),
        (sound.replace('"rows"', '"lines"'), "TypeError"),
        (sound.replace('"blob"', '"zarr"'), "SpecError"),
    ):
        path.write_text(text)
        before = tree(artifact.path)
        for attempt in (artifact.keys, store.artifacts, artifact.writer().__enter__, lambda: store.gc([])):
            with pytest.raises(ManifestError, match=found):
                attempt()
        assert [problem.kind for problem in artifact.verify()] == ["manifest"]
        assert artifact.repair() == []
        assert tree(artifact.path) == before


def test_importing_the_package_is_light(start: Any) -> None:
    heavy = "[name for name in ('numpy', 'pyarrow', 'h5py', 'torch', 'prefect') if name in sys.modules]"
    for package in ("stores", "pipeline.cli.store"):
        assert start(f"import sys, {package}; print({heavy})").communicate()[0] == "[]\n"


def test_stores_imports_nothing_above_it() -> None:
    allowed = {*sys.stdlib_module_names, "stores", "numpy", "pyarrow", "h5py", "fsspec", "upath", "typing_extensions"}
    for path in Path(stores.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed, path
    assert stores.__all__ == sorted(stores.__all__)
