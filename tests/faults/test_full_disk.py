"""A disk that fills up in every stage: what is told, that nothing half-written counts, that the run goes on from there."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.tasks.few_shot.data import ShapesData
from pipeline.tasks.few_shot.shapes import shapes_split
from stores import ArtifactSpec, Store, text_key
from stores.commit import place, replace_bytes
from stores.disk import writing
from stores.errors import DiskError, StoreError
from stores.lock import held, is_held

SCRIPT = Path(__file__).with_name("full_disk.py")
STAGES = ("generate-texts", "cache-features", "train", "evaluate", "report")
COMMANDS = {"sentences": STAGES, "few-shot": STAGES[1:]}


def may_mount(folder: Path) -> bool:
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True).returncode:
        return False
    subprocess.run(["umount", "-l", str(folder)], check=True)
    return True


@pytest.mark.faults  # half a minute each: 30 commands, most of which end early
@pytest.mark.parametrize("recipe", COMMANDS)
@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
def test_every_stage_goes_on_where_the_disk_was_full(kind: str, recipe: str, tmp_path: Path) -> None:
    if kind == "tmpfs" and not may_mount(tmp_path):
        pytest.skip("a file system of one's own can be mounted by root only, and not in every container")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kind, recipe], cwd=SCRIPT.parents[2], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("OK: ") and all(stage in done.stdout for stage in COMMANDS[recipe])


@pytest.fixture
def full():
    """No file may grow beyond 100 bytes while this is entered."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    class Full:
        def __enter__(self):
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))

        def __exit__(self, *error):
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return Full()


@pytest.mark.parametrize("backend", ["hdf5", "parquet", "blob"])
def test_a_shard_that_does_not_fit_leaves_the_artifact_as_it_was(tmp_path: Path, full, backend: str) -> None:
    import pyarrow as pa

    data = {
        "hdf5": lambda n: {"x": np.arange(600.0 * n).reshape(n, 600)},
        "parquet": lambda n: pa.table({"x": [str(i) * 99 for i in range(n)]}),
        "blob": lambda n: [b"x" * 5000 for _ in range(n)],
    }[backend]
    artifact = Store(tmp_path).artifact(ArtifactSpec(kind="things", fields={}, backend=backend))
    keys = [text_key(str(row)) for row in range(6)]
    with artifact.writer() as writer:
        writer.publish(keys[:2], data(2))
        before = {path: path.read_bytes() for path in artifact.path.rglob("*") if path.is_file()}
        with full, pytest.raises(DiskError, match="could not be written: File too large"):
            writer.publish(keys[2:], data(4))
        assert {path: path.read_bytes() for path in artifact.path.rglob("*") if path.is_file()} == before
        writer.publish(keys[2:], data(4))  # the same writer goes on when there is room
    assert artifact.keys() == keys and artifact.verify() == []


def test_a_full_disk_says_how_much_is_free_and_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(DiskError) as error, writing(tmp_path / "a" / "b"):
        raise OSError(errno.ENOSPC, "full")
    text = str(error.value)
    assert text.startswith(f"{tmp_path / 'a' / 'b'} could not be written: No space left on device (")
    assert " MB are free; a quota may allow less). Make room there (`mmpt-pipeline store gc -w WORKSPACE`" in text
    assert text.endswith("What was published before is safe; type the same command again: it goes on from there.")
    assert isinstance(error.value, StoreError) and error.value.__cause__.errno == errno.ENOSPC


def test_an_error_that_is_not_the_disks_passes_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_bytes(tmp_path / "nowhere" / "file", b"x")

    def write(path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place(tmp_path, write, str)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_taken_and_given_back_although_its_owner_cannot_be_written_down(tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
    try:
        with held(tmp_path / "x.lock", "x", timeout_s=0):
            assert is_held(tmp_path / "x.lock") and (tmp_path / "x.lock").stat().st_size == 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert not is_held(tmp_path / "x.lock")


@pytest.mark.parametrize("style", ["colour", "negative"])
def test_drawn_pictures_are_whole_or_the_disk_is_told(tmp_path: Path, full, style: str) -> None:
    """PIL writes the first 100 bytes of a file that may have no more, and says nothing."""
    data = ShapesData(layout="miniature-shapes", train_per_class=1, test_per_class=1, classes=("star", "heart"))
    if style != "colour":
        shapes_split(data, tmp_path, "test")
    there = set(tmp_path.rglob("*.jpg"))
    data = data.model_copy(update={"style": style})
    with full, pytest.raises(DiskError, match="could not be written: File too large"):
        shapes_split(data, tmp_path, "test")
    assert {path for path in tmp_path.rglob("*.jpg") if not path.parents[1].name.startswith(".")} == there
    split = shapes_split(data, tmp_path, "test")
    assert len(split.rows) == 2 and all(np.asarray(Image.open(split.file(row))).shape[2] == 3 for row in split.rows)
