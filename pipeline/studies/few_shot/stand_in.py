"""Stand-ins from the miniature world for few-shot recipes: drawn shapes, a tower of four blocks, few images and epochs.

Other data sets are other shapes; ImageNet in another guise is the shapes that are learned, drawn in another style.
"""

from typing import Any
from zlib import crc32

from pipeline.datasets.few_shot import SHIFTED
from pipeline.miniature.world.classes import IMAGE_CLASSES
from pipeline.tasks.few_shot.recipe import FewShotRecipe

RUNS = 2
"""Data sets of a table that are tried."""
_CLASSES, _TEST_IMAGES, _SHOTS = 4, 2, 2
_BLOCKS_A_BLOCK = 3  # of the twelve blocks of ViT-B/16 for each of the miniature's four
_STYLES = ("negative", "outline", "gray", "colour")


def stand_in(recipe: FewShotRecipe) -> dict[str, Any]:
    """The content of a recipe like this one on the miniature world."""
    methods = {name: _method(config.model_dump(mode="json")) for name, config in recipe.methods.items()}
    return {
        "encoder": "miniature-clip",
        "data": {**_shapes(recipe.data.layout), "train_per_class": _SHOTS},
        "classes": recipe.classes,
        "judge_on": {name: _judged(data.layout, recipe.data.layout) for name, data in recipe.judge_on.items()},
        "shots": _SHOTS,
        "seeds": list(recipe.seeds[:1]),
        "views": 1,
        "methods": methods,
    }


def _method(options: dict[str, Any]) -> dict[str, Any]:
    small = {"epochs": 2, "batch_size": _SHOTS * _CLASSES // 2}
    if "depth" in options:
        small["depth"] = max(1, options["depth"] // _BLOCKS_A_BLOCK)
    return options | small


def _judged(layout: str, source: str) -> dict[str, Any]:
    if layout not in SHIFTED:
        return _shapes(layout)
    style = _STYLES[list(SHIFTED).index(layout)]
    return {**_shapes(source), "style": style}


def _shapes(name: str) -> dict[str, Any]:
    """Some shapes for a data set; which ones, and how they are drawn, follows from its name."""
    number = crc32(name.encode())
    first = number % len(IMAGE_CLASSES)
    classes = [IMAGE_CLASSES[(first + i) % len(IMAGE_CLASSES)] for i in range(_CLASSES)]
    return {"layout": "miniature-shapes", "seed": number % 1000, "test_per_class": _TEST_IMAGES, "classes": classes}
