import sys
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.datasets.rows import MediaRow
from stores import Store, file_key

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "workspace")


@pytest.fixture
def row():
    return lambda path: MediaRow(file_key(path), str(path), ())


@pytest.fixture
def write_film():
    """Write a video of given frames, uint8 (T, height, width, 3), almost without loss."""

    def write(path, frames):
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=10, options={"crf": "1"})
            stream.height, stream.width = frames.shape[1:3]
            stream.pix_fmt = "yuv444p"
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
            container.mux(stream.encode(None))
        return path

    return write
