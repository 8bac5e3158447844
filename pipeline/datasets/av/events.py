"""Own clips with events: a folder of videos, and what happens in them from when to when.

A clip longer than a window is several windows, one after the other, all of one split.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.av.ave import counts_of
from pipeline.datasets.av.clips import AvClip, AvClips, RejectedClip, Split
from pipeline.datasets.av.events_table import FileEvents, read_events_table, read_label_tracks
from pipeline.datasets.av.own_files import OwnFile, look_at, splits_of_files, strange_videos
from pipeline.datasets.av.probe import Span
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.av.windows import TimedEvent, window_labels, window_starts
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.layout import Layout
from pipeline.datasets.rows import MediaRow
from pipeline.media.parts import part_path
from pipeline.recipe.av_data import EventsData
from stores import text_key


def read_events(config: EventsData, workspace: Path) -> AvClips:
    """Own clips with what happens in them, in the order of the table.

    Args:
        config: where clips and events lie.
        workspace: where the memory of files' keys lies.

    Raises:
        DatasetError: there is no such table or folder, it is written otherwise, or no event is in it.
        MachineFault: the machine failed while a file was read.
    """
    if not config.root.is_dir():
        raise DatasetError(f"data: there is no folder {config.root}. Give the folder of the clips: root: DIR")
    tracks = config.events.is_dir()
    files = read_label_tracks(config.events, config.root) if tracks else read_events_table(config.events)
    classes = tuple(dict.fromkeys(event.label for file in files for event in file.events))
    if not classes:
        raise DatasetError(
            f"data: {config.events} has no event, so there is no class to learn. Write down at least one"
        )
    spans = Spans(workspace)
    found = _looked_at(files, config, spans)
    spans.save()
    splits = splits_of_files({file.name: file.split for file in files}, found, config.seed)
    clips: list[AvClip] = []
    refused: list[RejectedClip] = []
    listed: list[tuple[Split, Sequence[int]]] = []
    for row, file in enumerate(files):
        usable, split = found[file.name], splits[file.name]
        if isinstance(usable, str):
            refused.append(RejectedClip(row, split, str(config.root / file.name), usable))
            listed.append((split, [classes.index(event.label) for event in file.events]))
            continue
        cut = _windows(file, usable, classes, config, split, row)
        clips += cut
        listed += [(split, clip.labels) for clip in cut]
    return AvClips(
        classes=classes,
        segments=config.segments,
        clips=tuple(clips),
        refused=tuple(refused),
        counts=counts_of(classes, ((clip.split, clip.labels) for clip in clips), listed),
        strange=strange_videos(config.root, found),
        segment_s=config.segment_s,
    )


def _looked_at(files: Sequence[FileEvents], config: EventsData, spans: Spans) -> dict[str, OwnFile | str]:
    """Each file, or why it cannot be used; of several with the same bytes the first."""
    found: dict[str, OwnFile | str] = {}
    first: dict[str, str] = {}
    for file in files:
        usable = _usable(file, config, spans)
        if isinstance(usable, OwnFile) and first.setdefault(usable.key, file.name) != file.name:
            usable = f"the same bytes as {first[usable.key]}"
        found[file.name] = usable
    return found


def _usable(file: FileEvents, config: EventsData, spans: Spans) -> OwnFile | str:
    found = look_at(config.root, file.name, config.events, spans, config.segment_s)
    return found if isinstance(found, str) else _problem(file.events, found.span, config) or found


def _problem(events: Sequence[TimedEvent], span: Span, config: EventsData) -> str:
    """Events that the file cannot have: they were written down of another one, or of a longer one."""
    late = [event for event in events if max(event.start_s, event.end_s - config.segment_s) > span.end]
    if late:
        return f"an event from {late[0].start_s:g} to {late[0].end_s:g} s, but pictures and sound {span}"
    if not window_starts(span.end, config.segments, config.segment_s):
        wanted = config.segments * config.segment_s
        return f"{span.end:.1f} s long, a window is {wanted:g} s (segments, segment_s)"
    return ""


def _windows(
    file: FileEvents, usable: OwnFile, classes: Sequence[str], config: EventsData, split: Split, row: int
) -> list[AvClip]:
    wanted = config.segments * config.segment_s
    starts = window_starts(usable.span.end, config.segments, config.segment_s)
    whole = len(starts) == 1
    clips = []
    for start in starts:
        labels = window_labels(file.events, classes, start, config.segments, config.segment_s)
        shown = tuple(classes[label] for label in sorted(set(labels)) if label < len(classes))
        path = str(usable.path) if whole else part_path(str(usable.path), (start, start + wanted))
        key = usable.key if whole else text_key(f"{usable.key} from {start:g} for {wanted:g} s")
        media = MediaRow(key, path, shown)
        clips.append(AvClip(text_key(f"window of {key}"), file.name, media, media, labels, split, row, start))
    return clips


EVENTS = Layout(
    name="events",
    title="Clips with a table of events, or with label tracks",
    modality=None,
    label_set=None,
    config=EventsData,
    labelling="open",
    tree="""ROOT/
  a.mp4                        (a video with sound; longer than a window is several windows)
events.csv                       (file,label,start_s,end_s and, if wanted, split; a row with a file alone: nothing happens in it)
or Audacity's label tracks, a folder of them:
tracks/
  a.txt                        (start, end and label divided by tabs)""",
)
