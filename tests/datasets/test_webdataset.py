"""WebDataset tars: samples, labels of every kind, and tars that are hostile, cut off or gone."""

import io
import json
import os
import random
import tarfile
from pathlib import Path

import pytest
from layouts import write_image, write_sound

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.read import Source
from pipeline.datasets.webdataset import damaged_memories
from pipeline.recipe.data import WebdatasetData
from stores import bytes_key, file_key

LABELS = ["cat", "golden retriever", "T-shirt"]


@pytest.fixture
def picture(tmp_path: Path) -> bytes:
    write_image(tmp_path / "picture.jpg", 1)
    return (tmp_path / "picture.jpg").read_bytes()


def write_tar(path: Path, members: list[tuple[str, bytes]], mode: str = "w") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def read(tmp_path: Path, modality: str = "image", **options: str) -> Source:
    config = WebdatasetData.model_validate({"layout": "webdataset", "root": tmp_path / "tars", **options})
    return read_rows(config, modality, LABELS, tmp_path / "workspace")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_samples_of_two_tars(tmp_path: Path, mode: str) -> None:
    one, two = b"\x89PNG one", b"\x89PNG two"
    write_tar(
        tmp_path / "tars/a-1.tar",
        [
            ("x/0001.jpg", one), ("x/0001.cls", b"1\n"),
            ("x/0002.cls", b"Cat"), ("x/0002.JPG", two),
            ("./0003.json", json.dumps({"labels": ["t_shirt", 0, "sofa"]}).encode()), ("./0003.png", b"three"),
            ("0004.jpg", b"four"), ("0004.seg.png", b"mask"), ("0004.txt", b"cat\ngolden retriever\n"),
            ("0005.jpg", b"five"), ("0005.note", b"cat"),
        ],
        mode,
    )  # fmt: skip
    write_tar(
        tmp_path / "tars/a-2.tar", [("0001.jpg", one), ("0001.json", b'{"label": "cat"}'), ("0001.txt", b"sofa")], mode
    )
    source = read(tmp_path)
    assert [(row.key, row.labels) for row in source.rows] == [
        (bytes_key(one), ("golden retriever",)),
        (bytes_key(two), ("cat",)),
        (bytes_key(b"three"), ("T-shirt", "cat")),
        (bytes_key(b"four"), ("cat", "golden retriever")),
        (bytes_key(b"five"), ()),
        (bytes_key(one), ("cat",)),
    ]
    assert source.unknown == (("sofa", 1),) and source.unreadable == () and not source.exhaustive
    copies = tmp_path / "workspace/media/webdataset"
    suffixes = [".jpg", ".jpg", ".png", ".jpg", ".jpg", ".jpg"]
    keys = [(row, row.key) for row in source.rows]
    assert [row.path for row, _ in keys] == [
        str(copies / key[:2] / f"{key}{suffix}") for (_, key), suffix in zip(keys, suffixes, strict=True)
    ]
    assert sorted(everything(copies).values()) == sorted([one, two, b"three", b"four", b"five"])


def test_a_tar_is_walked_once_and_copies_come_back(tmp_path: Path, picture: bytes) -> None:
    shard = tmp_path / "tars/0.tar"
    write_tar(shard, [("1.jpg", picture), ("1.cls", b"0"), ("2.jpg", b"other"), ("2.cls", b"1")])
    first, content = read(tmp_path), shard.read_bytes()
    state = shard.stat()
    shard.write_bytes(bytes(len(content)))  # nothing to be read in it any more
    os.utime(shard, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert read(tmp_path) == first
    shard.write_bytes(content)
    os.utime(shard, ns=(state.st_atime_ns, state.st_mtime_ns))
    Path(first.rows[0].path).write_bytes(b"")  # what a power cut may leave
    Path(first.rows[1].path).unlink()
    assert read(tmp_path) == first
    assert [file_key(row.path) for row in first.rows] == [row.key for row in first.rows]
    (memory,) = (tmp_path / "workspace/cache/webdataset").iterdir()
    for damage in (b"", b"[1]", b'[{"name": "x"}]', b"{", b"{}", b'{"samples": 3}'):
        memory.write_bytes(damage)
        assert read(tmp_path) == first
    sound, chance = memory.read_bytes(), random.Random(1)
    assert damaged_memories(memory.parents[1]) == []
    for _ in range(100):
        at = chance.randrange(len(sound))
        memory.write_bytes(sound[:at] + bytes([sound[at] ^ chance.randrange(1, 256)]) + sound[at + 1 :])
        assert damaged_memories(memory.parents[1]) == [f"webdataset/{memory.name}"], at
        assert read(tmp_path) == first
    older = json.dumps(json.loads(sound)["samples"])
    memory.write_text(older)
    assert damaged_memories(memory.parents[1]) == [] and read(tmp_path) == first and memory.read_text() == older


def test_no_name_leaves_the_folder_of_copies(tmp_path: Path, picture: bytes) -> None:
    shard = tmp_path / "tars/0.tar"
    names = ["../../escape.jpg", "/etc/absolute.jpg", "a/../../b.jpg", "..jpg", "nul\tl.jpg"]
    write_tar(shard, [(name, picture + bytes([i])) for i, name in enumerate(names)])
    with tarfile.open(shard, "a") as tar:
        for name, kind in (("link.jpg", tarfile.SYMTYPE), ("hard.jpg", tarfile.LNKTYPE), ("dev.jpg", tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/hostname"
            tar.addfile(entry)
    before = {path for path in tmp_path.rglob("*") if tmp_path / "workspace" not in path.parents}
    source = read(tmp_path)
    after = {path for path in tmp_path.rglob("*") if tmp_path / "workspace" not in path.parents}
    assert after - before == {tmp_path / "workspace"}
    assert [row.key for row in source.rows] == [bytes_key(picture + bytes([i])) for i in (0, 1, 2, 4)]
    link = "a link (tar --dereference --hard-dereference writes the file instead)"
    none = "no image files in this sample, one expected; it holds"
    assert source.unreadable == (
        ("0.tar/link", f"{none} {link}"), ("0.tar/hard", f"{none} {link}"), ("0.tar/dev", f"{none} a pipe or device"),
    )  # fmt: skip
    told = {(aside.what, aside.reason): aside.count for aside in source.aside}
    assert told["strange", link] == 2 and told["strange", "a pipe or device"] == told["passed over", "hidden"] == 1
    for row in source.rows:
        path = Path(row.path)
        assert path.parent.parent == tmp_path / "workspace/media/webdataset" and path.name == f"{row.key}.jpg"
        assert path.is_file() and not path.is_symlink()


def test_samples_that_cannot_be_used_are_told(tmp_path: Path, picture: bytes) -> None:
    write_tar(
        tmp_path / "tars/0.tar",
        [
            ("1.cls", b"0"),
            ("2.jpg", picture), ("2.png", picture), ("2.cls", b"0"),
            ("3.jpg", picture + b"3"), ("3.json", b"{"),
            ("4.jpg", picture + b"4"), ("4.json", b'{"label": 1.5}'),
            ("5.jpg", picture + b"5"), ("5.cls", b"\xff"),
            ("6.jpg", picture + b"6"), ("6.cls", b"3"),
            ("7.jpg", picture + b"7"), ("7.json", b"[" * 100_000),
        ],
    )  # fmt: skip
    source = read(tmp_path)
    assert [(row.key, row.labels) for row in source.rows] == [(bytes_key(picture + b"6"), ())]
    assert source.unknown == (("3", 1),)  # a class number beyond the labels
    told = dict(source.unreadable)
    assert told["0.tar/1"] == "no image files in this sample, one expected"
    assert told["0.tar/2"] == "2 image files in this sample, one expected"
    assert told["0.tar/3"].startswith("labels cannot be read: Expecting property name")
    assert told["0.tar/4"] == 'labels cannot be read: expected "label": "cat" or "labels": ["cat", 3]'
    assert told["0.tar/5"].startswith("labels cannot be read: 'utf-8' codec can't decode")
    assert told["0.tar/7"].startswith("labels cannot be read: maximum recursion depth")


@pytest.mark.parametrize("kept", [0.4, 0.9])
def test_a_tar_that_is_cut_off(tmp_path: Path, kept: float) -> None:
    shard = tmp_path / "tars/0.tar"
    contents = [bytes([i]) * 5000 for i in range(10)]
    write_tar(shard, [(f"{i}.jpg", content) for i, content in enumerate(contents)])
    whole = shard.read_bytes()
    shard.write_bytes(whole[: int(kept * 10 * (512 + 5120)) - 1500])  # in the middle of a member
    source = read(tmp_path)
    assert [row.key for row in source.rows] == [bytes_key(content) for content in contents[: int(kept * 10) - 1]]
    ((name, reason),) = source.unreadable
    assert name == str(shard) and reason.startswith("the tar cannot be read to its end: ")
    assert not list((tmp_path / "workspace/media").rglob(".tmp-*"))


def test_a_file_that_is_no_tar(tmp_path: Path) -> None:
    (tmp_path / "tars").mkdir()
    (tmp_path / "tars/0.tar").write_bytes(b"no tar at all" * 1000)
    ((name, reason),) = read(tmp_path).unreadable
    assert name.endswith("0.tar") and reason.startswith("the tar cannot be read to its end: ")


def test_sounds_and_other_names_of_tars(tmp_path: Path) -> None:
    write_sound(tmp_path / "s.wav", 3)
    sound = (tmp_path / "s.wav").read_bytes()
    write_tar(tmp_path / "tars/train-0.tar.gz", [("1.wav", sound), ("1.cls", b"cat")], "w:gz")
    write_tar(tmp_path / "tars/val-0.tar.gz", [("1.wav", sound + b"0"), ("1.cls", b"cat")], "w:gz")
    rows = read(tmp_path, "audio", shards="train-*.tar.gz").rows
    assert [(row.key, row.labels) for row in rows] == [(bytes_key(sound), ("cat",))]


def test_no_tars(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"there is no folder .*tars\. Give the folder of the tars: root: DIR"):
        read(tmp_path)
    (tmp_path / "tars").mkdir()
    (tmp_path / "tars/a.zip").touch()
    with pytest.raises(DatasetError) as caught:
        read(tmp_path)
    assert str(caught.value) == (
        f"data: no file in {tmp_path / 'tars'} is called *.tar. Found: a.zip. Expected: ROOT/shard-000000.tar with "
        "0001.jpg, 0001.cls, …; for other names write shards: 'PATTERN'"
    )


def told(source: Source) -> list[tuple[str, str, int]]:
    return [(aside.what, aside.reason, aside.count) for aside in source.aside]


def test_every_suffix_that_decodes_is_taken_and_companions_are_counted(tmp_path: Path, picture: bytes) -> None:
    names = ["jfif", "jp2", "avif", "heic", "JPE", "pgm"]
    members = [(f"{i}.{suffix}", picture + bytes([i])) for i, suffix in enumerate(names)]
    members += [("0.vtt", b"x"), ("0.depth.npy", b"x"), ("0.xyz", b"x"), ("0.wav", b"x"), ("0.info.json", b"{}")]
    members += [("._0.jfif", b"x"), ("d/.DS_Store", b"x"), ("Thumbs.db", b"x"), ("README.txt", b"x"), ("LICENSE", b"x")]
    write_tar(tmp_path / "tars/0.tar", sorted(members))
    source = read(tmp_path)
    assert [Path(row.path).suffix for row in source.rows] == [f".{suffix.lower()}" for suffix in names]
    assert source.unreadable == ()
    assert told(source) == [
        ("passed over", "left by systems", 3), ("passed over", "about the data", 2), ("passed over", ".info.json", 1),
        ("passed over", ".npy", 1), ("passed over", ".vtt", 1), ("strange", "audio (.wav)", 1),
        ("strange", "no known format (.xyz)", 1), ("unlabelled", "no label", 6),
    ]  # fmt: skip
    assert told(read(tmp_path)) == told(source), "remembered"


def test_keys_end_at_the_first_dot(tmp_path: Path, picture: bytes) -> None:
    write_tar(
        tmp_path / "tars/0.tar",
        [
            ("a.v2.jpg", picture + b"a"), ("a.v2.cls", b"cat"),
            ("b.1.jpg", picture + b"b1"), ("b.1.cls", b"cat"), ("b.2.jpg", picture + b"b2"), ("b.2.cls", b"sofa"),
            ("c.mask.png", picture + b"c1"), ("c.png", picture + b"c2"), ("c.mask.cls", b"sofa"), ("c.cls", b"cat"),
            ("v1.0/d.jpg", picture + b"d"), ("v1.0/d.cls", b"cat"),
            ("e.left.jpg", picture + b"e"), ("e.cls", b"cat"),
        ],
    )  # fmt: skip
    source = read(tmp_path)
    assert [(row.key, row.labels) for row in source.rows] == [
        (bytes_key(picture + sign), ("cat",)) for sign in (b"a", b"c2", b"d", b"e")
    ]
    assert source.unreadable == (
        (
            "0.tar/b",
            "2 image files in this sample, one expected: .1.jpg, .2.jpg. A sample's key ends at the first dot of its files' "
            "names, so names with dots are one sample",
        ),
    )
    assert told(source) == [("passed over", ".mask.cls", 1), ("passed over", ".mask.png beside another image file", 1)]
    copies = {path.stem for path in (tmp_path / "workspace/media/webdataset").rglob("*.*")}
    assert bytes_key(picture + b"c1") not in copies


def test_a_copy_that_another_sample_needs_stays(tmp_path: Path, picture: bytes) -> None:
    members = [("a.png", picture), ("b.mask.png", picture), ("b.png", picture + b"b")]
    write_tar(tmp_path / "tars/0.tar", members)
    source = read(tmp_path)
    assert [row.key for row in source.rows] == [bytes_key(picture), bytes_key(picture + b"b")]


def test_folders_divided_by_backslashes(tmp_path: Path, picture: bytes) -> None:
    write_tar(
        tmp_path / "tars/0.tar", [("v1.0\\a.jpg", picture), ("v1.0\\a.cls", b"cat"), ("v1.0\\b.jpg", picture + b"b")]
    )
    assert [row.labels for row in read(tmp_path).rows] == [("cat",), ()]


def test_a_sample_of_another_kind_says_what_it_holds(tmp_path: Path) -> None:
    write_sound(tmp_path / "s.wav", 3)
    sound = (tmp_path / "s.wav").read_bytes()
    write_tar(
        tmp_path / "tars/0.tar", [("1.mp4", b"film"), ("1.wav", sound), ("2.mp4", b"film 2"), ("3.gif", b"GIF89a")]
    )
    assert read(tmp_path).unreadable == (
        ("0.tar/1", "no image files in this sample, one expected; it holds audio (.wav), video (.mp4)"),
        ("0.tar/2", "no image files in this sample, one expected; it holds video (.mp4)"),
    )
    assert [Path(row.path).suffix for row in read(tmp_path).rows] == [".gif"]
    assert [Path(row.path).suffix for row in read(tmp_path, "audio").rows] == [".wav", ".mp4"]
    assert [Path(row.path).suffix for row in read(tmp_path, "video").rows] == [".mp4", ".mp4", ".gif"]


def test_labels_follow_the_rule_of_names(tmp_path: Path, picture: bytes) -> None:
    shown = ["Golden-Retriever", "T\u00adshirt", "tShirt", "2", "cats"]
    members = [
        member
        for i, name in enumerate(shown)
        for member in ((f"{i}.jpg", picture + bytes([i])), (f"{i}.cls", name.encode()))
    ]
    write_tar(tmp_path / "tars/0.tar", members)
    source = read(tmp_path)
    assert [row.labels for row in source.rows] == [("golden retriever",), ("T-shirt",), ("T-shirt",), ("T-shirt",), ()]
    write_tar(tmp_path / "tars/0.tar", [("1.jpg", picture), ("1.cls", b"BREAD")])
    config = WebdatasetData.model_validate({"layout": "webdataset", "root": tmp_path / "tars"})
    with pytest.raises(DatasetError, match="'BREAD' is spelled as no class is, and may mean 'bread' and 'Bread'"):
        read_rows(config, "image", ["bread", "Bread"], tmp_path / "workspace")


def test_what_systems_leave_in_tars_is_no_sample(tmp_path: Path, picture: bytes) -> None:
    names = ["a.jpg", "@eaDir/a.jpg/SYNOFILE_THUMB_M.jpg", "__MACOSX/b.jpg", ".thumbs/c.jpg", ".d.jpg", "./e.jpg"]
    write_tar(tmp_path / "tars/0.tar", [(name, picture + bytes([i])) for i, name in enumerate(names)])
    source = read(tmp_path)
    assert [row.key for row in source.rows] == [bytes_key(picture + bytes([i])) for i in (0, 5)]
    assert source.unreadable == ()
    told = [(aside.what, aside.reason, aside.count) for aside in source.aside if aside.what == "passed over"]
    assert told == [("passed over", "hidden", 2), ("passed over", "left by systems", 2)]


def test_json_with_a_mark_of_byte_order_is_read(tmp_path: Path, picture: bytes) -> None:
    content = b"\xef\xbb\xbf" + json.dumps({"label": "cat"}).encode()
    write_tar(tmp_path / "tars/0.tar", [("a.jpg", picture), ("a.json", content)])
    source = read(tmp_path)
    assert [row.labels for row in source.rows] == [("cat",)] and source.unreadable == ()


@pytest.mark.parametrize("pattern", ["/data/*.tar", "**x.tar"])
def test_patterns_that_are_none(tmp_path: Path, picture: bytes, pattern: str) -> None:
    write_tar(tmp_path / "tars/0.tar", [("a.jpg", picture)])
    with pytest.raises(DatasetError, match="is no pattern of files below .*Write for example"):
        read(tmp_path, shards=pattern)
