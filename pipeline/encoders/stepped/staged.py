"""A stepped tower with named cuts, so that what it makes of files is cached at any of them.

Dims: n rows, L tokens, C width.
"""

from collections.abc import Callable

from torch import Tensor

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.encoders.tower import Activations, StagedTower, Step

Entry = Callable[[Tensor], Tensor]


def staged_tower(tower: SteppedTower, entry: Entry | None = None) -> StagedTower:
    """Cut a tower at its inputs, its patches, every block and every stage's start.

    Args:
        tower: runs block by block.
        entry: turns inputs into rows, where they are none yet.

    Returns:
        a tower whose output is the mean of the last map's tokens after the final norm; of a ViT the class token.
    """
    shape = tower.shape

    def enter(acts: Activations) -> Activations:
        rows = acts["activations"] if entry is None else entry(acts["activations"])
        return {"activations": tower.enter(rows)}

    def leave(acts: Activations) -> Activations:
        tokens = tower.leave(acts["activations"])
        return {"vectors": tokens[:, 0] if shape.blocks[-1].extra else tokens.mean(dim=1)}

    steps: list[Step] = [enter]
    for index in range(len(shape.blocks)):
        if index in shape.starts[1:]:
            steps.append(_merging(tower, index))
        steps.append(_running(tower, index))
    return StagedTower(shape.cuts, (*steps, leave), tower.device, tower.dtype)


def _merging(tower: SteppedTower, index: int) -> Step:
    return lambda acts: {"activations": tower.between(index, acts["activations"])}


def _running(tower: SteppedTower, index: int) -> Step:
    return lambda acts: {"activations": tower.block(index, acts["activations"])}
