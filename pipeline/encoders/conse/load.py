"""The tower of `conse-efficientnet-lite0`: a classifier of ImageNet whose likeliest names are averaged in a text encoder's space.

Cuts: pixels, stem, block00, ..., block15, scores, output. Texts are encoded by the card's text encoder.

Dims: b batch, n ImageNet's classes, d width of the text encoder.
"""

import re

import torch
from torch import Tensor

from pipeline.encoders.cards import EncoderCard, text_card
from pipeline.encoders.conse.card import LIKELIEST, class_sentences
from pipeline.encoders.conse.efficientnet import EfficientNetLite0, normalise
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.encoders.packaged import packaged
from pipeline.encoders.tower import Activations, StagedTower, Step, block_names
from pipeline.encoders.weights import load_strictly, read_weights


def load_conse(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Load the network, and have the names of its classes encoded.

    Raises:
        EncoderError: a package is not installed here, or its weights do not fit.
    """
    network = load_network(card.name, card.weights).to(device, dtype)
    names = load_encoder(text_card(card), str(device)).read(class_sentences())
    return Encoder.of_media(card, image_tower(network, names, device, dtype))


def load_network(encoder: str, weights: str) -> EfficientNetLite0:
    """The network with its published weights, in float32.

    Raises:
        EncoderError: the package is not installed here, or its weights do not fit.
    """
    network = EfficientNetLite0()
    state = read_weights(encoder, packaged(encoder, weights))
    load_strictly(encoder, network, {re.sub(r"(^|\.)_", r"\1", name): x for name, x in state.items()})
    return network.eval().requires_grad_(False)


def image_tower(network: EfficientNetLite0, names: Tensor, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the network into its blocks; inputs are uint8 (b, h, w, 3), names (n, d)."""

    def step(run: torch.nn.Module) -> Step:
        return lambda acts: {"activations": run(acts["activations"])}

    def enter(acts: Activations) -> Activations:
        return {"activations": network.stem(normalise(acts["activations"], dtype))}

    def score(acts: Activations) -> Activations:
        return {"activations": network.head(acts["activations"])}

    def average(acts: Activations) -> Activations:
        return {"vectors": mean_of_names(acts["activations"], names).to(dtype)}

    cuts = ("pixels", "stem", *block_names(len(network.blocks)), "scores", "output")
    return StagedTower(cuts, (enter, *map(step, network.blocks), score, average), device, dtype)


def mean_of_names(scores: Tensor, names: Tensor) -> Tensor:
    """The mean of the likeliest classes' names, weighted by their probabilities: scores (b, n), names (n, d) -> (b, d).

    It is computed in float32, whatever the network computes in.
    """
    shares, classes = scores.float().softmax(dim=1).topk(LIKELIEST, dim=1)
    weights = shares / shares.sum(dim=1, keepdim=True)
    return torch.einsum("bk,bkd->bd", weights, names.float()[classes])
