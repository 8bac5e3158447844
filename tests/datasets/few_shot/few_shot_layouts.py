"""The data sets of the few-shot protocol in miniature: real tiny images in the folders, lists and spellings of CoOp's layout.

`write_few_shot("dtd", data, ["banded", "dotted"])` writes `data/dtd/` and returns what lies there, split by split. Usable
from other tests: it imports nothing of the readers, and `picture` may draw images that show their classes.
"""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

Entry = tuple[str, int, str]
"""Path below the folder of the images, label, class name as prompts say it."""
Written = dict[str, list[Entry]]
Picture = Callable[[Path, str, int], None]

SPLIT_FILES = {
    "caltech101": ("caltech-101", "101_ObjectCategories", "split_zhou_Caltech101.json"),
    "oxford-pets": ("oxford_pets", "images", "split_zhou_OxfordPets.json"),
    "stanford-cars": ("stanford_cars", "", "split_zhou_StanfordCars.json"),
    "oxford-flowers": ("oxford_flowers", "jpg", "split_zhou_OxfordFlowers.json"),
    "food101": ("food-101", "images", "split_zhou_Food101.json"),
    "sun397": ("sun397", "SUN397", "split_zhou_SUN397.json"),
    "dtd": ("dtd", "images", "split_zhou_DescribableTextures.json"),
    "eurosat": ("eurosat", "2750", "split_zhou_EuroSAT.json"),
    "ucf101-midframes": ("ucf101", "UCF-101-midframes", "split_zhou_UCF101.json"),
}
IMAGENETS = {
    "imagenet": ("imagenet", "images"),
    "imagenet-v2": ("imagenetv2", "imagenetv2-matched-frequency-format-val"),
    "imagenet-sketch": ("imagenet-sketch", "images"),
    "imagenet-a": ("imagenet-adversarial", "imagenet-a"),
    "imagenet-r": ("imagenet-rendition", "imagenet-r"),
}


def noise(path: Path, name: str, number: int) -> None:
    """A picture of noise, 12 x 9."""
    pixels = np.random.default_rng(number).integers(0, 256, (9, 12, 3), np.uint8)
    Image.fromarray(pixels).save(path, format="JPEG")


def images_root(name: str, data: Path) -> Path:
    """The folder that a data set's paths start from."""
    if name == "fgvc-aircraft":
        return data / "fgvc_aircraft" / "images"
    folder, images = SPLIT_FILES[name][:2] if name in SPLIT_FILES else IMAGENETS[name]
    return data / folder / images


def wordnet_id(number: int) -> str:
    """Ids of ImageNet's classes, in the order of their labels."""
    return f"n{1440764 + 911 * number:08}"


def write_few_shot(
    name: str,
    data: Path,
    classes: Sequence[str],
    counts: tuple[int, int, int] = (6, 2, 3),
    picture: Picture = noise,
) -> Written:
    """Write a data set with so many train, val and test images a class; labels are places in `classes`.

    ImageNet has no val, the four shifted ones have test only, and ImageNet-A and -R show every second class, labelled anew.
    """
    if name in IMAGENETS:
        written = _imagenet(name, data, classes, counts)
    elif name == "fgvc-aircraft":
        written = _aircraft(data / "fgvc_aircraft", classes, counts)
    else:
        written = _split_file(name, data, classes, counts)
    entries = [entry for split in written.values() for entry in split]
    for number, (path, _, shown) in enumerate(entries):
        file = images_root(name, data) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(file, shown, number)
    return written


def _split_file(name: str, data: Path, classes: Sequence[str], counts: tuple[int, int, int]) -> Written:
    """Classes stand in no order in a list, and names have underscores, as the published files have them."""
    folder, _, file = SPLIT_FILES[name]
    (data / folder).mkdir(parents=True)
    written: Written = {}
    for split, count in zip(("train", "val", "test"), counts, strict=True):
        labels = random.Random(f"{name} {split}").sample(range(len(classes)), len(classes))
        written[split] = [
            (f"{_place(name, classes[label], split)}_{split}{i}.jpg", label, classes[label])
            for label in labels
            for i in range(count)
        ]
    lists = {
        split: [[path, label, shown.replace(" ", "_")] for path, label, shown in rows]
        for split, rows in written.items()
    }
    (data / folder / file).write_text(json.dumps(lists, indent=4))
    return written


def _place(name: str, shown: str, split: str) -> str:
    """Where an image lies; in some data sets all lie in one folder."""
    spelled = shown.replace(" ", "_")
    if name == "stanford-cars":
        return f"{'cars_test' if split == 'test' else 'cars_train'}/{spelled}"
    if name == "sun397":
        return f"{spelled[0]}/{spelled}/sun"
    return spelled if name in ("oxford-pets", "oxford-flowers") else f"{spelled}/{spelled}"


def _aircraft(home: Path, classes: Sequence[str], counts: tuple[int, int, int]) -> Written:
    home.mkdir(parents=True)
    (home / "variants.txt").write_text("".join(f"{shown}\n" for shown in classes))
    written: Written = {}
    for start, split, count in zip((100, 200, 300), ("train", "val", "test"), counts, strict=True):
        written[split] = [
            (f"{start * 1000 + len(classes) * i + label:07}.jpg", label, shown)
            for i in range(count)
            for label, shown in enumerate(classes)
        ]
        lines = [f"{path.removesuffix('.jpg')} {shown}\n" for path, _, shown in written[split]]
        (home / f"images_variant_{split}.txt").write_text("".join(lines))
    return written


def _imagenet(name: str, data: Path, classes: Sequence[str], counts: tuple[int, int, int]) -> Written:
    home = data / IMAGENETS[name][0]
    home.mkdir(parents=True)
    lines = [f"{wordnet_id(number)} {shown}\n" for number, shown in enumerate(classes)]
    (home / "classnames.txt").write_text("".join(lines))
    if name == "imagenet":
        return {
            split: [
                (f"{folder}/{wordnet_id(label)}/ILSVRC_{i:08}.JPEG", label, shown)
                for label, shown in enumerate(classes)
                for i in range(count)
            ]
            for split, folder, count in (("train", "train", counts[0]), ("test", "val", counts[2]))
        }
    numbers = range(0, len(classes), 2) if name in ("imagenet-a", "imagenet-r") else range(len(classes))
    places = [str(number) if name == "imagenet-v2" else wordnet_id(number) for number in numbers]
    rows = [
        (f"{place}/{i}.jpg", label, classes[number])
        for label, (number, place) in enumerate(zip(numbers, places, strict=True))
        for i in range(counts[2])
    ]
    return {"test": rows}
