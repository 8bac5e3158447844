import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from random_encoders import write_random_encoder  # noqa: E402

from pipeline.encoders.cards import card  # noqa: E402
from pipeline.encoders.load import load_encoder  # noqa: E402

TEXTS = ["a dog", "the sound of rain on the table", "cat", "a photo of " * 40, "", "two red cats!"]


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoders")
    return {family: write_random_encoder(family, root / family) for family in ("clip", "clap", "viclip")}


@pytest.fixture(scope="session")
def encoders(folders):
    return {family: load_encoder(card(f"{family}:{folder}"), "cpu") for family, folder in folders.items()}


@pytest.fixture(scope="session")
def inputs(encoders):
    """Inputs of each tower: token ids, and media as they come from decoding."""
    rng = np.random.default_rng(0)
    drawn = {}
    for family, encoder in encoders.items():
        shape = (len(TEXTS), *encoder.card.media.shape)
        media = rng.normal(0, 0.1, shape).astype(np.float32)
        if family != "clap":
            media = rng.integers(0, 256, shape, dtype=np.uint8)
        drawn[family] = {"text": encoder.collate(encoder.tokenize(TEXTS)), "media": media}
    return drawn
