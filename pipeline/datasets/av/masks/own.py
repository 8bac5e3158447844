"""Own clips with masks: a folder of videos, and a folder of masks for each, one a second.

`masks/a/0003.png` is of the third second of `clips/a.mp4`, from 2 to before 3, and of the frame in its middle. Seconds without a
mask are not judged and not learned from, whereas an empty mask says that nothing sounds. A clip longer than a window is several
windows, all of one split; a window without any mask is left out.

Dims: T = segments of a window.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.av.listed import RejectedClip, Split
from pipeline.datasets.av.masks.clips import MaskClip, MaskClips
from pipeline.datasets.av.masks.judged import MaskJudge
from pipeline.datasets.av.masks.looks import Looks
from pipeline.datasets.av.masks.mask_folders import FileMasks, read_mask_folders
from pipeline.datasets.av.own_files import OwnFile, look_at, splits_of_files
from pipeline.datasets.av.probe import Span, frame_size
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.av.windows import window_starts
from pipeline.datasets.layout import Layout
from pipeline.datasets.rows import MediaRow
from pipeline.media.parts import part_path
from pipeline.recipe.mask_data import MasksData
from stores import text_key

SEGMENT_S = 1.0


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
    looks.learn(path for row in rows if isinstance(found[row.name], OwnFile) for path in row.masks.values())
    splits = splits_of_files({row.name: None for row in rows}, found, config.seed)
    judge = MaskJudge(spans.keys, looks)
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


def _looked_at(rows: Sequence[FileMasks], config: MasksData, spans: Spans) -> dict[str, OwnFile | str]:
    """Each clip, or why it cannot be used; of several with the same bytes the first."""
    found: dict[str, OwnFile | str] = {}
    first: dict[str, str] = {}
    for row in rows:
        usable = row.problem or look_at(config.root, row.name, config.masks, spans, SEGMENT_S)
        if isinstance(usable, OwnFile):
            usable = _problem(row, usable.span, config.segments, spans) or usable
        if isinstance(usable, OwnFile) and first.setdefault(usable.key, row.name) != row.name:
            usable = f"the same bytes as {first[usable.key]}"
        found[row.name] = usable
    return found


def _problem(row: FileMasks, span: Span, segments: int, spans: Spans) -> str:
    """Masks that the clip cannot have: they were drawn of another one, or of a longer one."""
    if not window_starts(span.end, segments, SEGMENT_S):
        return f"{span.end:.1f} s long, a window is {segments * SEGMENT_S:g} s (segments)"
    last = max(row.masks)
    if (last - 1 / 2) * SEGMENT_S > span.end:
        return f"a mask of second {last}, but pictures and sound {span}"
    lost = spans.unreadable(row.masks.values())
    return f"mask {lost}" if lost else ""


def _windows(
    row: FileMasks, usable: OwnFile, judge: MaskJudge, segments: int, split: Split, number: int
) -> list[MaskClip] | str:
    """The windows of a clip, those without any mask, too. Each begins with a second; a mask counts in the first that has it."""
    starts = [int(start / SEGMENT_S + 1 / 2) for start in window_starts(usable.span.end, segments, SEGMENT_S)]
    frame, left, clips = frame_size(usable.path), dict(row.masks), []
    for start in starts:
        masks = judge.rows(frame, [left.pop(start + second, None) for second in range(1, segments + 1)])
        if isinstance(masks, str):
            return masks
        whole, begins, ends = len(starts) == 1, start * SEGMENT_S, (start + segments) * SEGMENT_S
        path = str(usable.path) if whole else part_path(str(usable.path), (begins, ends))
        key = usable.key if whole else text_key(f"{usable.key} from {begins:g} for {ends - begins:g} s")
        media = MediaRow(key, path, ())
        clips.append(MaskClip(text_key(f"masks of {key}"), row.name, media, media, masks, "", split, number, begins))
    return clips


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
