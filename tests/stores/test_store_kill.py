"""Kill a writer anywhere, run it again: the same bytes, nothing twice, nothing half-readable in between."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stores
from stores import ArtifactSpec, Store, text_key

SPEC = ArtifactSpec(kind="things", fields={"made": "by a process that is killed"}, backend="hdf5")
WANTED = [text_key(f"row {number}") for number in range(360)]
REFUSED = WANTED[5::50]

WRITE = """
import sys
import h5py, pyarrow.parquet
import numpy as np
from stores import ArtifactSpec, Rejection, Store, text_key
spec = ArtifactSpec(kind="things", fields={"made": "by a process that is killed"}, backend="hdf5")
artifact = Store(sys.argv[1]).artifact(spec)
wanted = [text_key(f"row {number}") for number in range(360)]
refused = set(wanted[5::50])
with artifact.writer() as writer:
    print("writing", flush=True)
    missing = artifact.missing(wanted)
    # Shards are cut at fixed places of the wanted rows, as every stage does it.
    for start in range(0, len(wanted), 12):
        part = [key for key in wanted[start : start + 12] if key in set(missing)]
        keys = [key for key in part if key not in refused]
        rejected = [Rejection(key, "refused") for key in part if key in refused]
        rows = np.array([list(bytes.fromhex(key)) for key in keys], np.uint8).reshape(-1, 16)
        if part:
            writer.publish(keys, {"bytes": rows}, rejected)
            print("published", flush=True)
"""

DIE_AT_RENAME = """
import os, sys
left = int(sys.argv[2])
def count(event, arguments):
    global left
    if event == "os.rename":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)
sys.addaudithook(count)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace written without any kill, by a process of its own."""
    folder = tmp_path_factory.mktemp("undisturbed") / "workspace"
    root = Path(stores.__file__).parents[1]
    subprocess.run([sys.executable, "-c", WRITE, str(folder)], cwd=root, check=True, stdout=subprocess.DEVNULL)
    return folder


def check_readable(workspace: Path) -> int:
    """Check that all there is can be read and is right; return how many rows there are."""
    artifact = Store(workspace).artifact(SPEC)
    assert {problem.kind for problem in artifact.verify()} <= {"stray"}
    keys = artifact.keys()
    good = [key for key in WANTED if key not in REFUSED]
    assert keys == good[: len(keys)]
    done = WANTED.index(keys[-1]) if keys else 0
    refused = [row.key for row in artifact.rejected()]
    assert refused == REFUSED[: len(refused)]
    # A shard's rejections appear with it: none is missing below the last stored row but in the shard that follows.
    assert abs(len(refused) - sum(WANTED.index(key) < done for key in REFUSED)) <= 1
    if keys:
        expected = np.array([list(bytes.fromhex(key)) for key in keys], np.uint8)
        assert np.array_equal(artifact.arrays(keys)["bytes"], expected)
    return len(keys)


def test_killed_at_random_moments(tmp_path: Path, start: Start, undisturbed: Path, tree: Any) -> None:
    chance = random.Random(20)
    workspace = tmp_path / "workspace"
    rows = [0]
    # On a fast disk all may be written before the tenth kill.
    while len(rows) <= 10 and rows[-1] < len(WANTED) - len(REFUSED):
        writer = start(WRITE, workspace)
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        for _ in range(chance.randrange(3)):
            writer.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.01))
        writer.kill()
        writer.wait()
        rows.append(check_readable(workspace))
    assert rows == sorted(rows), "no rows may be lost"
    assert rows[-1] > 0, "some kills must come after a publish"
    last = start(WRITE, workspace)
    assert last.wait() == 0
    assert tree(workspace) == tree(undisturbed)
    assert Store(workspace).artifact(SPEC).verify() == []


# The first publish renames a shard, its rejections and the manifest; the second one a shard and the manifest.
@pytest.mark.parametrize("rename, rows, strays", [(1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 11, 1), (5, 11, 2)])
def test_killed_before_each_rename(
    tmp_path: Path, start: Start, undisturbed: Path, tree: Any, rename: int, rows: int, strays: int
) -> None:
    workspace = tmp_path / "workspace"
    assert start(DIE_AT_RENAME + WRITE, workspace, rename).wait() == -9
    artifact = Store(workspace).artifact(SPEC)
    assert artifact.exists == (rows > 0)
    assert check_readable(workspace) == rows
    assert [problem.kind for problem in artifact.verify()] == ["stray"] * strays
    with artifact.writer():
        assert artifact.verify() == []
    assert check_readable(workspace) == rows
    if rename == 5:
        assert start(WRITE, workspace).wait() == 0
        assert tree(workspace) == tree(undisturbed)


def test_two_writers_at_once_make_each_row_once(tmp_path: Path, start: Start, tree: Any) -> None:
    script = """
import sys
from stores import ArtifactSpec, Store, text_key
artifact = Store(sys.argv[1]).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
wanted = [text_key(f"row {number}") for number in range(60)]
made = 0
while artifact.missing(wanted):
    with artifact.writer(poll_s=0.001) as writer:
        part = artifact.missing(wanted)[:3]
        writer.publish(part, [key.encode() for key in part])
        made += len(part)
print(made)
"""
    writers = [start(script, tmp_path) for _ in range(2)]
    made = [int(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    artifact = Store(tmp_path).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
    assert sum(made) == 60
    assert artifact.keys() == [text_key(f"row {number}") for number in range(60)]
    assert artifact.verify() == []
    assert list((tmp_path / ".locks").iterdir()) == []
