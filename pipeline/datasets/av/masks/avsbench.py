"""What both of AVSBench's sets have in common: five frames and a sound a clip, and pictures of what sounds.

The rows are the list's, whatever of their files is left: one whose frames, sound or masks are not there, or are broken, is a
rejected row. Dims: T = segments.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.av.leaks import leaks_of
from pipeline.datasets.av.listed import SPLITS, RejectedClip, Split, SplitCount
from pipeline.datasets.av.masks.clips import MaskClip, MaskClips
from pipeline.datasets.av.masks.judged import MaskJudge
from pipeline.datasets.av.masks.looks import Looks
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.layout import Layout
from pipeline.datasets.listed_paths import why_absent
from pipeline.datasets.root import require
from pipeline.datasets.rows import MediaRow
from pipeline.datasets.walk import is_folder, listed
from pipeline.media.errors import MediaError
from pipeline.media.formats import EXTENSIONS
from pipeline.media.mask_spec import Foreground
from stores import text_key

SEGMENTS = 5
_APART_S = 1.0
"""How much shorter or longer than its masks a sound may be, seconds."""
_SHORT_S = 0.05


@dataclass(frozen=True)
class Listed:
    """A row of a list."""

    name: str
    category: str
    split: Split


@dataclass(frozen=True)
class Places:
    """Where the files of a row should lie.

    Attributes:
        frames: T pictures of one folder.
        sound: a file.
        masks: of the first segments; of train of single sources the first alone is published.
    """

    frames: tuple[Path, ...]
    sound: Path
    masks: tuple[Path, ...]


def read_set(
    layout: Layout, root: Path, folder: str, name: str, *columns: str
) -> tuple[list[Listed], tuple[Path, Path, Path]]:
    """The rows of one of the sets, and its folders of frames, of masks and of sounds.

    Args:
        layout: of the set.
        root: where it lies.
        folder: what the set is in there, unless the root is that folder.
        name: of the set: what its list and its data begin with.
        columns: see `read_list`.

    Raises:
        DatasetError: the root does not hold the layout, or its list is written otherwise.
    """
    file = f"{name}_meta_data.csv"
    path = require(layout, root, f"{folder}/{file}", file)
    rows = read_list(path, *columns)
    frames, masks, sounds = (
        require(layout, path.parent, f"{name}_data/{part}") for part in ("visual_frames", "gt_masks", "audio_wav")
    )
    return rows, (frames, masks, sounds)


def read_list(path: Path, *columns: str) -> list[Listed]:
    """The rows of a list, whose first column is the name, whatever it is called.

    Args:
        path: of the list.
        columns: that it must have besides: "split", and "category" where there is one.

    Raises:
        DatasetError: it is no such list, it is empty, or a split is none.
    """
    rows = []
    for number, row in csv_rows(path, columns):
        split = next((split for split in SPLITS if split == row["split"].strip()), None)
        name = next(iter(row.values())).strip()
        if split is None or not name:
            raise DatasetError(
                f"data: {path}, line {number}: expected a name and a split of {', '.join(SPLITS)}, found {name!r} and "
                f"{row['split']!r}. Take the list as its publisher gives it."
            )
        rows.append(Listed(name, row.get("category", "").strip(), split))
    if not rows:
        raise DatasetError(f"data: {path} has no row. Download it again.")
    return rows


def read_rows(
    rows: Sequence[Listed],
    places: Callable[[Listed], Places | str],
    foreground: Foreground,
    workspace: Path,
    strange: Sequence[str] = (),
    workers: int = 1,
) -> MaskClips:
    """The clips of a list, in its order.

    Args:
        rows: of the list.
        places: where the files of a row should lie, or why it cannot have any.
        foreground: which values of a mask count.
        workspace: where the memory of files lies.
        strange: files that no row names.
        workers: processes that look at masks; see `Looks`.

    Raises:
        MachineFault: the machine failed while a file was read.
    """
    spans = Spans(workspace)
    looks = Looks(workspace, spans.keys, workers)
    drafts = [_draft(number, row, places(row), spans) for number, row in enumerate(rows)]
    whole = [draft for draft in drafts if isinstance(draft, _Draft)]
    looks.learn(path for draft in whole for path in (draft.places.frames[0], *draft.places.masks))
    judge = MaskJudge(spans.keys, looks)
    found = [_clip(one, looks, judge) if isinstance(one, _Draft) else one for one in drafts]
    spans.save()
    looks.save()
    clips = tuple(one for one in found if isinstance(one, MaskClip))
    used = {clip.row for clip in clips}
    short = sum(draft.short for draft in whole if draft.number in used)
    return MaskClips(
        segments=SEGMENTS,
        clips=clips,
        foreground=foreground,
        refused=tuple(one for one in found if isinstance(one, RejectedClip)),
        counts=_counts(rows, clips),
        leaks=leaks_of([row.name for row in rows], [row.split for row in rows]),
        strange=tuple(strange),
        remarks=(
            *judge.remarks(foreground),
            *(
                [f"{short:,} clips have less sound than {SEGMENTS} seconds; their last second is heard early"]
                if short
                else []
            ),
        ),
    )


@dataclass(frozen=True)
class _Draft:
    """A row whose frames, sound and masks are there."""

    number: int
    row: Listed
    places: Places
    video: MediaRow
    sound: MediaRow
    short: bool


def _draft(number: int, row: Listed, places: Places | str, spans: Spans) -> _Draft | RejectedClip:
    if isinstance(places, str):
        return RejectedClip(number, row.split, row.name, places)
    folder = places.frames[0].parent
    problem = _frames_problem(places.frames) or spans.unreadable(places.frames)
    lost = "" if problem else spans.unreadable(places.masks)
    problem = f"mask {lost}" if lost else problem
    try:
        heard = spans.of(places.sound, "audio")
        if not problem and (abs(heard.end - SEGMENTS) > _APART_S or heard.start > _APART_S):
            problem = f"sound {heard}, but its masks are of {SEGMENTS} s"
    except MediaError as error:
        problem = problem or f"{places.sound.name}: {error}"
    if problem:
        return RejectedClip(number, row.split, str(folder), problem)
    key = text_key(" ".join(spans.keys.key(picture) for picture in places.frames))
    shown = (row.category,) if row.category else ()
    return _Draft(
        number, row, places,
        MediaRow(key, str(folder), shown), MediaRow(spans.keys.key(places.sound), str(places.sound), shown),
        heard.end < SEGMENTS - _SHORT_S,
    )  # fmt: skip


def _clip(draft: _Draft, looks: Looks, judge: MaskJudge) -> MaskClip | RejectedClip:
    number, row, places = draft.number, draft.row, draft.places
    frame = looks.of(places.frames[0])
    lacking = [None] * (SEGMENTS - len(places.masks))
    masks = (
        f"{places.frames[0].name}: {frame}"
        if isinstance(frame, str)
        else judge.rows((frame.width, frame.height), [*places.masks, *lacking])
    )
    if isinstance(masks, str):
        return RejectedClip(number, row.split, draft.video.path, masks)
    key = text_key(f"row {number} of {row.name}")
    return MaskClip(key, row.name, draft.video, draft.sound, masks, row.category, row.split, number)


def _frames_problem(frames: Sequence[Path]) -> str:
    """Why the pictures of a folder are not the frames: all that lie there are read, in the order of their names."""
    folder = frames[0].parent
    if not is_folder(folder):
        return why_absent(folder)
    there = [entry.name for entry in listed(folder) if Path(entry.name).suffix.lower() in EXTENSIONS["image"]]
    wanted = [path.name for path in frames]
    if there == wanted:
        return ""
    lacking = [name for name in wanted if name not in there]
    if lacking:
        return f"{len(wanted) - len(lacking)} of {len(wanted)} frames; {lacking[0]} is not there"
    return f"{len(there)} pictures, {len(wanted)} frames expected: {wanted[0]} to {wanted[-1]}"


def _counts(rows: Sequence[Listed], clips: Sequence[MaskClip]) -> tuple[SplitCount, ...]:
    """Rows found and listed of every category and split; nothing where the list has no categories."""
    of = Counter((row.split, row.category) for row in rows if row.category)
    have = Counter((clip.split, clip.category) for clip in clips)
    categories = dict.fromkeys(row.category for row in rows if row.category)
    return tuple(
        SplitCount(split, name, have[split, name], of[split, name])
        for split in SPLITS
        for name in categories
        if of[split, name]
    )
