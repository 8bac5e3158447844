"""Image towers of open_clip's models: its own transformer, ResNets, and those of timm.

Cuts: pixels, what enters the first block, every block or stage, output, where timm runs its blocks one after the other; else
pixels and output. The modules of both libraries do the work; tests hold the result equal to `encode_image`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from timm.models.convnext import ConvNeXt
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from pipeline.encoders.clip import image_tower
from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.tower import Activations, StagedTower, Step, Tower, block_names

_Run = Callable[[Tensor], Tensor]


def any_image_tower(
    model: Any, mean: Sequence[float], std: Sequence[float], device: torch.device, dtype: torch.dtype
) -> Tower:
    """Cut the image tower of a model where it can be cut; inputs are uint8 (b, h, w, 3)."""
    visual = model.visual
    cuts, runs = _parts(visual)
    if not runs:
        return image_tower(model, mean, std, device, dtype)

    def enter(acts: Activations) -> Activations:
        return {"activations": runs[0](normalise_pixels(acts["activations"], mean, std, dtype))}

    def whole(acts: Activations) -> Activations:
        return {"vectors": runs[0](normalise_pixels(acts["activations"], mean, std, dtype))}

    def step(run: _Run) -> Step:
        return lambda acts: {"activations": run(acts["activations"])}

    def head(acts: Activations) -> Activations:
        return {"vectors": runs[-1](acts["activations"])}

    steps = (whole,) if len(runs) == 1 else (enter, *[step(run) for run in runs[1:-1]], head)
    return StagedTower(("pixels", *cuts, "output"), steps, device, dtype)


def _parts(visual: Any) -> tuple[tuple[str, ...], list[_Run]]:
    """Names of the places between, and what runs from each to the next; nothing of open_clip's own transformer."""
    if isinstance(visual, ModifiedResNet):
        stages = [visual.layer1, visual.layer2, visual.layer3, visual.layer4]
        return ("stem", *block_names(4, "stage")), [visual.stem, *stages, visual.attnpool]
    if not isinstance(visual, TimmModel):
        return (), []
    trunk = visual.trunk

    def finish(x: Tensor) -> Tensor:
        found: Tensor = visual.head(trunk.forward_head(trunk.norm(x)))
        return found

    if type(trunk) is VisionTransformer:
        blocks = list(trunk.blocks)
        return ("patches", *block_names(len(blocks))), [_vit_start(trunk), *blocks, finish]
    if type(trunk) is Eva and _rotates_alike(trunk):
        rotated = [_eva_block(trunk, block) for block in trunk.blocks]
        return ("patches", *block_names(len(rotated))), [_eva_start(trunk), *rotated, finish]
    if type(trunk) is ConvNeXt:
        stages = list(trunk.stages)
        last: _Run = lambda x: visual.head(trunk.forward_head(trunk.norm_pre(x)))  # noqa: E731
        return ("stem", *block_names(len(stages), "stage")), [trunk.stem, *stages, last]
    return (), [visual]


def _vit_start(trunk: Any) -> _Run:
    return lambda x: trunk.norm_pre(trunk.patch_drop(trunk._pos_embed(trunk.patch_embed(x))))


def _rotates_alike(trunk: Any) -> bool:
    """Whether all blocks of an Eva rotate by one table, or none does."""
    table = trunk.rope is None or hasattr(trunk.rope, "feat_shape")
    return table and not trunk.rope_mixed and not trunk.dynamic_img_size


def _eva_start(trunk: Any) -> _Run:
    return lambda x: trunk.norm_pre(trunk._pos_embed(trunk.patch_embed(x))[0])


def _eva_block(trunk: Any, block: Any) -> _Run:
    # In evaluation no patch is dropped, so the rotation is that of the whole grid for every picture.
    return lambda x: block(x, rope=None if trunk.rope is None else trunk.rope.get_embed())
