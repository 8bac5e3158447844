"""Checkpoints of the laion-clap package (`630k-audioset-best.pt`, ...) as weights of transformers' ClapModel.

Both are the same network under other names, so nothing is computed here: tensors are renamed, the joint query-key-value
matrix of HTSAT is cut in three, and sizes are read off the shapes (HTSAT-tiny or -base, fused or not). Left behind is what
inference does not use: the classifier of the pretraining, the MLPs behind the projections, and constants of the spectrogram.
"""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import ClapConfig

from pipeline.encoders.errors import EncoderError

_LEFT_BEHIND = re.compile(
    r"(text|audio)_transform\.|audio_branch\.(spectrogram_extractor|logmel_extractor|tscam_conv|head)\."
    r"|.*\.(attn_mask|position_ids|relative_position_index)$"
)
_RENAMED = (
    (r"^text_branch\.", "text_model."),
    (r"^audio_branch\.", "audio_model.audio_encoder."),
    (r"^(text|audio)_projection\.0\.", r"\1_projection.linear1."),
    (r"^(text|audio)_projection\.2\.", r"\1_projection.linear2."),
    (r"audio_encoder\.bn0\.", "audio_encoder.batch_norm."),
    (r"(audio_encoder\.layers\.\d+\.blocks\.\d+)\.norm1\.", r"\1.layernorm_before."),
    (r"(audio_encoder\.layers\.\d+\.blocks\.\d+)\.norm2\.", r"\1.layernorm_after."),
    (r"(audio_encoder\.layers\.\d+\.blocks\.\d+)\.mlp\.fc1\.", r"\1.intermediate.dense."),
    (r"(audio_encoder\.layers\.\d+\.blocks\.\d+)\.mlp\.fc2\.", r"\1.output.dense."),
    (r"(audio_encoder\.layers\.\d+\.blocks\.\d+)\.attn\.proj\.", r"\1.attention.output.dense."),
    (r"(audio_encoder\.layers\.\d+\.blocks\.\d+)\.attn\.", r"\1.attention.self."),
)
_MEL_FILTERS = "audio_branch.logmel_extractor.melW"


def to_transformers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of a laion-clap checkpoint to those of `transformers.ClapModel`."""
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        if _LEFT_BEHIND.match(name):
            continue
        for pattern, replacement in _RENAMED:
            name = re.sub(pattern, replacement, name)
        if ".self.qkv." in name:
            for part, third in zip(("query", "key", "value"), value.chunk(3), strict=True):
                renamed[name.replace("qkv", part)] = third.clone()
        else:
            renamed[name] = value
    return renamed


def config_of(encoder: str, state: Mapping[str, Tensor]) -> ClapConfig:
    """Read a model's sizes off the shapes of a laion-clap checkpoint.

    Raises:
        EncoderError: it is not HTSAT beside RoBERTa, of which alone there are published checkpoints.
    """
    try:
        return ClapConfig(
            projection_dim=state["audio_projection.0.weight"].shape[0],
            text_config=_text(state),
            audio_config=_audio(state),
        )
    except (KeyError, IndexError, ValueError) as error:
        raise EncoderError(
            f"encoder {encoder!r}: this is no checkpoint of laion-clap with HTSAT and RoBERTa (looked for {error}; it "
            f"has {len(state)} tensors, the first {next(iter(state), 'none')!r}). A folder or hub id of transformers "
            "is typed clap:FOLDER or clap:OWNER/NAME"
        ) from None


def require_mel(encoder: str, state: Mapping[str, Tensor], filters: Any) -> None:
    """Refuse a checkpoint that was trained with other mel filters than the extractor's, (bins, mels), Slaney's.

    Raises:
        EncoderError: they differ.
    """
    if _MEL_FILTERS not in state:
        return
    trained, ours = state[_MEL_FILTERS].float(), torch.as_tensor(filters).float()
    if trained.shape != ours.shape or not torch.allclose(trained, ours, atol=1e-6, rtol=1e-3):
        raise EncoderError(
            f"encoder {encoder!r}: the checkpoint was trained with other mel filters than the published ones of its kind "
            "(64 from 50 to 14000 Hz, LAION's of 48 kHz, AudioSet's of 32 kHz); convert it to a transformers folder whose "
            "preprocessor_config.json says which, and type clap:FOLDER or hts-at:FOLDER"
        )


def _text(state: Mapping[str, Tensor]) -> dict[str, Any]:
    words = state["text_branch.embeddings.word_embeddings.weight"]
    kinds = state["text_branch.embeddings.token_type_embeddings.weight"].shape[0]
    if kinds != 1:
        raise ValueError(f"one token type, found {kinds}, as BERT has")
    return {
        "vocab_size": words.shape[0],
        "hidden_size": words.shape[1],
        "num_hidden_layers": _count(state, r"text_branch\.encoder\.layer\.(\d+)\."),
        "num_attention_heads": words.shape[1] // 64,
        "intermediate_size": state["text_branch.encoder.layer.0.intermediate.dense.weight"].shape[0],
        "max_position_embeddings": state["text_branch.embeddings.position_embeddings.weight"].shape[0],
        "layer_norm_eps": 1e-5,  # roberta-base's, which transformers' own ports of CLAP set to 1e-12
    }


def _audio(state: Mapping[str, Tensor]) -> dict[str, Any]:
    stages = range(_count(state, r"audio_branch\.layers\.(\d+)\."))
    table = "audio_branch.layers.{}.blocks.0.attn.relative_position_bias_table"
    fused = "audio_branch.patch_embed.mel_conv2d.weight" in state
    return {
        "patch_embeds_hidden_size": state["audio_branch.patch_embed.proj.weight"].shape[0],
        "depths": [_count(state, rf"audio_branch\.layers\.{stage}\.blocks\.(\d+)\.") for stage in stages],
        "num_attention_heads": [state[table.format(stage)].shape[1] for stage in stages],
        "hidden_size": state["audio_projection.0.weight"].shape[1],
        "enable_fusion": fused,
        "fusion_type": "aff_2d" if fused else None,
    }


def _count(state: Mapping[str, Tensor], pattern: str) -> int:
    found = {int(match[1]) for name in state if (match := re.match(pattern, name))}
    if not found:
        raise KeyError(pattern.replace("\\", ""))
    return len(found)
