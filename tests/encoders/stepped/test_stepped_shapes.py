"""Sizes, costs and cuts by formula, against COPL_MOV's table and against counting."""

import pytest
import torch
from random_towers import SHAPES
from transformers import ClapAudioModel

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.hts_at_weights import config_of
from pipeline.encoders.stepped.known import HTS_AT, SWIN_V2_LARGE_192, VIT_LARGE_16, hts_at, swin_v2
from pipeline.encoders.stepped.swin_weights import build_swin, build_vit


def test_swin_v2_large_has_the_shapes_of_the_table():
    shape = SWIN_V2_LARGE_192
    first = [shape.blocks[index] for index in shape.starts]
    assert [(b.grid, b.width, b.windows, b.tokens // b.windows) for b in first] == [
        ((48, 48), 192, 16, 144), ((24, 24), 384, 4, 144), ((12, 12), 768, 1, 144), ((6, 6), 1536, 1, 36),
    ]  # fmt: skip
    assert [sum(b.stage == stage for b in shape.blocks) for stage in (1, 2, 3, 4)] == [2, 2, 18, 2]
    assert [i for i, block in enumerate(shape.blocks) if block.shift == (6, 6)] == [1, 3]
    assert {block.shift for block in shape.blocks} == {(0, 0), (6, 6)}
    assert (shape.tokens, shape.width, shape.stages) == (36, 1536, 4)
    # AVE: 20 global prompts and one of the frame's own, or all ten; 40 of interaction in the last two blocks.
    own, every, pairs = 20 + 1, 20 + 10, 2 * 20
    assert [shape.blocks[0].keys(own), shape.blocks[0].keys(every)] == [144 + 21, 144 + 30]
    assert [shape.blocks[23].keys(own + pairs), shape.blocks[23].keys(every + pairs)] == [36 + 61, 36 + 70]


def test_hts_at_and_vit_have_their_published_shapes():
    assert [(HTS_AT.blocks[i].grid[0], HTS_AT.blocks[i].width, HTS_AT.blocks[i].heads) for i in HTS_AT.starts] == [
        (64, 96, 4), (32, 192, 8), (16, 384, 16), (8, 768, 32),
    ]  # fmt: skip
    assert [i for i, b in enumerate(HTS_AT.blocks) if b.shift == (4, 4)] == [1, 3, 5, 7, 9]
    assert {(b.tokens, b.width, b.heads, b.windows) for b in VIT_LARGE_16.blocks} == {(197, 1024, 16, 1)}


@pytest.mark.parametrize(
    ("shape", "published"),
    [(SWIN_V2_LARGE_192, 195_202_932), (HTS_AT, 27_534_488), (VIT_LARGE_16, 303_301_632)],
    ids=lambda each: getattr(each, "name", ""),
)
def test_parameters_by_formula_are_those_published_and_those_counted(shape, published):
    assert shape.parameters() == published == counted(shape)


@pytest.mark.parametrize("kind", SHAPES)
def test_parameters_of_other_sizes_are_counted_too(kind):
    assert SHAPES[kind].parameters() == counted(SHAPES[kind])


def counted(shape):
    with torch.device("meta"):
        builds = {"swin-v2": build_swin, "vit": build_vit, "hts-at": lambda shape: ClapAudioModel(config_of(shape))}
        return sum(each.numel() for each in builds[shape.kind](shape).parameters())


def test_macs_are_the_published_ones_and_those_a_plain_sum_gives():
    assert round(SWIN_V2_LARGE_192.macs() / 1e9, 2) == 25.96
    # Two blocks of one window, by hand: patches, qkv + proj + MLP, logits and mixing, merging.
    shape = swin_v2("two", 8, 4, 6, (1, 1), (2, 2), window=2)
    patches, first, merged, last = 4 * 6 * 48, 4 * 12 * 36 + 2 * 4 * 4 * 6, 24 * 12, 12 * 144 + 2 * 12
    assert shape.macs() == patches + first + merged + last
    # A prompt costs its key and value once, and a logit and a share of it for each token.
    assert shape.macs((3, 0)) - shape.macs() == 3 * 2 * 36 + 2 * 4 * 3 * 6
    assert shape.macs((3, 5), start=1) == merged + last + 5 * 2 * 144 + 2 * 5 * 12
    with pytest.raises(EncoderError, match="two: 1 numbers of prompts are given for 2 blocks"):
        shape.macs((3,))


def test_prompts_as_keys_only_cost_little_of_what_concatenation_costs():
    """30 prompts in every block, as further keys once a row, or as tokens in every window through the whole block.

    COPL_MOV 4 names 4.7 % and 27.8 % without saying what is counted.
    """
    shape, p = SWIN_V2_LARGE_192, 30
    joined = 0
    for b in shape.blocks:
        inside = b.tokens // b.windows + p
        joined += b.windows * (12 * inside * b.width**2 + 2 * inside**2 * b.width) - b.macs(shape.mlp_ratio)
    assert joined / shape.macs() == pytest.approx(0.2631, abs=5e-4)
    assert (shape.macs((p,) * 24) - shape.macs()) / shape.macs() == pytest.approx(0.0442, abs=5e-4)


def test_cuts_name_every_block_and_the_start_of_every_stage():
    cuts = SWIN_V2_LARGE_192.cuts
    assert cuts[:9] == ("pixels", "patches", "block00", "block01", "stage2", "block02", "block03", "stage3", "block04")
    assert cuts[-5:] == ("block21", "stage4", "block22", "block23", "output") and len(cuts) == 30
    assert [SWIN_V2_LARGE_192.start(cut) for cut in ("patches", "block01", "stage2", "block23")] == [0, 2, 2, 24]
    # Bytes of a row in float16: COPL_MOV 4.
    sizes = [2 * tokens * c for tokens, c in map(SWIN_V2_LARGE_192.map_at, ("patches", "stage4", "block20", "block21"))]
    assert sizes == [884_736, 110_592, 221_184, 221_184]
    with pytest.raises(EncoderError, match="no block begins at the cut 'pixels'; type one of patches, block00"):
        SWIN_V2_LARGE_192.start("pixels")


def test_maps_that_are_no_whole_windows_are_refused():
    with pytest.raises(EncoderError, match="odd: the map of stage 1 has 20 x 20 tokens, which are not cut"):
        swin_v2("odd", 80, 4, 6, (2, 2), (2, 2), window=8)
    with pytest.raises(
        EncoderError, match="small: the map of stage 2 has 4 x 4 tokens, which is less than a window of 8"
    ):
        hts_at("small", 100, 16, 32, 4, 6, (2, 2), (2, 2), window=8)
