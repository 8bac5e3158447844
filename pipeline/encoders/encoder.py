"""An encoder: a pair of frozen towers, and what turns sentences and files into their inputs.

Dims: b batch, s tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pipeline.encoders.cards import EncoderCard, Padding
from pipeline.encoders.cleaning import clean
from pipeline.encoders.prompted.image import PromptedImage
from pipeline.encoders.prompted.text import PromptedText
from pipeline.encoders.tower import Inputs, NoTextTower, Tower
from pipeline.media.stacking import stack_media

_TEXTS_A_BATCH = 128


@dataclass(frozen=True)
class Encoder:
    """A frozen encoder of two towers into one space.

    Attributes:
        card: what it is.
        text: tower of token ids (b, s), padded as `collate` does; of an encoder without one, see `Encoder.of_media`.
        media: tower of decoded arrays: uint8 (b, h, w, 3), float32 (b, samples) or uint8 (b, t, h, w, 3). Of a text-only
            encoder it is the text tower once more.
        tokenizer: sentences to token ids, cut off at the context length.
        pad_id: id that `collate` pads with.
        context_length: longest text, tokens.
        prompted_image: the media tower once more, if it takes prompts.
        prompted_text: the text tower as it reads learned prompts before class names, if it can.
        pads_left: whether padding to the context stands before a text.
    """

    card: EncoderCard
    text: Tower
    media: Tower
    tokenizer: Callable[[Sequence[str]], list[list[int]]]
    pad_id: int
    context_length: int
    prompted_image: PromptedImage | None = None
    prompted_text: PromptedText | None = None
    pads_left: bool = False

    @classmethod
    def of_media(cls, card: EncoderCard, media: Tower) -> "Encoder":
        """An encoder of files alone: it refuses texts, or its card names the encoder of another that reads them."""
        absent = NoTextTower(card.name)
        return cls(card, text=absent, media=media, tokenizer=absent.refuse, pad_id=0, context_length=0)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Turn sentences, cleaned as the card says, into token ids of at most `context_length`, the end-of-text token last."""
        how = self.card.cleaning
        return self.tokenizer(texts if how == "none" else [clean(text, how) for text in texts])

    def collate(self, ids: Sequence[Sequence[int]], padding: Padding | None = None) -> Tensor:
        """Pad token ids as the card says, or as asked: int64 (b, s).

        Most are padded to the longest of the batch: causal towers do not see what follows the end of a text, others mask it,
        so nothing is lost. `caching.tolerance` measures whether that is so.
        """
        length = max(len(row) for row in ids)
        if (padding or self.card.padding) == "context":
            length = max(length, self.context_length)
        pads = ([self.pad_id] * (length - len(row)) for row in ids)
        return torch.tensor(
            [[*pad, *row] if self.pads_left else [*row, *pad] for row, pad in zip(ids, pads, strict=True)]
        )

    def read(self, texts: Sequence[str]) -> Tensor:
        """Features (n, d) of texts, in batches of about equal length; rows come back in the order given."""
        ids = self.tokenize(texts)
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
        batches = [order[start : start + _TEXTS_A_BATCH] for start in range(0, len(order), _TEXTS_A_BATCH)]
        rows = torch.cat([self.text.full(self.collate([ids[row] for row in batch])) for batch in batches])
        return rows[torch.tensor(order, device=rows.device).argsort()]

    def batch(self, contents: Sequence[np.ndarray | str]) -> Inputs:
        """Turn decoded files, or the texts that a text-only encoder judges, into inputs of the media tower."""
        texts = [content for content in contents if isinstance(content, str)]
        if texts:
            return self.collate(self.tokenize(texts))
        return _stacked([content for content in contents if not isinstance(content, str)], self.media.device)


def _stacked(arrays: Sequence[np.ndarray], device: torch.device) -> Inputs:
    """One array of all; for a GPU in pinned memory, which it fetches by itself and eight times faster."""
    if device.type != "cuda" or len({array.shape for array in arrays}) != 1:
        return stack_media(arrays)
    first = torch.from_numpy(arrays[0])
    batch = torch.empty((len(arrays), *first.shape), dtype=first.dtype, pin_memory=True)
    np.stack(arrays, out=batch.numpy())
    return batch
