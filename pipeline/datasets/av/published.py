"""AVE as its lists are published, for a plan before it is downloaded: as many rows, and nothing else is known of them."""

from pipeline.datasets.av.clips import AvClip, AvClips, Split
from pipeline.datasets.rows import MediaRow
from pipeline.recipe.av_data import AveData
from stores import text_key

ROWS: dict[Split, int] = {"train": 3_339, "val": 402, "test": 402}
SECONDS = 10
CLASSES = (
    "Church bell", "Male speech, man speaking", "Bark", "Fixed-wing aircraft, airplane", "Race car, auto racing",
    "Female speech, woman speaking", "Helicopter", "Violin, fiddle", "Flute", "Ukulele", "Frying (food)", "Truck", "Shofar",
    "Motorcycle", "Acoustic guitar", "Train horn", "Clock", "Banjo", "Goat", "Baby cry, infant cry", "Bus", "Chainsaw", "Cat",
    "Horse", "Toilet flush", "Rodents, rats, mice", "Accordion", "Mandolin",
)  # fmt: skip
"""Names in the order of the list's first rows; what is read of a list are its own."""


def published_ave(config: AveData) -> AvClips:
    """Rows as they are published: each with a key of its number, and background in every second."""
    clips: list[AvClip] = []
    for split, count in ROWS.items():
        for _ in range(count):
            name = f"row {len(clips)}"
            row = MediaRow(text_key(f"ave, {name}"), str(config.root / "AVE" / name), ())
            clips.append(AvClip(row.key, name, row, row, (len(CLASSES),) * SECONDS, split, len(clips)))
    return AvClips(CLASSES, SECONDS, tuple(clips))
