"""Writes clips of the miniature world in the layout in which AVE is published: `AVE/<VideoID>.mp4`, Annotations.txt, labels.h5.

AVE has one class and one stretch of seconds in a row. Clips here have several, so labels.h5 holds the seconds, and a row of
Annotations.txt tells the class of most of them and from where to where it lasts. Every file depends on the seed, its split and
its number alone.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.miniature.world.events import (
    EVENT_CLASSES,
    EVENTS_VERSION,
    FRAMES_PER_SECOND,
    render_pictures,
    render_wave,
    sample_clip,
)
from pipeline.miniature.world.synths import SAMPLE_RATE
from pipeline.miniature.world.video_files import write_mp4
from pipeline.miniature.world.whole_folder import publish_folder

_EVENTS = 7005
_HEADER = "Category&VideoID&Quality&StartTime&EndTime"
_SPLITS = ("train", "val", "test")


def write_events(root: Path | str, seed: int, sizes: Mapping[str, int]) -> Path:
    """Writes `sizes[split]` clips of ten seconds for train, val and test: H.264 with AAC, 64 x 64 pixels, 2 frames a second.

    Raises:
        MiniatureError: `root` holds something else.
    """
    sizes = {split: sizes[split] for split in _SPLITS}
    request = {
        "media": "events",
        "seed": seed,
        "count": sum(sizes.values()),
        "classes": list(EVENT_CLASSES),
        "sizes": sizes,
        "events": EVENTS_VERSION,
    }
    return publish_folder(Path(root), request, lambda folder: _fill(folder, seed, sizes))


def _fill(folder: Path, seed: int, sizes: Mapping[str, int]) -> None:
    (folder / "AVE").mkdir()
    names: list[str] = []
    labels: list[tuple[int, ...]] = []
    numbers: dict[str, NDArray[np.int64]] = {}
    for place, split in enumerate(_SPLITS):
        numbers[split] = np.arange(len(names), len(names) + sizes[split])
        for number in range(sizes[split]):
            rng = np.random.default_rng([seed, _EVENTS, place, number])
            clip = sample_clip(rng)
            names.append(f"{split}{number:06d}")
            labels.append(clip.labels)
            write_mp4(
                folder / "AVE" / f"{names[-1]}.mp4", render_pictures(clip, rng), FRAMES_PER_SECOND,
                render_wave(clip, rng), SAMPLE_RATE,
            )  # fmt: skip
    _write_lists(folder, names, np.array(labels), numbers)


def _write_lists(
    folder: Path, names: Sequence[str], labels: NDArray[np.int64], numbers: Mapping[str, NDArray[np.int64]]
) -> None:
    """Classes are numbered in the order of their first rows, as in AVE; so the first rows are named for one after the other."""
    lines = [_line(number, name, row) for number, (name, row) in enumerate(zip(names, labels, strict=True))]
    (folder / "Annotations.txt").write_text("\n".join([_HEADER, *lines]) + "\n")
    one_hot = np.eye(len(EVENT_CLASSES) + 1, dtype=np.int64)[labels]
    _write_h5(folder / "labels.h5", "avadataset", one_hot)
    for split, rows in numbers.items():
        _write_h5(folder / f"{split}_order.h5", "order", rows)
        (folder / f"{split}Set.txt").write_text("\n".join(lines[row] for row in rows) + "\n")


def _line(number: int, name: str, labels: NDArray[np.int64]) -> str:
    """A row: its class and the longest stretch of it, 0 to 0 where no second shows it, as one row of AVE has it."""
    seconds = np.bincount(labels, minlength=len(EVENT_CLASSES) + 1)[: len(EVENT_CLASSES)]
    label = number if number < len(EVENT_CLASSES) else int(seconds.argmax())
    start = end = run = 0
    for second, shown in enumerate(labels, 1):
        run = run + 1 if shown == label else 0
        if run > end - start:
            start, end = second - run, second
    return f"{EVENT_CLASSES[label]}&{name}&good&{start}&{end}"


def _write_h5(path: Path, name: str, values: NDArray[np.int64]) -> None:
    import h5py

    content = BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset(name, data=values, track_times=False)
    path.write_bytes(content.getvalue())
