"""Names taken out of a label file, and one called otherwise: all else stays byte by byte."""

from pathlib import Path

import pytest

from pipeline.labels import LabelError, load_labels
from pipeline.labels.changing import check_rename, remove_labels, rename_label

CONTENT = b"\xef\xbb\xbfcat\r\n# pets end here\r\n  red_panda \r\n\r\nking snake"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_bytes(CONTENT)
    path.chmod(0o664)
    return path


def test_only_the_lines_of_the_names_go(file: Path) -> None:
    assert remove_labels(file, ["red panda"]) == ["red panda"]
    assert file.read_bytes() == b"\xef\xbb\xbfcat\r\n# pets end here\r\n\r\nking snake"
    assert remove_labels(file, ["cat"]) == ["cat"]
    assert file.read_bytes() == b"\xef\xbb\xbf# pets end here\r\n\r\nking snake"
    assert load_labels(str(file)) == ["king snake"] and file.stat().st_mode & 0o777 == 0o664


def test_what_cannot_be_removed_is_told_and_nothing_is(file: Path) -> None:
    with pytest.raises(LabelError, match=r"does not have 'dog'. It has 'cat', 'red panda', 'king snake'$"):
        remove_labels(file, ["cat", "dog"])
    with pytest.raises(LabelError, match="no class would be left"):
        remove_labels(file, ["cat", "red_panda", "king snake"])
    assert file.read_bytes() == CONTENT


def test_one_line_says_another_name(file: Path) -> None:
    assert check_rename(file, "red_panda", "lesser  panda") == ("red panda", "lesser panda")
    rename_label(file, "red panda", "lesser panda")
    assert file.read_bytes() == CONTENT.replace(b"red_panda", b"lesser panda")
    assert check_rename(file, "red panda", "lesser panda") == ("red panda", "lesser panda"), (
        "it was killed and is repeated"
    )
    rename_label(file, "red panda", "lesser panda")
    assert load_labels(str(file)) == ["cat", "lesser panda", "king snake"]
    rename_label(file, "cat", "house cat")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfhouse cat\r\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dog", "wolf", "'dog' is no class of"),
        ("cat", "king snake", "'king snake': is a class already"),
        ("cat", "king snakes", "is near 'king snake'"),
        ("cat", "cat", "is its name already"),
        ("cat", "", "an empty name"),
        ("cat", "# cat", "a comment in a label file"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(file: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(LabelError, match=told):
        check_rename(file, old, new)
    assert file.read_bytes() == CONTENT


def test_a_name_may_change_its_letters_only(file: Path) -> None:
    assert check_rename(file, "cat", "Cat") == ("cat", "Cat")
    assert check_rename(file, "king snake", "king snakes") == ("king snake", "king snakes")
