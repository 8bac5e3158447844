"""Encoders with random weights in the layout of the miniature ones, so that tests need no trained weights."""

import json
from pathlib import Path

import torch
from open_clip import CLIP
from safetensors.torch import save_file
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

from pipeline.encoders.viclip.config import ViCLIPConfig
from pipeline.encoders.viclip.model import ViCLIP
from pipeline.miniature.train.tokenizers import write_clip_merges, write_roberta_tokenizer

WORDS = ["a photo of a dog", "the sound of rain", "a video of a person running", "two red cats on the table"]
MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]


def write_random_encoder(family: str, folder: Path, seed: int = 0) -> Path:
    """Write a tiny encoder; weights have normal size, so that no difference hides behind small numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    {"clip": _write_clip, "viclip": _write_viclip, "clap": _write_clap}[family](folder)
    return folder


def _write_clip(folder: Path) -> None:
    vocabulary = write_clip_merges(folder / "bpe.txt.gz", WORDS, [], merges=20)
    vision = {"image_size": 24, "patch_size": 8, "width": 32, "layers": 3, "head_width": 16}
    text = {"context_length": 77, "vocab_size": vocabulary, "width": 24, "heads": 2, "layers": 2}
    sizes = {"embed_dim": 20, "vision_cfg": vision, "text_cfg": text, "quick_gelu": False}
    _save(folder, CLIP(**sizes))
    config = {"family": "clip", "model_cfg": sizes, "mean": MEAN, "std": STD, "image_size": 24}
    _write_json(folder / "config.json", {**config, "templates": ["a photo of a {}.", "a {}."]})


def _write_viclip(folder: Path) -> None:
    vocabulary = write_clip_merges(folder / "bpe.txt.gz", WORDS, [], merges=20)
    config = ViCLIPConfig(
        image_size=16, patch_size=8, frames=4, width=32, layers=3, heads=2, embed_dim=20,
        vocab_size=vocabulary, text_width=24, text_layers=2, text_heads=2,
    )  # fmt: skip
    model = ViCLIP(config)
    torch.nn.init.normal_(model.vision_encoder.temporal_positional_embedding)
    _save(folder, model)
    values = {"family": "viclip", "model_cfg": config.to_dict(), "mean": MEAN, "std": STD}
    _write_json(folder / "config.json", {**values, "templates": ["a video of a {}."]})


def _write_clap(folder: Path) -> None:
    vocabulary = write_roberta_tokenizer(folder, WORDS * 20, [], size=300)
    config = ClapConfig(
        projection_dim=20,
        text_config={
            "vocab_size": vocabulary, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2,
            "intermediate_size": 48, "max_position_embeddings": 90, "type_vocab_size": 1,
        },
        audio_config={
            "spec_size": 64, "num_mel_bins": 32, "patch_size": 4, "patch_stride": [4, 4], "window_size": 4,
            "depths": [2, 2], "num_attention_heads": [2, 4], "patch_embeds_hidden_size": 16, "hidden_size": 32,
        },
    )  # fmt: skip
    model = ClapModel(config)
    norm = model.audio_model.audio_encoder.batch_norm
    torch.nn.init.normal_(norm.running_mean, mean=-20.0)
    torch.nn.init.uniform_(norm.running_var, 50.0, 150.0)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.15)
    _save(folder, model)
    config.save_pretrained(folder)
    extractor = ClapFeatureExtractor(
        feature_size=32, sampling_rate=8000, hop_length=100, max_length_s=1, fft_window_size=256,
        frequency_min=50, frequency_max=3500, truncation="rand_trunc", padding="repeatpad",
    )  # fmt: skip
    extractor.save_pretrained(folder)
    _write_json(folder / "templates.json", ["This is a sound of {}."])


def _save(folder: Path, model: torch.nn.Module) -> None:
    state = {name: x.half() if x.is_floating_point() else x for name, x in model.state_dict().items()}
    save_file({name: x.contiguous().clone() for name, x in state.items()}, folder / "model.safetensors")


def _write_json(path: Path, values: object) -> None:
    path.write_text(json.dumps(values))
