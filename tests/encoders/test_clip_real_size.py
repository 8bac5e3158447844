"""CLIPs at their real sizes with random weights: open_clip's own loading and functions against ours, on photographs."""

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pipeline.encoders.cards import card
from pipeline.encoders.clip import image_tower, text_tower
from pipeline.encoders.load import load_encoder
from pipeline.media.image import decode_image

pytestmark = pytest.mark.parity

SHARED = Path(__file__).resolve().parents[2] / "../shared/media"
TEXTS = ["a photo of a dog", "The sound of rain &amp; thunder, at night", "", "two red cats " * 40]
CPU = torch.device("cpu")


def assert_far_apart(outputs):
    """The tolerance means something only if different inputs differ by much more."""
    assert torch.cdist(outputs, outputs, p=float("inf")).fill_diagonal_(9).min() > 1e-2


def assert_cut_anywhere(tower, inputs):
    """At the ends and at every fourth block; the small encoders are cut everywhere."""
    whole = tower.full(inputs)
    for cut in (*tower.cuts[::4], tower.cuts[-1]):
        torch.testing.assert_close(tower.upper(tower.lower(inputs, cut), cut), whole, atol=0, rtol=0)


def models(name, seed=0, **sizes):
    """A real model, or one with some of its sizes made smaller."""
    torch.manual_seed(seed)
    config = open_clip.get_model_config(name)
    config = {
        key: {**value, **sizes.get(key, {})} if isinstance(value, dict) else value for key, value in config.items()
    }
    return open_clip.CLIP(**config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def photographs():
    paths = sorted(SHARED.glob("imagenet-samples/*.JPEG"))[:20]
    if len(paths) < 20:
        pytest.skip("the folder of real media, ../shared/media, is not here")
    return paths


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """LAION's ViT-B-32 as its hub repository is laid out."""
    folder = tmp_path_factory.mktemp("hub")
    model = models("ViT-B-32")
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    config = {
        "model_cfg": open_clip.get_model_config("ViT-B-32"),
        "preprocess_cfg": {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD},
    }
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    yield folder
    (folder / "open_clip_model.safetensors").unlink()  # 600 MB that pytest would keep


def test_vit_b_32_is_open_clips_from_file_to_embedding(published, photographs):
    theirs, _, transform = open_clip.create_model_and_transforms(f"local-dir:{published}")
    ours = load_encoder(card(f"open_clip:{published}"), "cpu")
    tensors = torch.stack([transform(Image.open(path)) for path in photographs])
    pixels = torch.as_tensor(np.stack([decode_image(str(path), ours.card.media) for path in photographs]))
    with torch.no_grad():
        wanted = theirs.eval().encode_image(tensors)
        texts = theirs.encode_text(open_clip.get_tokenizer(f"local-dir:{published}")(TEXTS))
    outputs = ours.media.full(pixels)
    torch.testing.assert_close(outputs, wanted, atol=1e-4, rtol=0)
    assert_far_apart(wanted)
    ids = ours.collate(ours.tokenize(TEXTS))
    torch.testing.assert_close(ours.text.full(ids), texts, atol=1e-4, rtol=0)
    trimmed = ours.collate(ours.tokenize(TEXTS[:3]))
    assert trimmed.shape[1] < 20
    torch.testing.assert_close(ours.text.full(trimmed), texts[:3], atol=1e-4, rtol=0)
    assert_far_apart(texts)
    assert_cut_anywhere(ours.media, pixels[:1])
    assert_cut_anywhere(ours.text, trimmed)


def test_pixels_are_open_clips_to_the_bit(photographs):
    from open_clip.transform import image_transform

    from pipeline.encoders.pixels import normalise_pixels

    described = card("clip-vit-b16-openai")
    mean, std = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
    transform = image_transform(224, is_train=False, mean=mean, std=std)
    for path in photographs:
        pixels = torch.as_tensor(decode_image(str(path), described.media))[None]
        with Image.open(path) as image:
            wanted = transform(image)[None]
        torch.testing.assert_close(normalise_pixels(pixels, mean, std, torch.float32), wanted, atol=0, rtol=0)


@pytest.mark.parametrize(
    ("name", "smaller"),
    [
        ("ViT-B-16-quickgelu", {"text_cfg": {"layers": 1}}),
        ("ViT-L-14-quickgelu", {"text_cfg": {"layers": 1}}),
    ],
)
def test_openais_image_towers_are_open_clips(name, smaller):
    model = models(name, **smaller)
    mean, std = open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD
    tower = image_tower(model, mean, std, CPU, torch.float32)
    assert len(tower.cuts) == len(model.visual.transformer.resblocks) + 3
    pixels = torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8)
    pixels[1, 60:160, 60:160] = 0
    normalised = (pixels.permute(0, 3, 1, 2) / 255 - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    wanted = model.encode_image(normalised)
    torch.testing.assert_close(tower.full(pixels), wanted, atol=1e-4, rtol=0)
    assert_far_apart(wanted)
    for cut in (tower.cuts[1], tower.cuts[len(tower.cuts) // 2], tower.cuts[-2]):
        again = tower.upper(tower.lower(pixels[:1], cut), cut)
        torch.testing.assert_close(again, wanted[:1], atol=1e-4, rtol=0)


def test_openais_largest_text_tower_is_open_clips():
    model = models("ViT-L-14-quickgelu", vision_cfg={"layers": 1})
    ids = open_clip.get_tokenizer("ViT-L-14-quickgelu")(TEXTS)
    wanted = model.encode_text(ids)
    tower = text_tower(model, CPU, torch.float32)
    torch.testing.assert_close(tower.full(ids), wanted, atol=1e-4, rtol=0)
    assert_far_apart(wanted)
    assert_cut_anywhere(tower, ids[:1, :8])
