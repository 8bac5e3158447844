"""The COCO instances layout: a JSON file with `images`, `annotations`, `categories`, beside a folder of images."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.reading import reading


def read_coco(annotations: Path, images: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(image, names of the categories it shows) of every image, those without an object included.

    Labels come in the order of the file's `categories`.

    Raises:
        DatasetError: the file is absent, is no COCO instances file, or names an image outside of the folder.
    """
    content = _load(annotations)
    try:
        yield from _images(content, images, annotations)
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"data: {annotations} is no COCO instances file: an entry lacks or garbles {error}. Expected: images with id "
            "and file_name, annotations with image_id and category_id, categories with id and name."
        ) from error


def _images(content: dict[str, list[dict]], images: Path, listed: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    names = {category["id"]: category["name"] for category in content["categories"]}
    shown: dict[int, set[int]] = defaultdict(set)
    for annotation in content["annotations"]:
        shown[annotation["image_id"]].add(annotation["category_id"])
    for image in content["images"]:
        path = require_inside(images, image["file_name"], f"{listed}, image {image['id']}")
        yield path, tuple(names[i] for i in names if i in shown[image["id"]])


def _load(path: Path) -> dict[str, list[dict]]:
    try:
        with reading(path):
            text = path.read_text("utf-8")
        content = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:  # the last by JSON that is nested too deeply
        raise DatasetError(
            f"data: {path} cannot be read as COCO annotations: {error}. "
            "Expected: data: {layout: coco, root: FOLDER_OF_IMAGES, annotations: instances.json}"
        ) from error
    parts = ("images", "annotations", "categories")
    missing = [name for name in parts if not isinstance(content, dict) or name not in content]
    if missing:
        raise DatasetError(f"data: {path} lacks {', '.join(missing)}; a COCO instances file has {', '.join(parts)}.")
    return content
