"""Where a CLAP's configuration, weights, feature extractor and tokenizer come from.

Three layouts: a folder of transformers, a hub id of one, and a checkpoint file of the laion-clap package.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.base import WEIGHTS_SUFFIXES, read_json
from pipeline.encoders.cards.clap import TOKENIZER_FILES
from pipeline.encoders.clap_laion import config_of, require_mel, to_transformers
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.weights import plain_names, read_weights
from pipeline.printable import cut

_WEIGHTS_NAMES = ("model.safetensors", "pytorch_model.bin")
_MEL: dict[str, Any] = {"frequency_min": 50}
"""LAION trained with mel bins from 50 Hz. transformers' default of 0 Hz moves an embedding by half of the distance
between two clips, so the published checkpoints are not trusted to say it."""
_MOST = {"feature_size": 1024, "fft_window_size": 1 << 16, "hop_length": 1 << 16, "nb_frequency_bins": 1 << 16,
         "nb_max_samples": 1 << 28, "sampling_rate": 768_000, "max_length_s": 3600}  # fmt: skip
_ROBERTA = "roberta-base"

Tokenize = Callable[[Sequence[str]], list[list[int]]]


@dataclass(frozen=True)
class ClapSource:
    """The parts of a CLAP.

    Attributes:
        config: sizes.
        state: weights under the names of `transformers.ClapModel`.
        extractor: sizes and filters of the spectrograms.
        tokenize: sentences to token ids, cut off at the card's context.
    """

    config: ClapConfig
    state: dict[str, Tensor]
    extractor: ClapFeatureExtractor
    tokenize: Tokenize


def find_source(card: EncoderCard) -> ClapSource:
    """Find and read the parts of a card; those of a hub id are fetched into the hub's cache if they are not there.

    Raises:
        EncoderError: a part is missing or damaged, or cannot be downloaded.
    """
    if card.weights.endswith(WEIGHTS_SUFFIXES):
        return _laion_checkpoint(card)
    local = Path(card.weights).is_dir()
    folder = Path(card.weights) if local else _download(card)
    weights = next((folder / name for name in _WEIGHTS_NAMES if (folder / name).is_file()), folder / _WEIGHTS_NAMES[0])
    mel: dict[str, Any] = {} if local else _MEL
    _require_sane(card.name, folder)
    extractor = ClapFeatureExtractor.from_pretrained(folder, **mel)
    state = plain_names(read_weights(card.name, weights))
    return ClapSource(ClapConfig.from_pretrained(folder), state, extractor, _tokenizer(folder, card.context))


def _require_sane(encoder: str, folder: Path) -> None:
    """Refuse sizes of spectrograms of which the filters alone would fill the memory."""
    given = read_json(encoder, folder, "preprocessor_config.json")
    for name, most in _MOST.items():
        value = given.get(name, 1)
        if not (isinstance(value, int | float) and 0 < value <= most):
            raise EncoderError(
                f"encoder {encoder!r}: its preprocessor_config.json gives {cut(repr(value), 100)} for {name!r}; it is a number "
                f"from 1 to {most:,}. Download it again"
            )


def _laion_checkpoint(card: EncoderCard) -> ClapSource:
    file = Path(card.weights)
    state = plain_names(read_weights(card.name, file, inside=("state_dict",)))
    config: Any = config_of(card.name, state)
    extractor = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad", **_MEL)
    require_mel(card.name, state, extractor.mel_filters_slaney)
    beside = any((file.parent / name).is_file() for name in TOKENIZER_FILES)
    tokenize = _tokenizer(file.parent, card.context) if beside else _roberta(card)
    return ClapSource(config, to_transformers(state), extractor, tokenize)


def _tokenizer(folder: Path | str, context: int) -> Tokenize:
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)

    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=context)["input_ids"]
        return ids

    return tokenize


def _roberta(card: EncoderCard) -> Tokenize:
    try:
        return _tokenizer(_ROBERTA, card.context)
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"encoder {card.name!r}: a laion-clap checkpoint holds no tokenizer, and {_ROBERTA!r} is not in the cache "
            f"of the hub and cannot be downloaded. Put its {' and '.join(TOKENIZER_FILES[1:])} (or "
            f"{TOKENIZER_FILES[0]}) beside {card.weights!r}, or type: hf download {_ROBERTA}"
        ) from error


def _download(card: EncoderCard) -> Path:
    from huggingface_hub import snapshot_download

    try:
        for weights in _WEIGHTS_NAMES:
            folder = Path(snapshot_download(card.weights, allow_patterns=["*.json", "*.txt", weights]))
            if (folder / weights).is_file():
                return folder
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"{card.weights!r} is not in the cache and cannot be downloaded: {error}. Download it elsewhere and "
            "type clap:FOLDER"
        ) from error
    raise EncoderError(f"encoder {card.name!r}: {card.weights!r} has none of {', '.join(_WEIGHTS_NAMES)}")
