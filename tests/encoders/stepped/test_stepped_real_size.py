"""The published sizes with random weights in float64: Swin-V2-L against timm and transformers, HTS-AT against laion-clap."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from random_towers import CPU, drawn
from transformers import Swinv2Config, Swinv2Model

from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder
from pipeline.encoders.stepped.hts_at import HtsAtTower
from pipeline.encoders.stepped.hts_at_weights import hts_at_model
from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192
from pipeline.encoders.stepped.sizes import Mel
from pipeline.encoders.stepped.swin import SwinTower
from pipeline.encoders.stepped.swin_weights import build_swin

pytestmark = [pytest.mark.parity, pytest.mark.slow]

CLOSE = {"atol": 1e-12, "rtol": 0}


@pytest.mark.timeout(600)
def test_swin_v2_large_is_timms_in_every_block_and_transformers_as_a_whole():
    shape = SWIN_V2_LARGE_192
    model = drawn(build_swin(shape)).double()
    tower = SwinTower(model, shape, CPU, torch.float64)
    rows = torch.randn(1, 192, 192, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.3
    rows[:, :96] += 1
    blocks = [block for layer in model.layers for block in layer.blocks]
    with torch.no_grad():
        x = tower.enter(rows)
        for index, block in enumerate(blocks):
            x = tower.between(index, x)
            theirs = block(x.unflatten(1, shape.blocks[index].grid)).flatten(1, 2)
            x = tower.block(index, x)
            torch.testing.assert_close(x, theirs, **CLOSE)
        found = tower.leave(x)
        whole = as_transformers(model, shape)(rows[:, None].expand(-1, 3, -1, -1)).last_hidden_state
    assert len(blocks) == 24 and found.shape == (1, 36, 1536)
    torch.testing.assert_close(found, whole, **CLOSE)
    assert found.std() > 0.1


def as_transformers(model, shape):
    """The same numbers, the very tensors where they are not cut, in transformers' model."""
    config = Swinv2Config(
        image_size=192, patch_size=4, embed_dim=192, depths=[2, 2, 18, 2], num_heads=[6, 12, 24, 48], window_size=12
    )
    with torch.device("meta"):
        other = Swinv2Model(config, add_pooling_layer=False)
    state = {}
    for name, value in model.state_dict().items():
        if ".downsample." in name:
            _, stage, rest = name.split(".", 2)
            name = f"layers.{int(stage) - 1}.{rest}"
        at, _, part = name.rpartition(".attn.")
        if part == "qkv.weight":
            for third, cut in zip(("query", "key", "value"), value.chunk(3), strict=True):
                state[f"encoder.{at}.attention.self.{third}.weight"] = cut
            continue
        for ours, theirs in NAMES:
            name = name.replace(ours, theirs)
        state[{"l": "encoder.", "n": "layer"}.get(name[0], "") + name] = value  # layers. and norm.
    other.load_state_dict(state, strict=True, assign=True)
    own = [block.attn for layer in model.layers for block in layer.blocks]
    others = [block.attention.self for layer in other.encoder.layers for block in layer.blocks]
    for mine, theirs in zip(own, others, strict=True):
        theirs.relative_coords_table, theirs.relative_position_index = tables(theirs)
        assert torch.equal(theirs.relative_position_index, mine.relative_position_index)
    return other.eval()


def tables(attention):
    """What transformers makes of a window's size; without numbers it had none."""
    with torch.device("cpu"):
        table, index = attention.create_coords_table_and_index()
    return table.double(), index


NAMES = (
    ("patch_embed.proj.", "embeddings.patch_embeddings.projection."), ("patch_embed.norm.", "embeddings.norm."),
    ("attn.q_bias", "attention.self.query.bias"), ("attn.v_bias", "attention.self.value.bias"),
    ("attn.logit_scale", "attention.self.logit_scale"), ("attn.cpb_mlp.", "attention.self.continuous_position_bias_mlp."),
    ("attn.proj.", "attention.output.dense."), ("norm1.", "layernorm_before."), ("norm2.", "layernorm_after."),
    ("mlp.fc1.", "intermediate.dense."), ("mlp.fc2.", "output.dense."),
)  # fmt: skip


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """A folder with AudioSet's checkpoint as laion-clap's own model writes it, waves, and what it makes of them."""
    folder = tmp_path_factory.mktemp("hts-at")
    rng = np.random.default_rng(0)
    waves = rng.normal(0, 0.2, (1, 320_000)) * np.linspace(0.1, 1, 320_000) + 0.3 * np.sin(np.arange(320_000) / 7)
    np.savez(folder / "inputs.npz", waves=waves)
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("laion_hts_at.py")), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    yield folder
    for file in folder.iterdir():  # 140 MB that pytest would keep
        file.unlink()


def test_hts_at_is_laion_claps_own_in_every_block(heard):
    found, outputs = card(f"hts-at:{heard / 'HTSAT_AudioSet_Saved_1.ckpt'}"), np.load(heard / "outputs.npz")
    tower = HtsAtTower(hts_at_model(found, HTS_AT, Mel()), HTS_AT, CPU, torch.float64)
    with torch.no_grad():
        x = tower.enter(torch.tensor(outputs["mel"]))
        for index in range(12):
            x = tower.block(index, tower.between(index, x))
            torch.testing.assert_close(x, torch.tensor(outputs[f"block{index:02d}"]), **CLOSE)
        pooled = tower.leave(x).mean(dim=1)
    torch.testing.assert_close(pooled, torch.tensor(outputs["embedding"]), **CLOSE)


def test_hts_at_hears_waves_as_it_was_trained(heard):
    """32 kHz, hop 320, 64 bins from 50 to 14,000 Hz: the spectrogram is ours, in float32."""
    encoder = load_encoder(card(f"hts-at:{heard / 'HTSAT_AudioSet_Saved_1.ckpt'}"), "cpu")
    waves = torch.tensor(np.load(heard / "inputs.npz")["waves"], dtype=torch.float32)
    wanted = torch.tensor(np.load(heard / "outputs.npz")["embedding"], dtype=torch.float32)
    torch.testing.assert_close(encoder.media.full(waves), wanted, atol=1e-3, rtol=0)
    assert encoder.media.full(waves.roll(1000, dims=1) * 0.1).sub(wanted).abs().max() > 1e-2
