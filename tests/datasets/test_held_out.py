"""Which files are held out: a share of every class, always the same ones, never both judged and held out."""

import random

import pytest

from pipeline.datasets.held_out import split_rows
from pipeline.datasets.rows import MediaRow


def rows_of(**counts):
    return [
        MediaRow(f"{label}-{i}", f"/{label}/{i}", (label,)) for label, count in counts.items() for i in range(count)
    ]


@pytest.mark.parametrize(("share", "wanted"), [(0.2, {"a": 10, "b": 2, "c": 1}), (0.5, {"a": 25, "b": 4, "c": 2})])
def test_the_same_share_of_every_class_is_held_out(share, wanted):
    rows = rows_of(a=50, b=8, c=3)
    judged, held = split_rows(rows, share)
    assert {label: sum(row.labels == (label,) for row in held) for label in wanted} == wanted
    assert sorted([*judged, *held], key=rows.index) == rows


def test_a_class_of_one_file_is_judged_and_one_of_two_is_shared():
    judged, held = split_rows(rows_of(a=1, b=2), 0.9)
    assert [row.labels for row in held] == [("b",)]
    assert len(judged) == 2


def test_nothing_is_held_out_unless_asked_for():
    rows = rows_of(a=5)
    assert split_rows(rows, 0) == (rows, [])


def test_files_without_labels_are_judged():
    rows = [MediaRow(str(i), str(i), ()) for i in range(10)]
    assert split_rows(rows, 0.5) == (rows, [])


def test_the_order_of_files_does_not_matter_and_copies_stay_together():
    rows = rows_of(a=40) * 2
    mixed = rows.copy()
    random.Random(0).shuffle(mixed)
    judged, held = split_rows(rows, 0.25)
    assert {row.key for row in split_rows(mixed, 0.25)[1]} == {row.key for row in held}
    assert not {row.key for row in judged} & {row.key for row in held}
    assert len(held) == 20


def test_more_files_move_few_of_the_others():
    before = {row.key for row in split_rows(rows_of(a=100), 0.2)[1]}
    after = {row.key for row in split_rows(rows_of(a=110), 0.2)[1]}
    assert len(before - after) <= 2


def test_files_of_several_labels_are_held_out_too():
    rows = [MediaRow(str(i), str(i), ("a", "b") if i % 2 else ("b",)) for i in range(40)]
    held = split_rows(rows, 0.1)[1]
    assert sorted(row.labels for row in held) == [("a", "b"), ("a", "b"), ("b",), ("b",)]
