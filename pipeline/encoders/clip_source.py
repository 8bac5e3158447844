"""Where a CLIP's sizes, weights and facts come from, and the refusal of OpenAI's weights in a GELU model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.pretrained import download_pretrained, get_pretrained_cfg
from torch import Tensor

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.base import WEIGHTS_SUFFIXES, read_json
from pipeline.encoders.cards.clip import HUB, WEIGHTS_NAMES
from pipeline.encoders.cards.clip_facts import OPEN_CLIP_CONFIG, ClipFacts, config_facts, file_facts, tag_facts
from pipeline.encoders.errors import EncoderError

INSIDE = ("state_dict", "model_state_dict", "model")
"""Under which key of a checkpoint the tensors lie: of open_clip's training, and of other people's."""
SIZES_AS_TENSORS = ("input_resolution", "context_length", "vocab_size")
"""What OpenAI's state dict carries besides weights."""
_HALF_AT_OPENAI = (
    "visual.conv1.weight",
    "visual.proj",
    "text_projection",
    "transformer.resblocks.0.mlp.c_fc.weight",
    "visual.transformer.resblocks.0.mlp.c_fc.weight",
)


@dataclass(frozen=True)
class ClipSource:
    """Where a CLIP's parts come from.

    Attributes:
        model_cfg: arguments of `open_clip.CLIP`.
        weights: local file.
        facts: activation and preprocessing.
        merges: gzipped merges of the tokenizer; OpenAI's if None.
    """

    model_cfg: dict[str, Any]
    weights: Path
    facts: ClipFacts
    merges: Path | None = None


def find_source(card: EncoderCard) -> ClipSource:
    """Find the files of a card; those of a tag or hub id are fetched into the hub's cache if they are not there.

    Raises:
        EncoderError: the weights cannot be had, or their facts contradict each other.
    """
    if card.weights.startswith(HUB):
        return _hub(card)
    if not card.model:
        return _folder(card)
    if card.weights.endswith(WEIGHTS_SUFFIXES):
        file = Path(card.weights)
        return ClipSource(open_clip.get_model_config(card.model), file, file_facts(card.name, card.model, file))
    facts = tag_facts(card.name, card.model, card.weights)
    return ClipSource(open_clip.get_model_config(card.model), _download(card), facts)


def require_activation(card: EncoderCard, facts: ClipFacts, state: Mapping[str, Tensor]) -> None:
    """Refuse OpenAI's weights in a GELU model, where nobody said of these weights that they are of GELU.

    Raises:
        EncoderError: the weights show it; the message says how to load them.
    """
    if facts.quick_gelu or facts.stated or not _trained_by_openai(state):
        return
    remedy = f"type open_clip:{card.model}-quickgelu/{card.weights}" if card.model else 'set "quick_gelu": true'
    raise EncoderError(
        f"encoder {card.name!r}: these look like OpenAI's weights (its matrices are numbers of half precision, its "
        f"embeddings are not), which were trained with QuickGELU, and the model has GELU: {remedy}. If they are of "
        f'GELU, say so by "quick_gelu": false in model_cfg of an {OPEN_CLIP_CONFIG} beside them'
    )


def _folder(card: EncoderCard) -> ClipSource:
    folder = Path(card.weights)
    if (folder / OPEN_CLIP_CONFIG).is_file():
        config = read_json(card.name, folder, OPEN_CLIP_CONFIG)
        weights = next(folder / file for file in WEIGHTS_NAMES if (folder / file).is_file())
        return ClipSource(config["model_cfg"], weights, config_facts(card.name, config))
    values = json.loads((folder / "config.json").read_text())
    sizes = values["model_cfg"]
    facts = ClipFacts(bool(sizes.get("quick_gelu", False)), True, tuple(values["mean"]), tuple(values["std"]))
    return ClipSource(sizes, folder / "model.safetensors", facts, folder / "bpe.txt.gz")


def _hub(card: EncoderCard) -> ClipSource:
    """Find a hub id's files in the cache, or fetch its weights into it; the configuration is there since the card."""
    from huggingface_hub import hf_hub_download

    hub_id, _, revision = card.weights.removeprefix(HUB).rpartition("@")
    config = json.loads(Path(hf_hub_download(hub_id, OPEN_CLIP_CONFIG, revision=revision)).read_text())
    reasons = []
    for name in WEIGHTS_NAMES:
        try:
            file = Path(hf_hub_download(hub_id, name, revision=revision))
        except Exception as error:  # every kind of network and cache failure
            reasons.append(f"{name}: {str(error).strip().splitlines()[0]}")
        else:
            return ClipSource(config["model_cfg"], file, config_facts(card.name, config))
    raise EncoderError(
        f"the weights of {card.name!r} are not in the cache and cannot be downloaded ({'; '.join(reasons)}). "
        f"Fetch them by: hf download {hub_id} {WEIGHTS_NAMES[0]}, or elsewhere, and type open_clip:FOLDER"
    )


def _download(card: EncoderCard) -> Path:
    try:
        return Path(download_pretrained(get_pretrained_cfg(card.model, card.weights), prefer_hf_hub=True))
    except Exception as error:  # every kind of network and cache failure of two libraries
        raise EncoderError(
            f"the weights of {card.name!r} are not in the cache and cannot be downloaded: {error}. Download them "
            f"elsewhere and type open_clip:{card.model}/FILE.safetensors"
        ) from error


def _trained_by_openai(state: Mapping[str, Tensor]) -> bool:
    """Tell OpenAI's weights, which were published with matrices in half precision and all else in single."""
    matrices = [state[name].float() for name in _HALF_AT_OPENAI if name in state]
    others = [state[name].float() for name in ("token_embedding.weight", "positional_embedding") if name in state]
    rounded = [torch.equal(x.to(dtype).float(), x) for x in others for dtype in (torch.float16, torch.bfloat16)]
    return bool(matrices and others) and all(torch.equal(x.half().float(), x) for x in matrices) and not any(rounded)
