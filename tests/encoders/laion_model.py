"""laion-clap's own model, in a process of its own: `python laion_model.py FOLDER...`.

Of each folder's inputs.npz the `model` ("HTSAT-tiny" or "HTSAT-base") is drawn, `fused` or not. Written are laion.pt, as its
training does, and outputs.npz: what it makes of the `sounds` and token `ids` (NaN after the end of a sound, 1 after that of
a text), not normalised.

The package reads the command line and asks the hub for three tokenizers when it is imported, and for RoBERTa when the model
is built: a random RoBERTa of LAYERS blocks and no tokenizers stand for them here. Any contact with a network ends the process.
"""

import sys
from pathlib import Path

import numpy as np


def refuse_networks():
    """Let no name be looked up and no connection be opened; unlike a replaced function this holds in every library."""
    import socket

    def refuse(event, args):
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            raise SystemExit(f"{event} {args[1:]}")

    sys.addaudithook(refuse)
    try:
        socket.getaddrinfo("localhost", 80)
    except SystemExit:
        return
    raise AssertionError("networks are not refused")


def build(amodel, fused, layers):
    import torch
    import transformers

    for name in ("Bert", "Roberta", "Bart"):
        getattr(transformers, f"{name}Tokenizer").from_pretrained = lambda name: None
    sizes = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    roberta = transformers.RobertaConfig(**sizes, num_hidden_layers=layers)
    transformers.RobertaModel.from_pretrained = lambda name: transformers.RobertaModel(roberta)
    torch.manual_seed(0)
    from laion_clap import CLAP_Module

    return CLAP_Module(enable_fusion=fused, device="cpu", amodel=amodel)


def give_normal_size(model):
    """Matrices keep the size of what passes them, mel bins have the statistics of decibels; masks and filters stay."""
    import torch

    for name, parameter in model.named_parameters():
        if parameter.dim() > 1 and parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=(0.1 if "embeddings" in name else parameter[0].numel() ** -0.5))
        elif parameter.dim() == 1 and name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
    for name, statistics in model.named_buffers():
        if name.endswith("running_mean"):
            torch.nn.init.normal_(statistics, mean=-20.0 if ".bn0." in name else 0.0)
        if name.endswith("running_var"):
            torch.nn.init.uniform_(statistics, *((50.0, 150.0) if ".bn0." in name else (0.5, 1.5)))


def leave_nothing_to_chance_or_to_the_year():
    """Take the middle where a fused model's windows are drawn, and shrink as torchvision did when LAION trained.

    `Resize` of tensors smooths by default since torchvision 0.17; LAION trained before.
    """
    from functools import partial

    from torchvision import transforms

    np.random.choice = lambda values: values[len(values) // 2]
    transforms.Resize = partial(transforms.Resize, antialias=False)


def hear(module, sounds):
    import torch
    from training.data import get_audio_features

    fused, rows = module.enbale_fusion, []
    for sound in sounds:
        wave = torch.tensor(sound[~np.isnan(sound)])
        how = "fusion" if fused else "rand_trunc"
        rows.append(get_audio_features({}, wave, 480_000, how, "repeatpad", module.model_cfg["audio_cfg"]))
    batch = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    return module.model.audio_projection(module.model.encode_audio(batch, device="cpu")["embedding"])


def run(folder):
    import torch

    inputs = np.load(folder / "inputs.npz")
    module = build(str(inputs["model"]), bool(inputs["fused"]), int(inputs["layers"])).eval()
    give_normal_size(module.model)
    state = {f"module.{name}": tensor for name, tensor in module.model.state_dict().items()}
    torch.save({"epoch": 15, "name": "a-run", "state_dict": state}, folder / "laion.pt")
    ids = torch.tensor(inputs["ids"])
    with torch.no_grad():
        texts = module.model.encode_text({"input_ids": ids, "attention_mask": ids.ne(1).long()}, device="cpu")
        np.savez(folder / "outputs.npz", audio=hear(module, inputs["sounds"]).numpy(), text=texts.numpy())


if __name__ == "__main__":
    folders, sys.argv[1:] = sys.argv[1:], []
    refuse_networks()
    leave_nothing_to_chance_or_to_the_year()
    for name in folders:
        run(Path(name))
