import sys
from pathlib import Path

import av
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the writer of all formats


@pytest.fixture(scope="session")
def numbered_video(tmp_path_factory):
    """Write videos whose frame i is grey with value 5 i + 20, so that a decoded frame says which one it is."""

    def write(path, frames, options=None, audio_only=False):
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream("libx264", rate=10, options={"crf": "5"})
            stream.width = stream.height = 64
            stream.pix_fmt = "yuv420p"
            for index in range(frames):
                picture = np.full((64, 64, 3), 5 * index + 20, np.uint8)
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        return path

    return write


@pytest.fixture
def bad_decoders(monkeypatch):
    """Decoders that misbehave, from a module that worker processes can import too."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import bad_decoders

    yield bad_decoders
    sys.modules.pop("bad_decoders")
