"""Checkpoints as LAION's training writes them, from the weights of a `ClapModel`; written apart from the reading of them."""

import numpy as np
import torch
from torch import nn
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

NAMES = """
logit_scale_a logit_scale_t audio_branch.spectrogram_extractor.stft.conv_real.weight
audio_branch.spectrogram_extractor.stft.conv_imag.weight audio_branch.logmel_extractor.melW audio_branch.bn#.weight
audio_branch.bn#.bias audio_branch.bn#.running_mean audio_branch.bn#.running_var audio_branch.bn#.num_batches_tracked
audio_branch.patch_embed.proj.weight audio_branch.patch_embed.proj.bias audio_branch.patch_embed.norm.weight
audio_branch.patch_embed.norm.bias audio_branch.layers.#.blocks.#.norm#.weight audio_branch.layers.#.blocks.#.norm#.bias
audio_branch.layers.#.blocks.#.attn.relative_position_bias_table
audio_branch.layers.#.blocks.#.attn.relative_position_index audio_branch.layers.#.blocks.#.attn.qkv.weight
audio_branch.layers.#.blocks.#.attn.qkv.bias audio_branch.layers.#.blocks.#.attn.proj.weight
audio_branch.layers.#.blocks.#.attn.proj.bias audio_branch.layers.#.blocks.#.mlp.fc#.weight
audio_branch.layers.#.blocks.#.mlp.fc#.bias audio_branch.layers.#.blocks.#.attn_mask
audio_branch.layers.#.downsample.reduction.weight audio_branch.layers.#.downsample.norm.weight
audio_branch.layers.#.downsample.norm.bias audio_branch.norm.weight audio_branch.norm.bias audio_branch.tscam_conv.weight
audio_branch.tscam_conv.bias audio_branch.head.weight audio_branch.head.bias
text_branch.embeddings.word_embeddings.weight text_branch.embeddings.token_type_embeddings.weight
text_branch.embeddings.LayerNorm.weight text_branch.embeddings.LayerNorm.bias
text_branch.embeddings.position_embeddings.weight text_branch.encoder.layer.#.attention.self.query.weight
text_branch.encoder.layer.#.attention.self.query.bias text_branch.encoder.layer.#.attention.self.key.weight
text_branch.encoder.layer.#.attention.self.key.bias text_branch.encoder.layer.#.attention.self.value.weight
text_branch.encoder.layer.#.attention.self.value.bias text_branch.encoder.layer.#.attention.output.dense.weight
text_branch.encoder.layer.#.attention.output.dense.bias text_branch.encoder.layer.#.attention.output.LayerNorm.weight
text_branch.encoder.layer.#.attention.output.LayerNorm.bias text_branch.encoder.layer.#.intermediate.dense.weight
text_branch.encoder.layer.#.intermediate.dense.bias text_branch.encoder.layer.#.output.dense.weight
text_branch.encoder.layer.#.output.dense.bias text_branch.encoder.layer.#.output.LayerNorm.weight
text_branch.encoder.layer.#.output.LayerNorm.bias text_branch.pooler.dense.weight text_branch.pooler.dense.bias
text_transform.sequential.#.weight text_transform.sequential.#.bias text_projection.#.weight text_projection.#.bias
audio_transform.sequential.#.weight audio_transform.sequential.#.bias audio_projection.#.weight audio_projection.#.bias
""".split()
"""Every name in the state dict of laion_clap 1.1.5's own HTSAT-tiny model, numbers written as #."""

_PARTS = {
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.self.relative_position_bias_table": "attn.relative_position_bias_table",
    "attention.self.relative_position_index": "attn.relative_position_index",
    "attention.output.dense": "attn.proj",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
}


def small_clap(fused=False, seed=0, **audio):
    """A CLAP of few channels that hears what a real one does: 64 mels, 1001 frames, pictures of 256 by 256."""
    torch.manual_seed(seed)
    sizes = {"patch_embeds_hidden_size": 16, "depths": [2, 2], "num_attention_heads": [2, 4], "hidden_size": 32}
    if fused:
        sizes |= {"enable_fusion": True, "fusion_type": "aff_2d"}
    text = {"vocab_size": 300, "hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    text |= {"intermediate_size": 96, "max_position_embeddings": 90, "layer_norm_eps": 1e-5}
    model = ClapModel(ClapConfig(projection_dim=512, text_config=text, audio_config=sizes | audio)).eval()
    give_normal_size(model)
    return model.requires_grad_(False)


def give_normal_size(model):
    """Weights and statistics under which nothing is small enough for a mistake to hide."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.1)
    for name, statistics in model.named_buffers():
        if name.endswith("running_mean"):
            nn.init.normal_(statistics, mean=-20.0 if "batch_norm" in name else 0.0)
        if name.endswith("running_var"):
            nn.init.uniform_(statistics, *((50.0, 150.0) if "batch_norm" in name else (0.5, 1.5)))


def laion_state(model):
    """The same weights under laion_clap's names, with all else that its checkpoints hold."""
    state, audio = {}, "audio_branch."
    for name, value in model.state_dict().items():
        if name.startswith("text_model."):
            if not name.endswith(("position_ids", "token_type_ids")):
                state["text_branch." + name.removeprefix("text_model.")] = value
        elif "_projection." in name:
            state[name.replace("linear1", "0").replace("linear2", "2")] = value
        elif name.startswith("logit_scale"):
            state[name] = value
        elif ".attention.self.query." in name:
            three = [model.state_dict()[name.replace("query", part)] for part in ("query", "key", "value")]
            where, _, kind = name.removeprefix("audio_model.audio_encoder.").partition(".attention.self.query.")
            state[f"{audio}{where}.attn.qkv.{kind}"] = torch.cat(three)
        elif ".attention.self.key." not in name and ".attention.self.value." not in name:
            state[audio + _block_part(name.removeprefix("audio_model.audio_encoder."))] = value
    return state | _unused(model)


def laion_checkpoint(model):
    """What `training/main.py` saves; the learning rate of its schedule is a number of numpy's."""
    state = {f"module.{name}": value for name, value in laion_state(model).items()}
    groups = [{"lr": 0.5 * (1 + np.cos(0.3)) * 1e-4, "params": [0]}]
    optimizer = {"state": {0: {"step": 3, "exp_avg": torch.zeros(3)}}, "param_groups": groups}
    return {"epoch": 15, "name": "a-run", "state_dict": state, "optimizer": optimizer, "scaler": {"scale": 65536.0}}


def _block_part(name):
    if not name.startswith("layers.") or ".blocks." not in name:
        return name.replace("batch_norm.", "bn0.", 1) if name.startswith("batch_norm.") else name
    layers, stage, blocks, block, part = name.split(".", 4)
    for theirs, laions in _PARTS.items():
        if part.startswith(theirs):
            return ".".join([layers, stage, blocks, block, laions + part.removeprefix(theirs)])
    raise AssertionError(name)


def _unused(model):
    filters = ClapFeatureExtractor(frequency_min=50).mel_filters_slaney
    width = model.config.audio_config.hidden_size
    unused = {
        "audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.zeros(513, 1, 1024),
        "audio_branch.spectrogram_extractor.stft.conv_imag.weight": torch.zeros(513, 1, 1024),
        "audio_branch.logmel_extractor.melW": torch.tensor(filters, dtype=torch.float32),
        "audio_branch.tscam_conv.weight": torch.zeros(527, width, 2, 3),
        "audio_branch.tscam_conv.bias": torch.zeros(527),
        "audio_branch.head.weight": torch.zeros(527, 527),
        "audio_branch.head.bias": torch.zeros(527),
        "audio_branch.layers.0.blocks.1.attn_mask": torch.zeros(64, 64, 64),
    }
    for half in ("text", "audio"):
        for layer in (0, 3):
            unused[f"{half}_transform.sequential.{layer}.weight"] = torch.zeros(512, 512)
            unused[f"{half}_transform.sequential.{layer}.bias"] = torch.zeros(512)
    return unused
