"""Videos as files."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.miniature.world.motions import FRAMES_PER_SECOND


def write_mp4(path: Path, frames: np.ndarray, rate: int = FRAMES_PER_SECOND) -> None:
    """Encodes frames (T, H, W, 3), uint8, with H.264; the same frames give the same bytes."""
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        # x264's macroblock tree and more than one thread gave other bytes for the same frames now and then.
        options = {"crf": "20", "x264-params": "mbtree=0:threads=1:lookahead-threads=1"}
        stream = container.add_stream("libx264", rate=Fraction(rate), options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
