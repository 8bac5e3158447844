"""The published CLAPs other than HTSAT-tiny unfused, at their real sizes with random weights, against transformers."""

import pytest
import torch
from laion_checkpoints import give_normal_size
from torch.nn import functional as F
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

from pipeline.encoders.clap import audio_tower

pytestmark = pytest.mark.parity

BASE = {"patch_embeds_hidden_size": 128, "depths": [2, 2, 12, 2], "hidden_size": 1024}
FUSED = {"enable_fusion": True, "fusion_type": "aff_2d"}


@pytest.mark.parametrize(("sizes", "seconds"), [(BASE, 10), (FUSED, 17)], ids=["base", "tiny fused"])
def test_real_sizes_are_transformers(sizes, seconds):
    torch.manual_seed(0)
    model = ClapModel(ClapConfig(text_config={"num_hidden_layers": 1}, audio_config=sizes)).eval().requires_grad_(False)
    give_normal_size(model)
    extractor = ClapFeatureExtractor(frequency_min=50, truncation="rand_trunc", padding="repeatpad")
    tower = audio_tower(model, extractor, torch.device("cpu"), torch.float32)
    waves = torch.randn(2, 48_000 * seconds) * torch.linspace(0.01, 0.3, 48_000 * seconds)
    waves[1].mul_(torch.sin(torch.arange(waves.shape[1]) / 5000))
    acts = tower.lower(waves, "spectrogram")
    assert acts["activations"].shape == (2, 4 if sizes is FUSED else 1, 1001, 64)
    longer = {"is_longer": acts["longer"][:, None]} if sizes is FUSED else {}
    wanted = model.get_audio_features(acts["activations"], **longer).pooler_output
    whole = tower.full(waves)
    torch.testing.assert_close(F.normalize(whole, dim=-1), wanted, atol=1e-4, rtol=0)
    assert (wanted[0] - wanted[1]).abs().max() > 1e-2
    for cut in tower.cuts[1:]:
        torch.testing.assert_close(tower.upper(tower.lower(waves, cut), cut), whole, atol=0, rtol=0)
