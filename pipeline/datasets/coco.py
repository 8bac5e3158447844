"""The COCO instances layout: a JSON file with `images`, `annotations`, `categories`, beside a folder of images."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.reading import reading
from pipeline.reading.regular import require_regular


def read_coco(annotations: Path, images: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(image, names of the categories it shows) of every image, those without an object included.

    Labels come in the order of the file's `categories`.

    Raises:
        DatasetError: the file is absent, is no COCO instances file, contradicts itself, or names an image outside of the folder.
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
    _require_sound(content, names, listed)
    for annotation in content["annotations"]:
        shown[annotation["image_id"]].add(annotation["category_id"])
    for image in content["images"]:
        path = require_inside(images, image["file_name"], f"{listed}, image {image['id']}")
        yield path, tuple(names[i] for i in names if i in shown[image["id"]])


def _require_sound(content: dict[str, list[dict]], names: dict[int, str], listed: Path) -> None:
    """What contradicts itself would make an image show nothing, or what another shows, without a word."""
    images = {image["id"] for image in content["images"]}
    spelled = {str(number) for number in images}
    nameless = next((number for number, name in names.items() if not isinstance(name, str)), None)
    wrong = f"category {nameless!r} has no name" if nameless is not None else ""
    for part, numbers in (("images", images), ("categories", names.keys())):
        if len(numbers) < len(content[part]):
            wrong = f"of {len(content[part]):,} {part} only {len(numbers):,} have an id of their own"
    for annotation in content["annotations"]:
        image, category = annotation["image_id"], annotation["category_id"]
        if category not in names:
            wrong = f"an annotation of image {image!r} has category_id {category!r}, which is no id of a category"
        elif (
            image not in images and str(image) in spelled
        ):  # of images that are not listed are the annotations of a part
            wrong = f"image_id {image!r} of an annotation and the id of its image are a text and a number"
    if wrong:
        raise DatasetError(
            f"data: {listed} contradicts itself: {wrong}. Correct it, or write it again from its source."
        )


def _load(path: Path) -> dict[str, list[dict]]:
    try:
        with reading(path):
            require_regular(path)
            text = path.read_text("utf-8-sig")
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
