"""What `mmpt-pipeline datasets check` prints of clips with masks of what sounds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pipeline.datasets.av.masks import MaskClips
    from pipeline.datasets.layout import Layout


def check_mask_clips(layout: "Layout", config: Any, workspace: Path, as_json: bool) -> None:
    """Read the clips and print what is there of each split and category; leave with status 1 if none is.

    Every mask is decoded; frames and sounds are looked at without it.
    """
    from pipeline.cli.output import print_json
    from pipeline.datasets.av.masks import read_mask_clips

    found = read_mask_clips(config, workspace)
    if as_json:
        print_json({"layout": layout.name, **_values(found)})
    else:
        _print(layout, found)
    if not found.clips:
        raise typer.Exit(1)


def _values(found: "MaskClips") -> dict[str, Any]:
    from dataclasses import asdict

    from pipeline.datasets.av import SPLITS

    return {
        "segments": found.segments,
        "segment_s": found.segment_s,
        "splits": {
            split: {"found": len(found.of(split)), "listed": found.listed(split), "masks": _masks(found, split)}
            for split in SPLITS
        },
        "counts": [asdict(one) for one in found.counts],
        "rejected": [asdict(one) for one in found.refused],
        "leaks": [asdict(one) for one in found.leaks],
        "strange": found.strange,
        "remarks": found.remarks,
        "notes": found.notes,
    }


def _print(layout: "Layout", found: "MaskClips") -> None:
    from pipeline.cli.clip_pages import print_problems
    from pipeline.cli.output import print_table
    from pipeline.datasets.av import SPLITS

    told = {(one.split, one.label): f"{one.found:,} of {one.listed:,}" for one in found.counts}
    names = list(dict.fromkeys(one.label for one in found.counts))
    if names:
        rows = [[name, *(told.get((split, name), "0 of 0") for split in SPLITS)] for name in names]
        print_table(["category", *(f"{split}, rows" for split in SPLITS)], rows, layout.title)
    for split in SPLITS:
        seconds = len(found.of(split)) * found.segments
        masks = f", {_masks(found, split):,} of their {seconds:,} seconds have a mask" if seconds else ""
        print(f"{split}: {len(found.of(split)):,} of {found.listed(split):,} rows can be used{masks}")
    print_problems(found, {"What is odd": found.remarks})


def _masks(found: "MaskClips", split: Any) -> int:
    """Seconds of a split that have a mask."""
    return sum(mask is not None for clip in found.of(split) for mask in clip.masks)
