"""Towers with named cuts, and the pair of them that makes an encoder.

A tower is a row of steps. `cuts[0]` names its inputs and `cuts[i]` what step i-1 leaves, so running the first steps
and then the rest is the whole run, whatever the cut: `upper(lower(x, cut), cut)` is `full(x)` by construction.

Activations travel as named tensors with one row an input, the same names and rows as a store keeps them.

Dims: b batch, s tokens, d output.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.errors import CutError, EncoderError
from pipeline.media.stacking import stack_media

if TYPE_CHECKING:
    from pipeline.encoders.prompted.image import PromptedImage
    from pipeline.encoders.prompted.text import PromptedText

Activations = dict[str, Tensor]
Step = Callable[[Activations], Activations]
Inputs = Tensor | np.ndarray


class Tower(Protocol):
    """One frozen half of an encoder.

    Attributes:
        cuts: names of the places where it can be cut, lowest first; the first is its inputs, the last "output".
        device: where it runs.
    """

    @property
    def cuts(self) -> tuple[str, ...]:
        """Names of the cuts, lowest first."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    def lower(self, inputs: Inputs, cut: str) -> Activations:
        """Run from the inputs up to a cut, without gradients.

        Returns:
            Named tensors with b rows: "vectors" (b, d) at "output", else "activations" and, for texts, "ids".

        Raises:
            CutError: the tower has no such cut.
        """

    def upper(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """Run from a cut, with gradients, to the embeddings (b, d), not normalised.

        Raises:
            CutError: the tower has no such cut.
            EncoderError: prompts are given to a tower that takes none.
        """

    def full(self, inputs: Inputs) -> Tensor:
        """Run from the inputs to the embeddings (b, d), not normalised."""


@dataclass(frozen=True)
class StagedTower:
    """A tower made of steps.

    Attributes:
        cuts: one name more than there are steps.
        steps: each maps the activations at its cut to those at the next.
        device: where it runs.
        dtype: what it computes in.
    """

    cuts: tuple[str, ...]
    steps: tuple[Step, ...]
    device: torch.device
    dtype: torch.dtype

    def lower(self, inputs: Inputs, cut: str) -> Activations:
        """See `Tower.lower`."""
        with torch.no_grad():
            return _run(self.steps[: self.index(cut)], self.enter({"activations": inputs}, self.cuts[0]))

    def upper(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """See `Tower.upper`."""
        if prompts is not None:
            raise EncoderError("this tower takes no prompts; of those here CLIP's image tower does. Leave prompts out")
        return _run(self.steps[self.index(cut) :], self.enter(acts, cut))["vectors"]

    def full(self, inputs: Inputs) -> Tensor:
        """See `Tower.full`."""
        return self.upper({"activations": inputs}, self.cuts[0])

    def index(self, cut: str) -> int:
        """Number of steps below a cut.

        Raises:
            CutError: the tower has no such cut.
        """
        if cut not in self.cuts:
            raise CutError(f"this tower has no cut {cut!r}; it can be cut at {', '.join(self.cuts)}")
        return self.cuts.index(cut)

    def enter(self, acts: Mapping[str, Inputs], cut: str) -> Activations:
        """Move to the device; stored halves return to the compute type. Inputs keep theirs: mel needs float32."""
        moved = {name: torch.as_tensor(value).to(self.device, non_blocking=True) for name, value in acts.items()}
        if cut == self.cuts[0]:
            return moved
        return {name: x.to(self.dtype) if x.is_floating_point() else x for name, x in moved.items()}


@dataclass(frozen=True)
class Encoder:
    """A frozen encoder of two towers into one space.

    Attributes:
        card: what it is.
        text: tower of token ids (b, s), padded as `collate` does.
        media: tower of decoded arrays: uint8 (b, h, w, 3), float32 (b, samples) or uint8 (b, t, h, w, 3). Of a text-only
            encoder it is the text tower once more.
        tokenizer: sentences to token ids, cut off at the context length.
        pad_id: id that `collate` pads with.
        context_length: longest text, tokens.
        prompted_image: the media tower once more, if it takes prompts.
        prompted_text: the text tower as it reads learned prompts before class names, if it can.
    """

    card: EncoderCard
    text: Tower
    media: Tower
    tokenizer: Callable[[Sequence[str]], list[list[int]]]
    pad_id: int
    context_length: int
    prompted_image: "PromptedImage | None" = None
    prompted_text: "PromptedText | None" = None

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Turn sentences into token ids of at most `context_length`, the end-of-text token last."""
        return self.tokenizer(texts)

    def collate(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """Pad token ids to the longest of the batch, not to the context: int64 (b, s).

        Causal towers do not see what follows the end of a text, the others mask it, so nothing is lost.
        """
        longest = max(len(row) for row in ids)
        return torch.tensor([[*row, *[self.pad_id] * (longest - len(row))] for row in ids])

    def batch(self, contents: Sequence[np.ndarray | str]) -> Inputs:
        """Turn decoded files, or the texts that a text-only encoder judges, into inputs of the media tower."""
        texts = [content for content in contents if isinstance(content, str)]
        if texts:
            return self.collate(self.tokenize(texts))
        return _stacked([content for content in contents if not isinstance(content, str)], self.media.device)


def block_names(count: int, stem: str = "block") -> tuple[str, ...]:
    """Names of the cuts after each of `count` blocks: block00, block01, ..."""
    return tuple(f"{stem}{index:02d}" for index in range(count))


def _stacked(arrays: Sequence[np.ndarray], device: torch.device) -> Inputs:
    """One array of all; for a GPU in pinned memory, which it fetches by itself and eight times faster."""
    if device.type != "cuda" or len({array.shape for array in arrays}) != 1:
        return stack_media(arrays)
    first = torch.from_numpy(arrays[0])
    batch = torch.empty((len(arrays), *first.shape), dtype=first.dtype, pin_memory=True)
    np.stack(arrays, out=batch.numpy())
    return batch


def _run(steps: Sequence[Step], acts: Activations) -> Activations:
    for step in steps:
        acts = step(acts)
    return acts
