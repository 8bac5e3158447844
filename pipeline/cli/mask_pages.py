"""What `mmpt-pipeline datasets check` prints of clips with masks of what sounds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.listed_pages import check_listed, print_counts, print_problems

if TYPE_CHECKING:
    from pipeline.datasets.av.masks import MaskClips
    from pipeline.datasets.layout import Layout


def check_mask_clips(layout: "Layout", config: Any, workspace: Path, as_json: bool) -> None:
    """Read the clips and print what is there of each split and category; leave with status 1 if none is.

    Every mask is decoded; frames and sounds are looked at without it.
    """
    from pipeline.datasets.av.masks import read_mask_clips

    check_listed(layout, read_mask_clips(config, workspace), _values, _print, as_json)


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
    from pipeline.datasets.av import SPLITS

    names = list(dict.fromkeys(one.label for one in found.counts))
    if names:
        print_counts(found, names, "category", "rows", layout.title)
    for split in SPLITS:
        seconds = len(found.of(split)) * found.segments
        masks = f", {_masks(found, split):,} of their {seconds:,} seconds have a mask" if seconds else ""
        print(f"{split}: {len(found.of(split)):,} of {found.listed(split):,} rows can be used{masks}")
    print_problems(found, {"What is odd": found.remarks})


def _masks(found: "MaskClips", split: Any) -> int:
    """Seconds of a split that have a mask."""
    return sum(mask is not None for clip in found.of(split) for mask in clip.masks)
