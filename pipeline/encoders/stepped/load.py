"""Loading of stepped towers: strictly, frozen, in evaluation mode; block by block, or as an encoder with named cuts."""

import torch

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import guarded, resolve_device, resolve_dtype
from pipeline.encoders.stepped.base import PromptBias, SteppedTower
from pipeline.encoders.stepped.of_card import mel_of, shape_of
from pipeline.encoders.stepped.staged import Entry, staged_tower


def load_stepped(
    card: EncoderCard, device: str = "auto", compute: str = "float32", bias: PromptBias = "mean"
) -> SteppedTower:
    """Load a tower that is run block by block.

    Args:
        card: what to load, from `pipeline.encoders.cards.card`.
        device: "cpu", "cuda", "cuda:1", ... or "auto", which takes a GPU where there is one.
        compute: what to compute in: "float32", "float16" or "bfloat16".
        bias: what is added to the logits of prompts where tokens have biases by their places.

    Raises:
        EncoderError: the card is of no stepped tower, device or type are unknown, or weights and sizes do not fit.
        MachineFault: the machine kept them from being read.
    """
    where, dtype = resolve_device(device), resolve_dtype(compute)
    shape_of(card)
    return guarded(card, lambda: _tower(card, where, dtype, bias))


def load_stepped_encoder(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """An encoder of files alone: the tower with its cuts.

    Raises:
        EncoderError: weights and sizes do not fit.
    """
    tower = _tower(card, device, dtype, "mean")
    if card.family != "hts-at":
        return Encoder.of_media(card, staged_tower(tower))
    return Encoder.of_media(card, staged_tower(tower, _ear(card)))


def _ear(card: EncoderCard) -> Entry:
    """What makes rows of inputs: spectrograms (n, frames, bins) of waves (n, samples), or those that are stored."""
    from pipeline.encoders.clap_mel import log_mel
    from pipeline.encoders.stepped.hts_at_weights import extractor_of

    mel = mel_of(card)
    extractor = None if mel is None else extractor_of(mel)

    def heard(inputs: torch.Tensor) -> torch.Tensor:
        if inputs.dim() != 2:
            return inputs
        if extractor is None:
            raise EncoderError(
                f"encoder {card.name!r} was trained with other spectrograms than CLAP's, and does not say how they are made of "
                "waves. It reads stored ones: a source such as copl-miniature-hts-at"
            )
        return log_mel(extractor, inputs)[:, 0]

    return heard


def _tower(card: EncoderCard, device: torch.device, dtype: torch.dtype, bias: PromptBias) -> SteppedTower:
    shape = shape_of(card)
    if card.family == "hts-at":
        from pipeline.encoders.stepped.hts_at import HtsAtTower
        from pipeline.encoders.stepped.hts_at_weights import hts_at_model

        return HtsAtTower(hts_at_model(card, shape, mel_of(card)), shape, device, dtype, bias)
    from pipeline.encoders.stepped.swin_weights import swin_model, vit_model

    if card.family == "vit":
        from pipeline.encoders.stepped.vit import VitTower

        return VitTower(vit_model(card, shape), shape, device, dtype)
    from pipeline.encoders.stepped.swin import SwinTower

    return SwinTower(swin_model(card, shape), shape, device, dtype, bias)
