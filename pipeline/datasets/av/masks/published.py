"""AVSBench as its lists are published, for a plan before it is downloaded: as many rows, and nothing else is known of them."""

from pathlib import Path

from pipeline.datasets.av.listed import Split
from pipeline.datasets.av.masks.avsbench import SEGMENTS
from pipeline.datasets.av.masks.clips import MaskClip, MaskClips
from pipeline.datasets.rows import MediaRow
from pipeline.recipe.mask_data import AvsMs3Data, AvsS4Data
from stores import text_key

S4_ROWS: dict[Split, int] = {"train": 3_452, "val": 740, "test": 740}
MS3_ROWS: dict[Split, int] = {"train": 296, "val": 64, "test": 64}


def published_masks(config: AvsS4Data | AvsMs3Data) -> MaskClips:
    """Rows as they are published, each with keys of its number."""
    single = isinstance(config, AvsS4Data)
    clips: list[MaskClip] = []
    for split, count in (S4_ROWS if single else MS3_ROWS).items():
        for _ in range(count):
            given = 1 if single and split == "train" else SEGMENTS
            clips.append(promised_clip(config.root, f"row {len(clips)}", split, len(clips), given))
    return MaskClips(SEGMENTS, tuple(clips), "half" if single else "nonzero")


def promised_clip(root: Path, name: str, split: Split, row: int, given: int) -> MaskClip:
    """A clip of which no file is there yet.

    Args:
        root: below which they will lie.
        name: of the clip.
        split: its split.
        row: its number.
        given: of how many of its segments there will be masks.
    """

    def promised(what: str) -> MediaRow:
        return MediaRow(text_key(f"{root.name}/{name}, {what}"), str(root / name), ())

    masks = tuple(promised(f"mask {number}") if number < given else None for number in range(SEGMENTS))
    key = text_key(f"row {row} of {root.name}/{name}")
    return MaskClip(key, name, promised("frames"), promised("sound"), masks, "", split, row)
