"""`transformers.ClapModel`, plain or fused, as an encoder with named cuts.

Text (RoBERTa): tokens, block00, ..., output. Audio (HTSAT): waveform, spectrogram, stage00, ..., output. The modules
of transformers do the work; a test holds the result equal to `get_text_features` and `get_audio_features`, which
normalise where this does not.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import ClapFeatureExtractor, ClapModel

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.clap_mel import fused_log_mel, log_mel
from pipeline.encoders.clap_source import find_source
from pipeline.encoders.clap_windows import mean_of_windows
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.masked_text import masked_text_tower
from pipeline.encoders.tower import Activations, StagedTower, Step, block_names
from pipeline.encoders.weights import made_to_fit
from pipeline.media import AudioSpec

_DERIVED = ("position_ids", "token_type_ids", "relative_position_index")


def load_clap(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Build the model of a card and load its weights.

    Raises:
        EncoderError: weights and sizes do not fit together, the files cannot be had, or fusion is asked of a model without.
    """
    source = find_source(card)
    config: Any = source.config
    assert isinstance(card.media, AudioSpec)
    if card.media.window == "fusion" and not config.audio_config.enable_fusion:
        raise EncoderError(f"media.window of encoder {card.name!r}: 'fusion' needs a fused model; type centre or mean")
    model = made_to_fit(card.name, config.to_dict(), lambda: ClapModel(config), source.state, _DERIVED)
    model = model.to(device, dtype).eval().requires_grad_(False)
    audio = audio_tower(model, source.extractor, device, dtype)
    return Encoder(
        card=card,
        text=text_tower(model, device, dtype),
        media=mean_of_windows(audio, card.media.samples) if card.media.window == "mean" else audio,
        tokenizer=source.tokenize,
        pad_id=config.text_config.pad_token_id,
        context_length=card.context,
    )


def text_tower(model: Any, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the text tower into its blocks; inputs are token ids (b, s), padded with the padding id."""
    text, pad_id = model.text_model, model.config.text_config.pad_token_id

    def pool(x: Tensor, ids: Tensor) -> Tensor:
        vectors: Tensor = model.text_projection(text.pooler(x))
        return vectors

    return masked_text_tower(text, pad_id, pool, device, dtype)


def audio_tower(model: Any, extractor: ClapFeatureExtractor, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the audio tower into its stages.

    Inputs are float32 (b, samples): one whole window each. A fused model takes clips of any length, with NaN after the end
    of those that are shorter than the others.
    """
    encoder = model.audio_model.audio_encoder
    fused = bool(encoder.enable_fusion)
    first, *stages = encoder.layers

    def mel(acts: Activations) -> Activations:
        if not fused:
            return {"activations": log_mel(extractor, acts["activations"]).to(device, dtype)}
        spectrograms, longer = fused_log_mel(extractor, acts["activations"])
        return {"activations": spectrograms.to(device, dtype), "longer": longer.to(device)}

    def stage_step(index: int, stage: nn.Module) -> Step:
        return lambda acts: {"activations": stage(acts["activations"], encoder.input_resolutions[index])[0]}

    def embed(acts: Activations) -> Activations:
        # Batch normalisation is over mel bins, which are the last dimension of (b, 1 or 4, time, mel).
        x = encoder.batch_norm(acts["activations"].transpose(1, 3)).transpose(1, 3)
        x = encoder.patch_embed(encoder.reshape_mel2img(x), torch.where(acts["longer"])[0] if fused else None)
        return {"activations": first(x, encoder.input_resolutions[0])[0]}

    def head(acts: Activations) -> Activations:
        # HTSAT's "group 2D CNN" reshape only reorders what the average is taken of.
        pooled: Tensor = encoder.norm(acts["activations"]).mean(dim=1)
        return {"vectors": model.audio_projection(pooled)}

    later = [stage_step(index, stage) for index, stage in enumerate(stages, start=1)]
    cuts = ("waveform", "spectrogram", *block_names(len(stages) + 1, "stage"), "output")
    return StagedTower(cuts, (mel, embed, *later, head), device, dtype)
