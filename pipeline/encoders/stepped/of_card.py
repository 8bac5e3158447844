"""Which tower a card names: free of torch."""

from pathlib import Path

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.stepped import FAMILIES, KNOWN, read_folder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.encoders.stepped.sizes import CLAP_MEL, Mel
from pipeline.media import AudioSpec


def shape_of(card: EncoderCard) -> TowerShape:
    """The sizes of a card's tower.

    Raises:
        EncoderError: the card is of no tower that is run block by block, or its configuration cannot be used.
    """
    if card.family not in FAMILIES:
        raise EncoderError(
            f"encoder {card.name!r} is not run block by block. Those that are: {', '.join(KNOWN)}, miniature-swin and "
            "miniature-hts-at; docs/encoders.md says what each needs"
        )
    return KNOWN[card.model] if card.model else read_folder(card.name, Path(card.weights))[0]


def mel_of(card: EncoderCard) -> Mel | None:
    """The spectrograms of CLAP's kind that a card's HTS-AT was trained with; None where it was with others.

    Raises:
        EncoderError: its configuration cannot be used.
    """
    if card.model:
        return CLAP_MEL if card.media == AudioSpec(CLAP_MEL.sampling_rate, float(CLAP_MEL.seconds)) else Mel()
    return read_folder(card.name, Path(card.weights))[1]
