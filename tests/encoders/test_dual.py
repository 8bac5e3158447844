"""Dual encoders of transformers, each kind with tiny random weights, as its own `save_pretrained` writes it."""

import json
from dataclasses import replace

import huggingface_hub.constants
import pytest
import torch
import transformers
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from word_tokenizer import write_word_tokenizer

from pipeline.caching.tolerance import padded_distance
from pipeline.encoders.cards import card
from pipeline.encoders.cards.base import Score
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.media import ImageSpec
from pipeline.media.image import decode_image

CLIP_PICTURES = {
    "do_resize": True, "size": {"shortest_edge": 32}, "do_center_crop": True, "crop_size": {"height": 32, "width": 32},
    "resample": 3, "image_mean": [0.4, 0.45, 0.5], "image_std": [0.25, 0.3, 0.2], "do_normalize": True,
}  # fmt: skip
SIGLIP_PICTURES = {"size": {"height": 32, "width": 32}, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
SMALL = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
VISION = {**SMALL, "hidden_size": 32, "image_size": 32, "patch_size": 8, "num_channels": 3}
TEXTS = ["a photo of a dog", "two red cats on the table", "rain"]
GROUPS = {"depths": [1, 1, 1], "num_group_tokens": [4, 2, 0], "num_output_groups": [4, 2, 1], "num_hidden_layers": 3}
KINDS = {
    "clip": ("CLIPModel", {}, {"eos_token_id": 1}),
    "metaclip_2": ("MetaClip2Model", {}, {"eos_token_id": 1}),
    "clipseg": ("CLIPSegModel", {}, {"eos_token_id": 1}),
    "groupvit": ("GroupViTModel", GROUPS, {"eos_token_id": 1}),
    "chinese_clip": ("ChineseCLIPModel", {}, {"pad_token_id": 0}),
    "altclip": ("AltCLIPModel", {}, {"pad_token_id": 0, "project_dim": 24}),
    "siglip": ("SiglipModel", {}, {"projection_size": 32}),
    "siglip2": ("Siglip2Model", {"num_patches": 16}, {"projection_size": 32}),
}


def write(kind, folder):
    """A tiny model of a kind, its tokenizer and its preprocessing; returns the model."""
    name, vision, text = KINDS[kind]
    folder.mkdir(parents=True)
    siglip = kind.startswith("siglip")
    words = write_word_tokenizer(folder, begins=not siglip, model_max_length=20)
    config = getattr(transformers, name.replace("Model", "Config"))(
        text_config={**SMALL, "vocab_size": words, "max_position_embeddings": 22, **text},
        vision_config={**VISION, **vision},
        **({} if siglip else {"projection_dim": 20}),
    )
    torch.manual_seed(0)
    model = getattr(transformers, name)(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    if siglip:
        model.logit_scale.fill_(4.5)
        model.logit_bias.fill_(-12.5)
    model.save_pretrained(folder)
    pictures = SIGLIP_PICTURES if siglip else CLIP_PICTURES
    if kind == "siglip2":
        pictures = {
            "patch_size": 8,
            "max_num_patches": 16,
            "resample": 2,
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
        }
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))
    return model


def published(model, kind, encoder, pixels):
    """Features by the methods of transformers themselves, one text at a time as its tokenizer makes it."""
    processor = json.loads((encoder_folder(encoder) / "preprocessor_config.json").read_text())
    mean, std = (torch.tensor(processor[key]).view(3, 1, 1) for key in ("image_mean", "image_std"))
    normalised = (pixels.permute(0, 3, 1, 2) / 255 - mean) / std
    if kind == "siglip2":
        from transformers.models.siglip2.image_processing_pil_siglip2 import convert_image_to_patches

        rows = torch.stack([torch.as_tensor(convert_image_to_patches(each.numpy(), 8)) for each in normalised])
        image = model.get_image_features(
            pixel_values=rows, pixel_attention_mask=torch.ones(rows.shape[:2]),
            spatial_shapes=torch.tensor([[4, 4]] * len(rows)),
        )  # fmt: skip
    else:
        image = model.get_image_features(pixel_values=normalised)
    tokenizer = transformers.AutoTokenizer.from_pretrained(encoder_folder(encoder))
    told = {"padding": "max_length", "max_length": encoder.card.context} if kind.startswith("siglip") else {}
    parts = []
    for text in TEXTS:
        inputs = tokenizer([text], return_tensors="pt", **told)
        mask = {} if kind.startswith("siglip") else {"attention_mask": inputs["attention_mask"]}
        parts.append(model.get_text_features(input_ids=inputs["input_ids"], **mask).pooler_output)
    return image.pooler_output, torch.cat(parts)


def encoder_folder(encoder):
    from pathlib import Path

    return Path(encoder.card.weights)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_answers_as_transformers_does(kind, tmp_path):
    model = write(kind, tmp_path / "it")
    encoder = load_encoder(card(f"transformers:{tmp_path / 'it'}"), "cpu")
    pixels = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    image, text = published(model, kind, encoder, pixels)
    torch.testing.assert_close(encoder.media.full(pixels), image, atol=1e-5, rtol=1e-5)
    ids = encoder.collate(encoder.tokenize(TEXTS))
    torch.testing.assert_close(encoder.text.full(ids), text, atol=1e-5, rtol=1e-5)
    assert torch.cdist(text, text).fill_diagonal_(9).min() > 1e-2 and (image[0] - image[1]).norm() > 1e-2
    assert encoder.card.dim == image.shape[1] == text.shape[1]
    if kind.startswith("siglip"):
        assert ids.shape[1] == encoder.card.context == 20
        with pytest.raises(EncoderError, match="reads the padding"):
            padded_distance(replace(encoder, card=replace(encoder.card, padding="longest")), TEXTS[:2])
        assert (encoder.card.score.kind, encoder.card.score.bias) == ("sigmoid", -12.5)
        assert encoder.card.score.scale == pytest.approx(90.017, abs=1e-3)
    else:
        assert ids.shape[1] == 8 and padded_distance(encoder, TEXTS[:2]) < 1e-5
        assert encoder.card.score.kind == "softmax"


def test_clip_takes_the_folder_too(tmp_path):
    write("clip", tmp_path / "it")
    one, other = card(f"clip:{tmp_path / 'it'}"), card(f"transformers:{tmp_path / 'it'}")
    assert replace(one, name="") == replace(other, name="")
    assert one.score == Score("softmax", pytest.approx(14.2857, abs=1e-3))
    with pytest.raises(EncoderError, match=f"so transformers has saved it; type transformers:{tmp_path / 'it'}"):
        card(f"open_clip:{tmp_path / 'it'}")


def test_weights_in_several_files_and_with_prefixes(tmp_path):
    model = write("clip", tmp_path / "it")
    pixels = torch.randint(0, 256, (1, 32, 32, 3), dtype=torch.uint8)
    wanted = load_encoder(card(f"transformers:{tmp_path / 'it'}"), "cpu").media.full(pixels)
    (tmp_path / "it/model.safetensors").unlink()
    model.save_pretrained(tmp_path / "it", max_shard_size="50KB")
    assert len(list((tmp_path / "it").glob("model-*.safetensors"))) > 1
    found = card(f"transformers:{tmp_path / 'it'}")
    torch.testing.assert_close(load_encoder(found, "cpu").media.full(pixels), wanted, atol=0, rtol=0)
    for shard in (tmp_path / "it").glob("model*safetensors*"):
        shard.unlink()
    state = {f"module._orig_mod.{name}": x for name, x in model.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "it/pytorch_model.bin")
    found = card(f"transformers:{tmp_path / 'it'}")
    torch.testing.assert_close(load_encoder(found, "cpu").media.full(pixels), wanted, atol=0, rtol=0)


def test_a_picture_is_scaled_as_the_processor_of_its_folder_scales_it(tmp_path):
    write("clip", tmp_path / "it")
    spec = card(f"transformers:{tmp_path / 'it'}").media
    assert spec == ImageSpec(32, "shortest_edge", "bicubic", rgb="first")
    noise = torch.randint(0, 256, (64, 90, 3), dtype=torch.uint8).numpy()
    Image.fromarray(noise).quantize(40).save(tmp_path / "it.png")  # a palette becomes RGB before it is scaled
    processor = CLIPImageProcessorPil(**{**CLIP_PICTURES, "do_normalize": False, "do_rescale": False})
    with Image.open(tmp_path / "it.png") as image:
        wanted = processor(image, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    found = decode_image(str(tmp_path / "it.png"), spec)
    assert abs(found.astype(int) - wanted.astype(int)).max() == 0


def test_the_digest_is_that_of_weights_tokenizer_and_preprocessing(tmp_path):
    write("siglip", tmp_path / "it")
    first = card(f"transformers:{tmp_path / 'it'}")
    (tmp_path / "it/generation_config.json").write_text("{}")
    assert card(f"transformers:{tmp_path / 'it'}").digest == first.digest
    digests = {first.digest}
    for name in ("config.json", "preprocessor_config.json", "tokenizer.json"):
        values = json.loads((tmp_path / "it" / name).read_text())
        (tmp_path / "it" / name).write_text(json.dumps({**values, "more": 1}))
        digests.add(card(f"transformers:{tmp_path / 'it'}").digest)
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"model_type": "align"}, "is a 'align' of transformers: it crops less than it scales"),
        ({"model_type": "bert"}, "it reads texts alone; type sentence:FOLDER"),
        ({"model_type": "llava"}, "known are clip, metaclip_2, clipseg"),
        ({"model_type": "aimv2"}, "reads a text alone otherwise than beside a longer one"),
    ],
)
def test_what_is_not_taken_is_refused_with_the_nearest(tmp_path, change, told):
    write("clip", tmp_path / "it")
    config = json.loads((tmp_path / "it/config.json").read_text())
    (tmp_path / "it/config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(EncoderError) as error:
        card(f"transformers:{tmp_path / 'it'}")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"size": {"shortest_edge": 40}}, "scaled to"),
        ({"size": {"height": 32, "width": 40}}, "scaled to"),
        ({"resample": 1}, "scaled by filter 1"),
    ],
)
def test_pictures_that_would_be_made_otherwise_are_refused(tmp_path, change, told):
    write("clip", tmp_path / "it")
    file = tmp_path / "it/preprocessor_config.json"
    file.write_text(json.dumps({**CLIP_PICTURES, **change}))
    with pytest.raises(EncoderError, match=told):
        card(f"transformers:{tmp_path / 'it'}")


def test_a_folder_that_lacks_a_part_names_it(tmp_path):
    write("clip", tmp_path / "it")
    (tmp_path / "it/tokenizer.json").unlink()
    with pytest.raises(
        EncoderError, match="there is no tokenizer in .* Put its tokenizer.json and tokenizer_config.json there"
    ):
        card(f"transformers:{tmp_path / 'it'}")
    (tmp_path / "it/preprocessor_config.json").unlink()
    with pytest.raises(EncoderError, match="there is no preprocessor_config.json in"):
        card(f"transformers:{tmp_path / 'it'}")
    (tmp_path / "it/model.safetensors").unlink()
    with pytest.raises(EncoderError, match="has none of model.safetensors"):
        card(f"transformers:{tmp_path / 'it'}")


def test_a_hub_id_is_read_from_the_cache_and_known_by_its_revision(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    kept = tmp_path / "models--someone--siglip"
    write("siglip", kept / "snapshots" / ("abc1" * 10))
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("abc1" * 10)
    found = card("transformers:someone/siglip")
    assert found.weights == f"someone/siglip@{'abc1' * 10}" and found.padding == "context"
    pixels = torch.randint(0, 256, (1, 32, 32, 3), dtype=torch.uint8)
    local = load_encoder(card(f"transformers:{kept / 'snapshots' / ('abc1' * 10)}"), "cpu")
    torch.testing.assert_close(load_encoder(found, "cpu").media.full(pixels), local.media.full(pixels))
