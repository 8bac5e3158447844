"""What the machine refuses for a moment is told as that: nothing is taken for damage, dropped or recommended to be dropped."""

import errno
import io
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import h5py
import pytest

from stores import Artifact, Rejection, compared
from stores.errors import ShardError, UnreadableError
from stores.journal import Journal

Data = Callable[[str, Any], Any]
NUMBERS = (errno.EMFILE, errno.EIO, errno.ESTALE, errno.ENFILE, errno.ENOMEM, errno.ETIMEDOUT, errno.EACCES)
_open, _h5_open, _os_open, _stat = io.open, h5py.File.__init__, os.open, os.stat


@pytest.fixture
def published(artifact: Artifact, keys: list[str], data_of: Data) -> Artifact:
    """Two publishes with a rejection each."""
    with artifact.writer() as writer:
        for start in (0, 5):
            part = keys[start : start + 5]
            writer.publish(part, data_of(artifact.spec.backend, part), [Rejection(keys[30 + start], "why")])
    return artifact


@contextmanager
def failing(number: int, at: int, inside: Path) -> Iterator[list[int]]:
    """The open of this number (from 1), of whatever kind, of a file in a folder fails once, as the system would have it fail."""
    left = [at]

    def count(path: object) -> None:
        if not str(path).startswith(str(inside)):
            return
        left[0] -= 1
        if left[0] == 0:
            raise OSError(number, os.strerror(number), str(path))

    def opened(file: Any, *args: Any, **kwargs: Any) -> Any:
        count(file)
        return _open(file, *args, **kwargs)

    def h5(self: Any, name: Any, *args: Any, **kwargs: Any) -> None:
        try:
            count(name)
        except OSError as error:  # h5py hands the number on in its words alone
            raise OSError(f"Unable to open file (name = '{name}', errno = {number}, error message = 'x')") from error
        _h5_open(self, name, *args, **kwargs)

    def low(path: Any, *args: Any, **kwargs: Any) -> int:
        if ".locks" not in str(path):
            count(path)
        return _os_open(path, *args, **kwargs)

    with patch("io.open", opened), patch("builtins.open", opened), patch.object(h5py.File, "__init__", h5):
        with patch("os.open", low):
            yield left


def every_read(artifact: Artifact) -> None:
    """All that a stage may read."""
    compared._compared.clear()
    fresh = Artifact(artifact._workspace, artifact.spec)
    stored = fresh.keys()
    fresh.rejected()
    if artifact.spec.backend == "parquet":
        fresh.table()
    elif artifact.spec.backend == "hdf5":
        fresh.arrays(stored)
    else:
        [fresh.blob(key) for key in stored]


def opens_of(call: Callable[[], object], inside: Path) -> int:
    """How many files of a folder something opens."""
    with failing(0, 10**9, inside) as left:
        call()
    return 10**9 - left[0]


def test_an_error_of_the_machine_ends_a_repair_and_drops_nothing(published: Artifact, tree: Any) -> None:
    before = tree(published.path)
    count = opens_of(published.repair, published.path)
    assert count >= 5
    for number, at in itertools.product(NUMBERS, range(1, count + 1)):
        with failing(number, at, published.path), pytest.raises(UnreadableError) as caught:
            published.repair()
        assert os.strerror(number) in str(caught.value) and "nothing was dropped" in str(caught.value)
        assert tree(published.path) == before
    assert published.repair() == [] and published.verify() == []


def test_a_plain_read_recommends_no_deletion_for_it(published: Artifact) -> None:
    count = opens_of(lambda: every_read(published), published.path)
    assert count >= 3
    for number, at in itertools.product(NUMBERS, range(1, count + 1)):
        with failing(number, at, published.path), pytest.raises(UnreadableError) as caught:
            every_read(published)
        assert "--repair" not in str(caught.value) and "delete" not in str(caught.value)
    every_read(published)


def test_a_lack_of_memory_is_no_damage(published: Artifact) -> None:
    with patch("hashlib.sha256", side_effect=MemoryError), patch("hashlib.file_digest", side_effect=MemoryError):
        with pytest.raises(UnreadableError, match="Cannot allocate memory"):
            published.verify()


def test_a_whole_part_that_a_library_does_not_read_is_no_damage(published: Artifact, tree: Any) -> None:
    """An older h5py or pyarrow, say."""
    if published.spec.backend == "blob":
        pytest.skip("no library reads blobs")
    before = tree(published.path)
    broken = {"hdf5": "h5py.File.__init__", "parquet": "pyarrow.parquet.ParquetFile.__init__"}[published.spec.backend]
    for call in (published.repair, lambda: every_read(published)):
        with patch(broken, side_effect=OSError("version of it unknown")), pytest.raises(UnreadableError) as caught:
            call()
        assert "its bytes are those that were published" in str(caught.value) and "--repair" not in str(caught.value)
    assert tree(published.path) == before


def test_what_is_gone_or_other_is_damage(published: Artifact) -> None:
    part = published.manifest.shards[0]
    path = published.path / "shards" / part.file
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ShardError, match="SHA-256"):
        every_read(published)
    path.unlink()
    with pytest.raises(ShardError, match="is gone"):
        every_read(published)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list everything")
def test_a_folder_that_may_not_be_listed_is_not_empty(published: Artifact) -> None:
    published.path.parent.chmod(0)
    try:
        with pytest.raises(UnreadableError):
            Artifact(published._workspace, published.spec).exists  # noqa: B018
    finally:
        published.path.parent.chmod(0o755)


def test_a_journal_that_cannot_be_read_is_not_begun_anew(tmp_path: Path) -> None:
    Journal(tmp_path).add("one", 1)
    for number in NUMBERS:
        with failing(number, 1, tmp_path), pytest.raises(UnreadableError):
            Journal(tmp_path)
    assert Journal(tmp_path).get("one") == 1


FEW_FILES = """
import contextlib, io, os, resource, sys
from pipeline.cli.app import main
def verify():
    sys.argv = ["mmpt-pipeline", "store", "verify", "--repair", "-w", sys.argv[-1]]
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
    return code, told.getvalue()
assert verify() == (0, "")
held = []
resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
with contextlib.suppress(OSError):
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
codes = []
for free in range(6):  # so many files may be opened
    code, told = verify()
    assert code in (0, 2) and "Traceback" not in told, told
    assert code == 0 or "Too many open files" in told and "type the same command again" in told, told
    codes.append(code)
    os.close(held.pop())
print(*codes)
"""


def test_a_process_out_of_files_repairs_nothing(published: Artifact, tree: Any, start: Callable[..., Any]) -> None:
    before = tree(published.path)
    process = start(FEW_FILES, published._workspace)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert out.split()[0] == "2" and out.split()[-1] == "0"
    assert tree(published.path) == before and published.verify() == []
