"""One model of each family that open_clip builds, at its real size with random weights, against open_clip's own functions.

The smallest of each family; of text towers that would take long to build alone, two layers.
"""

import copy
from dataclasses import replace

import open_clip
import pytest
import torch
from torch.nn import functional as F

from pipeline.caching.tolerance import padded_distance
from pipeline.encoders.cards import EncoderCard, text_sizes
from pipeline.encoders.cards.open_clip_any import ends_texts
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.open_clip_image import any_image_tower
from pipeline.encoders.open_clip_model import build, buildable
from pipeline.encoders.open_clip_text import any_text_tower
from pipeline.media import ImageSpec

pytestmark = pytest.mark.parity

FAMILIES = {
    "RN50": ("stage01", "block05"),
    "ViT-B-16-SigLIP": ("block05", "block05"),
    "PE-Core-T-16-384": ("block05", "block05"),
    "EVA02-B-16": ("block05", "block05"),
    "MobileCLIP2-S0": ("output", "block05"),
    "MobileCLIP-B": ("block05", "block05"),
    "coca_ViT-B-32": ("block05", "output"),
    "convnext_tiny": ("stage01", "block05"),
    "vit_medium_patch16_gap_256": ("block05", "block05"),
    "ViTamin-S": ("block05", "block05"),
    "roberta-ViT-B-32": ("block05", "block05"),
    "xlm-roberta-base-ViT-B-32": ("block01", "block01"),
    "mt5-base-ViT-B-32": ("block01", "output"),
    "nllb-clip-base": ("block01", "output"),
    "ViT-L-14-CLIPA": ("block01", "block01"),
}
"""With the cuts through which pictures and texts go: the middle of a tower, or its output where it cannot be cut."""
SHORT = {"xlm-roberta-base-ViT-B-32", "mt5-base-ViT-B-32", "nllb-clip-base", "ViT-L-14-CLIPA"}
CPU, MEAN, STD = torch.device("cpu"), (0.4, 0.45, 0.5), (0.25, 0.3, 0.2)


def relative(found, wanted):
    return float(((found - wanted).norm(dim=1) / wanted.norm(dim=1)).max())


def random_model(name, monkeypatch):
    """The model, and its sizes."""
    sizes = copy.deepcopy(open_clip.get_model_config(name))
    if name in SHORT:
        for part in ("vision_cfg", "text_cfg"):
            sizes[part] |= {"layers": 2} if "layers" in sizes[part] else {}
        short = dict.fromkeys(("num_hidden_layers", "num_layers", "encoder_layers"), 2) | dict.fromkeys(
            ("num_decoder_layers", "decoder_layers"), 1
        )
        small = {key: {**values, **short, "vocab_size": 999} for key, values in text_sizes.TEXT_SIZES.items()}
        monkeypatch.setattr("pipeline.encoders.open_clip_model.TEXT_SIZES", small)
    torch.manual_seed(0)
    with buildable(sizes) as ready:
        return build(ready).eval().requires_grad_(False), sizes


def padded_ids(model, context):
    """Three texts, padded to the context, with the highest token and the end token at the end of each."""
    text = getattr(model, "text", model)
    words = text.vocab_size
    pad = text.config.pad_token_id if hasattr(text, "config") else 0
    ids = torch.full((3, context), pad)
    for row, length in enumerate((3, 9, 7)):
        ids[row, :length] = torch.randint(3, words - 1, (length,))
        ids[row, length] = words - 1
    return ids


def pictures(side):
    pixels = torch.randint(0, 256, (2, side, side, 3), dtype=torch.uint8)
    pixels[1, side // 4 : side // 2] = 0
    normalised = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    return pixels, normalised


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_open_clips(name, monkeypatch):
    model, sizes = random_model(name, monkeypatch)
    pixels, normalised = pictures(sizes["vision_cfg"].get("image_size", 224))
    image_cut, text_cut = FAMILIES[name]
    wanted = model.encode_image(normalised, normalize=False)
    tower = any_image_tower(model, MEAN, STD, CPU, torch.float32)
    assert relative(tower.upper(tower.lower(pixels, image_cut), image_cut) if image_cut != "output" else tower.full(pixels),
                    wanted) < 1e-4  # fmt: skip
    assert relative(F.normalize(wanted[:1]), F.normalize(wanted[1:])) > 1e-3
    context = sizes["text_cfg"].get("context_length", 77)
    ids = padded_ids(model, context)
    wanted = model.encode_text(ids, normalize=False)
    reads = any_text_tower(model, CPU, torch.float32)
    found = reads.upper(reads.lower(ids, text_cut), text_cut) if text_cut != "output" else reads.full(ids)
    assert relative(found, wanted) < 1e-4
    assert relative(wanted[:1], wanted[1:2]) > 1e-2
    trimmed = relative(reads.full(ids[:, :10]), wanted)
    assert trimmed < 1e-4 if ends_texts(sizes["text_cfg"]) else trimmed > 0.1


def test_a_siglip2_whose_texts_are_trimmed_is_caught(monkeypatch):
    """mteb#1424: padded to the longest text it loses most of its accuracy, and says nothing."""
    name = "ViT-B-32-SigLIP2-256"
    model, sizes = random_model(name, monkeypatch)
    pixels, normalised = pictures(256)
    image, text = any_image_tower(model, MEAN, STD, CPU, torch.float32), any_text_tower(model, CPU, torch.float32)
    assert relative(image.full(pixels), model.encode_image(normalised)) < 1e-4
    card = EncoderCard(name, "image", "open-clip", 768, "", "", "x", ImageSpec(256), ("a {}.",), padding="context")

    def tokenize(texts):
        return [[2 + ord(letter) for letter in text] for text in texts]

    encoder = Encoder(card, text, image, tokenize, 0, sizes["text_cfg"]["context_length"])
    texts = ["a dog", "two red cats on the table"]
    ids = torch.zeros(2, 64, dtype=torch.int64)
    for row, tokens in enumerate(tokenize(texts)):
        ids[row, : len(tokens)] = torch.tensor(tokens)
    assert relative(text.full(encoder.collate(tokenize(texts))), model.encode_text(ids)) < 1e-4
    assert not ends_texts(sizes["text_cfg"])
    with pytest.raises(EncoderError, match="reads the padding of its texts: trimmed to their own length, features are"):
        padded_distance(replace(encoder, card=replace(card, padding="longest")), texts)
