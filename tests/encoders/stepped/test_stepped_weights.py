"""Published layouts give the tower of the model that they were written from; what does not fit is refused by name."""

import json

import pytest
import torch
from laion_checkpoints import laion_checkpoint
from published_files import audioset, microsofts, save_with_lightning, small_clap, timms
from random_towers import SMALL_VIT, model_of, rows_of
from safetensors.torch import save_file
from timm.models.swin_transformer_v2 import checkpoint_filter_fn
from transformers import ClapFeatureExtractor

from pipeline.encoders.cards import card, stepped
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.base import run
from pipeline.encoders.stepped.known import MINIATURE_HTS_AT, MINIATURE_SWIN, hts_at
from pipeline.encoders.stepped.load import load_stepped
from pipeline.encoders.stepped.of_card import mel_of, shape_of
from pipeline.encoders.stepped.sizes import CLAP_MEL, Mel
from pipeline.encoders.stepped.swin_weights import swin_names
from pipeline.media import AudioSpec, ImageSpec

SMALL_HTS_AT = hts_at("small-hts-at", 1001, 64, 256, 4, 16, (2, 2), (2, 4), window=8)


@pytest.fixture
def small(monkeypatch):
    """Files hold small towers, as if those were the published ones."""
    shapes = {"swin-v2": MINIATURE_SWIN, "hts-at": SMALL_HTS_AT, "vit-l16": SMALL_VIT}
    for kind, shape in shapes.items():
        monkeypatch.setitem(stepped._FILES, kind, shape)
        monkeypatch.setitem(stepped.KNOWN, shape.name, shape)


def features(tower, rows):
    with torch.no_grad():
        return tower.leave(run(tower, tower.enter(rows)))


def test_microsofts_and_timms_files_are_the_same_swin(small, tmp_path):
    model, rows = model_of("swin-v2"), rows_of("swin-v2", dtype=torch.float32)
    torch.save(microsofts(model), tmp_path / "microsoft.pth")
    save_file(timms(model), tmp_path / "timm.safetensors")
    wanted = model.forward_features(rows[:, None].expand(-1, 3, -1, -1)).flatten(1, 2).detach()
    for file in ("microsoft.pth", "timm.safetensors"):
        found = card(f"swin-v2:{tmp_path / file}")
        assert (found.modality, found.dim, found.texts) == ("image", 192, "none")
        assert found.media == ImageSpec(64, "squash", "bicubic") and shape_of(found) == MINIATURE_SWIN
        torch.testing.assert_close(features(load_stepped(found, "cpu"), rows), wanted, atol=1e-5, rtol=0)
    assert card(f"swin-v2:{tmp_path / 'microsoft.pth'}").digest != found.digest


def test_names_are_converted_as_timm_does_it():
    model = model_of("swin-v2")
    published = microsofts(model)
    theirs = checkpoint_filter_fn(published, model)
    ours = swin_names(published["model"])
    assert ours.keys() == {name for name in theirs if not name.startswith("head.")} == model.state_dict().keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert "layers.1.downsample.norm.weight" in ours and "layers.0.downsample.norm.weight" not in ours


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.pop("layers.2.blocks.1.attn.q_bias"), "1 missing: layers.2.blocks.1.attn.q_bias"),
        (lambda s: s.update({"layers.3.extra": torch.zeros(2)}), "1 unexpected: layers.3.extra"),
        (
            lambda s: s.update({"patch_embed.proj.weight": torch.zeros(24, 3, 8, 8)}),
            r"1 of another shape: patch_embed.proj.weight \(24, 3, 8, 8\) for \(24, 3, 4, 4\)",
        ),
    ],
)
def test_a_swin_that_does_not_fit_is_refused_by_name(small, tmp_path, change, told):
    state = timms(model_of("swin-v2"))
    change(state)
    save_file(state, tmp_path / "x.safetensors")
    with pytest.raises(EncoderError, match=f"the weights do not fit the model: {told}"):
        load_stepped(card(f"swin-v2:{tmp_path / 'x.safetensors'}"), "cpu")


def test_timms_vit_is_loaded_without_its_classifier(small, tmp_path):
    model, rows = model_of("vit"), rows_of("vit", dtype=torch.float32)
    head = {"head.weight": torch.zeros(9, 24), "head.bias": torch.zeros(9)}
    save_file({name: value.clone() for name, value in model.state_dict().items()} | head, tmp_path / "v.safetensors")
    found = card(f"vit-l16:{tmp_path / 'v.safetensors'}")
    wanted = model.forward_features(rows[:, None].expand(-1, 3, -1, -1)).detach()
    torch.testing.assert_close(features(load_stepped(found, "cpu"), rows), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("old", [False, True], ids=["new Lightning", "old Lightning"])
def test_audiosets_checkpoint_is_the_audio_half_of_the_same_weights(small, tmp_path, monkeypatch, old):
    clap = small_clap()
    file = tmp_path / "HTSAT_AudioSet_Saved_1.ckpt"
    save_with_lightning(audioset(clap, old=old), file, monkeypatch)
    found = card(f"hts-at:{file}")
    assert (found.modality, found.media, mel_of(found)) == ("audio", AudioSpec(32_000, 10.0), Mel())
    rows = torch.randn(2, 1001, 64) * 10 - 20
    wanted = clap.audio_model(rows[:, None]).pooler_output
    torch.testing.assert_close(features(load_stepped(found, "cpu"), rows).mean(dim=1), wanted, atol=1e-5, rtol=0)


def test_a_clap_gives_its_audio_half_from_a_checkpoint_and_from_a_folder(small, tmp_path):
    rows = torch.randn(2, 1001, 64) * 10 - 20
    for fused in (False, True):
        clap = small_clap(fused=fused)
        torch.save(laion_checkpoint(clap), tmp_path / "laion.pt")
        clap.save_pretrained(tmp_path / "folder")
        ClapFeatureExtractor(frequency_min=50).save_pretrained(tmp_path / "folder")
        given = {"is_longer": torch.zeros(2, 1, dtype=torch.bool)} if fused else {}
        mels = rows[:, None].expand(-1, 4 if fused else 1, -1, -1)
        wanted = clap.audio_model(mels, **given).pooler_output
        for place in ("laion.pt", "folder"):
            found = card(f"hts-at:{tmp_path / place}")
            assert (found.media, mel_of(found)) == (AudioSpec(48_000, 10.0), CLAP_MEL)
            assert shape_of(found).blocks == SMALL_HTS_AT.blocks
            tower = load_stepped(found, "cpu")
            torch.testing.assert_close(features(tower, rows).mean(dim=1), wanted, atol=1e-5, rtol=0)


def test_a_checkpoint_of_other_mel_filters_is_refused(small, tmp_path):
    torch.save(audioset(small_clap(), mel=Mel(high_hz=16_000)), tmp_path / "other.ckpt")
    with pytest.raises(EncoderError, match="was trained with other mel filters than the published ones of its kind"):
        load_stepped(card(f"hts-at:{tmp_path / 'other.ckpt'}"), "cpu")


def test_hts_at_names_that_nobody_knows_are_refused(small, tmp_path):
    content = audioset(small_clap())
    content["state_dict"]["sed_model.layers.0.blocks.0.attn.temperature"] = torch.zeros(2)
    del content["state_dict"]["sed_model.norm.bias"]
    torch.save(content, tmp_path / "x.ckpt")
    with pytest.raises(EncoderError, match=r"1 missing: audio_encoder.norm.bias; 1 unexpected: audio_encoder.layers.0"):
        load_stepped(card(f"hts-at:{tmp_path / 'x.ckpt'}"), "cpu")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"class": "SwinTransformerV2"}, "KeyError: 'img_size'"),
        ({"class": "SwinTransformer"}, "ValueError: class: 'SwinTransformer'"),
        ({"mean": [0.5, 0.5, 0.5]}, r"ValueError: mean: \[0.5, 0.5, 0.5\]"),
        ({"model_type": "clap_audio_model", "num_mel_bins": "x"}, "TypeError"),
        ({"model_type": "clap_audio_model", "patch_stride": [2, 4]}, "its patches overlap"),
    ],
)
def test_configurations_that_say_no_tower_are_refused(tmp_path, config, told):
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match=told):
        card(f"{'hts-at' if 'model_type' in config else 'swin-v2'}:{tmp_path}")


def test_a_folder_of_the_other_kind_names_the_right_one(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clap_audio_model"}))
    with pytest.raises(EncoderError, match=f"holds a hts-at; type hts-at:{tmp_path}"):
        card(f"swin-v2:{tmp_path}")


def test_the_miniature_weights_are_the_known_sizes_and_load_strictly():
    for name, shape in (("miniature-swin", MINIATURE_SWIN), ("miniature-hts-at", MINIATURE_HTS_AT)):
        found = card(name)
        assert (shape_of(found).blocks, found.dim, found.licence) == (shape.blocks, shape.width, "Apache-2.0")
        assert load_stepped(found, "cpu").shape.input == shape.input


def test_published_towers_are_described_without_their_files():
    swin, vit = card("swin-v2-large-192"), card("vit-l16")
    assert (swin.dim, swin.media, swin.licence) == (1536, ImageSpec(192, "squash"), "MIT")
    assert (vit.dim, vit.media.size, shape_of(vit).tokens) == (1024, 224, 197)
    with pytest.raises(
        EncoderError, match="encoder 'clip-vit-b32-laion2b' is not run block by block. Those that are: swin"
    ):
        shape_of(card("clip-vit-b32-laion2b"))
    with pytest.raises(
        EncoderError, match="'x.bin.gz' is no weights file; they end in .safetensors, .pt, .pth, .bin, .ckpt"
    ):
        card("hts-at:x.bin.gz")
