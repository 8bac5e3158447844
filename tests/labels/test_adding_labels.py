"""New names in a label file: appended byte by byte, refused with the reason, all of them or none."""

import multiprocessing
import os
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.labels import LabelError, load_labels
from pipeline.labels.adding import add_labels
from pipeline.labels.inflection import word_forms
from pipeline.labels.near import NearNames


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"cat\ndog\n", b"cat\ndog\nred panda\nking snake\n"),
        (b"# ours\r\ncat\r\n", b"# ours\r\ncat\r\nred panda\r\nking snake\r\n"),
        (b"\xef\xbb\xbfcat\n\n  dog  ", b"\xef\xbb\xbfcat\n\n  dog  \nred panda\nking snake\n"),
    ],
)
def test_what_was_there_stays_byte_by_byte(tmp_path: Path, content: bytes, expected: bytes) -> None:
    file = tmp_path / "names.txt"
    file.write_bytes(content)
    file.chmod(0o664)
    old = load_labels(str(file))
    assert add_labels(file, ["red  panda", "king_snake"]) == ["red panda", "king snake"]
    assert file.read_bytes() == expected
    assert load_labels(str(file)) == [*old, "red panda", "king snake"]
    assert file.stat().st_mode & 0o777 == 0o664
    assert os.listdir(tmp_path) == ["names.txt"]


def test_every_name_that_cannot_be_added_is_told(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("golden retriever\ndog\nglass\n")
    names = ["dog", "golden retreiver", "Dogs", "", "# no", "a\nb", "new", "new", "x" * 201, "gas"]
    with pytest.raises(LabelError) as caught:
        add_labels(file, names)
    assert str(caught.value).splitlines() == [
        "classes add: nothing was added, 8 of 10 names cannot be",
        "  - 'dog': is a class already",
        "  - 'golden retreiver': is near 'golden retriever', which is a class already; give --near if it is another one",
        "  - 'Dogs': is near 'dog', which is a class already; give --near if it is another one",
        "  - '': an empty name; give a class name in quotation marks",
        "  - '# no': a line that begins with # is a comment in a label file; choose another name",
        "  - 'a\\nb': a class name is printable text of at most 200 characters",
        "  - 'new': is a class already",
        f"  - '{'x' * 201}': a class name is printable text of at most 200 characters",
    ]
    assert file.read_text() == "golden retriever\ndog\nglass\n"
    assert add_labels(file, ["Dogs", "gas"], near=True) == ["Dogs", "gas"]


def test_a_command_that_was_killed_may_be_repeated(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("cat\ndog\n")
    for _ in range(2):
        assert add_labels(file, ["red panda", "king_snake"]) == ["red panda", "king snake"]
        assert file.read_text() == "cat\ndog\nred panda\nking snake\n"
    for names in (["king snake", "red panda"], ["red panda"], ["dog", "red panda", "king snake", "hen"], ["cat"]):
        with pytest.raises(LabelError, match="is a class already"):
            add_labels(file, names)


def test_a_kill_before_the_names_are_there_leaves_what_may_be_repeated(tmp_path: Path) -> None:
    """Its lock is free, and its temporary file is written anew; who may read the file is never another matter."""
    file = tmp_path / "names.txt"
    file.write_text("cat\n")
    file.chmod(0o640)
    (tmp_path / ".tmp-names.txt").write_text("cat\nhe")
    (tmp_path / ".names.txt.lock").write_text("{}")
    assert add_labels(file, ["hen"]) == ["hen"]
    assert os.listdir(tmp_path) == ["names.txt"] and file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "close"),
    [("Cat", "cat"), ("cats", "cat"), ("king snakes", "king snake"), ("kingsnake", "king snake"), ("hat", None),
     ("snake", None), ("knives", "knife"), ("sea king", None)],
)  # fmt: skip
def test_nearest(name: str, close: str | None) -> None:
    assert NearNames(["cat", "king snake", "knife"]).nearest(name) == close


@given(st.lists(st.text("abcdé s", min_size=1, max_size=12), max_size=12), st.text("abcdé s", min_size=1, max_size=12))
@settings(deadline=None, max_examples=400)
def test_the_nearest_name_is_the_one_of_a_comparison_with_all(names: list[str], name: str) -> None:
    def likeness(other: str) -> float:
        forms, words = [word_forms(word, alone=True) for word in name.split()], other.split()
        inflected = len(forms) == len(words) and all(map(frozenset.__contains__, forms, words))
        return 1.0 if inflected else SequenceMatcher(None, name, other).ratio()

    best = max(((likeness(other), other) for other in names), default=(0.0, ""))
    assert NearNames(names).nearest(name) == (best[1] if best[0] >= 0.85 else None)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("cat\n")
    (tmp_path / "names.txt").symlink_to("real.txt")
    add_labels(tmp_path / "names.txt", ["dog"])
    assert (tmp_path / "names.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "cat\ndog\n"


def test_two_programs_that_add_at_once_take_turns(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("zero\n")
    names = [["alpha", "beta"], ["gamma", "delta"], ["walrus", "mongoose"], ["piano", "violin"]]
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        pool.starmap(add_labels, [(file, part) for part in names])
    lines = file.read_text().splitlines()
    assert lines[0] == "zero" and sorted(lines[1:]) == sorted(name for part in names for name in part)
    for first, second in names:
        assert lines.index(second) == lines.index(first) + 1
