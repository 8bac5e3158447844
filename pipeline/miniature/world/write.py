"""Writes media of the miniature world as ordinary files in ordinary layouts.

Every file depends on the seed and its number alone.
"""

import json
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image

from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.world.classes import (
    AUDIO_CLASSES,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    EXTRA_VIDEO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
)
from pipeline.miniature.world.images import SIDE, ImageScene, boxes, render_scene, sample_scene
from pipeline.miniature.world.motions import render_video, sample_video
from pipeline.miniature.world.picture_files import write_picture
from pipeline.miniature.world.sounds import render_sound, sample_sound
from pipeline.miniature.world.synths import SAMPLE_RATE
from pipeline.miniature.world.video_files import write_mp4
from pipeline.miniature.world.whole_folder import publish_folder

# These keep the media and the encoders' training scenes apart.
_IMAGES, _SOUNDS, _VIDEOS, _SHAPES = 7001, 7002, 7003, 7004


def write_images(root: Path | str, seed: int, count: int, classes: Sequence[str] = IMAGE_CLASSES) -> Path:
    """Writes `count` pictures of one to three shapes in COCO's layout: `images/`, `annotations/instances.json`.

    The pictures are shared out among the classes in order; each shows its own class and now and then others. New
    classes at the end of `classes` (with a `count` that grows with them) leave the earlier pictures as they are.

    Raises:
        MiniatureError: `root` holds something else, or a class is not in the world.
    """
    require_classes(classes, IMAGE_CLASSES + EXTRA_IMAGE_CLASSES, "image")

    def fill(folder: Path) -> None:
        (folder / "images").mkdir()
        (folder / "annotations").mkdir()
        scenes = []
        for number in range(count):
            anchor = classes[number * len(classes) // count]
            others = [name for name in classes if name in IMAGE_CLASSES or name == anchor]
            rng = np.random.default_rng([seed, _IMAGES, _salt(anchor), number])
            scenes.append(sample_scene(rng, tuple(others), anchor=anchor))
            picture = Image.fromarray(render_scene(scenes[-1], rng))
            write_picture(picture, folder / "images" / _image_name(number))
        text = json.dumps(_coco(scenes, classes), indent=1)
        (folder / "annotations" / "instances.json").write_text(text + "\n")

    return publish_folder(Path(root), {"media": "images", "seed": seed, "count": count, "classes": list(classes)}, fill)


def write_shapes(root: Path | str, seed: int, per_class: int, classes: Sequence[str] = IMAGE_CLASSES) -> Path:
    """Writes `per_class` pictures of one shape for every class: `<class>/0000.jpg`, `<class>/0001.jpg`, ...

    Raises:
        MiniatureError: `root` holds something else, or a class is not in the world.
    """
    require_classes(classes, IMAGE_CLASSES + EXTRA_IMAGE_CLASSES, "image")

    def write(path: Path, name: str, rng: Generator, number: int) -> None:
        scene = sample_scene(rng, tuple(IMAGE_CLASSES), most=1, anchor=name)
        write_picture(Image.fromarray(render_scene(scene, rng)), path.with_suffix(".jpg"))

    request = {"media": "shapes", "seed": seed, "per_class": per_class, "classes": list(classes)}
    return publish_folder(
        Path(root), request, lambda folder: _fill_classes(folder, [seed, _SHAPES], per_class, classes, write)
    )


def write_sounds(root: Path | str, seed: int, per_class: int, classes: Sequence[str] = AUDIO_CLASSES) -> Path:
    """Writes `per_class` clips of two seconds for every class: `<class>/0000.wav`, `<class>/0001.flac`, ...

    Raises:
        MiniatureError: `root` holds something else, or a class is not in the world.
    """
    require_classes(classes, AUDIO_CLASSES + EXTRA_AUDIO_CLASSES, "audio")

    def write(path: Path, name: str, rng: Generator, number: int) -> None:
        import soundfile

        wave, suffix, content = render_sound(sample_sound(rng, (name,), 1), rng), ("wav", "flac")[number % 2], BytesIO()
        soundfile.write(content, wave, SAMPLE_RATE, subtype="PCM_16", format=suffix)
        path.with_suffix(f".{suffix}").write_bytes(content.getvalue())  # libsndfile would not say that the disk is full

    request = {"media": "sounds", "seed": seed, "per_class": per_class, "classes": list(classes)}
    return publish_folder(
        Path(root), request, lambda folder: _fill_classes(folder, [seed, _SOUNDS], per_class, classes, write)
    )


def write_videos(root: Path | str, seed: int, per_class: int, classes: Sequence[str] = VIDEO_CLASSES) -> Path:
    """Writes `per_class` clips of two seconds for every class: `<class>/0000.mp4`, H.264, 64 x 64 pixels, 8 a second.

    Raises:
        MiniatureError: `root` holds something else, or a class is not in the world.
    """
    require_classes(classes, VIDEO_CLASSES + EXTRA_VIDEO_CLASSES, "video")

    def write(path: Path, name: str, rng: Generator, number: int) -> None:
        write_mp4(path.with_suffix(".mp4"), render_video(sample_video(rng, (name,), 1), rng))

    request = {"media": "videos", "seed": seed, "per_class": per_class, "classes": list(classes)}
    return publish_folder(
        Path(root), request, lambda folder: _fill_classes(folder, [seed, _VIDEOS], per_class, classes, write)
    )


def _fill_classes(
    folder: Path,
    seed: list[int],
    per_class: int,
    classes: Sequence[str],
    write: Callable[[Path, str, Generator, int], None],
) -> None:
    for name in classes:
        (folder / name).mkdir()
        for number in range(per_class):
            write(
                folder / name / f"{number:04d}",
                name,
                np.random.default_rng([*seed, _salt(name), number]),
                number,
            )


def require_classes(asked: Sequence[str], known: Sequence[str], modality: str) -> None:
    """Refuses names that the world cannot draw or play.

    Raises:
        MiniatureError: a name is unknown, or none is given.
    """
    unknown = [name for name in asked if name not in known]
    if not unknown and asked:
        return
    close = [match for name in unknown for match in get_close_matches(name, known, n=1)]
    hint = f" Did you mean {', '.join(map(repr, close))}?" if close else ""
    raise MiniatureError(
        f"miniature media: the world has no {modality} class {', '.join(map(repr, unknown)) or '(none was named)'}."
        f"{hint} "
        f"It has: {', '.join(known)}. Choose among these, or point the recipe to a folder of your own files."
    )


def _salt(name: str) -> int:
    """A number from a class's name, so that its files do not depend on which other classes are written."""
    return int.from_bytes(name.encode(), "big") % 2**31


def _image_name(number: int) -> str:
    return f"{number:06d}.{'jpg' if number % 2 else 'png'}"


def _coco(scenes: Sequence[ImageScene], classes: Sequence[str]) -> dict[str, Any]:
    """COCO's instances file: images, categories from 1, and a box in pixels for every shape."""
    annotations: list[dict[str, Any]] = []
    for number, scene in enumerate(scenes):
        for item, box in zip(scene.objects, boxes(scene), strict=True):
            pixels = [round(value * SIDE, 2) for value in box]
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "category_id": list(classes).index(item.label) + 1,
                "bbox": pixels, "area": round(pixels[2] * pixels[3], 2), "iscrowd": 0,
            })  # fmt: skip
    images = [{"id": n, "file_name": _image_name(n), "width": SIDE, "height": SIDE} for n in range(len(scenes))]
    categories = [{"id": k, "name": name, "supercategory": "shape"} for k, name in enumerate(classes, 1)]
    return {"images": images, "annotations": annotations, "categories": categories}
