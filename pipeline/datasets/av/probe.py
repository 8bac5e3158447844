"""Whether a file has the pictures and the sound that its labels are about: told from its packets, without decoding one.

Seconds of pictures, of sound and of labels must be the same, since frames and spectrograms are spread evenly over whatever there
is: a clip that is cut, or whose sound begins late, would be learned with the labels of other moments.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from av.stream import Disposition

from pipeline.media.containers import decoder_of, open_container, packets_of
from pipeline.media.errors import MediaError


@dataclass(frozen=True)
class Span:
    """Where a stream begins and ends, seconds."""

    start: float
    end: float

    def __str__(self) -> str:
        return f"{self.start:.1f} to {self.end:.1f} s"


def span_of(path: str | Path, kind: str) -> Span:
    """Where the pictures ("video") or the sound ("audio") of a file lie.

    Raises:
        MediaError: the file has none, or is broken.
        MachineFault: the machine failed while it was read.
    """
    with open_container(str(path), f"not {_KINDS[kind]}") as container:
        stream = _stream(container, kind)
        start, end, count = float("inf"), 0.0, 0
        for packet in packets_of(container, stream, f"not {_KINDS[kind]}"):
            if packet.pts is None or packet.time_base is None or not packet.size:
                continue
            begins = float(packet.pts * packet.time_base)
            start = min(start, max(0.0, begins))  # a codec's delay lies before the beginning and is not played
            end = max(end, begins + float((packet.duration or 0) * packet.time_base))
            count += 1
        if not count:
            raise MediaError("no frames" if kind == "video" else "no samples")
        if count < stream.frames:
            raise MediaError("truncated")
        return Span(start, end)


def frame_size(path: str | Path) -> tuple[int, int]:
    """Width and height of a video's pictures as they lie in the file, pixels.

    Raises:
        MediaError: the file has none, or is broken.
        MachineFault: the machine failed while it was read.
    """
    with open_container(str(path), f"not {_KINDS['video']}") as container:
        decoder = decoder_of(_stream(container, "video"), f"not {_KINDS['video']}")
        return decoder.width, decoder.height


def _stream(container: Any, kind: str) -> Any:
    if kind == "audio":
        if not container.streams.audio:
            raise MediaError("no audio stream")
        return container.streams.audio[0]
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        raise MediaError("not a video: a still image")
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise MediaError("no video stream")


_KINDS = {"video": "a video", "audio": "sound"}
