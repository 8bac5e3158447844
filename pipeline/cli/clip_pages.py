"""What `mmpt-pipeline datasets check` prints of clips whose seconds are labelled."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pipeline.datasets.av import AvClips
    from pipeline.datasets.av.listed import ListedClips
    from pipeline.datasets.layout import Layout

_SHOWN = 10


def check_clips(layout: "Layout", config: Any, workspace: Path, as_json: bool) -> None:
    """Read the clips and print what is there of each split and class; leave with status 1 if none is.

    Pictures and sound of every file are looked at, without decoding them.
    """
    from pipeline.cli.output import print_json
    from pipeline.datasets.av import read_clips

    found = read_clips(config, workspace)
    if as_json:
        print_json({"layout": layout.name, **_values(found)})
    else:
        _print(layout, found)
    if not found.clips:
        raise typer.Exit(1)


def _values(found: "AvClips") -> dict[str, Any]:
    from dataclasses import asdict

    from pipeline.datasets.av import SPLITS

    return {
        "classes": found.classes,
        "segments": found.segments,
        "segment_s": found.segment_s,
        "splits": {split: {"found": len(found.of(split)), "listed": found.listed(split)} for split in SPLITS},
        "counts": [asdict(one) for one in found.counts],
        "background": {split: _background(found, split) for split in SPLITS},
        "rejected": [asdict(one) for one in found.refused],
        "leaks": [asdict(one) for one in found.leaks],
        "left_out": found.left_out,
        "strange": found.strange,
        "notes": found.notes,
    }


def _print(layout: "Layout", found: "AvClips") -> None:
    from pipeline.cli.output import print_table
    from pipeline.datasets.av import SPLITS

    told = {(one.split, one.label): f"{one.found:,} of {one.listed:,}" for one in found.counts}
    rows = [[name, *(told.get((split, name), "0 of 0") for split in SPLITS)] for name in found.classes]
    print_table(["class", *(f"{split}, rows" for split in SPLITS)], rows, layout.title)
    for split in SPLITS:
        share = _background(found, split)
        told_share = "" if share is None else f", {100 * share:.1f} % of their segments are background"
        print(f"{split}: {len(found.of(split)):,} of {found.listed(split):,} rows can be used{told_share}")
    print_problems(found, {"Left out, since val or test have the video, too": found.left_out})


def print_problems(found: "ListedClips[Any]", others: Mapping[str, Sequence[str]]) -> None:
    """Print what is wrong with rows, videos and files, and what else is told, title by title; ten lines of each."""
    from pipeline.cli.output import say

    for title, lines in {
        f"{found.items.capitalize()} that cannot be used": [
            f"row {one.row} ({one.split}), {one.path}: {one.reason}" for one in found.refused
        ],
        "Videos in more than one split": [
            f"{one.name}: " + ", ".join(f"{split} (row {row})" for split, row in one.rows) for one in found.leaks
        ],
        **others,
        "Files that no row names": found.strange,
    }.items():
        if lines:
            say(f"{title}:")
            say("\n".join(f"  {line}" for line in lines[:_SHOWN]))
        if len(lines) > _SHOWN:
            print(f"  … {len(lines) - _SHOWN:,} more (--json has all)")


def _background(found: "AvClips", split: Any) -> float | None:
    """Share of the segments of a split that are background; None where it has no clip."""
    labels = [label for clip in found.of(split) for label in clip.labels]
    return sum(label == found.background for label in labels) / len(labels) if labels else None
