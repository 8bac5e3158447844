"""Weights of HTS-AT as they are published, under the names of transformers' `ClapAudioModel`.

Four layouts: AudioSet's checkpoint (`HTSAT_AudioSet_Saved_1.ckpt`: under "state_dict", names behind "sed_model."), checkpoints
of laion-clap, folders of transformers' CLAP, and our own folders. The first two are renamed as `clap_laion` does. Left behind
are the half that reads texts, projections, the classifier of the pretraining, constants of the spectrogram, and what only a
fused CLAP has; any other name that the model does not have is refused.
"""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor
from transformers import ClapAudioConfig, ClapAudioModel, ClapFeatureExtractor

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.clap_laion import require_mel, to_transformers
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.files import weights_file
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.encoders.stepped.sizes import Mel
from pipeline.encoders.stepped.swin_weights import swin_sizes
from pipeline.encoders.weights import made_to_fit, plain_names, read_weights

_AUDIOSET, _LAION = "sed_model.", "audio_branch."
_OTHER_HALF = re.compile(r"text_model\.|(text|audio)_projection\.|logit_scale")
_FUSED = re.compile(r"audio_encoder\.patch_embed\.(fusion_model|mel_conv2d)\.")
_DERIVED = ("relative_position_index",)


def hts_at_model(card: EncoderCard, shape: TowerShape, mel: Mel | None) -> Any:
    """The model of a card, with its weights, in float32.

    Raises:
        EncoderError: there are no such weights, they do not fit, or were trained with other mel filters.
    """
    state = read_weights(card.name, weights_file(card), inside=("state_dict",))
    named = hts_at_names(card.name, state, mel)
    config: Any = config_of(shape)
    return made_to_fit(card.name, config.to_dict(), lambda: ClapAudioModel(config), named, _DERIVED)


def hts_at_names(encoder: str, state: Mapping[str, Tensor], mel: Mel | None) -> dict[str, Tensor]:
    """Rename the tensors of any of the four layouts.

    Args:
        encoder: name for messages.
        state: tensors by name.
        mel: what the tower is given; a checkpoint that holds its filters must hold these.

    Raises:
        EncoderError: it holds other filters.
    """
    state = plain_names(state)
    if all(name.startswith(_AUDIOSET) for name in state):
        state = {_LAION + name.removeprefix(_AUDIOSET): value for name, value in state.items()}
    if any(name.startswith(_LAION) for name in state):
        require_mel(encoder, state, extractor_of(mel or Mel()).mel_filters_slaney)
        state = to_transformers(state)
    halves = {name.removeprefix("audio_model."): value for name, value in state.items() if not _OTHER_HALF.match(name)}
    return {name: value for name, value in halves.items() if not _FUSED.match(name)}


def config_of(shape: TowerShape) -> ClapAudioConfig:
    """What transformers calls the sizes of a tower."""
    sizes = swin_sizes(shape)
    side = shape.blocks[0].grid[0] * shape.patch
    return ClapAudioConfig(
        spec_size=side, num_mel_bins=shape.input[1], patch_size=shape.patch, patch_stride=[shape.patch, shape.patch],
        window_size=sizes["window_size"], depths=list(sizes["depths"]), num_attention_heads=list(sizes["num_heads"]),
        patch_embeds_hidden_size=sizes["embed_dim"], hidden_size=shape.width, mlp_ratio=shape.mlp_ratio,
    )  # fmt: skip


def extractor_of(mel: Mel) -> ClapFeatureExtractor:
    """What makes a tower's spectrograms of waves.

    Raises:
        EncoderError: one of the sizes cannot be.
    """
    try:
        return ClapFeatureExtractor(
            feature_size=mel.bins, sampling_rate=mel.sampling_rate, hop_length=mel.hop, max_length_s=mel.seconds,
            fft_window_size=mel.fft, frequency_min=mel.low_hz, frequency_max=mel.high_hz, truncation="rand_trunc",
            padding="repeatpad",
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        raise EncoderError(f"no spectrograms can be made as {mel} says: {error}") from None
