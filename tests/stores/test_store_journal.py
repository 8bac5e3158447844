"""The journal: what was added is there after any end, what was dropped is not, and it leaves nothing behind."""

import threading
from pathlib import Path

import pytest

from stores import ArtifactSpec, Store
from stores.gc import collect
from stores.journal import JOURNAL, Journal, damaged_lines


def test_what_is_added_is_there_for_the_next_writer(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a")
    journal.add("one", {"text": "a\nb\u2028c"})
    journal.add("two", [1, 2])
    again = Journal(tmp_path / "a")
    assert again.get("one") == {"text": "a\nb\u2028c"} and again.get("two") == [1, 2] and again.get("three") is None
    again.drop(["one", "four"])
    assert Journal(tmp_path / "a").get("one") is None and Journal(tmp_path / "a").get("two") == [1, 2]
    again.clear()
    assert not (tmp_path / "a" / JOURNAL).exists()


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_kill_in_the_middle_of_a_line_costs_that_line(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path)
    journal.add("one", "first")
    journal.add("two", "second")
    path = tmp_path / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = Journal(tmp_path)
    left = [line for line in whole[:-cut].split(b"\n")[:-1] if line]
    assert [again.get("one"), again.get("two")] == [*["first", "second"][: len(left)], *[None] * (2 - len(left))]
    again.add("three", "third")
    assert Journal(tmp_path).get("three") == "third"


def test_an_end_of_a_line_that_became_anything_else_is_damage(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add("one", "first")
    whole = (tmp_path / JOURNAL).read_bytes()
    for end in set(range(256)) - {ord("\n")}:
        (tmp_path / JOURNAL).write_bytes(whole[:-1] + bytes([end]))
        assert damaged_lines(tmp_path) == 1, end
    for cut in range(1, len(whole)):  # by a kill
        (tmp_path / JOURNAL).write_bytes(whole[:-cut])
        assert damaged_lines(tmp_path) == 0, cut


def test_what_comes_after_it_was_dropped_is_not_kept(tmp_path: Path) -> None:
    """A callback may run after the answer was published."""
    journal = Journal(tmp_path)
    journal.drop(["late"])
    journal.add("late", 1)
    assert journal.get("late") is None and not (tmp_path / JOURNAL).exists()


def test_threads_add_while_another_drops(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    threads = [threading.Thread(target=lambda t=t: [journal.add(f"{t}-{n}", n) for n in range(50)]) for t in range(4)]
    for thread in threads:
        thread.start()
    journal.drop(f"0-{n}" for n in range(50))
    for thread in threads:
        thread.join()
    again = Journal(tmp_path)
    assert [again.get(f"{t}-{n}") for t in range(4) for n in range(50)] == [None] * 50 + [*range(50)] * 3


def test_a_folder_with_nothing_but_a_journal_is_garbage(tmp_path: Path) -> None:
    artifact = Store(tmp_path).artifact(ArtifactSpec(kind="texts", fields={"a": 1}, backend="parquet"))
    with artifact.writer() as writer:
        writer.journal().add("one", 1)
    assert (artifact.path / JOURNAL).exists() and artifact.verify() == []
    collect(tmp_path, [], [], delete=True)
    assert not artifact.path.exists()
