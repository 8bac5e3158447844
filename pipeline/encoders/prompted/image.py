"""CLIP's image tower with prompts that enter above a cut (ProMPT, Eq. 9).

Dims: b images, s tokens (class token and patches), J layers with prompts, a prompts a layer, c width, h heads, d output.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.encoders.errors import CutError, EncoderError
from pipeline.encoders.prompted.blocks import Block, run_for
from pipeline.encoders.tower import Activations, Inputs, StagedTower


@dataclass(frozen=True)
class PromptedImage:
    """An image tower that can be given prompts.

    Attributes:
        staged: the tower without prompts. Its steps are the embedding, one a block, the head.
        blocks: open_clip's blocks.
        ln_pre: norm that every token of the input passes before the first block. Prompts enter after it; MaPLe's first ones
            pass it, too, which is the caller's to do.
        reads_class_token: whether the head reads that token and no other.
        visual: open_clip's module, for who copies it.
        mean: of its pixels.
        std: their deviation.
    """

    staged: StagedTower
    blocks: tuple[Block, ...]
    ln_pre: nn.Module
    reads_class_token: bool = False
    visual: nn.Module | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    @property
    def cuts(self) -> tuple[str, ...]:
        """See `Tower.cuts`."""
        return self.staged.cuts

    @property
    def width(self) -> int:
        """Width c of a prompt."""
        return int(self.blocks[0].ln_1.normalized_shape[0])

    @property
    def device(self) -> torch.device:
        """See `Tower.device`."""
        return self.staged.device

    def lower(self, inputs: Inputs, cut: str) -> Activations:
        """See `Tower.lower`."""
        return self.staged.lower(inputs, cut)

    def full(self, inputs: Inputs) -> Tensor:
        """See `Tower.full`."""
        return self.staged.full(inputs)

    def upper(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """Run from a cut, with gradients, to the embeddings (b, d), not normalised.

        At the first block above the cut the prompts stand behind the tokens; at each of the next J-1 blocks those of its
        layer replace what the block before made of them; from there on they are tokens like all others. Nobody
        reads what becomes of them: [s_j, _, E_j] = V_j([s_j-1, O_j, E_j-1]) for j <= J. Attention knows no order, so it does not
        matter that Eq. 9 writes them in the middle.

        Args:
            acts: what `lower` left at the cut.
            cut: its name. "patches" is ProMPT's place: the prompts enter the first J blocks.
            prompts: (b, J, a, c), or (1, J, a, c) for all images alike. Without any (J or a is 0) nothing is changed.

        Raises:
            CutError: the tower has no such cut.
            EncoderError: the prompts are of another shape, or deeper than there are blocks.
        """
        self._require_fitting(acts, cut, prompts)
        if prompts is None or not prompts.numel():
            return self.staged.upper(acts, cut)
        entered, first = self._tokens(acts, cut)
        x = self._through(entered, first, len(self.blocks), prompts)
        return self.staged.steps[-1]({"activations": x})["vectors"]

    def cls_attention(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None = None) -> Tensor:
        """Tell how much the class token attends to every patch in the last block.

        Args:
            acts: what `lower` left at the cut.
            cut: its name; the last block lies above it.
            prompts: as for `upper`.

        Returns:
            (b, h, s-1), row by row as the patches lie. What is missing to 1 goes to the class token and the prompts.

        Raises:
            CutError: the tower has no such cut, or the last block lies below it.
            EncoderError: the prompts do not fit, or the blocks do not tell their attention.
        """
        self._require_fitting(acts, cut, prompts)
        last = len(self.blocks) - 1
        if self._first_block(cut) > last:
            raise CutError(
                f"the last block lies below {cut!r}; its attention can be had from {self.cuts[last + 1]} or below"
            )
        entered, first = self._tokens(acts, cut)
        x = _joined(self._through(entered, first, last, prompts), entered.shape[1], prompts, last - first)
        block = self.blocks[last]
        if not isinstance(block.attn, nn.MultiheadAttention):
            raise EncoderError("this image tower has attention of another kind, which does not tell its weights")
        normed = block.ln_1(x)
        _, weights = block.attn(normed[:, :1], normed, normed, need_weights=True, average_attn_weights=False)
        return weights[:, :, 0, 1 : entered.shape[1]]

    def _require_fitting(self, acts: Mapping[str, Inputs], cut: str, prompts: Tensor | None) -> None:
        if prompts is None:
            return
        images = len(next(iter(acts.values())))
        above = len(self.blocks) - self._first_block(cut)
        if prompts.ndim != 4 or prompts.shape[0] not in (1, images) or prompts.shape[3] != self.width:
            raise EncoderError(
                f"prompts of shape {tuple(prompts.shape)} were given for {images} images; they must be "
                f"({images} or 1, layers, prompts a layer, {self.width})"
            )
        if prompts.shape[1] > above:
            raise EncoderError(
                f"prompts of {prompts.shape[1]} layers were given, but above {cut!r} only {above} of {len(self.blocks)} "
                f"blocks are left; give {above} layers at most or cut lower"
            )

    def _first_block(self, cut: str) -> int:
        """Number of the first block above a cut."""
        return min(max(self.staged.index(cut) - 1, 0), len(self.blocks))

    def _tokens(self, acts: Mapping[str, Inputs], cut: str) -> tuple[Tensor, int]:
        """Tokens (b, s, c) and the number of the block that they enter."""
        entered = self.staged.enter(acts, cut)
        if self.staged.index(cut) == 0:
            entered = self.staged.steps[0](entered)
        return entered["activations"], self._first_block(cut)

    def _through(self, x: Tensor, first: int, end: int, prompts: Tensor | None) -> Tensor:
        """Run blocks first .. end-1, each for the tokens that are read of it."""
        tokens, layers = x.shape[1], 0 if prompts is None else prompts.shape[1]
        for layer, block in enumerate(self.blocks[first:end]):
            x = _joined(x, tokens, prompts, layer)
            last = first + layer == len(self.blocks) - 1
            replaced = last or layer + 1 < layers
            x = run_for(block, x, 1 if last and self.reads_class_token else tokens if replaced else x.shape[1])
        return x


def _joined(x: Tensor, tokens: int, prompts: Tensor | None, layer: int) -> Tensor:
    """Put a layer's prompts behind the tokens, in place of those that stand there; deeper than J nothing changes."""
    if prompts is None or layer >= prompts.shape[1]:
        return x
    own = prompts[:, layer].to(x.dtype).expand(len(x), -1, -1)
    return torch.cat([x[:, :tokens], own], dim=1)
