"""h_f and h_a: a copy of CLIP's image tower from a block upwards, which is learned.

Only what is learned is a parameter. Blocks between the cut that is read and the first learned one stay the frozen
encoder's: they run without gradients, and no checkpoint holds them. Dims: b pictures, T tokens that are read, c width, d output.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pipeline.methods.base import require_below
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import TowerShape, first_learned, learned_blocks
from pipeline.methods.mov.frozen import FrozenTower, embedded, run_block


class Embedding(nn.Module):
    """Patches, class token and positions, as they enter the first block."""

    def __init__(self, frozen: FrozenTower):
        """Copy CLIP's, the positions resized."""
        super().__init__()
        self.conv1, self.ln_pre = deepcopy(frozen.visual.conv1), deepcopy(frozen.visual.ln_pre)
        self.class_token = nn.Parameter(frozen.visual.class_embedding.detach().clone())
        self.positions = nn.Parameter(frozen.positions.detach().clone())
        self.prepare = frozen.prepare

    def forward(self, inputs: Tensor) -> Tensor:
        """Tokens (b, s, c)."""
        return embedded(self, self.prepare(inputs), self.positions, self.class_token)


class LearnedTower(nn.Module):
    """Starts as the frozen tower, of which it copies what `train_layers` says."""

    def __init__(self, options: MovOptions, frozen: FrozenTower, cut: str):
        """Copy; the frozen tower is kept only as far as it runs between the cut and the first learned tensor.

        Raises:
            MethodError: the cut lies above the first learned tensor, or there are fewer blocks than are to be learned.
        """
        super().__init__()
        shape = shape_of(frozen)
        start = first_learned(options, shape)
        require_below("mov", cut, start, frozen.staged.cuts)
        self.cut, self.recompute, self.all_tokens = cut, options.recompute, frozen.all_tokens
        low, high = (frozen.staged.index(name) for name in (cut, start))
        self._below = frozen.staged.steps[low:high]  # closures, so no modules of this one
        self._device, self._dtype = frozen.staged.device, frozen.staged.dtype
        self.embedding = Embedding(frozen) if start == "pixels" else None
        count = learned_blocks(options, shape)
        numbered = list(enumerate(frozen.blocks))[shape.blocks - count :]
        self.blocks = nn.ModuleDict({f"block{number:02}": deepcopy(block) for number, block in numbered})
        self.ln_post = deepcopy(frozen.visual.ln_post)
        self.proj = nn.Parameter(frozen.visual.proj.detach().clone())
        self.requires_grad_(True)

    def forward(self, inputs: Tensor) -> Tensor:
        """Vectors (b, T, d) of what was stored at the cut: T is 1 where the class token is read, else the number of patches."""
        x = self._entered(inputs)
        if self.embedding is not None:
            x = self.embedding(x)
        last = len(self.blocks) - 1
        for number, block in enumerate(self.blocks.values()):
            arguments = (block, x, number == last and not self.all_tokens)
            if self.recompute and torch.is_grad_enabled():
                x = checkpoint(run_block, *arguments, use_reentrant=False)
            else:
                x = run_block(*arguments)
        found = self.ln_post(x)
        return (found[:, 1:] if self.all_tokens else found[:, :1]) @ self.proj

    def _entered(self, inputs: Tensor) -> Tensor:
        """What enters the first learned part."""
        x = inputs.to(self._device, non_blocking=True)
        if self.cut != "pixels":
            x = x.to(self._dtype)
        acts = {"activations": x}
        with torch.no_grad():
            for step in self._below:
                acts = step(acts)
        return acts["activations"]


def shape_of(frozen: FrozenTower) -> TowerShape:
    """Sizes of a loaded tower."""
    visual = frozen.visual
    block = frozen.blocks[0]
    return TowerShape(
        width=int(visual.proj.shape[1]),
        image_width=int(visual.proj.shape[0]),
        blocks=len(frozen.blocks),
        heads=int(block.attn.num_heads),
        patch=int(visual.patch_size[0]),
        side=int(visual.image_size[0]),
        mlp=int(block.mlp.c_fc.out_features),
        quick_gelu=type(block.mlp.gelu).__name__ == "QuickGELU",
    )
