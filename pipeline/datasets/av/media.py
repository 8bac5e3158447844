"""Where the pictures and the sound of a video id lie, and whether they can be used."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from pipeline.datasets.av.spans import Spans
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import Layout
from pipeline.datasets.listed_paths import why_absent
from pipeline.datasets.root import require
from pipeline.datasets.rows import MediaRow
from pipeline.datasets.walk import is_folder, listed
from pipeline.media.errors import MediaError
from pipeline.media.formats import EXTENSIONS
from pipeline.recipe.av_data import AveData
from stores import text_key

Found = tuple[MediaRow, MediaRow] | str
"""Rows of pictures and of sound, or why there are none."""
_APART = 0.1
"""Frames and spectrograms are ten, spread evenly over whatever there is: no more than one of them may have no fellow."""


class MediaFinder(Protocol):
    """Finds the media of video ids below a root."""

    def expected(self, video: str) -> Path:
        """Where the pictures of a video should lie."""

    def find(self, video: str, labels: tuple[str, ...]) -> Found:
        """The media of a video; each file is looked at once."""

    def strange(self, known: Collection[str]) -> tuple[str, ...]:
        """Names of media that belong to none of the known ids."""

    def save(self) -> None:
        """Keep what was learned of the files."""


def finder_of(layout: Layout, config: AveData, workspace: Path, segments: int) -> MediaFinder:
    """The finder of the form in which the media lie.

    Raises:
        DatasetError: the root has neither form, or not the one that was asked for.
    """
    spans = Spans(workspace)
    forms = {"videos": ("AVE",), "lavish": ("video_frames",), "auto": ("AVE", "video_frames")}
    folder = require(layout, config.root, *forms[config.media])
    if folder.name == "AVE":
        return Videos(folder, spans, segments)
    return FramesAndSound(folder, require(layout, config.root, "raw_audio"), spans, segments)


class Videos:
    """`AVE/<VideoID>.mp4`, a file with pictures and sound.

    Args:
        folder: where they lie.
        spans: what is known of them.
        segments: labels of a second each that a video has; None where what is known of it is of the whole.
    """

    def __init__(self, folder: Path, spans: Spans, segments: int | None = None):
        self._folder, self._spans, self._segments = folder, spans, segments
        self._known: dict[str, Found] = {}
        self._there = {Path(e.name).stem: e.name for e in listed(folder) if Path(e.name).suffix in EXTENSIONS["video"]}

    def expected(self, video: str) -> Path:
        """See `MediaFinder`."""
        return self._folder / self._there.get(video, f"{video}.mp4")

    def find(self, video: str, labels: tuple[str, ...]) -> Found:
        """See `MediaFinder`."""
        if video not in self._known:
            self._known[video] = self._look(video)
        found = self._known[video]
        if isinstance(found, str):
            return found
        row = MediaRow(found[0].key, found[0].path, labels)
        return row, row

    def strange(self, known: Collection[str]) -> tuple[str, ...]:
        """See `MediaFinder`."""
        return tuple(name for stem, name in sorted(self._there.items()) if stem not in known)

    def save(self) -> None:
        """See `MediaFinder`."""
        self._spans.save()

    def _look(self, video: str) -> Found:
        path, problem = _inside(self._folder, self.expected(video).name if video in self._there else f"{video}.mp4")
        problem = problem or self._problem(path)
        key = "" if problem else self._spans.keys.key(path)
        row = MediaRow(key, str(path), ())
        return problem or (row, row)

    def _problem(self, path: Path) -> str:
        """Why a clip cannot be used: pictures, sound and labels of its seconds may be a second apart, or else a tenth of it."""
        try:
            apart = 1.0 if self._segments else _APART * self._spans.of(path, "video").end
            span = self._spans.together(path, path, apart)
        except MediaError as error:
            return str(error)
        if self._segments is None:
            return ""
        if abs(span.end - self._segments) > 1 or span.start > 1:
            return f"pictures and sound {span}, but its labels are of {self._segments} s"
        return ""


class FramesAndSound:
    """LAVISH's folders: `video_frames/<VideoID>/0001.jpg` of any rate, `raw_audio/<VideoID>.wav`; `segments` as of `Videos`."""

    def __init__(self, frames: Path, sound: Path, spans: Spans, segments: int | None = None):
        self._frames, self._sound, self._spans, self._segments = frames, sound, spans, segments

    def expected(self, video: str) -> Path:
        """See `MediaFinder`."""
        return self._frames / video

    def find(self, video: str, labels: tuple[str, ...]) -> Found:
        """See `MediaFinder`."""
        folder, problem = _inside(self._frames, video)
        if problem or not is_folder(folder):
            return problem or why_absent(folder)
        pictures = [folder / e.name for e in listed(folder) if Path(e.name).suffix.lower() in EXTENSIONS["image"]]
        problem = self._spans.unreadable(pictures) if pictures else "a folder without pictures"
        if problem:
            return problem
        sound = self._sound / f"{video}.wav"
        try:
            heard = self._spans.of(sound, "audio")
        except MediaError as error:
            return f"{sound.parent.name}/{sound.name}: {error}"
        if self._segments is not None and (abs(heard.end - self._segments) > 1 or heard.start > 1):
            return f"sound {heard}, but its labels are of {self._segments} s"
        key = text_key(" ".join(self._spans.keys.key(picture) for picture in pictures))
        return MediaRow(key, str(folder), labels), MediaRow(self._spans.keys.key(sound), str(sound), labels)

    def strange(self, known: Collection[str]) -> tuple[str, ...]:
        """See `MediaFinder`."""
        return tuple(entry.name for entry in listed(self._frames) if entry.name not in known)

    def save(self) -> None:
        """See `MediaFinder`."""
        self._spans.save()


def _inside(folder: Path, name: str) -> tuple[Path, str]:
    """`folder / name`, and what is wrong with such a name: the row is rejected, and the other rows go on."""
    try:
        return require_inside(folder, name, "the list of rows"), ""
    except DatasetError:
        return folder, f"the id {name!r} leads out of {folder}"
