"""One flipped byte in any file of a finished workspace: the right answer or an error, never another figure, sentence or row."""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pipeline.datasets.file_keys import FileKeys
from pipeline.operations.history import last_runs
from pipeline.operations.verify import verify_workspace
from pipeline.report.page import write_whole
from pipeline.report.sealed_page import page_problem
from pipeline.runs import read_run, update_run
from stores import Artifact, Store, compared
from stores.commit import replace_bytes
from stores.errors import MmptError
from stores.journal import Journal
from stores.manifest import read_manifest
from stores.sealed import sealed

FLIPS = 100
OLD = Path(__file__).parent / "old_workspaces/1-no-checksums"
PARTS = {"texts": "parquet", "features": "h5", "checkpoints": "bin", "evaluations": "bin"}


@dataclass
class Kind:
    """A kind of file.

    Attributes:
        file: one of them.
        read: what everybody reads of it; raises an `MmptError` if it cannot be trusted.
        may_lose: whether a part of what was read may be missing, because it is made again.
    """

    file: Path
    read: Callable[[], Any]
    may_lose: bool = False


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished workspace in today's formats."""
    place: Path = tmp_path_factory.mktemp("flipped") / "workspace"
    shutil.copytree(OLD / "stored", place)
    for manifest in place.glob("*/*/manifest.json"):
        found = read_manifest(manifest.parent)
        assert found is not None
        found.write(manifest.parent)
        Journal(manifest.parent)
    update_run(place / "runs/old", lambda record: None)
    (entry,) = (place / "runs/old/history").iterdir()
    replace_bytes(entry, sealed(entry.read_text()))
    report = place / "runs/old/report.html"
    write_whole(report.read_text()[:4000] + "</body></html>\n", report)
    (place / "cache/file-keys.json").unlink()
    keys = FileKeys(place / "cache/file-keys.json")
    for picture in OLD.glob("pictures/*/*.png"):
        keys.key(picture)
    keys.save()
    assert not any(verify_workspace(Store(place)).values())
    return place


def contents(artifact: Artifact) -> dict[str, Any]:
    """All that can be read of an artifact, by a process that has read nothing yet."""
    compared._compared.clear()
    fresh = Artifact(artifact._workspace, artifact.spec)
    keys = fresh.keys()
    found: dict[str, Any] = {"keys": keys, "missing": fresh.missing([*keys, "0" * 32]), "rejected": fresh.rejected()}
    found["notes"], found["layout"] = dict(fresh.manifest.notes), dict(fresh.manifest.layout)
    if fresh.spec.backend == "parquet":
        found["rows"] = fresh.table().to_pylist()
    elif fresh.spec.backend == "hdf5":
        found["rows"] = {name: (a.dtype.str, a.shape, a.tobytes()) for name, a in fresh.arrays(keys).items()}
    else:
        found["rows"] = [fresh.blob(key) for key in keys]
    return found


def kinds(place: Path) -> Iterator[tuple[str, Kind]]:
    for artifact in Store(place).artifacts():

        def read(artifact: Artifact = artifact) -> dict[str, Any]:
            return contents(artifact)

        kind = artifact.spec.kind
        yield f"manifest of {kind}", Kind(artifact.path / "manifest.json", read)
        for section in ("shards", "rejected"):
            for part in sorted((artifact.path / section).glob("*")):
                yield f"{section} of {kind}", Kind(part, read)
        if (artifact.path / "journal.jsonl").exists():
            keys = [f"{number:032x}" for number in (1, 2)]

            def entries(folder: Path = artifact.path, keys: list[str] = keys) -> dict[str, Any]:
                copy = folder.parent.parent / "journal"
                shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("shards"), dirs_exist_ok=True)
                journal = Journal(copy)
                return {key: value for key in keys if (value := journal.get(key)) is not None}

            yield "journal", Kind(artifact.path / "journal.jsonl", entries, may_lose=True)
    pictures = sorted(OLD.glob("pictures/*/*.png"))
    memory = place / "cache/file-keys.json"
    yield "file keys", Kind(memory, lambda: {str(path): FileKeys(memory).key(path) for path in pictures})
    yield "run record", Kind(place / "runs/old/run.json", lambda: read_run(place / "runs/old"))
    (entry,) = (place / "runs/old/history").iterdir()
    yield "history", Kind(entry, lambda: {run.run: run for run in last_runs(place) if run.started}, may_lose=True)
    report = place / "runs/old/report.html"
    yield "report", Kind(report, lambda: {} if page_problem(report) else {"page": report.read_bytes()}, may_lose=True)


NAMES = [
    *(f"manifest of {kind}" for kind in PARTS),
    *(f"shards of {kind}" for kind in PARTS),
    *("rejected of features", "journal", "file keys", "run record", "history", "report"),
]


def flipped(file: Path, seed: int) -> Iterator[int]:
    """Flip one byte after the other, each alone; yields where."""
    sound, chance = file.read_bytes(), random.Random(seed)
    try:
        for _ in range(FLIPS):
            at = chance.randrange(len(sound))
            file.write_bytes(sound[:at] + bytes([sound[at] ^ chance.randrange(1, 256)]) + sound[at + 1 :])
            yield at
    finally:
        file.write_bytes(sound)


def problems_of(place: Path, file: Path) -> list[Any]:
    """What `store verify` finds in the artifact of a file, or beside the artifacts."""
    parts = file.relative_to(place).parts
    if parts[0] in PARTS:
        return Store(place).verify(f"{parts[0]}/{parts[1]}")[f"{parts[0]}/{parts[1]}"]
    beside = place.parent / "beside"
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(place / parts[0], beside / parts[0])
    return [problem for found in verify_workspace(Store(beside)).values() for problem in found]


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_byte_changes_nothing_without_a_word(place: Path, name: str) -> None:
    one_of_each = {found: kind for found, kind in kinds(place)}
    assert set(one_of_each) == set(NAMES)
    kind = one_of_each[name]
    expected = kind.read()
    for at in flipped(kind.file, seed=NAMES.index(name)):
        assert problems_of(place, kind.file), f"verify does not see byte {at} of {kind.file}"
        try:
            found = kind.read()
        except MmptError:
            continue
        if kind.may_lose:
            assert found.items() <= expected.items(), at
        else:
            assert found == expected, at
    assert kind.read() == expected


def test_above_the_size_nothing_but_payload_changes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compared, "WHOLE_UP_TO", 0)
    for artifact in Store(place).artifacts("features"):
        (shard,) = (artifact.path / "shards").iterdir()
        expected = contents(artifact)
        with h5py.File(shard) as file:
            payload = [(d.id.get_offset(), d.id.get_offset() + d.nbytes) for n, d in file.items() if n != "keys"]
        silent = 0
        for at in flipped(shard, seed=7):
            assert problems_of(place, shard), at
            try:
                found = contents(artifact)
            except MmptError:
                continue
            if found != expected:
                silent += 1
                assert any(start <= at < end for start, end in payload), at
                changed = {name: (found[name], expected[name]) for name in found if found[name] != expected[name]}
                assert list(changed) == ["rows"]
                for array, before in zip(found["rows"].values(), expected["rows"].values(), strict=True):
                    assert array[:2] == before[:2]
                    assert sum(np.frombuffer(array[2], np.uint8) != np.frombuffer(before[2], np.uint8)) <= 1
        assert silent  # what the size is for


def test_a_repair_mends_what_lies_beside(place: Path, tmp_path: Path) -> None:
    for name in ("runs", "cache"):
        shutil.copytree(place / name, tmp_path / name)
    record = tmp_path / "runs/old/run.json"
    files = [tmp_path / "cache/file-keys.json", tmp_path / "runs/old/report.html", record]
    files += (tmp_path / "runs/old/history").iterdir()
    sound = record.read_bytes()
    for file in files:
        file.write_bytes(file.read_bytes()[:-9] + b"!" + file.read_bytes()[-8:])
    found = {(name, problem.kind) for name, all_ in verify_workspace(Store(tmp_path)).items() for problem in all_}
    expected = {("cache", "memory"), ("runs/old", "run"), ("runs/old", "report"), ("runs/old", "history")}
    assert found == expected
    verify_workspace(Store(tmp_path), repair=True)
    assert [file.exists() for file in files] == [False, False, True, False]
    record.write_bytes(sound)
    assert not any(verify_workspace(Store(tmp_path)).values())
