"""A toy encoder of a package of somebody else: a picture is its mean colour, a text is the colours that it names.

This half is free of torch; `toy_towers` has the networks.
"""

import json

from pipeline.encoders.cards import AddedEncoder, EncoderCard
from pipeline.encoders.digests import digest_name
from pipeline.media import ImageSpec

COLOURS = {"red": (1, -1, -1, 1), "green": (-1, 1, -1, 1), "blue": (-1, -1, 1, 1), "yellow": (1, 1, -1, 1)}
"""Word -> red, green, blue, and 1, so that no text is all noughts."""


def describe(argument: str) -> EncoderCard:
    """All that a plan has to know."""
    return EncoderCard(
        name="toy-colours",
        modality="image",
        family="colours",
        dim=4,
        weights="",
        model="",
        digest=digest_name(json.dumps(COLOURS)),
        media=ImageSpec(size=16),
        templates=("a {} picture.", "something {}."),
    )


ENCODER = AddedEncoder(describe, loader="toy_towers:load", version=1)
