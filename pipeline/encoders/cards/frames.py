"""Cards of image encoders that look at the frames of a video: the mean of what they see is the video's embedding.

frames:ENCODER           eight frames        frames:clip-vit-b16-openai
frames:N:ENCODER         N frames            frames:16:open_clip:PE-Core-B-16/meta
"""

from collections.abc import Callable
from dataclasses import replace

from pipeline.encoders.cards.base import CardMakers, EncoderCard
from pipeline.encoders.digests import digest_name
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.templates import CLIP_ACTION_TEMPLATES
from pipeline.media import ImageSpec, VideoSpec

_USUAL, _MOST = 8, 256


def frames_cards(card: Callable[[str], EncoderCard]) -> CardMakers:
    """The makers of these cards.

    Args:
        card: makes the card of the image encoder.
    """

    def make(name: str, argument: str) -> EncoderCard:
        number, _, rest = argument.partition(":")
        count, inner = (int(number), rest) if number.isdecimal() else (_USUAL, argument)
        if not 0 < count <= _MOST or not inner:
            raise EncoderError(f"encoder {name!r}: type frames:ENCODER, or frames:N:ENCODER with N from 1 to {_MOST}")
        image = card(inner)
        if not isinstance(image.media, ImageSpec):
            raise EncoderError(
                f"encoder {name!r}: {inner!r} takes {image.modality}, and frames are seen by image encoders, such as "
                "clip-vit-b32-laion2b"
            )
        spec = image.media
        return replace(
            image,
            name=name,
            modality="video",
            family="frames",
            weights="",
            model=inner,
            digest=digest_name(f"frames:{image.digest}:{image.origin}"),
            media=VideoSpec(count, spec.size, spec.resize, spec.interpolation),
            templates=CLIP_ACTION_TEMPLATES if image.templates else (),
            texts=image if image.texts == "own" else image.texts,
            origin=None,
        )

    return CardMakers(named={}, generic={"frames": make}, forms=("frames:ENCODER", "frames:N:ENCODER"))
