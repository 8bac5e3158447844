"""Where the videos of MUSIC-AVQA lie: whole, or taken apart into frames and sound in one of two ways."""

from pathlib import Path

from pipeline.datasets.av.media import FramesAndSound, MediaFinder, Videos
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.layout import Layout
from pipeline.datasets.root import require

_FORMS = {"videos": ("video", "videos"), "frames": ("frames",), "lavish": ("video_frames",)}
_SOUND = {"frames": "audio", "video_frames": "raw_audio"}


def finder_of(layout: Layout, media: str, folder: Path, workspace: Path) -> MediaFinder:
    """The finder of the form in which the media lie below `folder`.

    Raises:
        DatasetError: none of the forms is there, or not the one that was asked for.
    """
    forms = _FORMS | {"auto": tuple(name for names in _FORMS.values() for name in names)}
    pictures, spans = require(layout, folder, *forms[media]), Spans(workspace)
    if pictures.name in _FORMS["videos"]:
        return Videos(pictures, spans)
    return FramesAndSound(pictures, require(layout, folder, _SOUND[pictures.name]), spans)
