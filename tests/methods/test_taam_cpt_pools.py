"""Prompt pools: how they start, the projected variants of Table 10, and the prompts that come out of a checkpoint."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipeline.methods.taam_cpt.pools import PromptPools
from pipeline.methods.taam_cpt.prompts import class_prompts

MODALITIES = ("video", "image", "audio")
DIMS = dict.fromkeys(MODALITIES, 16)
COUNT = 9


def pools(init: str = "normal", prompt: str = "free", seed: int = 3, text: Mapping = {}) -> PromptPools:  # noqa: B006
    made = PromptPools(MODALITIES, COUNT, DIMS, prompt)
    made.initialise(init, seed, text)
    return made


def test_one_draw_copied_to_every_pool() -> None:
    made = pools()
    video = made.vectors["video"]
    assert all(torch.equal(made.vectors[m], video) for m in MODALITIES)
    expected = torch.empty(COUNT, 16).normal_(0.0, 0.02, generator=torch.Generator().manual_seed(3))
    assert torch.equal(video, expected)
    assert not torch.equal(video, pools(seed=4).vectors["video"])
    big = PromptPools(["image"], 500, {"image": 512})
    big.initialise("normal", 0, {})
    assert big.vectors["image"].std().item() == pytest.approx(0.02, rel=0.01)
    assert big.vectors["image"].mean().item() == pytest.approx(0, abs=2e-4)


def test_ones_is_one_unit_vector_everywhere() -> None:
    made = pools("ones")
    for m in MODALITIES:
        assert torch.equal(made.vectors[m], torch.full((COUNT, 16), 0.25))
    assert torch.equal(made.vectors["video"], F.normalize(torch.ones(COUNT, 16), dim=-1))


def test_text_takes_each_encoder_s_class_names() -> None:
    text = {m: torch.randn(COUNT, 16) for m in MODALITIES}
    made = pools("text", text=text)
    assert all(torch.equal(made.vectors[m], text[m]) for m in MODALITIES)


@pytest.mark.parametrize(
    ("prompt", "width", "maps"),
    [
        ("free", 16, []),
        ("shared-intra-1024", 1024, ["audio", "image", "video"]),
        ("shared-intra-512", 512, ["audio", "image", "video"]),
        ("shared-inter-512", 512, ["all"]),
    ],
)
def test_variants_of_table_10(prompt: str, width: int, maps: list[str]) -> None:
    made = pools(prompt=prompt)
    assert sorted(made.maps) == maps
    tensors = {f"pools.{name}": value.numpy() for name, value in made.state_dict().items()}
    prompts = class_prompts(tensors)
    assert sorted(prompts) == sorted(MODALITIES)
    for m in MODALITIES:
        assert made.vectors[m].shape == (COUNT, width)
        out = made(m)
        if maps:
            layer = made.maps["all" if maps == ["all"] else m]
            torch.testing.assert_close(out, made.vectors[m] @ layer.weight.T + layer.bias)
        else:
            assert out is made.vectors[m]
        np.testing.assert_allclose(prompts[m], F.normalize(out, dim=-1).detach().numpy(), atol=1e-6)


def test_pools_of_encoders_of_different_widths() -> None:
    made = PromptPools(["image", "audio"], 4, {"image": 8, "audio": 5})
    made.initialise("normal", 0, {})
    assert [tuple(made.vectors[m].shape) for m in ("image", "audio")] == [(4, 8), (4, 5)]
    assert made("audio").std() > 0
