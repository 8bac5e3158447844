"""The towers of the toy encoder."""

import torch
from torch import Tensor
from toy_colours import COLOURS

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.tower import Activations, StagedTower


def load(card: EncoderCard, device: torch.device, dtype: torch.dtype) -> Encoder:
    """Both towers; nothing is learned here, so there are no weights to read."""
    table = torch.tensor([(0, 0, 0, 0), (0, 0, 0, 1), *COLOURS.values()], device=device, dtype=dtype)

    def scale(acts: Activations) -> Activations:  # uint8 (b, h, w, 3), as decoding leaves it
        return {"activations": acts["activations"].to(dtype) / 127.5 - 1}

    def average(acts: Activations) -> Activations:
        means = acts["activations"].mean(dim=(1, 2))
        return {"vectors": torch.cat([means, torch.ones_like(means[:, :1])], dim=1)}

    def read(acts: Activations) -> Activations:  # token ids (b, s); row 0 of the table is padding
        found: Tensor = table[acts["activations"]]
        return {"vectors": found.sum(dim=1)}

    words = {word: number for number, word in enumerate(COLOURS, start=2)}
    return Encoder(
        card=card,
        text=StagedTower(("tokens", "output"), (read,), device, dtype),
        media=StagedTower(("pixels", "scaled", "output"), (scale, average), device, dtype),
        tokenizer=lambda texts: [
            [words.get(word.strip(".,"), 1) for word in text.lower().split()][:32] for text in texts
        ],
        pad_id=0,
        context_length=32,
    )
