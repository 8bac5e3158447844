"""Kill a writer on S3 anywhere and run it again: the same rows as undisturbed, nothing twice, nothing half-readable."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stores import ArtifactSpec, Store, text_key

Start = Callable[..., "subprocess.Popen[str]"]
SPEC = ArtifactSpec(kind="things", fields={"made": "by a process that is killed"}, backend="hdf5")
WANTED = [text_key(f"row {number}") for number in range(36)]
REFUSED = WANTED[5::10]

WRITE = """
import sys
import h5py, pyarrow.parquet
import numpy as np
from stores import ArtifactSpec, Rejection, Store, text_key
spec = ArtifactSpec(kind="things", fields={"made": "by a process that is killed"}, backend="hdf5")
artifact = Store(sys.argv[1]).artifact(spec)
wanted = [text_key(f"row {number}") for number in range(36)]
refused = set(wanted[5::10])
with artifact.writer(poll_s=0.01) as writer:
    print("writing", flush=True)
    missing = set(artifact.missing(wanted))
    for start in range(0, len(wanted), 4):
        part = [key for key in wanted[start : start + 4] if key in missing]
        keys = [key for key in part if key not in refused]
        rejected = [Rejection(key, "refused") for key in part if key in refused]
        rows = np.array([list(bytes.fromhex(key)) for key in keys], np.uint8).reshape(-1, 16)
        if part:
            writer.publish(keys, {"bytes": rows}, rejected)
"""

TWO = """
import sys
from stores import ArtifactSpec, Store, text_key
artifact = Store(sys.argv[1]).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
wanted = [text_key(f"row {number}") for number in range(12)]
made = 0
while artifact.missing(wanted):
    with artifact.writer(poll_s=0.01) as writer:
        part = artifact.missing(wanted)[:2]
        writer.publish(part, [key.encode() for key in part])
        made += len(part)
print(made)
"""


@pytest.fixture(autouse=True)
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMPT_LEASE_S", "1.0")


def check_readable(workspace: str) -> int:
    artifact = Store(workspace).artifact(SPEC)
    keys = artifact.keys()
    good = [key for key in WANTED if key not in REFUSED]
    assert keys == good[: len(keys)]
    assert {problem.kind for problem in artifact.verify()} <= {"stray"}
    if keys:
        expected = np.array([list(bytes.fromhex(key)) for key in keys], np.uint8)
        assert np.array_equal(artifact.arrays(keys)["bytes"], expected)
    return len(keys)


def test_killed_at_random_moments(s3: str, start: Start, tmp_path: Path) -> None:
    chance = random.Random(7)
    rows = [0]
    while len(rows) <= 5 and rows[-1] < len(WANTED) - len(REFUSED):
        writer = start(WRITE, s3)
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        time.sleep(chance.uniform(0.0, 0.6))
        writer.kill()
        writer.wait()
        rows.append(check_readable(s3))
    assert rows == sorted(rows), "no rows may be lost"
    assert start(WRITE, s3).wait() == 0
    assert start(WRITE, tmp_path / "undisturbed").wait() == 0
    killed, undisturbed = Store(s3).artifact(SPEC), Store(tmp_path / "undisturbed").artifact(SPEC)
    assert killed.manifest == undisturbed.manifest and killed.rejected() == undisturbed.rejected()
    # A shard that was uploaded and not published has the name of the one that is made again: nothing is left over.
    assert {problem.kind for problem in killed.verify()} <= {"stray"}


def test_two_writers_at_once_make_each_row_once(s3: str, start: Start) -> None:
    writers = [start(TWO, s3) for _ in range(2)]
    made = [int(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    artifact = Store(s3).artifact(ArtifactSpec(kind="things", fields={}, backend="blob"))
    assert sum(made) == 12 and artifact.keys() == [text_key(f"row {number}") for number in range(12)]
    assert artifact.verify() == []
