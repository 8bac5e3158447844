"""laion-clap's own HTS-AT as it was trained on AudioSet, in a process of its own: `python laion_hts_at.py FOLDER`.

Of the folder's inputs.npz `waves` (n, samples) at 32 kHz are heard, in float64. Written are HTSAT_AudioSet_Saved_1.ckpt, laid out
as Lightning saves it, and outputs.npz: `mel` (n, frames, bins), what every block leaves (`block00`, ...), the `embedding` (n, C).

The package reads the command line and asks the hub when it is imported; any contact with a network ends the process.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from laion_model import give_normal_size, refuse_networks  # noqa: E402


def build():
    """As the published configuration has it."""
    import torch
    import transformers

    for name in ("Bert", "Roberta", "Bart"):
        getattr(transformers, f"{name}Tokenizer").from_pretrained = lambda name: None
    from laion_clap.clap_module.htsat import HTSAT_Swin_Transformer

    torch.manual_seed(0)
    config = SimpleNamespace(
        mel_bins=64, window_size=1024, hop_size=320, sample_rate=32000, fmin=50, fmax=14000, enable_tscam=True
    )
    return HTSAT_Swin_Transformer(
        spec_size=256, patch_size=4, patch_stride=(4, 4), num_classes=527, embed_dim=96, depths=[2, 2, 6, 2],
        num_heads=[4, 8, 16, 32], window_size=8, config=config,
    )  # fmt: skip


def run(folder):
    import torch

    model = build().eval()
    give_normal_size(model)
    state = {f"sed_model.{name}": tensor for name, tensor in model.state_dict().items()}
    content = {"epoch": 3, "state_dict": state, "callbacks": {}, "optimizer_states": [], "lr_schedulers": []}
    torch.save(content, folder / "HTSAT_AudioSet_Saved_1.ckpt")

    model, seen = model.double(), {}
    model.bn0.register_forward_hook(lambda _, given, left: seen.update(mel=given[0].transpose(1, 3)[:, 0].numpy()))
    for index, block in enumerate(block for layer in model.layers for block in layer.blocks):
        block.register_forward_hook(lambda _, given, left, at=f"block{index:02d}": seen.update({at: left[0].numpy()}))
    with torch.no_grad():
        out = model({"waveform": torch.tensor(np.load(folder / "inputs.npz")["waves"])})
    np.savez(folder / "outputs.npz", embedding=out["embedding"].numpy(), **seen)


if __name__ == "__main__":
    place, sys.argv[1:] = Path(sys.argv[1]), []
    refuse_networks()
    run(place)
