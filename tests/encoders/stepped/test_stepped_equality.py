"""Without prompts every block and the whole network are the libraries' own, to rounding in float64."""

import pytest
import torch
from random_towers import KINDS, SHAPES, blocks_of, model_of, rows_of, tower_of
from transformers import ClapAudioModel

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.base import run
from pipeline.encoders.stepped.hts_at import HtsAtTower
from pipeline.encoders.stepped.hts_at_weights import config_of
from pipeline.encoders.stepped.known import MINIATURE_HTS_AT, MINIATURE_SWIN, hts_at, swin_v2
from pipeline.encoders.stepped.swin import SwinTower
from pipeline.encoders.stepped.swin_weights import build_swin

CLOSE = {"atol": 1e-12, "rtol": 0}


def whole(kind, model, rows):
    """What the library makes of rows: tokens after the final norm; of HTS-AT their mean."""
    if kind == "hts-at":
        return model(rows[:, None]).pooler_output
    return model.forward_features(rows[:, None].expand(-1, 3, -1, -1)).flatten(1, -2)


def one_block(kind, block, tokens, shape):
    if kind == "hts-at":
        return block(tokens, shape.grid)[0]
    return block(tokens.unflatten(1, shape.grid)).flatten(1, 2) if kind == "swin-v2" else block(tokens)


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_network_is_the_library_s(kind):
    model = model_of(kind).double()
    tower, rows = tower_of(kind, model), rows_of(kind)
    with torch.no_grad():
        found = tower.leave(run(tower, tower.enter(rows)))
        wanted = whole(kind, model, rows)
    assert found.shape == (3, tower.shape.tokens, tower.shape.width)
    torch.testing.assert_close(found.mean(dim=1) if kind == "hts-at" else found, wanted, **CLOSE)
    assert (wanted[0] - wanted[1]).abs().max() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_every_block_is_the_library_s_shifted_ones_among_them(kind):
    model = model_of(kind).double()
    tower = tower_of(kind, model)
    draw = torch.Generator().manual_seed(2)
    for index, (block, shape) in enumerate(zip(blocks_of(kind, model), SHAPES[kind].blocks, strict=True)):
        tokens = torch.randn(2, shape.tokens, shape.width, generator=draw, dtype=torch.float64)
        none = torch.zeros(2, 0, shape.width, dtype=torch.float64)
        with torch.no_grad():
            wanted = one_block(kind, block, tokens, shape)
            torch.testing.assert_close(tower.block(index, tokens), wanted, **CLOSE)
            torch.testing.assert_close(tower.block(index, tokens, none), wanted, **CLOSE)
    assert kind == "vit" or [any(b.shift) for b in SHAPES[kind].blocks[:4]] == [False, True, False, True]


def test_pictures_are_normalised_as_for_imagenet_and_spectrograms_are_three_equal_channels(towers):
    tower = towers["swin-v2"]
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normal = ((pixels.float() / 255 - mean) / std).movedim(-1, 1).double()
    torch.testing.assert_close(tower.enter(pixels), tower._model.patch_embed(normal).flatten(1, 2), atol=1e-6, rtol=0)
    grey = rows_of("swin-v2", 2)
    three = torch.stack([grey, grey, grey], dim=1)
    torch.testing.assert_close(tower.enter(grey), tower._model.patch_embed(three).flatten(1, 2), **CLOSE)


def test_a_tower_is_frozen_and_in_evaluation_mode_whatever_its_model_was():
    for kind in KINDS:
        model = model_of(kind).train()
        tower = tower_of(kind, model)
        assert not any(module.training for module in model.modules())
        assert not any(parameter.requires_grad for parameter in model.parameters())
        assert tower.device.type == "cpu" and tower.dtype == torch.float64


def test_rows_tokens_and_prompts_of_other_shapes_are_refused(towers):
    swin, hears = towers["swin-v2"], towers["hts-at"]
    for rows in (torch.zeros(2, 32, 32, 3, dtype=torch.uint8), torch.zeros(2, 64, 64, 3), torch.zeros(64, 64)):
        with pytest.raises(
            EncoderError, match=r"miniature-swin reads uint8 pictures \(n, 64, 64, 3\) or float spectrog"
        ):
            swin.enter(rows)
    for rows in (torch.zeros(2, 129, 32), torch.zeros(2, 100, 8), torch.zeros(2, 0, 32), torch.zeros(2, 9, 32).byte()):
        with pytest.raises(EncoderError, match=r"reads float log mel spectrograms \(n, 1 to 128 frames, 32 bins\)"):
            hears.enter(rows)
    tokens = torch.zeros(2, 256, 24, dtype=torch.float64)
    with pytest.raises(EncoderError, match=r"block 2 reads tokens \(n, 64, 48\), and was given \(2, 256, 24\)"):
        swin.block(2, tokens)
    for prompts in (torch.zeros(1, 5, 24), torch.zeros(2, 5, 48), torch.zeros(5, 24)):
        with pytest.raises(EncoderError, match=r"block 0 takes prompts \(2, p, 24\), and was given"):
            swin.block(0, tokens, prompts)


def test_a_model_of_other_blocks_than_its_shape_says_is_refused():
    hears = hts_at("other", 128, 32, 64, 4, 16, (2, 2, 2, 2), (2, 4, 4, 4), window=2)
    with pytest.raises(EncoderError, match="miniature-hts-at: the model's blocks are"):
        HtsAtTower(ClapAudioModel(config_of(hears)), MINIATURE_HTS_AT, torch.device("cpu"), torch.float32)
    sees = swin_v2("other", 64, 4, 24, (2, 2, 2, 2), (2, 2, 4, 4), window=8)
    with pytest.raises(EncoderError, match="miniature-swin: the model's blocks are"):
        SwinTower(build_swin(sees), MINIATURE_SWIN, torch.device("cpu"), torch.float32)
