"""Writes clips of motions in the layout in which UCF101 is published: folders in CamelCase, `.avi`, and three kinds of lists.

Every file depends on the seed, its part, its class and its number alone.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.miniature.world.reversals import (
    FRAMES_PER_SECOND,
    REVERSAL_CLASSES,
    REVERSALS_VERSION,
    render_reversal,
    sample_reversal,
)
from pipeline.miniature.world.video_files import write_avi
from pipeline.miniature.world.whole_folder import publish_folder

_REVERSALS = 7006
_PARTS = ("train", "test")


def write_reversals(root: Path | str, seed: int, sizes: Mapping[str, int]) -> Path:
    """Writes `sizes[part]` clips a class for train and test: lossless, 64 x 64 pixels, 13 frames, 8 a second.

    Raises:
        MiniatureError: `root` holds something else.
    """
    request = {
        "media": "motions",
        "seed": seed,
        "per_class": sum(sizes[part] for part in _PARTS),
        "classes": list(REVERSAL_CLASSES),
        "sizes": {part: sizes[part] for part in _PARTS},
        "motions": REVERSALS_VERSION,
    }
    return publish_folder(Path(root), request, lambda folder: _fill(folder, seed, sizes))


def folder_name(label: str) -> str:
    """A class as UCF101 spells its folders."""
    return "".join(word.capitalize() for word in label.split())


def clip_names(sizes: Mapping[str, int], part: str) -> list[tuple[str, str]]:
    """(label, path below `UCF-101`) of a part's clips, in the order of its list; a group is a part, as actors are in UCF101."""
    group = _PARTS.index(part) + 1
    names = [(label, folder_name(label)) for label in REVERSAL_CLASSES]
    return [
        (label, f"{folder}/v_{folder}_g{group:02}_c{number:02}.avi")
        for label, folder in names
        for number in range(1, sizes[part] + 1)
    ]


def _fill(root: Path, seed: int, sizes: Mapping[str, int]) -> None:
    lists, numbers = root / "ucfTrainTestlist", {name: i for i, name in enumerate(REVERSAL_CLASSES, 1)}
    lists.mkdir()
    (lists / "classInd.txt").write_text("".join(f"{i} {folder_name(name)}\n" for name, i in numbers.items()))
    for place, part in enumerate(_PARTS):
        lines = []
        for count, (label, path) in enumerate(clip_names(sizes, part)):
            rng = np.random.default_rng([seed, _REVERSALS, place, numbers[label], count % sizes[part]])
            file = root / "UCF-101" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            write_avi(file, render_reversal(sample_reversal(rng, label)), FRAMES_PER_SECOND)
            lines.append(f"{path} {numbers[label]}\n" if part == "train" else f"{path}\n")
        (lists / f"{part}list01.txt").write_text("".join(lines))
