"""What `mmpt-pipeline datasets check` prints of every kind of listed clips."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from pipeline.datasets.av.listed import ListedClips
    from pipeline.datasets.layout import Layout

_SHOWN = 10
L = TypeVar("L", bound="ListedClips[Any]")


def check_listed(
    layout: "Layout",
    found: L,
    values: Callable[[L], dict[str, Any]],
    show: Callable[["Layout", L], None],
    as_json: bool,
) -> None:
    """Print what a reader found, as JSON or for people; leave with status 1 if nothing can be used.

    Args:
        layout: that was read.
        found: what it holds.
        values: the same for JSON.
        show: prints it for people.
        as_json: which of the two.
    """
    from pipeline.cli.output import print_json

    if as_json:
        print_json({"layout": layout.name, **values(found)})
    else:
        show(layout, found)
    if not found.clips:
        raise typer.Exit(1)


def print_counts(found: "ListedClips[Any]", names: Sequence[str], what: str, items: str, title: str) -> None:
    """Print how many of the listed rows each split has, label by label.

    Args:
        found: what a reader found.
        names: of the labels.
        what: a label is.
        items: what is counted.
        title: of the table.
    """
    from pipeline.cli.output import print_table
    from pipeline.datasets.av import SPLITS

    told = {(one.split, one.label): f"{one.found:,} of {one.listed:,}" for one in found.counts}
    rows = [[name, *(told.get((split, name), "0 of 0") for split in SPLITS)] for name in names]
    print_table([what, *(f"{split}, {items}" for split in SPLITS)], rows, title)


def print_problems(found: "ListedClips[Any]", others: Mapping[str, Sequence[str]]) -> None:
    """Print what is wrong with rows, videos and files, and what else is told, title by title."""
    refused = [f"row {one.row} ({one.split}), {one.path}: {one.reason}" for one in found.refused]
    leaks = [f"{one.name}: " + ", ".join(f"{split} (row {row})" for split, row in one.rows) for one in found.leaks]
    print_lists(
        {
            f"{found.items.capitalize()} that cannot be used": refused,
            "Videos in more than one split": leaks,
            **others,
            "Files that no row names": found.strange,
        }
    )


def print_lists(lists: Mapping[str, Sequence[str]]) -> None:
    """Print lists below their titles, ten lines of each; nothing of an empty one."""
    from pipeline.cli.output import say

    for title, lines in lists.items():
        if lines:
            say(f"{title}:")
            say("\n".join(f"  {line}" for line in lines[:_SHOWN]))
        if len(lines) > _SHOWN:
            print(f"  … {len(lines) - _SHOWN:,} more (--json has all)")
