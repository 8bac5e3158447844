"""laion-clap's own model against ours, from its checkpoint, at real sizes and with no network on either side.

Its side is a process of its own (`laion_model.py`), because importing the package reads the command line, puts its folders on
the path and asks the hub for tokenizers.
"""

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from random_encoders import WORDS

from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder
from pipeline.media.audio import window
from pipeline.miniature.train.tokenizers import write_roberta_tokenizer

pytestmark = pytest.mark.parity

SCRIPT = Path(__file__).with_name("laion_model.py")
MODELS = {
    # `layers` are of the text tower, of which the published ones have 12
    "tiny": ({"model": "HTSAT-tiny", "fused": False, "layers": 12}, (10, 10, 3.3)),
    "tiny fused": ({"model": "HTSAT-tiny", "fused": True, "layers": 1}, (16, 10, 3.3)),
    "base": ({"model": "HTSAT-base", "fused": False, "layers": 1}, (10, 3.3)),
}


def draw_sounds(seconds):
    """Noise that swells and hums, NaN after the end of those that are shorter than the longest."""
    rng, lengths = np.random.default_rng(0), [round(s * 48_000) for s in seconds]
    sounds = np.full((len(seconds), max(lengths)), np.nan, np.float32)
    for row, (sound, length) in enumerate(zip(sounds, lengths, strict=True)):
        hum = np.sin(np.arange(length) / (3 + 10 * row))
        sound[:length] = (rng.normal(0, 0.2, length) + 0.3 * hum) * np.linspace(0.1, 1, length)
    return sounds


def draw_ids():
    """Token ids over all of RoBERTa's vocabulary, of three lengths."""
    ids = np.random.default_rng(1).integers(4, 50_265, (3, 77))
    ids[:, 0] = 0
    for row, end in zip(ids, (5, 40, 76), strict=True):
        row[end], row[end + 1 :] = 2, 1
    return ids


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Folders with a checkpoint of laion-clap, the inputs, and what its own model makes of them."""
    folders = {name: tmp_path_factory.mktemp("laion") for name in MODELS}
    for name, (model, seconds) in MODELS.items():
        np.savez(folders[name] / "inputs.npz", sounds=draw_sounds(seconds), ids=draw_ids(), **model)
        write_roberta_tokenizer(folders[name], WORDS * 20, [], size=300)
    command = [sys.executable, "-W", "ignore", str(SCRIPT), *map(str, folders.values())]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr  # a first import may have notes there
    yield folders
    for folder in folders.values():
        (folder / "laion.pt").unlink()  # 600 MB that pytest would keep


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", MODELS)
def test_our_clap_is_laion_claps_own_model(theirs, no_network, name):
    inputs, outputs = np.load(theirs[name] / "inputs.npz"), np.load(theirs[name] / "outputs.npz")
    encoder = load_encoder(card(f"clap:{theirs[name] / 'laion.pt'}"), "cpu")
    sounds = inputs["sounds"]
    if not inputs["fused"]:  # decoding repeats and pads; a fused model does it itself
        sounds = np.stack([window(sound[~np.isnan(sound)], encoder.card.media.samples) for sound in sounds])
    ours = {"audio": encoder.media.full(sounds), "text": encoder.text.full(inputs["ids"])}
    for half in ours:
        wanted = torch.tensor(outputs[half])
        assert torch.cdist(wanted, wanted, p=float("inf")).fill_diagonal_(9).min() > 0.05
        torch.testing.assert_close(ours[half], wanted, atol=1e-4, rtol=0)
    assert not {"laion_clap", "clap_module"} & set(sys.modules)
