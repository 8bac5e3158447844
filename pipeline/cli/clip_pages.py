"""What `mmpt-pipeline datasets check` prints of clips whose seconds are labelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.listed_pages import check_listed, print_counts, print_problems

if TYPE_CHECKING:
    from pipeline.datasets.av import AvClips
    from pipeline.datasets.layout import Layout


def check_clips(layout: "Layout", config: Any, workspace: Path, as_json: bool) -> None:
    """Read the clips and print what is there of each split and class; leave with status 1 if none is.

    Pictures and sound of every file are looked at, without decoding them.
    """
    from pipeline.datasets.av import read_clips

    check_listed(layout, read_clips(config, workspace), _values, _print, as_json)


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
    from pipeline.datasets.av import SPLITS

    print_counts(found, found.classes, "class", "rows", layout.title)
    for split in SPLITS:
        share = _background(found, split)
        told_share = "" if share is None else f", {100 * share:.1f} % of their segments are background"
        print(f"{split}: {len(found.of(split)):,} of {found.listed(split):,} rows can be used{told_share}")
    print_problems(found, {"Left out, since val or test have the video, too": found.left_out})


def _background(found: "AvClips", split: Any) -> float | None:
    """Share of the segments of a split that are background; None where it has no clip."""
    labels = [label for clip in found.of(split) for label in clip.labels]
    return sum(label == found.background for label in labels) / len(labels) if labels else None
