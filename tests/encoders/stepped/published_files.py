"""Files laid out as the weights of towers are published, of random weights."""

import sys
import types

import torch
from laion_checkpoints import laion_state, small_clap

from pipeline.encoders.stepped.hts_at_weights import extractor_of
from pipeline.encoders.stepped.sizes import Mel


def microsofts(model):
    """Swin-V2 as Microsoft publishes it: patches are merged at the end of a stage, with tables of the sizes and a classifier."""
    state = {}
    for name, value in model.state_dict().items():
        if ".downsample." in name:
            _, stage, rest = name.split(".", 2)
            name = f"layers.{int(stage) - 1}.{rest}"
        state[name] = value.clone()
    for stage, layer in enumerate(model.layers):
        for index, block in enumerate(layer.blocks):
            at = f"layers.{stage}.blocks.{index}."
            state[f"{at}attn.relative_coords_table"] = block.attn.relative_coords_table.clone()
            state[f"{at}attn.relative_position_index"] = block.attn.relative_position_index.clone()
            if block.attn_mask is not None:
                state[f"{at}attn_mask"] = block.attn_mask.clone()
    width = model.num_features
    return {"model": state | {"head.weight": torch.zeros(21841, width)[:7].clone(), "head.bias": torch.zeros(7)}}


def timms(model):
    """The same as timm publishes it today."""
    fc = {"head.fc.weight": torch.zeros(7, model.num_features), "head.fc.bias": torch.zeros(7)}
    return {name: value.clone() for name, value in model.state_dict().items()} | fc


def audioset(clap, mel=None, old=False):
    """`HTSAT_AudioSet_Saved_1.ckpt`: what Lightning saves of training; of old versions callbacks lie under their class."""
    filters = torch.tensor(extractor_of(mel or Mel()).mel_filters_slaney, dtype=torch.float32)
    state = {n: v for n, v in laion_state(clap).items() if n.startswith("audio_branch.")}
    state = {n.replace("audio_branch.", "sed_model."): v for n, v in state.items()}
    state["sed_model.logmel_extractor.melW"] = filters
    callback = _ModelCheckpoint if old else "ModelCheckpoint"
    callbacks = {callback: {"best_model_score": torch.tensor(0.47), "best_model_path": "x.ckpt"}}
    return {
        "epoch": 3,
        "pytorch-lightning_version": "1.2",
        "state_dict": state,
        "callbacks": callbacks,
        "lr_schedulers": [],
    }


class _ModelCheckpoint:
    """Stands for Lightning's."""


_ModelCheckpoint.__name__ = _ModelCheckpoint.__qualname__ = "ModelCheckpoint"
_ModelCheckpoint.__module__ = "pytorch_lightning.callbacks.model_checkpoint"


def save_with_lightning(content, file, monkeypatch):
    """torch.save in a process that has Lightning; it is gone where the file is read."""
    module = types.ModuleType(_ModelCheckpoint.__module__)
    module.ModelCheckpoint = _ModelCheckpoint
    with monkeypatch.context() as patched:
        for parent in ("pytorch_lightning", "pytorch_lightning.callbacks"):
            patched.setitem(sys.modules, parent, types.ModuleType(parent))
        patched.setitem(sys.modules, module.__name__, module)
        torch.save(content, file)


__all__ = ["audioset", "microsofts", "save_with_lightning", "small_clap", "timms"]
