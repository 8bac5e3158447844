"""A disk that fails while a data set is listed or hashed stops the command: no row is lost, none is called damaged."""

import builtins
import errno
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets import read_rows
from pipeline.datasets.coco import read_coco
from pipeline.datasets.csv_rows import csv_rows, text_lines
from pipeline.datasets.few_shot.split_files import load_lists
from pipeline.datasets.listed_paths import listed_path
from pipeline.datasets.read import Source
from pipeline.datasets.texts import read_text_file
from pipeline.reading import MachineFault, patience
from pipeline.reading.regular import LivingFile
from pipeline.recipe.data import FolderData, WebdatasetData
from stores.errors import DiskError

LABELS = ["cat", "dog"]


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}")


def folder(root: Path) -> Source:
    return read_rows(FolderData(layout="folder", root=root / "media"), "image", LABELS, root / "workspace")


def failing(function: Callable[..., Any], part: str, number: int = errno.EIO) -> Callable[..., Any]:
    """The function, which fails where its first argument ends so."""

    def called(path: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(path, str | os.PathLike) and str(path).endswith(part):
            raise OSError(number, os.strerror(number), str(path))
        return function(path, *arguments, **options)

    return called


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("scandir", "media"),
        ("scandir", "cat"),
        ("scandir", "deep"),
        ("scandir", "sofa"),
        ("stat", "2.png"),
        ("open", "2.png"),
    ],
)
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE])
def test_a_folder_is_listed_and_hashed_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, part: str, number: int
) -> None:
    put(tmp_path / "media", "cat/1.png", "cat/deep/2.png", "dog/3.png", "sofa/4.png")
    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing(getattr(os, name), part, number))
        with pytest.raises(MachineFault, match=f"{part} could not be read: {os.strerror(number)}"):
            folder(tmp_path)
    found = folder(tmp_path)
    assert [Path(row.path).name for row in found.rows] == ["1.png", "2.png", "3.png"] and found.unreadable == ()


def test_a_mount_that_does_not_answer_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    put(tmp_path / "media", "cat/1.png", "dog/2.png")
    answers, stat = threading.Event(), os.stat

    def waits(path: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("2.png"):
            answers.wait(60)
        return stat(path, **options)

    monkeypatch.setattr(patience, "LIMIT_S", 0.1)
    monkeypatch.setattr("pipeline.reading.LIMIT_S", 0.1)
    monkeypatch.setattr(os, "stat", waits)
    try:
        with pytest.raises(MachineFault, match=r"2\.png could not be read: Connection timed out"):
            folder(tmp_path)
    finally:
        answers.set()


def test_a_path_is_not_spelled_otherwise_because_a_disk_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "caf\u00e9\\1.png")
    monkeypatch.setattr(os, "lstat", failing(os.lstat, "1.png", errno.ESTALE))
    with pytest.raises(MachineFault, match="Stale file handle"):
        listed_path(tmp_path, "caf\u00e9\\1.png")
    monkeypatch.undo()
    assert listed_path(tmp_path, "caf\u00e9\\1.png").is_file()


LISTS: dict[str, Callable[[Path], object]] = {
    "csv": lambda path: list(csv_rows(path, ("a",))),
    "lines": text_lines,
    "coco": lambda path: list(read_coco(path, path.parent)),
    "split": lambda path: load_lists(path, ()),
    "text": read_text_file,
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    (tmp_path / "list").write_text("a\n1\n")
    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        monkeypatch.setattr(module, name, failing(getattr(module, name), "list"))
    with pytest.raises(MachineFault, match="list could not be read: Input/output error") as caught:
        LISTS[kind](tmp_path / "list")
    assert "ownload" not in str(caught.value)


def write_tar(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name in ("1.jpg", "1.cls", "2.jpg", "2.cls"):
            content = b"cat" if name.endswith("cls") else name.encode() * 20_000
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def tars(root: Path) -> Source:
    config = WebdatasetData.model_validate({"layout": "webdataset", "root": root / "tars"})
    return read_rows(config, "image", LABELS, root / "workspace")


def test_a_tar_that_could_not_be_read_is_not_remembered_as_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tar(tmp_path / "tars/0.tar")
    read, reads = LivingFile._read, [0]

    def fails(self: LivingFile, size: int | None) -> bytes | None:
        reads[0] += 1
        if reads[0] == 5:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(self, size)

    with monkeypatch.context() as patch:
        patch.setattr(LivingFile, "_read", fails)
        with pytest.raises(MachineFault, match=r"0\.tar could not be read: Input/output error"):
            tars(tmp_path)
    found = tars(tmp_path)
    assert [row.labels for row in found.rows] == [("cat",), ("cat",)] and found.unreadable == ()


def test_a_full_disk_is_not_the_tars_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tar(tmp_path / "tars/0.tar")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(DiskError, match="No space left on device"):
            tars(tmp_path)
    assert len(tars(tmp_path).rows) == 2


def test_tars_that_are_none_are_named(tmp_path: Path) -> None:
    write_tar(tmp_path / "tars/0.tar")
    os.mkfifo(tmp_path / "tars/1.tar")
    (tmp_path / "tars/2.tar").symlink_to("nowhere.tar")
    (tmp_path / "tars/3.tar").mkdir()
    found = tars(tmp_path)
    assert len(found.rows) == 2 and found.unreadable == (
        (str(tmp_path / "tars/1.tar"), "not a regular file"),
        (str(tmp_path / "tars/2.tar"), "No such file or directory"),
    )
