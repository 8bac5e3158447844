"""What a folder of sentence-transformers says of its model, read without that package and without torch.

    modules.json                    the modules in order: Transformer, Pooling, and Normalize where vectors get length 1
    config.json, model.safetensors  the transformer, here or in the sub-folder that modules.json names for it
    sentence_bert_config.json       the longest text in tokens, and whether texts are put into lower case
    1_Pooling/config.json           how the tokens of a sentence become one vector

A folder of a plain transformer has no modules.json: its tokens are averaged and nothing is normalised, which is what
sentence-transformers does with it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.encoders.cards.base import read_json
from pipeline.encoders.digests import digest_files, digest_name
from pipeline.encoders.errors import EncoderError

Pooling = Literal["mean", "cls", "max"]
POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "max")

ALIKE = ("bert", "roberta", "xlm-roberta")
"""Transformers whose blocks are called alike, so that one wrapper cuts them all."""
MODEL_TYPES = (*ALIKE, "mpnet", "camembert", "distilbert", "albert", "electra", "modernbert", "deberta-v2")
"""These and others that mask padding: they run whole."""
_COUNTING = ("roberta", "xlm-roberta", "mpnet", "camembert")
"""They count positions from the padding id + 1, so as many are never used."""

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_TOKENIZERS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json",
               "merges.txt", "sentencepiece.bpe.model")  # fmt: skip


@dataclass(frozen=True)
class SentenceLayout:
    """How sentences become vectors.

    Attributes:
        model_type: kind of transformer, one of `MODEL_TYPES`.
        transformer: sub-folder of weights and tokenizer; empty for the folder itself.
        dim: width of its tokens, and so of the vectors.
        blocks: how many it has.
        context_length: longest text, tokens with the special ones.
        lower_case: whether texts are put into lower case before the tokenizer sees them.
        pooling: "mean" or "max" of the tokens that are no padding, or the first token, "cls".
        normalise: whether vectors are scaled to length 1.
    """

    model_type: str
    transformer: str
    dim: int
    blocks: int
    context_length: int
    lower_case: bool
    pooling: Pooling
    normalise: bool


def read_layout(name: str, folder: Path) -> SentenceLayout:
    """Read all of it.

    Args:
        name: of the encoder, for messages.
        folder: as sentence-transformers or transformers save it.

    Raises:
        EncoderError: a file is missing or no JSON, or the model does something that this encoder does not.
    """
    modules = _modules(name, folder)
    inside = modules.get("Transformer", "")
    config = read_json(name, folder / inside, "config.json")
    if config.get("model_type") not in MODEL_TYPES:
        raise EncoderError(
            f"encoder {name!r}: its transformer is of type {config.get('model_type')!r}; sentences go through "
            f"{', '.join(MODEL_TYPES)} here (docs/writing-an-encoder.md tells how to add one)"
        )
    settings = _optional(name, folder / inside, "sentence_bert_config.json")
    return SentenceLayout(
        model_type=config["model_type"],
        transformer=inside,
        dim=config["dim" if config["model_type"] == "distilbert" else "hidden_size"],
        blocks=config["n_layers" if config["model_type"] == "distilbert" else "num_hidden_layers"],
        context_length=_context_length(
            name, config, settings, _optional(name, folder / inside, "tokenizer_config.json")
        ),
        lower_case=bool(settings.get("do_lower_case", False)),
        pooling=_pooling(name, folder / modules["Pooling"]) if "Pooling" in modules else "mean",
        normalise="Normalize" in modules,
    )


def weights_file(name: str, folder: Path, layout: SentenceLayout) -> Path:
    """Find the transformer's weights.

    Raises:
        EncoderError: there are none.
    """
    for file in _WEIGHTS:
        if (folder / layout.transformer / file).is_file():
            return folder / layout.transformer / file
    raise EncoderError(
        f"encoder {name!r}: there is neither {' nor '.join(_WEIGHTS)} in {str(folder / layout.transformer)!r}"
    )


def digest_layout(name: str, folder: Path, layout: SentenceLayout) -> str:
    """Return the sha256 (hex) over weights, tokenizer and layout: what can change a vector, and nothing else."""
    inside = folder / layout.transformer
    files = [weights_file(name, folder, layout), inside / "config.json", *(inside / file for file in _TOKENIZERS)]
    digests = [(file.name, digest_files(file)) for file in files if file.is_file()]
    settings = {**asdict(layout), "transformer": ""}  # where the files lie is no part of what they are
    return digest_name(json.dumps([digests, settings], sort_keys=True))


def _modules(name: str, folder: Path) -> dict[str, str]:
    """Sub-folder by kind of module; nothing for a plain transformer."""
    if not (folder / "modules.json").is_file():
        return {}
    listed: Any = read_json(name, folder, "modules.json")
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in listed]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        clip = "CLIPModel" in kinds  # of pictures and texts, and in a folder of its own
        nearest = f". Type transformers:{folder / str(listed[0].get('path', ''))}" if clip else ""
        raise EncoderError(
            f"encoder {name!r}: its modules are {', '.join(kinds) or 'none'}; sentences go through Transformer, Pooling "
            f"and perhaps Normalize here{nearest}"
        )
    return {kind: str(module.get("path", "")) for kind, module in zip(kinds, listed, strict=True)}


def _pooling(name: str, folder: Path) -> Pooling:
    """Read "pooling_mode", or the older one flag a mode."""
    config = read_json(name, folder, "config.json")
    flags = [key for key, value in config.items() if key.startswith("pooling_mode_") and value is True]
    older = [flag.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token") for flag in flags]
    asked = config.get("pooling_mode", older or "mean")
    modes = [asked] if isinstance(asked, str) else list(asked)
    for pooling in POOLINGS:
        if modes == [pooling]:
            return pooling
    raise EncoderError(
        f"encoder {name!r}: its pooling is {' + '.join(map(str, modes))}; sentences are pooled by {' or '.join(POOLINGS)} here"
    )


def _context_length(
    name: str, config: Mapping[str, Any], settings: Mapping[str, Any], tokens: Mapping[str, Any]
) -> int:
    """The longest text: as it is set, but no longer than tokenizer and positions reach."""
    unused = config["pad_token_id"] + 1 if config["model_type"] in _COUNTING else 0
    positions = config["max_position_embeddings"] - unused
    reach = min(positions, int(tokens.get("model_max_length", positions)))
    asked = settings.get("max_seq_length") or reach
    if not 3 <= asked <= positions:
        raise EncoderError(
            f"encoder {name!r}: texts of {asked} tokens are asked for, the model has {positions} positions"
        )
    return int(asked)


def _optional(name: str, folder: Path, file: str) -> dict[str, Any]:
    return read_json(name, folder, file) if (folder / file).is_file() else {}
