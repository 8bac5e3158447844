"""Own clips with masks: a folder of videos, and a folder of masks for each, one a second.

`masks/a/0003.png` is of the third second of `clips/a.mp4`, from 2 to before 3, and of the frame in its middle. Seconds without a
mask are not judged and not learned from, whereas an empty mask says that nothing sounds. A clip longer than a window is several
windows, all of one split; a window without any mask is left out.

Dims: T = segments of a window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.av.listed import RejectedClip, Split
from pipeline.datasets.av.masks.clips import MaskClip, MaskClips
from pipeline.datasets.av.masks.judged import MaskJudge, Size
from pipeline.datasets.av.masks.looks import Looks
from pipeline.datasets.av.masks.mask_folders import FileMasks, read_mask_folders
from pipeline.datasets.av.probe import frame_size
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.av.windows import hashed_splits, window_starts
from pipeline.datasets.layout import Layout
from pipeline.datasets.rows import MediaRow
from pipeline.media.errors import MediaError
from pipeline.media.parts import part_path
from pipeline.recipe.mask_data import MasksData
from stores import text_key

SEGMENT_S = 1.0


@dataclass(frozen=True)
class _Usable:
    """A clip that can be used: its file, where it ends, and the size of its frames."""

    path: Path
    key: str
    end_s: float
    frame: Size


def read_own_masks(config: MasksData, workspace: Path) -> MaskClips:
    """Own clips and their masks, in the order of the folders' names.

    Args:
        config: where clips and masks lie.
        workspace: where the memory of files lies.

    Raises:
        DatasetError: one of both folders is not there, or no mask is in them.
        MachineFault: the machine failed while a file was read.
    """
    rows, strange = read_mask_folders(config.root, config.masks)
    spans = Spans(workspace)
    looks, found = Looks(workspace, spans.keys), _looked_at(rows, config, spans)
    looks.learn(path for row in rows if isinstance(found[row.name], _Usable) for path in row.masks.values())
    splits, judge = _splits(found, config.seed), MaskJudge(spans.keys, looks)
    clips: list[MaskClip] = []
    refused: list[RejectedClip] = []
    for number, row in enumerate(rows):
        usable, split = found[row.name], splits[row.name]
        cut = usable if isinstance(usable, str) else _windows(row, usable, judge, config.segments, split, number)
        if isinstance(cut, str):
            refused.append(RejectedClip(number, split, str(config.root / row.name), cut))
        else:
            clips += cut
    spans.save()
    looks.save()
    return MaskClips(
        segments=config.segments,
        clips=tuple(clip for clip in clips if any(clip.masks)),
        refused=tuple(refused),
        strange=strange,
        remarks=(*judge.remarks("nonzero"), *_unmasked(clips)),
        segment_s=SEGMENT_S,
    )


def _looked_at(rows: Sequence[FileMasks], config: MasksData, spans: Spans) -> dict[str, _Usable | str]:
    """Each clip, or why it cannot be used; of several with the same bytes the first."""
    found: dict[str, _Usable | str] = {}
    first: dict[str, str] = {}
    for row in rows:
        usable = row.problem or _usable(row, config, spans)
        if isinstance(usable, _Usable) and first.setdefault(usable.key, row.name) != row.name:
            usable = f"the same bytes as {first[usable.key]}"
        found[row.name] = usable
    return found


def _usable(row: FileMasks, config: MasksData, spans: Spans) -> _Usable | str:
    path = config.root / row.name
    try:
        span = spans.together(path, path, SEGMENT_S)
        if not window_starts(span.end, config.segments, SEGMENT_S):
            return f"{span.end:.1f} s long, a window is {config.segments * SEGMENT_S:g} s (segments)"
        last = max(row.masks)
        if last - 1 / 2 > span.end / SEGMENT_S:
            return f"a mask of second {last}, but pictures and sound {span}"
        for mask in row.masks.values():
            spans.keys.key(mask)
        return _Usable(path, spans.keys.key(path), span.end, frame_size(path))
    except MediaError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)


def _windows(
    row: FileMasks, usable: _Usable, judge: MaskJudge, segments: int, split: Split, number: int
) -> list[MaskClip] | str:
    """The windows of a clip, those without any mask, too."""
    starts = window_starts(usable.end_s, segments, SEGMENT_S)
    clips = []
    for start in starts:
        begins = round(start / SEGMENT_S)  # the last window of a clip may begin within a second
        masks = judge.rows(usable.frame, [row.masks.get(begins + second) for second in range(1, segments + 1)])
        if isinstance(masks, str):
            return masks
        whole, end = len(starts) == 1, start + segments * SEGMENT_S
        path = str(usable.path) if whole else part_path(str(usable.path), (start, end))
        key = usable.key if whole else text_key(f"{usable.key} from {start:g} for {segments * SEGMENT_S:g} s")
        media = MediaRow(key, path, ())
        clips.append(MaskClip(text_key(f"masks of {key}"), row.name, media, media, masks, "", split, number, start))
    return clips


def _splits(found: Mapping[str, _Usable | str], seed: int) -> dict[str, Split]:
    """The split of every clip, drawn by its bytes; of one that cannot be used by its name."""
    keys = {name: text_key(name) if isinstance(usable, str) else usable.key for name, usable in found.items()}
    usable_keys = [keys[name] for name, usable in found.items() if not isinstance(usable, str)]
    drawn = {**hashed_splits(list(keys.values()), seed), **hashed_splits(usable_keys, seed)}
    return {name: drawn[key] for name, key in keys.items()}


def _unmasked(clips: Sequence[MaskClip]) -> list[str]:
    count = sum(not any(clip.masks) for clip in clips)
    return [f"{count:,} windows of longer clips have no mask and are left out"] if count else []


MASKS = Layout(
    name="masks",
    title="Clips with a folder of masks for each",
    modality=None,
    label_set=None,
    config=MasksData,
    labelling="open",
    tree="""ROOT/
  a.mp4                        (a video with sound; longer than a window is several windows)
masks/
  a/                           (called as the clip is)
    0003.png                   (of its third second, from 2 to before 3: white where something sounds, black elsewhere;
                                a second without a mask is not judged)""",
)
