"""AVE, audio-visual events, as it is published: rows of ten seconds, a class or background for each second.

The rows are the list's, whatever of their videos is left: a video that is gone or broken is a rejected row. A video may stand in
several rows (46 do), so a row is known by its number and a file by its content.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.annotations import (
    class_order,
    read_annotations,
    rebuilt_labels,
    row_splits,
    stored_labels,
)
from pipeline.datasets.av.clips import SPLITS, AvClip, AvClips, RejectedClip, Split, SplitCount
from pipeline.datasets.av.leaks import leaks_of, rows_given_up
from pipeline.datasets.av.media import finder_of
from pipeline.datasets.layout import Layout
from pipeline.datasets.root import require
from pipeline.datasets.rows import MediaRow
from pipeline.recipe.av_data import AveData
from stores import text_key


def read_ave(config: AveData, workspace: Path) -> AvClips:
    """The clips of AVE's layout, in the order of its list.

    Args:
        config: where it lies.
        workspace: where the memory of files' keys lies.

    Raises:
        DatasetError: the root does not hold the layout, or its lists contradict each other.
        MachineFault: the machine failed while a file was read.
    """
    annotations = require(AVE, config.root, "Annotations.txt", "data/Annotations.txt")
    rows = read_annotations(annotations)
    classes = class_order(rows)
    stored = annotations.parent / "labels.h5"
    labels = stored_labels(stored, len(rows), len(classes)) if stored.is_file() else rebuilt_labels(rows, classes)
    splits = row_splits(annotations.parent, rows, annotations)
    leaks = leaks_of([row.video for row in rows], splits)
    dropped = rows_given_up(leaks) if config.disjoint else frozenset()
    finder = finder_of(AVE, config, workspace, labels.shape[1])
    clips: list[AvClip] = []
    refused: list[RejectedClip] = []
    for number, (row, split) in enumerate(zip(rows, splits, strict=True)):
        if split is None or number in dropped:
            continue
        found = finder.find(row.video, _names(labels[number], classes))
        if isinstance(found, str):
            refused.append(RejectedClip(number, split, str(finder.expected(row.video)), found))
        else:
            clips.append(_clip(number, row.video, found, labels[number], split))
    finder.save()
    listed = [(split, labels[number]) for number, split in enumerate(splits) if split and number not in dropped]
    return AvClips(
        classes=classes,
        segments=labels.shape[1],
        clips=tuple(clips),
        refused=tuple(refused),
        counts=counts_of(classes, ((clip.split, clip.labels) for clip in clips), listed),
        leaks=leaks,
        left_out=tuple(f"row {number}: {rows[number].video}" for number in sorted(dropped)),
        strange=finder.strange({row.video for row in rows}),
    )


def counts_of(
    classes: Sequence[str],
    found: Iterable[tuple[Split, Iterable[int]]],
    listed: Iterable[tuple[Split, Iterable[int]]],
) -> tuple[SplitCount, ...]:
    """Rows of each class in each split, of (split, labels) of the rows found and of all that a list has."""
    have, of = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for counter, rows in ((have, found), (of, listed)):
        counter.update((split, int(label)) for split, labels in rows for label in set(labels))
    return tuple(
        SplitCount(split, name, have[split, label], of[split, label])
        for split in SPLITS
        for label, name in enumerate(classes)
        if of[split, label]
    )


def _clip(number: int, video: str, media: tuple[MediaRow, MediaRow], labels: NDArray[np.int64], split: Split) -> AvClip:
    return AvClip(text_key(f"row {number} of {video}"), video, *media, tuple(labels.tolist()), split, number)


def _names(labels: NDArray[np.int64], classes: Sequence[str]) -> tuple[str, ...]:
    return tuple(classes[label] for label in sorted(set(labels.tolist())) if label < len(classes))


AVE = Layout(
    name="ave",
    title="AVE, audio-visual events",
    modality=None,
    label_set=None,
    config=AveData,
    labelling="single",
    tree="""ROOT/                            (AVE_Dataset)
  Annotations.txt              (Category&VideoID&Quality&StartTime&EndTime; with a line of names or without)
  trainSet.txt                 (and valSet.txt, testSet.txt; or train_order.h5, val_order.h5, test_order.h5)
  labels.h5                    (if it is there; labels are rebuilt from Annotations.txt otherwise)
  AVE/
    RUhOCu3LNXM.mp4
or LAVISH's folders instead of AVE/:
  video_frames/RUhOCu3LNXM/0001.jpg
  raw_audio/RUhOCu3LNXM.wav""",
    download="AVE_Dataset.zip, as github.com/YapengTian/AVE-ECCV18 links to it, unpacked in ROOT",
    disk="8 GB",
    paper="CoPL: 3,339 rows to learn from, 402 to choose by, 402 to judge by",
    count=4_143,
)
