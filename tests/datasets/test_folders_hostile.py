"""Folders of media with names that are no text, and with what is no file.

Each is read or told, and whatever is told can be stored in an artifact, written into a page, printed as JSON and as a table.
"""

import io
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli.output import print_json
from pipeline.datasets import read_rows
from pipeline.printable import cut, long_table, printable, text_table
from pipeline.recipe.data import FolderData
from pipeline.report.sealed_page import sealed_page
from stores import Rejection
from stores.errors import MmptError
from stores.part import Part
from stores.rejection import read_rejections, write_rejections
from stores.text import as_json_text, as_text

NAMES = [
    b"caf\xe9.png", b"\xff\xfe.png", b"\xed\xa0\x80.png", b"\xf0\x9f\x90.png", b"a\x1b[31mred.png",
    b"a\x1b]0;title\x07.png", b"a\nb.png", b"a\rb.png", b"a\tb.png", b"\x7f.png", b"\x01.png", b"a\x08\x08.png",
    "a\u202eb.png".encode(), "a\u2066b.png".encode(), "a\u2028b.png".encode(), "\u200f.png".encode(),
    "\u0085.png".encode(), "\u061c.png".encode(), b" .png", b".png.png", b"n" * 250 + b".png", "\u00e9.png".encode(),
    "e\u0301.png".encode(), "\U0001f415.png".encode(), b"<script>.png", b"'\"&.png", b"=1+1.png", b"@a.png",
    b"a,b;c.png", b"-x.png", b"--help.png", b"%s{0}.png", b"[red]a[bold].png", b"$(id).png", b"a\\b.png", b"~.png",
    b"*.png", b"C:.png", b"con.png", b"a" + "\u0301".encode() * 100 + b".png",
]  # fmt: skip


def made(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "fine.png").write_bytes(b"no picture")


def _socket(path: Path) -> None:
    made(path.parent)
    here = os.getcwd()
    os.chdir(path.parent)  # a socket's path has at most 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def deep(path: Path) -> None:
    made(path.parent)
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        for _ in range(40):  # far beyond what a path may have in all
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("x.png").write_bytes(b"no picture")
    finally:
        os.chdir(here)


def after(work: Callable[[Path], object]) -> Callable[[Path], None]:
    def done(path: Path) -> None:
        made(path.parent)
        work(path)

    return done


THINGS: dict[str, Callable[[Path], object]] = {
    "a pipe": after(os.mkfifo),
    "a socket": _socket, "a folder called so": after(Path.mkdir),
    "an empty file": after(Path.touch),
    "a link to nothing": after(lambda path: path.symlink_to("gone")),
    "a link to itself": after(lambda path: path.symlink_to(path.name)),
    "a link to its folder": after(lambda path: path.symlink_to(".")),
    "a link to a device": after(lambda path: path.symlink_to("/dev/zero")),
    "a link to the kernel": after(lambda path: path.symlink_to("/proc/self/mem")),
    "a link to /proc": after(lambda path: path.symlink_to("/proc")),
    "a link with a name of no text": after(lambda path: os.symlink(b"caf\xe9", os.fsencode(path))),
    "a path over PATH_MAX": deep,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=map(ascii, NAMES))
def test_names(name: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "pictures" / "cat"
    made(folder)
    Path(os.fsdecode(os.path.join(os.fsencode(folder), name))).write_bytes(b"another picture")
    everywhere(tmp_path, capsys)


@pytest.mark.parametrize("name", NAMES, ids=map(ascii, NAMES))
def test_names_of_folders(name: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path / "pictures" / "cat")
    made(Path(os.fsdecode(os.path.join(os.fsencode(tmp_path / "pictures"), name))))
    everywhere(tmp_path, capsys)


@pytest.mark.parametrize("kind", THINGS)
def test_things(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    THINGS[kind](tmp_path / "pictures" / "cat" / "x.png")
    everywhere(tmp_path, capsys)


def everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = FolderData(layout="folder", root=tmp_path / "pictures")
    try:
        source = read_rows(config, "image", ["cat"], tmp_path / "workspace")
    except MmptError as error:
        told = [str(error)]
    else:
        assert any(Path(row.path).name == "fine.png" for row in source.rows)
        told = [str(row.path) for row in source.rows] + [text for pair in source.unreadable for text in pair]
        told += [
            str(part)
            for each in (*source.aside, *source.unknown)
            for part in (each if isinstance(each, tuple) else vars(each).values())
        ]
    print_json(told)
    assert json.loads(capsys.readouterr().out.encode()) == told  # names come back from JSON as they were
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8")
    Console(file=screen, width=80).print(text_table(["told"], [[text] for text in told]))
    screen.write("\n".join(long_table(["told"], [[text] for text in told])))
    screen.flush()
    shown = screen.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert not set(shown) & set("\x1b\x07\x08\x01\x7f\x85\r\u202e\u2066\u2028\u200f\u061c")
    sealed_page(f"<html>{told}{''.join(told)}</html>\n").decode()
    write_rejections(tmp_path / "x.parquet", [Rejection("0" * 32, text, detail={"file": text}) for text in told[:1]])


def test_a_name_in_an_artifact_shows_its_bytes(tmp_path: Path) -> None:
    import hashlib

    name = os.fsdecode(b"square/caf\xe9.jpg")
    write_rejections(tmp_path / "x.parquet", [Rejection("0" * 32, "empty file", detail={"file": name})])
    data = (tmp_path / "x.parquet").read_bytes()
    part = Part("x.parquet", 1, "0" * 32, "0" * 32, len(data), hashlib.sha256(data).hexdigest())
    (found,) = read_rejections(tmp_path / "x.parquet", part)
    assert found.detail == {"file": r"square/caf\xe9.jpg"}


def test_text_that_is_none() -> None:
    assert as_text("caf\udce9 \ud800") == r"caf\xe9 \ud800" and as_text("café") == "café"
    assert json.loads(as_json_text(json.dumps(["caf\udce9"], ensure_ascii=False))) == ["caf\udce9"]
    assert printable("caf\udce9\x1b[31m\u2028") == r"caf\xe9�[31m�"
    assert cut("x" * 900_000, 1000) == "x" * 1000 + "… (900,000 characters)"
    (_, _, line) = long_table(["text"], [["x" * 900_000]])
    assert len(line) < 1100
