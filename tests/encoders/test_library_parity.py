"""Our order of calls against the libraries' own functions."""

import open_clip
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

from pipeline.encoders import clap, clip


@pytest.fixture(scope="module")
def clip_model(folders, encoders):
    import json

    config = json.loads((folders["clip"] / "config.json").read_text())["model_cfg"]
    model = open_clip.CLIP(**config).eval()
    model.load_state_dict(load_file(folders["clip"] / "model.safetensors"))
    return model


@pytest.fixture(scope="module")
def clap_model(folders):
    return ClapModel.from_pretrained(folders["clap"], dtype=torch.float32).eval()


def test_clip_text_is_encode_text(clip_model, encoders, inputs):
    ids = inputs["clip"]["text"]
    assert ids.shape[1] == 77
    with torch.no_grad():
        wanted = clip_model.encode_text(ids)
    torch.testing.assert_close(encoders["clip"].text.full(ids), wanted, atol=0, rtol=0)


def test_clip_image_is_encode_image_of_torchvision_tensors(clip_model, encoders, inputs):
    from torchvision.transforms import functional as transforms

    pixels = inputs["clip"]["media"]
    batch = torch.stack([
        transforms.normalize(transforms.to_tensor(image), [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]) for image in pixels
    ])  # fmt: skip
    with torch.no_grad():
        wanted = clip_model.encode_image(batch)
    torch.testing.assert_close(encoders["clip"].media.full(pixels), wanted, atol=1e-6, rtol=0)


def test_clip_tokens_are_open_clips(folders, encoders):
    texts = ["A photo of  a DOG", "", "a photo of " * 40]
    theirs = open_clip.tokenizer.SimpleTokenizer(str(folders["clip"] / "bpe.txt.gz"))(texts)
    ours = encoders["clip"].collate(encoders["clip"].tokenize(texts))
    torch.testing.assert_close(ours, theirs)


def test_clap_text_is_get_text_features(clap_model, encoders, inputs):
    ids = inputs["clap"]["text"]
    with torch.no_grad():
        wanted = clap_model.get_text_features(ids, attention_mask=ids.ne(1)).pooler_output
    torch.testing.assert_close(F.normalize(encoders["clap"].text.full(ids), dim=-1), wanted, atol=1e-6, rtol=0)


def test_clap_audio_is_get_audio_features(folders, clap_model, encoders, inputs):
    waves = inputs["clap"]["media"]
    extractor = ClapFeatureExtractor.from_pretrained(folders["clap"])
    features = extractor(list(waves), sampling_rate=8000)["input_features"]
    with torch.no_grad():
        mel = torch.stack([torch.as_tensor(x, dtype=torch.float32) for x in features])
        wanted = clap_model.get_audio_features(mel).pooler_output
    ours = F.normalize(encoders["clap"].media.full(waves), dim=-1)
    torch.testing.assert_close(ours, wanted, atol=1e-6, rtol=0)


def test_clap_padding_is_masked(encoders):
    encoder = encoders["clap"]
    ids = encoder.tokenize(["a dog", "the sound of rain on the table"])
    assert len(ids[0]) < len(ids[1])
    together = encoder.text.full(encoder.collate(ids))
    torch.testing.assert_close(together[:1], encoder.text.full(encoder.collate(ids[:1])), atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", ["clip", "viclip", "clap"])
def test_trimmed_texts_have_the_features_of_padded_ones(encoders, family):
    encoder = encoders[family]
    ids = encoder.tokenize(["a dog", "cat", "two red cats!"])
    trimmed = encoder.collate(ids)
    padded = torch.full((3, encoder.context_length), encoder.pad_id)
    padded[:, : trimmed.shape[1]] = trimmed
    assert trimmed.shape[1] < encoder.context_length
    torch.testing.assert_close(encoder.text.full(trimmed), encoder.text.full(padded), atol=1e-5, rtol=0)


@pytest.mark.parity
def test_real_size_clip_is_open_clip():
    torch.manual_seed(0)
    sizes = open_clip.get_model_config("ViT-B-32")
    model = open_clip.CLIP(**sizes).eval().requires_grad_(False)
    device = torch.device("cpu")
    image = clip.image_tower(model, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), device, torch.float32)
    pixels = torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8)
    wanted = model.encode_image(pixels.permute(0, 3, 1, 2).float() / 255)
    torch.testing.assert_close(image.full(pixels), wanted, atol=5e-6, rtol=0)
    text = clip.text_tower(model, device, torch.float32)
    ids = open_clip.tokenizer.SimpleTokenizer()(["a photo of a dog", "a diagram"])
    torch.testing.assert_close(text.full(ids), model.encode_text(ids), atol=0, rtol=0)
    torch.testing.assert_close(text.full(ids[:, :8]), model.encode_text(ids), atol=1e-5, rtol=0)


@pytest.mark.parity
def test_real_size_clap_is_transformers():
    torch.manual_seed(0)
    model = ClapModel(ClapConfig()).eval().requires_grad_(False)
    device = torch.device("cpu")
    extractor = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad", frequency_min=50)
    waves = torch.randn(2, 480_000) * 0.1
    audio = clap.audio_tower(model, extractor, device, torch.float32)
    mel = audio.lower(waves, "spectrogram")["activations"]
    assert mel.shape == (2, 1, 1001, 64)
    ours = F.normalize(audio.full(waves), dim=-1)
    torch.testing.assert_close(ours, model.get_audio_features(mel).pooler_output, atol=1e-6, rtol=0)
    text = clap.text_tower(model, device, torch.float32)
    ids = torch.tensor([[0, 713, 16, 10, 2, 1], [0, 713, 16, 2, 1, 1]])
    wanted = model.get_text_features(ids, attention_mask=ids.ne(1)).pooler_output
    torch.testing.assert_close(F.normalize(text.full(ids), dim=-1), wanted, atol=1e-6, rtol=0)
