"""A run that is cut anywhere and goes on is the whole run; and what the cache stores at a cut is what the tower makes there."""

import pytest
import torch
from random_towers import KINDS, rows_of, tower_of

from pipeline.encoders.cards import card
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.stepped.base import resume, run
from pipeline.encoders.stepped.load import load_stepped
from pipeline.encoders.stepped.staged import staged_tower


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_goes_on_to_the_same_bits(kind, dtype):
    tower = tower_of(kind, dtype=dtype)
    staged, rows = staged_tower(tower), rows_of(kind, dtype=dtype)
    assert staged.cuts == tower.shape.cuts
    whole = staged.full(rows)
    assert whole.shape == (3, tower.shape.width)
    for cut in staged.cuts:
        acts = staged.lower(rows, cut)
        assert torch.equal(staged.upper(acts, cut) if cut != "output" else acts["vectors"], whole)
        if cut not in ("pixels", "output"):
            assert acts["activations"].shape[1:] == tower.shape.map_at(cut)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_with_prompts_run_on_from_a_stored_cut(kind, towers):
    """What CoPL does from a cache: patches are merged behind a block's cut, and not behind a stage's."""
    tower = towers[kind]
    staged, rows = staged_tower(tower), rows_of(kind)
    draw = torch.Generator().manual_seed(3)
    prompts = [torch.randn(3, 2, block.width, generator=draw, dtype=torch.float64) for block in tower.shape.blocks]

    def go_on(start, x):
        for index in range(start, len(prompts)):
            x = tower.block(index, x if index == start else tower.between(index, x), prompts[index])
        return tower.leave(x)

    with torch.no_grad():
        for cut in tower.shape.cuts[1:-1]:
            start, entered = resume(tower, staged.lower(rows, cut)["activations"], cut)
            plain = run(tower, tower.enter(rows), stop=start)
            below = tower.between(start, plain) if 0 < start < len(prompts) else plain
            assert torch.equal(go_on(start, entered), go_on(start, below))


def test_the_output_is_the_mean_of_tokens_and_of_a_vit_its_class_token(towers):
    for kind in KINDS:
        tower, rows = towers[kind], rows_of(kind)
        with torch.no_grad():
            tokens = tower.leave(run(tower, tower.enter(rows)))
        wanted = tokens[:, 0] if kind == "vit" else tokens.mean(dim=1)
        assert torch.equal(staged_tower(tower).full(rows), wanted)


def test_an_encoder_of_pictures_alone_has_the_cuts_of_its_tower():
    encoder = load_encoder(card("miniature-swin"), "cpu")
    assert isinstance(encoder, Encoder) and encoder.card.texts == "none"
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    stored = encoder.media.lower(pixels.numpy(), "stage3")
    assert stored["activations"].shape == (2, 16, 96) and stored["activations"].dtype == torch.float32
    half = {name: value.half().numpy() for name, value in stored.items()}
    torch.testing.assert_close(encoder.media.upper(half, "stage3"), encoder.media.full(pixels), atol=0.02, rtol=0)
    with pytest.raises(EncoderError, match="encoder 'miniature-swin' has no text tower"):
        encoder.read(["a dog"])


def test_a_tower_that_does_not_know_its_spectrograms_takes_stored_ones_only():
    encoder = load_encoder(card("miniature-hts-at"), "cpu")
    assert encoder.media.full(torch.randn(2, 128, 32)).shape == (2, 128)
    with pytest.raises(EncoderError, match="'miniature-hts-at' was trained with other spectrograms than CLAP's"):
        encoder.media.full(torch.zeros(2, 16_000))


@pytest.mark.parametrize("compute", ["float16", "bfloat16"])
def test_half_precision_is_near_float32(compute):
    """Scales and biases are made of unrounded weights, so that only the tokens are rounded."""
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    whole, half = (load_stepped(card("miniature-swin"), "cpu", each) for each in ("float32", compute))
    with torch.no_grad():
        wanted, found = (t.leave(run(t, t.enter(pixels))).float() for t in (whole, half))
    assert (wanted - found).norm() / wanted.norm() < (0.01 if compute == "float16" else 0.08)
    with pytest.raises(EncoderError, match="unknown dtype 'int8'; an encoder computes in float32"):
        load_stepped(card("miniature-swin"), "cpu", "int8")
