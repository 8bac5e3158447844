"""Single shapes of the miniature world as a few-shot data set: drawn from seeds into the workspace, with exact splits."""

from pathlib import Path

from pipeline.datasets.few_shot.rows import Row, Split
from pipeline.tasks.few_shot.data import JudgedShapes, ShapesData
from stores import fingerprint


def shapes_split(config: JudgedShapes, workspace: Path, split: str, draw: bool = True) -> Split:
    """The images of "train" or "test"; drawn where they are not there yet, unless only their names are asked for.

    Raises:
        MiniatureError: the world has no shape of that name.
    """
    from pipeline.miniature.world import IMAGE_CLASSES, WORLD_VERSION, write_shapes
    from pipeline.miniature.world.whole_folder import appear_whole

    train = split == "train"
    count = config.train_per_class if isinstance(config, ShapesData) and train else config.test_per_class
    seed, classes = 2 * config.seed + train, config.classes or IMAGE_CLASSES
    asked = [WORLD_VERSION, seed, count, *([list(config.classes)] if config.classes else [])]
    root = workspace / "media" / f"shapes-{fingerprint(asked)[:8]}"
    if draw and not root.exists():
        write_shapes(root, seed, count, classes)
    rows = [
        Row(f"{name}/{number:04}.jpg", label, name) for label, name in enumerate(classes) for number in range(count)
    ]
    styled = root if config.style == "colour" else root.with_name(f"{root.name}-{config.style}")
    if draw and not styled.exists():
        appear_whole(styled, lambda part: _restyle_all(root, part, rows, config.style))
    return Split(styled, tuple(classes), tuple(rows))


def _restyle_all(drawn: Path, part: Path, rows: list[Row], style: str) -> None:
    for row in rows:
        (part / row.path).parent.mkdir(parents=True, exist_ok=True)
        _restyle(drawn / row.path, part / row.path, style)


def _restyle(picture: Path, to: Path, style: str) -> None:
    from PIL import Image, ImageFilter, ImageOps

    from pipeline.miniature.world.picture_files import write_picture

    with Image.open(picture) as image:
        styles = {
            "gray": lambda: ImageOps.grayscale(image),
            "negative": lambda: ImageOps.invert(image.convert("RGB")),
            "outline": lambda: ImageOps.grayscale(image).filter(ImageFilter.CONTOUR),
        }
        write_picture(styles[style]().convert("RGB"), to)
