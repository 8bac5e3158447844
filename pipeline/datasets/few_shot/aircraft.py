"""FGVC-Aircraft: the publisher's own lists, `<image> <variant>` a line; labels are the lines of `variants.txt`."""

from pathlib import Path

from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.few_shot.few_shot_set import FewShotSet
from pipeline.datasets.few_shot.rows import Row, Split, spoken
from pipeline.datasets.inside import require_inside
from pipeline.datasets.root import require
from pipeline.labels.names import composed


def read_aircraft(one: FewShotSet, home: Path, split: str) -> Split:
    """The images of a split, in the order of its list.

    Raises:
        DatasetError: a list is absent, or names a variant that `variants.txt` lacks.
    """
    variants = text_lines(require(one.layout, home, "variants.txt"))
    file, root = require(one.layout, home, f"images_variant_{split}.txt"), home / "images"
    labels = {composed(name): label for label, name in enumerate(variants)}
    rows = []
    for number, line in enumerate(text_lines(file), start=1):
        image, _, variant = line.partition(" ")
        variant = composed(variant)
        if variant not in labels:
            raise DatasetError(
                f"data: {file}, line {number}: '{variant}' is no variant. Expected: an image's number, a blank, and one "
                f"of the {len(labels)} lines of variants.txt."
            )
        require_inside(root, f"{image}.jpg", f"{file}, line {number}")
        rows.append(Row(f"{image}.jpg", labels[variant], spoken(variant)))
    return Split(root, tuple(map(spoken, variants)), tuple(rows))
