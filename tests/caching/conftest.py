import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "encoders"))

from random_encoders import write_random_encoder  # noqa: E402

from pipeline.datasets.rows import MediaRow  # noqa: E402
from pipeline.encoders.cards import card  # noqa: E402
from stores import Store, file_key  # noqa: E402


@pytest.fixture(scope="session")
def cards(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoders")
    return {f: card(f"{f}:{write_random_encoder(f, root / f)}") for f in ("clip", "clap", "viclip")}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "workspace")


@pytest.fixture
def images(tmp_path):
    """Write pictures, bad ones where their index is in `bad`."""

    def write(count, bad=(), start=0):
        rows = []
        for index in range(start, start + count):
            path = tmp_path / f"{index}.png"
            rng = np.random.default_rng(index)
            Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).save(path)
            if index in bad:
                path.write_bytes(path.read_bytes()[:200] + bytes([index]))
            rows.append(MediaRow(file_key(path), str(path), ("x",)))
        return rows

    return write


@pytest.fixture
def sounds(tmp_path):
    def write(count):
        rows = []
        for index in range(count):
            path = tmp_path / f"{index}.wav"
            wave = np.random.default_rng(index).normal(0, 0.1, 4000 + 3000 * index)
            soundfile.write(path, wave, 8000)
            rows.append(MediaRow(file_key(path), str(path), ("x",)))
        return rows

    return write
