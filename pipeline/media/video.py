"""Videos to a few square uint8 RGB frames, spread evenly.

Clips are read from the start, which is faster than seeking up to about a minute and exact for every codec. By default the
display matrix, by which phones say how a video is to be turned, is not applied, as in the public evaluations.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from av.stream import Disposition
from PIL import Image

from pipeline.media.containers import decoder_of, open_container, packets_of
from pipeline.media.errors import MediaError
from pipeline.media.frame_folders import read_folder_frames
from pipeline.media.image import fit
from pipeline.media.kinds import is_still
from pipeline.media.limits import require_frame_size
from pipeline.media.parts import Part, part_of
from pipeline.media.specs import ImageSpec, Orientation, VideoSpec
from pipeline.media.turning import matrix_turn, turned

LONGEST_S = 600.0
"""Longest clip that is decoded, seconds; data sets of actions hold clips of ten."""
MOST_FRAMES = 36_000
"""Most frames that are decoded: `LONGEST_S` at 60 frames a second, for files that do not say how long they are."""
_REFRESHED_S = 10.0
"""After how many seconds pictures that are refreshed bit by bit are whole: encoders refresh every 250 frames unless told otherwise."""


def decode_video(path: str, spec: VideoSpec) -> np.ndarray:
    """Decode one video file to uint8 (frames, size, size, 3).

    Raises:
        MediaError: the file is missing, empty, truncated, too long, or has no pictures.
    """
    scaled = ImageSpec(spec.size, spec.resize, spec.interpolation)
    return np.stack(
        read_frames(path, lambda count: sample_indices(count, spec), lambda image: fit(image, scaled), spec.orientation)
    )


def read_frames(
    path: str,
    choose: Callable[[int], Sequence[int]],
    prepare: Callable[[Image.Image], np.ndarray],
    orientation: Orientation = "stored",
) -> list[np.ndarray]:
    """Read chosen frames of a video.

    Args:
        path: the file; a part of one (`pipeline.media.parts`), or a folder of pictures.
        choose: gives the indices wanted of a video of so many frames (at least one); they may repeat, in any order.
        prepare: makes an array of one frame; called once for each different frame.
        orientation: "stored" as they lie in the file, "shown" turned as its display matrix says.

    Returns:
        what was made of the frames chosen, in the order chosen.

    Raises:
        MediaError: the file is missing, empty, truncated, too long, or has no pictures.
    """
    path, part = part_of(path)
    if os.path.isdir(path):
        return read_folder_frames(path, choose, prepare, orientation)
    if is_still(path):
        raise MediaError("not a video: a still image")
    # Which frames are wanted depends on how many there are. Most files say so; one that is wrong is read twice.
    promised = _promised_frames(path) if part is None else _counted_frames(path, part)
    wanted = choose(promised) if promised else []
    pictures, count = _read(path, set(wanted), prepare, orientation, part)
    if count == 0:
        raise MediaError("no frames")
    if count != promised:
        wanted = choose(count)
        pictures, _ = _read(path, set(wanted), prepare, orientation, part)
    return [pictures[index] for index in wanted]


def sample_indices(count: int, spec: VideoSpec) -> list[int]:
    """Choose `spec.frames` of `count` frames, in order; the last one repeats where there are too few."""
    if spec.sampler == "stride":
        chosen: Sequence[int] = range(0, count, max(1, count // spec.frames))[: spec.frames]
    else:
        edges = np.linspace(0, count, min(spec.frames, count) + 1).astype(int)
        chosen = [(int(low) + int(high) - 1) // 2 for low, high in zip(edges, edges[1:], strict=False)]
    return [*chosen, *[chosen[-1]] * (spec.frames - len(chosen))]


def _promised_frames(path: str) -> int:
    """Number of frames that the container promises; 0 if it does not say."""
    with open_container(path, "not a video") as container:
        stream = _video_stream(container)
        seconds = container.duration / 1_000_000 if container.duration else 0.0
        if seconds > LONGEST_S:
            raise MediaError(f"too long: {seconds:.0f} s, at most {LONGEST_S:.0f} s")
        decoder = decoder_of(stream, "not a video")
        require_frame_size(decoder.width, decoder.height)
        return int(stream.frames)


def _counted_frames(path: str, part: Part) -> int:
    """Number of frames in a part, told by the times of its packets."""
    with open_container(path, "not a video") as container:
        stream = _video_stream(container)
        decoder = decoder_of(stream, "not a video")
        require_frame_size(decoder.width, decoder.height)
        packets = packets_of(container, stream, "not a video")
        return sum(packet.pts is not None and _is_in(part, packet.pts, packet.time_base) for packet in packets)


def _read(
    path: str,
    wanted: set[int],
    prepare: Callable[[Image.Image], np.ndarray],
    orientation: Orientation,
    part: Part | None,
) -> tuple[dict[int, np.ndarray], int]:
    """Decode a video up to the end of the part; returns the wanted frames that exist, prepared, and how many there are.

    A part is read from a key frame a good while before it: files whose pictures are refreshed bit by bit, column after column,
    call frames so that are whole only some seconds later. A few can never be decoded without what lies before them; where the
    decoder says so, the file is read from its start.
    """
    found = _decoded(path, wanted, prepare, orientation, part, seek=True) if part is not None else None
    return found or _decoded(path, wanted, prepare, orientation, part, seek=False) or ({}, 0)


def _decoded(
    path: str,
    wanted: set[int],
    prepare: Callable[[Image.Image], np.ndarray],
    orientation: Orientation,
    part: Part | None,
    seek: bool,
) -> tuple[dict[int, np.ndarray], int] | None:
    """What `_read` returns; None where a frame behind the one that was sought cannot be decoded from there."""
    pictures: dict[int, np.ndarray] = {}
    count = 0
    with open_container(path, "not a video") as container:
        stream = _video_stream(container)
        if part is not None and seek and stream.time_base is not None:
            container.seek(int(max(0.0, part[0] - _REFRESHED_S) / stream.time_base), stream=stream)
        for packet in packets_of(container, stream, "not a video"):
            for frame in packet.decode():
                if seek and frame.is_corrupt:
                    return None
                if part is not None and not (frame.pts is not None and _is_in(part, frame.pts, stream.time_base)):
                    if frame.pts is not None and float(frame.pts * stream.time_base) >= part[1]:
                        return pictures, count
                    continue
                if count in wanted:
                    turn = matrix_turn(frame) if orientation == "shown" else None
                    pictures[count] = prepare(turned(frame.to_image(), turn))
                count += 1
            if count > MOST_FRAMES:
                raise MediaError(f"too long: more than {MOST_FRAMES} frames")
    return pictures, count


def _is_in(part: Part, pts: int, time_base: Any) -> bool:
    return part[0] <= max(0.0, float(pts * time_base)) < part[1]


def _video_stream(container: Any) -> Any:
    """Return the first stream of moving pictures."""
    if container.format.name.endswith("_pipe") or container.format.name == "image2":
        raise MediaError("not a video: a still image")
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:  # the cover of a song
            return stream
    raise MediaError("no video stream")
