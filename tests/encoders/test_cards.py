import json
import subprocess
import sys
from dataclasses import replace

import open_clip
import pytest
from random_encoders import write_random_encoder

from pipeline.encoders.cards import card, card_names, miniature
from pipeline.encoders.errors import EncoderError
from pipeline.media import AudioSpec, ImageSpec, VideoSpec


def test_published_encoders_need_no_weights_to_be_described():
    clip = card("clip-vit-b32-laion2b")
    assert (clip.modality, clip.family, clip.dim, clip.media) == ("image", "clip", 512, ImageSpec(224))
    assert (clip.model, clip.weights) == ("ViT-B-32", "laion2b_s34b_b79k")
    assert clip.templates[0] == "a photo of a {}."
    clap = card("clap-htsat-unfused")
    assert (clap.modality, clap.family, clap.dim, clap.media) == ("audio", "clap", 512, AudioSpec(48_000, 10.0))
    assert card("open_clip:ViT-L-14/openai").dim == 768


def test_an_alias_has_the_digest_of_what_it_names():
    alias, named = card("clip-vit-b32-laion2b"), card("open_clip:ViT-B-32/laion2b_s34b_b79k")
    assert replace(alias, name="x") == replace(named, name="x")
    assert card("open_clip:ViT-B-32/openai").digest != named.digest
    assert card("clap:laion/larger_clap_general").digest != card("clap-htsat-unfused").digest


def test_local_encoders_are_described_by_their_files(folders):
    clip, clap, viclip = (card(f"{family}:{folders[family]}") for family in ("clip", "clap", "viclip"))
    assert (clip.dim, clip.media, clip.templates) == (20, ImageSpec(24), ("a photo of a {}.", "a {}."))
    assert (clap.dim, clap.media, clap.templates) == (20, AudioSpec(8000, 1.0), ("This is a sound of {}.",))
    assert (viclip.dim, viclip.media) == (20, VideoSpec(frames=4, size=16))


def test_named_encoders_are_listed_and_can_all_be_described():
    ours = card_names()[:18]  # what installed packages add comes behind
    assert ours == [
        "miniature-clip", "miniature-clap", "miniature-viclip", "clip-vit-b32-laion2b", "clip-vit-b16-openai",
        "clip-vit-l14-openai", "clap-htsat-unfused", "clap-htsat-fused", "clap-larger-general",
        "clap-larger-music", "clap-larger-music-speech", "viclip-b16", "viclip-l14",
        "all-minilm-l6-v2", "miniature-swin", "miniature-hts-at", "swin-v2-large-192", "vit-l16",
    ]  # fmt: skip
    assert [card(name).name for name in ours] == ours


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("miniature-clp", "miniature-clip"),
        ("clap-htsat-unfusd", "clap-htsat-unfused"),
        ("viclp:FOLDER", "viclip:FOLDER"),
    ],
)
def test_an_unknown_name_names_the_nearest(asked, nearest):
    with pytest.raises(EncoderError) as error:
        card(asked)
    assert str(error.value).startswith(f"unknown encoder {asked!r}; the nearest known one is {nearest!r}. Known: ")
    assert "open_clip:MODEL/PRETRAINED" in str(error.value)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("open_clip:ViT-B-23/openai", "open_clip has no model 'ViT-B-23'; the nearest are ViT-B-32"),
        ("open_clip:vit-b-32/openai", "open_clip has no model 'vit-b-32'; the nearest are ViT-B-32, "),
        ("open_clip:ViT-B-99", "open_clip has no model 'ViT-B-99'; the nearest are ViT-B-"),
        ("open_clip:ViT-B-32:openai", "; type open_clip:ViT-B-32/openai"),
        ("open_clip:ViT-B-32", "names no weights; type open_clip:ViT-B-32/TAG or open_clip:ViT-B-32/FILE"),
        (
            "open_clip:ViT-B-16-SigLIP/webli",
            "reads the tokens of 'timm/ViT-B-16-SigLIP', whose tokenizer is not in the cache of the hub. Fetch it once by: hf "
            "download timm/ViT-B-16-SigLIP tokenizer.json tokenizer_config.json special_tokens_map.json config.json",
        ),
        ("transformers:./gone", "there is no folder './gone', and it is no hub id OWNER/NAME"),
        ("transformers:google/gone", "Fetch it once by: hf download google/gone config.json preprocessor_config.json"),
        ("frames:clap-htsat-unfused", "takes audio, and frames are seen by image encoders"),
        ("frames:0:clip-vit-b32-laion2b", "frames:N:ENCODER with N from 1 to 256"),
        ("open_clip:ViT-B-32/old.pt", "there is no file 'old.pt'"),
        ("open_clip:ViT-B-32/gone.safetensors", "there is no file 'gone.safetensors'"),
        ("viclip-b16:gone.safetensors", "there is no file 'gone.safetensors'"),
        ("viclip-b16:ViCLIP.ckpt", "'ViCLIP.ckpt' is no weights file; they end in .safetensors, .pt, .pth, .bin"),
        ("clap:./gone", "there is no folder './gone', and it is no hub id OWNER/NAME"),
        ("clip:gone", "there is no config.json in 'gone'"),
    ],
)
def test_what_cannot_be_had_is_refused(asked, message):
    with pytest.raises(EncoderError) as error:
        card(asked)
    assert message in str(error.value)
    assert asked in str(error.value)


def test_missing_miniature_weights_say_how_to_make_them(tmp_path, monkeypatch):
    monkeypatch.setattr(miniature, "MINIATURE_WEIGHTS", tmp_path)
    with pytest.raises(EncoderError, match="make them again by: mmpt-pipeline miniature build"):
        card("miniature-clip")


def test_config_that_is_not_json_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(EncoderError, match="config.json is not JSON"):
        card(f"clip:{tmp_path}")


def test_digest_changes_with_what_can_change_a_feature_and_with_nothing_else(tmp_path):
    folder = write_random_encoder("clip", tmp_path / "one")
    first = card(f"clip:{folder}")
    same = card(f"clip:{write_random_encoder('clip', tmp_path / 'two')}")
    assert same.digest == first.digest
    assert card(f"clip:{write_random_encoder('clip', tmp_path / 'three', seed=1)}").digest != first.digest

    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "templates": ["a {}."]}, indent=3))
    (folder / "build-log.jsonl").write_text("{}")
    assert card(f"clip:{folder}").digest == first.digest
    assert card(f"clip:{folder}").templates == ("a {}.",)
    (folder / "config.json").write_text(json.dumps({**config, "mean": [0.0, 0.0, 0.0]}))
    assert card(f"clip:{folder}").digest != first.digest


def test_open_clips_sizes_are_read_without_importing_it():
    assert card("open_clip:ViT-B-16/openai").dim == open_clip.get_model_config("ViT-B-16")["embed_dim"]
    code = (
        "import sys; from pipeline.encoders.cards import card; import pipeline.caching.specs as specs;"
        "specs.media_features_spec(card('clip-vit-b32-laion2b')).fingerprint;"
        "print([name for name in ('torch', 'transformers', 'open_clip', 'av', 'prefect') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
