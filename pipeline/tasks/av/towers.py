"""The two frozen towers of a recipe, as plans know them; free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.encoders.cards import EncoderCard, card
from pipeline.encoders.stepped.of_card import shape_of
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.tasks.av.recipe import AvEncoders

ROLES = ("visual", "audio")
"""The two towers, and what each of them reads."""
NAMES = {"visual": "frames", "audio": "spectrograms"}
"""What people call the inputs of a role."""


@dataclass(frozen=True)
class Towers:
    """The frozen towers as plans know them.

    Attributes:
        cards: role -> encoder; one card twice where the tower is shared.
        shapes: role -> its sizes.
    """

    cards: Mapping[str, EncoderCard]
    shapes: Mapping[str, TowerShape]

    @property
    def shared(self) -> bool:
        """Whether one tower reads both."""
        return self.cards["visual"] == self.cards["audio"]

    @property
    def pair(self) -> tuple[TowerShape, TowerShape]:
        """Sizes of the visual and of the audio tower."""
        return self.shapes["visual"], self.shapes["audio"]


def towers_of(encoders: AvEncoders) -> Towers:
    """The towers that a recipe names.

    Raises:
        EncoderError: a name is unknown, its weights are not there, or it cannot be run block by block.
    """
    cards = {"visual": card(encoders.visual), "audio": card(encoders.heard_by)}
    return Towers(cards, {role: shape_of(found) for role, found in cards.items()})
