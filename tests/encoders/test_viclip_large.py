"""ViCLIP L/14 at its real size, all 24 blocks over all 2,049 tokens, against the second implementation."""

import numpy as np
import pytest
import torch
from plain_viclip import FRAMES, L14, draw_weights, plain_text, plain_video, write_checkpoint

from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder

pytestmark = pytest.mark.parity

SENTENCES = ["A person is Riding a horse &amp; waving.", "juggling", "skiing " * 60]


@pytest.fixture(scope="module")
def weights():
    return draw_weights(L14)


@pytest.fixture(scope="module")
def encoder(weights, tmp_path_factory):
    file = write_checkpoint(weights, tmp_path_factory.mktemp("viclip") / "ViCLIP-L_InternVid-FLT-10M.pth")
    yield load_encoder(card(f"viclip-l14:{file}"), "cpu")
    file.unlink()  # 1.7 GB that pytest would keep


def test_a_clip_of_2049_tokens_has_the_embedding_of_the_plain_implementation(encoder, weights):
    clip = np.random.default_rng(0).integers(0, 256, (FRAMES, 224, 224, 3), dtype=np.uint8)
    plain = plain_video(clip, weights, L14)
    assert plain.shape == (768,) and plain.std() > 0.5  # nothing small for differences to hide behind
    torch.testing.assert_close(encoder.media.full(clip[None])[0], plain, atol=1e-4, rtol=0)


def test_sentences_have_the_embedding_of_the_plain_implementation(encoder, weights):
    ours = encoder.text.full(encoder.collate(encoder.tokenize(SENTENCES)))
    plain = torch.stack([plain_text(sentence, weights) for sentence in SENTENCES])
    assert (plain[0] - plain[1]).abs().max() > 1e-2
    torch.testing.assert_close(ours, plain, atol=1e-4, rtol=0)


def test_cuts_go_on_to_the_same_embedding(encoder):
    """A still of 257 tokens, cut at the ends and between; B/16 is cut everywhere."""
    still = np.random.default_rng(1).integers(0, 256, (1, 1, 224, 224, 3), dtype=np.uint8)
    for tower, inputs in ((encoder.media, still), (encoder.text, encoder.collate(encoder.tokenize(SENTENCES[:1])))):
        whole = tower.full(inputs)
        for cut in (tower.cuts[0], tower.cuts[1], tower.cuts[len(tower.cuts) // 2], tower.cuts[-2], tower.cuts[-1]):
            torch.testing.assert_close(tower.upper(tower.lower(inputs, cut), cut), whole, atol=0, rtol=0)
    assert len(encoder.media.cuts) == 26 and len(encoder.text.cuts) == 14
