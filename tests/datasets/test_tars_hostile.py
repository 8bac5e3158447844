"""Tars that are none or mean harm: each ends as a sample that says what is wrong, or gives the samples that can be used."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datasets.tar_samples import walk_tar

PICTURE = b"\x89PNG no picture, and nobody looks"
Change = Callable[[tarfile.TarInfo], None]


def member(name: str = "a.png", content: bytes = PICTURE, **changes: object) -> bytes:
    """One member with its padding, as GNU tar writes it."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in changes.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT, errors="surrogateescape") + content + b"\0" * (-len(content) % 512)


def header(size: bytes | int, kind: bytes = b"0", name: bytes = b"a.png") -> bytes:
    """A header that says this size, in octal or as it is, with the right sum."""
    field = b"%011o\0" % size if isinstance(size, int) else size
    block = bytearray(name.ljust(100, b"\0") + b"0000644\0" * 3 + field + b"00000000000\0" + b" " * 8 + kind)
    block += b"\0" * (512 - len(block))
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def pax(records: bytes, kind: bytes = b"x") -> bytes:
    return header(len(records), kind) + records + b"\0" * (-len(records) % 512)


def record(key: str, value: bytes) -> bytes:
    line, size = b" " + key.encode() + b"=" + value + b"\n", 0
    while len(b"%d" % size + line) != size:
        size = len(b"%d" % size + line)
    return b"%d" % size + line


def xz_of_four_gigabytes(content: bytes) -> bytes:
    """An xz whose header asks for a dictionary of 4 GB; the second byte of its filter says so."""
    packed = bytearray(lzma.compress(content, check=lzma.CHECK_NONE))
    length = (packed[12] + 1) * 4
    packed[packed.index(b"\x21\x01", 12) + 2] = 40
    packed[12 + length - 4 : 12 + length] = zlib.crc32(bytes(packed[12 : 12 + length - 4])).to_bytes(4, "little")
    return bytes(packed)


END = b"\0" * 1024
GOOD = member("fine.png") + member("finer.png")
THOUSAND = 3000
EXTENDED = "an extension of a header says that it has"
NEGATIVE = b"\xff" * 12
HUGE = b"\x80" + b"\0" * 3 + b"\x7f" + b"\xff" * 7
ZEROS = b"\0" * (200 << 20)
SPARSE = record("GNU.sparse.major", b"1") + record("GNU.sparse.minor", b"0") + record("GNU.sparse.realsize", b"9" * 15)
MAP = record("GNU.sparse.map", b"a,b") + record("GNU.sparse.size", b"5")
TOLD: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "cannot be read"),
    "text": (b"no tar at all", "cannot be read"),
    "noise": (os.urandom(4096), "cannot be read"),
    "a gzip of noise": (gzip.compress(os.urandom(4096)), "cannot be read"),
    "a gzip cut off": (gzip.compress(GOOD + member(content=os.urandom(5000)) + END)[:3000], "cannot be read to its end"),
    "a bzip2 cut off": (bz2.compress(os.urandom(5000) + GOOD * 500)[:-20], "cannot be read"),
    "an xz cut off": (lzma.compress(GOOD + member(content=os.urandom(20480)) + END)[:-2000], "cannot be read"),
    "gzip in name alone": (b"\x1f\x8b\x08\0" + b"\xff" * 500, "cannot be read"),
    "xz in name alone": (b"\xfd7zXZ\0" + b"\xff" * 500, "cannot be read"),
    "a tar cut in its header": (GOOD[:300], "cannot be read"),
    "a tar cut in a member": (GOOD + member(content=os.urandom(5000))[:2000], "cannot be read to its end"),
    "a size below zero": (GOOD + header(NEGATIVE), "cannot be read to its end"),
    "a size of nine exabytes": (GOOD + header(HUGE), "unfolds to"),
    "a size of letters": (GOOD + header(b"elevenchars\0"), "cannot be read to its end"),
    "a size of eight gigabytes": (GOOD + header(b"77777777777\0"), "unfolds to"),
    "a long name of two gigabytes": (GOOD + header(2 << 30, b"L"), f"{EXTENDED} 2,147,483,648 bytes"),
    "a long link of two gigabytes": (GOOD + header(2 << 30, b"K"), EXTENDED),
    "attributes of two gigabytes": (GOOD + header(2 << 30, b"x"), EXTENDED),
    "attributes of all of two gigabytes": (GOOD + header(2 << 30, b"g"), EXTENDED),
    "attributes of a size below zero": (GOOD + header(NEGATIVE, b"x"), EXTENDED),
    "a long name of zeros, packed": (gzip.compress(header(200 << 20, b"L") + ZEROS), EXTENDED),
    "a thousand names before one member": (GOOD + (header(5, b"L") + b"long\0".ljust(512, b"\0")) * THOUSAND + GOOD, ""),
    "a thousand attributes before one member": (GOOD + pax(record("path", b"b.png")) * THOUSAND + GOOD, ""),
    "attributes of no length": (GOOD + pax(b"path=b.png\n") + GOOD, ""),
    "attributes of a wrong length": (GOOD + pax(b"999999999999 path=b.png\n") + GOOD, ""),
    "attributes of length nought": (GOOD + pax(b"0 path=b.png\n") + GOOD, ""),
    "a size of letters in attributes": (GOOD + pax(record("size", b"many")) + GOOD, ""),
    "a size in attributes": (GOOD + pax(record("size", b"99999999999999")) + GOOD, "unfolds to"),
    "a size below zero in attributes": (GOOD + pax(record("size", b"-5")) + GOOD, "cannot be read to its end"),
    "a sparse file of a petabyte": (
        GOOD + pax(SPARSE) + GOOD,
        "cannot be read to its end",
    ),
    "a sparse map of letters": (GOOD + pax(MAP) + GOOD, "cannot be read"),
    "a bomb": (gzip.compress(member(content=ZEROS)), "unfolds to"),
    "a bomb of bzip2": (bz2.compress(member(content=ZEROS)), "unfolds to"),
    "a bomb of xz": (lzma.compress(member(content=ZEROS)), "unfolds to"),
    "an xz with a dictionary of 4 GB": (xz_of_four_gigabytes(GOOD + END), "a dictionary of more than 256 MB; pack it again"),
    "a gzip with noise behind it": (gzip.compress(GOOD) + os.urandom(500), "cannot be read"),
    "a bomb of headers": (gzip.compress(member("a.dat", b"") * 400_000), "members in so small a tar"),
}  # fmt: skip
USED: dict[str, tuple[bytes, int]] = {
    "a gzip": (gzip.compress(member() + END), 1),
    "a bzip2": (bz2.compress(member() + END), 1),
    "an xz": (lzma.compress(member() + END), 1),
    "an lzma": (lzma.compress(member() + END, lzma.FORMAT_ALONE), 1),
    "two streams of gzip": (gzip.compress(member()) + gzip.compress(member("b.png") + END), 2),
    "two streams of xz and padding": (lzma.compress(member()) + lzma.compress(member("b.png") + END) + b"\0" * 512, 2),
    "a path out of the folder": (member("../../../../etc/a.png") + END, 1),
    "an absolute path": (member("/etc/a.png") + END, 1),
    "a path over PATH_MAX": (pax(record("path", b"d/" * 5000 + b"a.png")) + member() + END, 1),
    "a name over NAME_MAX": (pax(record("path", b"n" * 5000 + b".png")) + member() + END, 1),
    "an ending over NAME_MAX": (pax(record("path", b"a." + b"n" * 5000)) + member() + END, 0),
    "no name": (member("") + member("x.png") + END, 1),
    "a name of a slash": (member("/") + member("..") + member(".") + member("x.png") + END, 1),
    "a name that is no UTF-8": (member("caf\udce9.png") + END, 1),
    "a name of steering": (member("a\x1b[31m\u202eb.png") + END, 1),
    "a name with a line feed": (member("a\nb.png") + END, 1),
    "a zero byte in a name": (pax(record("path", b"a\0b.png")) + member() + END, 1),
    "a link to a secret": (member("a.png", b"", type=b"2", linkname="/etc/passwd") + member("b.png") + END, 1),
    "a hard link to itself": (member("a.png", b"", type=b"1", linkname="a.png") + member("b.png") + END, 1),
    "a device": (member("a.png", b"", type=b"3") + member("b.png") + END, 1),
    "a pipe": (member("a.png", b"", type=b"6") + member("b.png") + END, 1),
    "an unknown kind": (member("a.dat", b"", type=b"Z") + member("b.png") + END, 1),
    "ends without an end": (member("a.png"), 1),
    "twice the same": (member("a.png") + member("b.png") + END, 2),
    "labels of half a letter": (member("a.json", b'"\\ud800"') + member("a.png") + END, 1),
    "labels in lists without end": (member("a.json", b"[" * 90_000) + member("a.png") + member("b.png") + END, 1),
    "labels of 10,000 digits": (member("a.json", b"9" * 10_000) + member("a.png") + member("b.png") + END, 1),
    "labels that are no UTF-8": (member("a.cls", b"caf\xe9") + member("a.png") + member("b.png") + END, 1),
}  # fmt: skip


def walked(content: bytes, folder: Path) -> tuple[list[str], list[str]]:
    """Problems, and copies of what can be used."""
    (folder / "x.tar").write_bytes(content)
    start = time.monotonic()
    samples = list(walk_tar(folder / "x.tar", "image", folder / "copies"))
    assert time.monotonic() - start < 20
    assert all(Path(sample.file).is_relative_to(folder / "copies") for sample in samples if sample.file)
    assert not list(folder.glob("*.png")) and {path.name for path in folder.iterdir()} <= {"x.tar", "copies"}
    return [sample.problem for sample in samples if sample.problem], [sample.file for sample in samples if sample.file]


def test_the_list_is_long() -> None:
    assert len(TOLD) + len(USED) >= 50


@pytest.mark.parametrize("kind", TOLD)
def test_it_is_told(kind: str, tmp_path: Path) -> None:
    content, told = TOLD[kind]
    problems, used = walked(content, tmp_path)
    assert any(told in problem for problem in problems) or not told, problems
    assert all(len(problem) < 500 for problem in problems)
    assert len(used) >= content.startswith(GOOD), problems


@pytest.mark.parametrize("kind", USED)
def test_what_can_be_used_is(kind: str, tmp_path: Path) -> None:
    content, count = USED[kind]
    _, used = walked(content, tmp_path)
    assert len(used) == count
    assert all(Path(file).read_bytes() == PICTURE for file in used)


def test_memory_stays_small(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "big.gz", "wb") as packed:
        packed.write(header(1 << 30, b"L"))
        for _ in range(64):
            packed.write(ZEROS[: 1 << 20])
    content = io.BytesIO((tmp_path / "big.gz").read_bytes()).getvalue()
    (tmp_path / "big.gz").unlink()
    problems, used = walked(content, tmp_path)
    assert not used and EXTENDED in problems[0]


def test_a_kilobyte_of_bzip2_that_holds_much_is_unpacked_in_pieces(tmp_path: Path) -> None:
    zeros, packer = b"\0" * (50 << 20), bz2.BZ2Compressor()
    packed = packer.compress(header(300 << 20)) + b"".join(packer.compress(zeros) for _ in range(6)) + packer.flush()
    assert len(packed) < 2000
    tracemalloc.start()
    problems, used = walked(packed, tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 50 << 20  # 300 MB where it was unpacked at once
    tracemalloc.stop()
    assert not used and "unfolds to 314,572,800 bytes" in problems[0]
