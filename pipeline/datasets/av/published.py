"""AVE as its lists are published, for a plan before it is downloaded: as many rows, and nothing else is known of them."""

from pipeline.datasets.av.clips import AvClip, AvClips, Split
from pipeline.datasets.rows import MediaRow
from pipeline.labels import load_labels
from pipeline.recipe.av_data import AveData
from stores import text_key

ROWS: dict[Split, int] = {"train": 3_339, "val": 402, "test": 402}
SECONDS = 10


def published_ave(config: AveData) -> AvClips:
    """Rows as they are published: each with a key of its number, and background in every second.

    Classes are in the order of the alphabet: that of the list is not known before it is there.
    """
    classes, clips = tuple(load_labels("ave")), list[AvClip]()
    for split, count in ROWS.items():
        for _ in range(count):
            name = f"row {len(clips)}"
            row = MediaRow(text_key(f"ave, {name}"), str(config.root / "AVE" / name), ())
            clips.append(AvClip(row.key, name, row, row, (len(classes),) * SECONDS, split, len(clips)))
    return AvClips(classes, SECONDS, tuple(clips))
