"""Single shapes of the miniature world as a few-shot data set: drawn from seeds into the workspace, with exact splits."""

from pathlib import Path

from pipeline.datasets.few_shot.rows import Row, Split
from pipeline.few_shot.recipe import ShapesData
from stores import fingerprint


def shapes_split(config: ShapesData, workspace: Path, split: str) -> Split:
    """The images of "train" or "test"; drawn where they are not there yet."""
    from pipeline.miniature.world import IMAGE_CLASSES, WORLD_VERSION, write_shapes

    train = split == "train"
    count = config.train_per_class if train else config.test_per_class
    seed = 2 * config.seed + train
    root = workspace / "media" / f"shapes-{fingerprint([WORLD_VERSION, seed, count])[:8]}"
    if not root.exists():  # a folder appears whole or not at all
        write_shapes(root, seed, count, IMAGE_CLASSES)
    rows = [
        Row(f"{name}/{number:04}.jpg", label, name)
        for label, name in enumerate(IMAGE_CLASSES)
        for number in range(count)
    ]
    return Split(root, tuple(IMAGE_CLASSES), tuple(rows))
