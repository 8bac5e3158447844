"""Files of open_clip's other models from the disk to the embedding, and state dicts as other people name their tensors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
import transformers
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional as F
from word_tokenizer import write_word_tokenizer

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.encoders.cards import card, text_card
from pipeline.encoders.clip_names import to_open_clip
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.open_clip_model import build, buildable
from pipeline.encoders.weights import plain_names
from pipeline.media import VideoSpec
from pipeline.media.image import decode_image

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["A photo, of a &amp; dog!", "two red cats on the table", "rain"]
OWN = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
TIMM = {"timm_model_name": "test_vit", "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": "linear",
        "image_size": 160}  # fmt: skip
VIT = {"image_size": 32, "patch_size": 8, "width": 64, "layers": 2, "head_width": 32}
SIGLIP = {
    "embed_dim": 24, "init_logit_bias": -10, "custom_text": True, "vision_cfg": TIMM,
    "text_cfg": {**OWN, "vocab_size": 30, "hf_tokenizer_name": "me/words", "tokenizer_kwargs": {"clean": "canonicalize"},
                 "no_causal_mask": True, "proj_bias": True, "pool_type": "last"},
}  # fmt: skip
COCA = {
    "embed_dim": 24, "custom_text": True, "vision_cfg": {**VIT, "attentional_pool": True, "attn_pooler_heads": 2,
    "output_tokens": True}, "text_cfg": {**OWN, "embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {**OWN, "attn_pooler_heads": 2},
}  # fmt: skip
CLIPA = {
    "embed_dim": 24, "vision_cfg": VIT,
    "text_cfg": {**OWN, "vocab_size": 30, "hf_tokenizer_name": "me/words", "tokenizer_kwargs": {"strip_sep_token": True},
                 "no_causal_mask": True, "pool_type": "last"},
}  # fmt: skip
CAUSAL = {
    "embed_dim": 24,
    "custom_text": True,
    "vision_cfg": {**TIMM, "timm_model_name": "test_convnext"},
    "text_cfg": OWN,
}
PICTURES = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "squash"}


def write(folder, sizes):
    """What `open_clip.push_to_hf_hub` writes, and a tokenizer beside it."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    with buildable(sizes) as ready:
        model = build(ready).eval().requires_grad_(False)
    model.logit_scale.fill_(4.5)
    if model.logit_bias is not None:
        model.logit_bias.fill_(-12.5)
    save_file({name: x.contiguous() for name, x in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": sizes, "preprocess_cfg": PICTURES}))
    if sizes["text_cfg"].get("hf_tokenizer_name"):
        write_word_tokenizer(folder, sep_token="</s>")
    return model


@pytest.mark.parametrize(
    ("sizes", "padding", "cleaning", "kind"),
    [
        (SIGLIP, "context", "repaired canonical", "sigmoid"),
        (COCA, "context", "none", "softmax"),
        (CLIPA, "context", "repaired", "softmax"),
        (CAUSAL, "longest", "none", "softmax"),
    ],
    ids=["siglip", "coca", "clipa", "convnext"],
)
def test_a_folder_is_open_clips_from_file_to_embedding(tmp_path, sizes, padding, cleaning, kind):
    folder, side = tmp_path / "it", sizes["vision_cfg"]["image_size"]
    model = write(folder, sizes)
    found = card(f"open_clip:{folder}")
    assert (found.padding, found.cleaning, found.context, found.family) == (padding, cleaning, 16, "open-clip")
    assert found.score.kind == kind and found.score.scale == pytest.approx(90.017, abs=1e-3)
    assert found.score.bias == (-12.5 if kind == "sigmoid" else 0)
    encoder = load_encoder(found, "cpu")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)).save(tmp_path / "it.png")
    transform = image_transform_v2(PreprocessCfg(size=side, **PICTURES), is_train=False)
    with Image.open(tmp_path / "it.png") as image:
        wanted = F.normalize(model.encode_image(transform(image)[None]), dim=-1)
    pixels = torch.as_tensor(decode_image(str(tmp_path / "it.png"), found.media))[None]
    torch.testing.assert_close(F.normalize(encoder.media.full(pixels), dim=-1), wanted, atol=1e-5, rtol=0)
    ids = open_clip.get_tokenizer(f"local-dir:{folder}", context_length=16)(TEXTS)
    wanted = F.normalize(model.encode_text(ids), dim=-1)
    found_ids = encoder.collate(encoder.tokenize(TEXTS))
    torch.testing.assert_close(F.normalize(encoder.text.full(found_ids), dim=-1), wanted, atol=1e-5, rtol=0)
    if padding == "context":
        assert torch.equal(found_ids, ids)


def test_a_tokenizer_names_the_features_too(tmp_path):
    write(tmp_path / "it", SIGLIP)
    first = card(f"open_clip:{tmp_path / 'it'}").digest
    (tmp_path / "it/special_tokens_map.json").write_text('{"more": 1}')
    assert card(f"open_clip:{tmp_path / 'it'}").digest != first
    (tmp_path / "it/tokenizer.json").unlink()
    with pytest.raises(EncoderError, match="reads the tokens of 'me/words', whose tokenizer is not in .*--local-dir"):
        card(f"open_clip:{tmp_path / 'it'}")


def test_prefixes_of_training_are_taken_off():
    state = {"module._orig_mod.model.a": torch.zeros(1), "module._orig_mod.model.b.model.c": torch.zeros(1)}
    assert set(plain_names(state)) == {"a", "b.model.c"}
    mixed = {"module.a": torch.zeros(1), "b": torch.zeros(1)}
    assert set(plain_names(mixed)) == set(mixed) and plain_names({}) == {}


@pytest.fixture(scope="module")
def pair():
    """The same CLIP of open_clip's size as transformers has it, with random weights."""
    torch.manual_seed(0)
    text = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
    vision = {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 12, "num_attention_heads": 6}
    config = transformers.CLIPConfig(
        text_config={**text, "hidden_size": 384, "intermediate_size": 1536, "num_attention_heads": 6, "vocab_size": 49408,
                     "hidden_act": "gelu"},
        vision_config={**vision, "patch_size": 32, "image_size": 224, "hidden_act": "gelu"},
        projection_dim=384,
    )  # fmt: skip
    return transformers.CLIPModel(config).eval().requires_grad_(False)


def test_transformers_weights_alone_go_into_open_clips_model(pair, tmp_path):
    """`model.safetensors` without its folder: the name before it says the sizes, as of any file."""
    state = {f"_orig_mod.{name}": x for name, x in pair.state_dict().items()}
    save_file(state, tmp_path / "model.safetensors")
    encoder = load_encoder(card(f"open_clip:ViT-S-32/{tmp_path / 'model.safetensors'}"), "cpu")
    assert encoder.card.family == "clip" and encoder.prompted_image is not None
    pixels = torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD))
    wanted = pair.get_image_features(pixel_values=(pixels.permute(0, 3, 1, 2) / 255 - mean) / std).pooler_output
    torch.testing.assert_close(encoder.media.full(pixels), wanted, atol=1e-4, rtol=1e-4)
    ids = encoder.collate(encoder.tokenize(["a photo of a dog", "two red cats"]))
    pair.text_model.eos_token_id = 49407
    torch.testing.assert_close(
        encoder.text.full(ids), pair.get_text_features(input_ids=ids).pooler_output, atol=1e-4, rtol=1e-4
    )


def test_names_that_do_not_belong_together_stay_and_are_refused_by_name(pair):
    state = dict(pair.state_dict())
    del state["text_model.encoder.layers.3.self_attn.k_proj.weight"]
    assert "transformer.resblocks.3.self_attn.q_proj.weight" in to_open_clip(state)
    assert to_open_clip({"ln_final.weight": torch.ones(2)}).keys() == {"ln_final.weight"}


def test_an_image_encoder_looks_at_the_frames_of_a_video(tmp_path):
    write(tmp_path / "it", CAUSAL)
    name = f"open_clip:{tmp_path / 'it'}"
    image, video = card(name), card(f"frames:3:{name}")
    assert (video.modality, video.media) == ("video", VideoSpec(3, 160, "squash", "bicubic"))
    assert text_card(video) is not video and text_features_spec(video) == text_features_spec(image)
    assert media_features_spec(video).fingerprint != media_features_spec(card(f"frames:{name}")).fingerprint
    videos = np.random.default_rng(0).integers(0, 256, (2, 3, 160, 160, 3), np.uint8)
    seen = load_encoder(image, "cpu").media.full(videos.reshape(6, 160, 160, 3))
    wanted = F.normalize(seen, dim=-1).reshape(2, 3, -1).mean(dim=1)
    torch.testing.assert_close(load_encoder(video, "cpu").media.full(videos), wanted, atol=1e-6, rtol=0)


def test_plan_refuses_what_cannot_be_taken_and_says_what_to_type(tmp_path):
    (tmp_path / "r.yaml").write_text(
        "name: r\nmodalities: {image: {labels: [a, b], encoder: 'open_clip:ViT-B-16-SigLIP2/webli'}}\n"
        "generate: {engine: deterministic}\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli.app", "plan", "r.yaml"], cwd=tmp_path, env=environment,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode != 0
    told = " ".join(done.stderr.split())
    assert (
        "reads the tokens of 'timm/ViT-B-16-SigLIP2'" in told
        and "hf download timm/ViT-B-16-SigLIP2 tokenizer.json" in told
    )
