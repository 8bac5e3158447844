"""`transformers.ClapModel` (unfused) as an encoder with named cuts.

Text (RoBERTa): tokens, block00, ..., output. Audio (HTSAT): waveform, spectrogram, stage00, ..., output. The modules
of transformers do the work; a test holds the result equal to `get_text_features` and `get_audio_features`, which
normalise where this does not.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, ClapConfig, ClapFeatureExtractor, ClapModel
from transformers.masking_utils import create_bidirectional_mask

from pipeline.encoders.base import Activations, Encoder, StagedTower, Step, block_names
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.weights import load_strictly, read_weights

_CONTEXT_LENGTH = 77
_DERIVED = ("position_ids", "token_type_ids", "relative_position_index")
_PUBLISHED_MEL = {"frequency_min": 50}
"""LAION trained with mel bins from 50 Hz. transformers' default of 0 Hz moves an embedding by half of the distance
between two clips, so the published checkpoints are not trusted to say it."""


def load_clap(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights and sizes do not fit together, the model is a fused one, or its files cannot be had.
    """
    local = Path(card.weights).is_dir()
    folder = Path(card.weights) if local else _download(card)
    config: Any = ClapConfig.from_pretrained(folder)
    if config.audio_config.enable_fusion:
        raise EncoderError(f"encoder {card.name!r} is a fused CLAP, which crops at random; use an unfused one")
    model: Any = ClapModel(config)
    load_strictly(card.name, model, read_weights(card.name, folder / "model.safetensors"), _DERIVED)
    model = model.to(device, dtype).eval().requires_grad_(False)
    mel: dict[str, Any] = {} if local else _PUBLISHED_MEL
    extractor = ClapFeatureExtractor.from_pretrained(folder, **mel)
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=audio_tower(model, extractor, device, dtype),
        tokenizer=_tokenizer(folder),
        pad_id=config.text_config.pad_token_id,
        context_length=_CONTEXT_LENGTH,
    )


def text_tower(model: Any, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the text tower into its blocks; inputs are token ids (b, s), padded with the padding id."""
    text = model.text_model
    first, *blocks = text.encoder.layer

    def masked(block: nn.Module, x: Tensor, ids: Tensor) -> Tensor:
        present = ids.ne(model.config.text_config.pad_token_id)
        mask = create_bidirectional_mask(config=text.config, inputs_embeds=x, attention_mask=present)
        return block(x, mask)

    def block_step(block: nn.Module) -> Step:
        return lambda acts: {**acts, "activations": masked(block, acts["activations"], acts["ids"])}

    def embed(acts: Activations) -> Activations:
        ids = acts["activations"]
        return {"activations": masked(first, text.embeddings(input_ids=ids), ids), "ids": ids}

    def head(acts: Activations) -> Activations:
        return {"vectors": model.text_projection(text.pooler(acts["activations"]))}

    steps = (embed, *[block_step(block) for block in blocks], head)
    return StagedTower(("tokens", *block_names(len(blocks) + 1), "output"), steps, device, dtype)


def audio_tower(model: Any, extractor: ClapFeatureExtractor, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the audio tower into its stages; inputs are float32 (b, samples), one whole window each."""
    encoder = model.audio_model.audio_encoder
    first, *stages = encoder.layers

    def mel(acts: Activations) -> Activations:
        return {"activations": log_mel(extractor, acts["activations"]).to(device, dtype)}

    def stage_step(index: int, stage: nn.Module) -> Step:
        return lambda acts: {"activations": stage(acts["activations"], encoder.input_resolutions[index])[0]}

    def embed(acts: Activations) -> Activations:
        # Batch normalisation is over mel bins, which are the last dimension of (b, 1, time, mel).
        x = encoder.batch_norm(acts["activations"].transpose(1, 3)).transpose(1, 3)
        x = encoder.patch_embed(encoder.reshape_mel2img(x), None)
        return {"activations": first(x, encoder.input_resolutions[0])[0]}

    def head(acts: Activations) -> Activations:
        # HTSAT's "group 2D CNN" reshape only reorders what the average is taken of.
        pooled = encoder.norm(acts["activations"]).mean(dim=1)
        return {"vectors": model.audio_projection(pooled)}

    later = [stage_step(index, stage) for index, stage in enumerate(stages, start=1)]
    cuts = ("waveform", "spectrogram", *block_names(len(stages) + 1, "stage"), "output")
    return StagedTower(cuts, (mel, embed, *later, head), device, dtype)


def log_mel(extractor: ClapFeatureExtractor, waves: Tensor) -> Tensor:
    """Map whole windows, float32 (b, samples), to log-mel spectrograms, float32 (b, 1, time, mel), on the CPU."""
    if waves.shape[1] > extractor.nb_max_samples:
        raise ValueError(f"windows of {waves.shape[1]} samples are longer than {extractor.nb_max_samples}")
    features = extractor(
        list(waves.float().cpu().numpy()),
        sampling_rate=extractor.sampling_rate,
        truncation="rand_trunc",  # of whole windows nothing is cut, so nothing is random
        padding="repeatpad",
    )["input_features"]
    return torch.stack([torch.as_tensor(mel, dtype=torch.float32) for mel in features])


def _tokenizer(folder: Path) -> Callable[[Sequence[str]], list[list[int]]]:
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)

    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        ids: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=_CONTEXT_LENGTH)["input_ids"]
        return ids

    return tokenize


def _download(card: EncoderCard) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(card.weights, allow_patterns=["*.json", "*.txt", "model.safetensors"]))
    except Exception as error:  # every kind of network and cache failure
        raise EncoderError(
            f"{card.weights!r} is not in the cache and cannot be downloaded: {error}. Download it elsewhere and "
            "type clap:FOLDER"
        ) from error
