"""Small parts that the encoders' training files share: normalised inputs, padded tokens, files written whole."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def normalised(pixels: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Uint8 pixels (..., 3) as floats with the encoder's mean and deviation."""
    scaled = pixels.float() / 255
    return (scaled - scaled.new_tensor(mean)) / scaled.new_tensor(std)


def clip_tokens(tokenizer: Any, texts: Sequence[str], context: int) -> Tensor:
    """Token ids (b, s), zero-padded to the longest text, cut to `context` with the end-of-text token last."""
    rows = []
    for text in texts:
        ids = [tokenizer.sot_token_id, *tokenizer.encode(text)][: context - 1]
        rows.append([*ids, tokenizer.eot_token_id])
    padded = torch.zeros(len(rows), max(len(row) for row in rows), dtype=torch.long)
    for at, row in enumerate(rows):
        padded[at, : len(row)] = torch.tensor(row)
    return padded


def write_json(path: Path, value: Any) -> None:
    """Writes JSON in one piece, so that a reader never sees half of it."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(value, indent=1) + "\n")
    os.replace(temporary, path)


def write_weights(path: Path, module: nn.Module) -> None:
    """Writes a module's state as float16 safetensors in one piece."""
    from safetensors.torch import save_file

    state = {name: value.detach().cpu().clone().contiguous() for name, value in module.state_dict().items()}
    halved = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    temporary = path.with_name(path.name + ".part")
    save_file(halved, temporary, metadata={"format": "pt"})
    os.replace(temporary, path)
