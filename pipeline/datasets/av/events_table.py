"""Events of own clips as people write them down: a table `events.csv`, or Audacity's label tracks."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import get_args

from pipeline.datasets.av.clips import Split
from pipeline.datasets.av.windows import TimedEvent
from pipeline.datasets.csv_rows import csv_rows, text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.listing import names_below
from pipeline.labels.names import composed
from pipeline.media.formats import EXTENSIONS

COLUMNS = ("file", "label", "start_s", "end_s")


@dataclass
class FileEvents:
    """What is written down of one file.

    Attributes:
        name: its path below the folder of the clips.
        events: of all classes; none means that nothing happens in it.
        split: where the table says so, else None.
    """

    name: str
    events: list[TimedEvent]
    split: Split | None = None


def read_events_table(path: Path) -> list[FileEvents]:
    """The files of a table with the columns file, label, start_s, end_s and, if wanted, split; in the order of their first rows.

    A row without label and times names a file in which nothing happens.

    Raises:
        DatasetError: it is no such table, times are none, or a file has two splits.
    """
    files: dict[str, FileEvents] = {}
    for number, row in csv_rows(path, COLUMNS, own=True):
        name, where = row["file"].strip(), f"{path}, line {number}"
        if not name:
            raise DatasetError(f"data: {where}: no file is named. Write its path below the folder of the clips.")
        found = files.setdefault(name, FileEvents(name, []))
        split = given_split(row.get("split", "").strip(), where)
        if found.events and split != found.split:
            raise DatasetError(
                f"data: {where}: {name} is in {found.split or 'no split'} above and in {split or 'no split'} here"
            )
        found.split = split or found.split
        if row["label"].strip() or row["start_s"].strip() or row["end_s"].strip():
            found.events.append(_event(row["label"], row["start_s"], row["end_s"], where))
    return list(files.values())


def read_label_tracks(folder: Path, clips: Path) -> list[FileEvents]:
    """The label tracks of a folder, each with the clip that is named as it: `labels/a.txt` is of `clips/a.mp4`.

    Raises:
        DatasetError: there is none, or one holds something else.
    """
    there = names_below(clips)
    tracks = sorted(path for path in folder.rglob("*.txt") if not path.name.startswith("."))
    if not tracks:
        raise DatasetError(
            f"data: {folder} holds no label track. Export them from Audacity (File, Export Other, Export Labels) as "
            f"{folder.name}/CLIP.txt, each named as its clip."
        )
    files = []
    for track in tracks:
        stem = track.relative_to(folder).with_suffix("").as_posix()
        names = (f"{stem}{suffix}" for suffix in EXTENSIONS["video"])
        files.append(FileEvents(next((name for name in names if name in there), f"{stem}.mp4"), list(_track(track))))
    return files


def _track(path: Path) -> Iterator[TimedEvent]:
    """Lines of start, end and label, divided by tabs; a line that begins with a backslash holds the pitches of the one above."""
    for number, line in enumerate(text_lines(path), 1):
        if line.startswith("\\"):
            continue
        parts = line.split("\t")
        if len(parts) < 3:
            raise DatasetError(
                f"data: {path}, line {number}: expected start, end and label divided by tabs, found {line[:80]!r}. Give every "
                "label a name in Audacity, and export the track again."
            )
        yield _event("\t".join(parts[2:]), parts[0], parts[1], f"{path}, line {number}")


def _event(label: str, start: str, end: str, where: str) -> TimedEvent:
    name = " ".join(composed(label).split())
    try:
        times = float(start), float(end)
    except ValueError:
        times = (-1.0, -1.0)
    if not name or not all(isfinite(time) for time in times) or not 0 <= times[0] <= times[1]:
        raise DatasetError(
            f"data: {where}: an event has a label and two times in seconds, the first not after the second; found "
            f"{label!r}, {start!r}, {end!r}"
        )
    return TimedEvent(name, *times)


def given_split(text: str, where: str) -> Split | None:
    """The split that a table names, None where it leaves that open.

    Raises:
        DatasetError: it names another.
    """
    for split in get_args(Split):
        if text == split:
            known: Split = split
            return known
    if text:
        raise DatasetError(
            f"data: {where}: the split {text!r} is none of {', '.join(get_args(Split))}. Leave it empty to have it drawn."
        )
    return None
