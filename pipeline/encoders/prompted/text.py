"""CLIP's text tower behind learned prompts: every class name for every image (CoOp, CoCoOp, ProMPT Eq. 11).

Dims: b images, p prompts, K classes, T tokens of all classes, c width, d output.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.prompted.blocks import KeysValues, run_endings, run_prefix
from pipeline.encoders.prompted.classes import ClassTokens, Packed, pack_classes


@dataclass(frozen=True)
class PromptedText:
    """Reads [start, prompts, name, ".", end] and computes what the end token becomes, exactly and nothing else.

    The tower is causal. So nothing behind the end token is computed, and [start, prompts] is computed once an image: all
    class names attend to it. With 50 classes that is 1/20 of the work of 77 tokens for each.

    Attributes:
        blocks: open_clip's blocks.
        token_embedding: of token ids.
        positions: (context, c).
        causal_mask: (context, context), added to scores.
        head: the final norm and the projection to (..., d).
        tokenizer: sentences to token ids, start first, end last, cut off at the context.
        logit_scale: what the model multiplies cosines by: 1 / tau.
    """

    blocks: tuple[nn.Module, ...]
    token_embedding: nn.Embedding
    positions: Tensor
    causal_mask: Tensor
    head: Callable[[Tensor], Tensor]
    tokenizer: Callable[[Sequence[str]], list[list[int]]]
    logit_scale: float

    @property
    def width(self) -> int:
        """Width c of a prompt."""
        return self.positions.shape[1]

    @property
    def context_length(self) -> int:
        """Longest text, tokens."""
        return len(self.positions)

    def words(self, phrase: str) -> Tensor:
        """Embeddings of a phrase's tokens (w, c), without those of start and end."""
        return self._embed(self.tokenizer([phrase])[0][1:-1])

    def start(self) -> Tensor:
        """Embedding of the start token (c,)."""
        return self._embed(self.tokenizer([""])[0][:1])[0]

    def classes(self, names: Sequence[str], full_stop: bool = True) -> ClassTokens:
        """Embed "name." of every class, or "name", without padding.

        Raises:
            EncoderError: a name leaves no room for a prompt.
        """
        ids = self.tokenizer([f"{name}{'.' * full_stop}" for name in names])
        for name, row in zip(names, ids, strict=True):
            if len(row) >= self.context_length:  # the tokenizer may have cut it off
                raise EncoderError(
                    f"class {name!r} has {self.context_length - 3} tokens or more, which leaves no room for a prompt: start, "
                    f"prompts, name, full stop and end take {self.context_length} tokens at most. Shorten the name"
                )
        return pack_classes(names, self.start(), [self._embed(row[1:]) for row in ids])

    def __call__(self, prompts: Tensor, classes: ClassTokens, chunk: int | None = None, start: bool = True) -> Tensor:
        """Encode every class behind each image's prompts.

        Args:
            prompts: (b, p, c), or (b, J, p, c) where each of the first J blocks has prompts of its own, which replace what the
                block before made of its own; b = 1 for prompts that all images share.
            classes: from `classes`.
            chunk: classes at a time. Then their activations are not kept for the backward pass but made again there, so no
                more than one chunk's are in memory, for a third more time.
            start: whether the start token comes first; otherwise the first prompt stands in its place.

        Returns:
            (b, K, d), not normalised, in the order of the names.

        Raises:
            EncoderError: the prompts are of another shape, or too many for the longest name.
        """
        self._require_fitting(prompts, classes)
        prompts = (prompts[:, None] if prompts.ndim == 3 else prompts).to(classes.start.dtype)
        first = classes.start.expand(len(prompts), int(start), -1)
        x = torch.cat([first, prompts[:, 0]], dim=1)
        prefix = run_prefix(self.blocks, x + self.positions[: x.shape[1]], prompts[:, 1:])
        if chunk is None:
            return self._endings(prefix, classes.packed)[:, classes.order]
        parts = [
            checkpoint(self._endings, prefix, part, use_reentrant=False, preserve_rng_state=False)
            for part in classes.packed.split(chunk)
        ]
        return torch.cat(parts, dim=1)[:, classes.order]

    def _endings(self, prefix: list[KeysValues], packed: Packed) -> Tensor:
        images, _, taken, _ = prefix[0][0].shape
        x = packed.embeddings + self.positions[taken + packed.places()]
        x = x.expand(images, -1, -1)
        return self.head(run_endings(self.blocks, prefix, packed, x, self.causal_mask))

    def _embed(self, ids: Sequence[int]) -> Tensor:
        weight = self.token_embedding.weight
        with torch.no_grad():
            return self.token_embedding(torch.tensor(ids, dtype=torch.long, device=weight.device))

    def _require_fitting(self, prompts: Tensor, classes: ClassTokens) -> None:
        layered = prompts.ndim == 4 and 1 <= prompts.shape[1] <= len(self.blocks)
        if not (prompts.ndim == 3 or layered) or prompts.shape[-1] != self.width:
            raise EncoderError(
                f"text prompts of shape {tuple(prompts.shape)} were given; they must be (images, prompts, {self.width}), or "
                f"(images, 1 to {len(self.blocks)} layers, prompts, {self.width})"
            )
        name, length = classes.longest()
        room = self.context_length - 1 - length
        if prompts.shape[-2] > room:
            raise EncoderError(
                f"{prompts.shape[-2]} text prompts were given; class {name!r} with its full stop and the end token has "
                f"{length} tokens, which leaves room for {room} of {self.context_length}. Give fewer prompts or a shorter name"
            )
