"""Paths of lists that leave the root."""

from pathlib import Path

import pytest

from pipeline.datasets import DatasetError
from pipeline.datasets.inside import require_inside

ROOT = Path("data/set")


@pytest.mark.parametrize("listed", ["a.jpg", "a/b..c.jpg", "..a/b.jpg", "a/.b/...jpg", "a b/é.jpg", "C.jpg", "x:y.jpg"])
def test_paths_below_the_root_pass(listed: str) -> None:
    assert require_inside(ROOT, listed, "list.txt, line 1") == ROOT / listed


@pytest.mark.parametrize(
    "listed",
    [
        "../a.jpg",
        "a/../b.jpg",
        "a/..",
        "..",
        "/etc/passwd",
        "\\\\host\\a",
        "..\\a.jpg",
        "C:/a.jpg",
        "c:\\a.jpg",
        "a\0.jpg",
    ],
)
def test_paths_that_leave_it_are_told_with_their_line(listed: str) -> None:
    with pytest.raises(DatasetError) as caught:
        require_inside(ROOT, listed, "list.txt, line 7")
    assert str(caught.value) == (
        f"data: list.txt, line 7: {listed!r} leads out of data/set. A list may only name files below that folder, "
        "without '..' and not from '/'. Correct the line, or take the list as its publisher gives it."
    )
