"""Writes clips of the miniature world in the folders in which AVSBench is published: single sources (S4) or several (MS3).

Frames and masks are PNG of 64 x 64 pixels, one a second; sound is 16 kHz mono WAV. Every file depends on the seed, its split and
its number alone; clips 2k and 2k + 1 are twins.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.miniature.world.events import SOUND_OF
from pipeline.miniature.world.masks import MASKS_VERSION, MaskedPictures, draw_pictures, draw_sounding, render_heard
from pipeline.miniature.world.picture_files import write_picture
from pipeline.miniature.world.synths import SAMPLE_RATE
from pipeline.miniature.world.whole_folder import publish_folder

Form = Literal["s4", "ms3"]
_PICTURES, _SOUNDS = 7006, 7007
_SPLITS = ("train", "val", "test")


def write_masks(root: Path | str, seed: int, sizes: Mapping[str, int], form: Form) -> Path:
    """Writes `sizes[split]` clips of five seconds for train, val and test.

    Raises:
        MiniatureError: `root` holds something else.
    """
    sizes = {split: sizes[split] for split in _SPLITS}
    request = {
        "media": f"masks, {form}",
        "seed": seed,
        "count": sum(sizes.values()),
        "classes": list(SOUND_OF),
        "sizes": sizes,
        "masks": MASKS_VERSION,
    }
    return publish_folder(Path(root), request, lambda folder: _fill(folder, seed, sizes, form))


def _fill(folder: Path, seed: int, sizes: Mapping[str, int], form: Form) -> None:
    rows = []
    for place, split in enumerate(_SPLITS):
        for number in range(sizes[split]):
            pictures, sounding, wave = _clip(seed, place, number)
            name = f"{split}{number:06d}"
            if form == "s4":
                _write_s4(folder / "Single-source" / "s4_data", split, name, pictures, sounding, wave)
                rows.append(f"{name},0,{pictures.category},{split}")
            else:
                _write_ms3(folder / "Multi-sources" / "ms3_data", split, name, pictures, sounding, wave)
                rows.append(f"{name},{split}")
    path, header = {
        "s4": ("Single-source/s4_meta_data.csv", "name,start,category,split"),
        "ms3": ("Multi-sources/ms3_meta_data.csv", "name,split"),
    }[form]
    (folder / path).write_text("\n".join([header, *rows]) + "\n")


def _clip(seed: int, place: int, number: int) -> tuple[MaskedPictures, NDArray[np.int64], NDArray[np.float32]]:
    shared = np.random.default_rng([seed, _PICTURES, place, number // 2])
    pictures, sounding = draw_pictures(shared), draw_sounding(shared)
    sounding = sounding if number % 2 == 0 else 1 - sounding
    own = np.random.default_rng([seed, _SOUNDS, place, number])
    return pictures, sounding, render_heard(pictures.shapes, sounding, own)


def _write_s4(
    data: Path,
    split: str,
    name: str,
    pictures: MaskedPictures,
    sounding: NDArray[np.int64],
    wave: NDArray[np.float32],
) -> None:
    """Of train the first mask alone, as it is published."""
    place = f"{split}/{pictures.category}"
    masks = pictures.masks(sounding)[: 1 if split == "train" else None]
    _write_pictures(data / "visual_frames" / place / name, f"{name}_", pictures.frames)
    _write_pictures(data / "gt_masks" / place / name, f"{name}_", masks)
    _write_wave(data / "audio_wav" / place / f"{name}.wav", wave)


def _write_ms3(
    data: Path,
    split: str,
    name: str,
    pictures: MaskedPictures,
    sounding: NDArray[np.int64],
    wave: NDArray[np.float32],
) -> None:
    """Masks are of mode P, whose pixels are 0 and 255, as they are published."""
    _write_pictures(data / "visual_frames" / name, f"{name}.mp4_", pictures.frames)
    _write_pictures(data / "gt_masks" / split / name, f"{name}_", pictures.masks(sounding), "P")
    _write_wave(data / "audio_wav" / split / f"{name}.wav", wave)


def _write_pictures(folder: Path, stem: str, pictures: NDArray[np.uint8], mode: str = "") -> None:
    folder.mkdir(parents=True)
    for number, pixels in enumerate(pictures, 1):
        picture = Image.fromarray(pixels)
        write_picture(picture.convert(mode) if mode else picture, folder / f"{stem}{number}.png")


def _write_wave(path: Path, wave: NDArray[np.float32]) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    content = BytesIO()
    soundfile.write(content, wave, SAMPLE_RATE, subtype="PCM_16", format="wav")
    path.write_bytes(content.getvalue())
