"""Clips longer than a window, window by window: the mean of the embeddings of fixed windows.

Dims: b clips, k windows of a clip, n samples of a window, d output.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.encoders.tower import Activations, StagedTower


def spread_starts(length: int, samples: int) -> list[int]:
    """First samples of the fewest windows that cover a clip, evenly spread: the first begins and the last ends with it."""
    last = -(-length // samples) - 1
    return [round(index * (length - samples) / last) for index in range(last + 1)] if last > 0 else [0]


def mean_of_windows(tower: StagedTower, samples: int) -> StagedTower:
    """Average a tower of windows (b, n) over each clip's.

    The mean is of embeddings of length 1, so that no window counts for more than another; for a clip of one window it is that
    window's embedding at length 1. There is no cut between, because how many windows a clip has differs.

    Args:
        tower: takes windows float32 (b, n) to embeddings (b, d).
        samples: n.

    Returns:
        A tower of clips float32 (b, samples of the longest), NaN after the end of those that are shorter.
    """

    def average(acts: Activations) -> Activations:
        clips = [_windows(wave[~wave.isnan()], samples) for wave in acts["activations"]]
        # As many windows at once as the batch has clips: that much fits.
        parts = torch.cat(clips).split(len(clips))
        vectors = F.normalize(torch.cat([tower.full(part) for part in parts]), dim=-1)
        return {"vectors": torch.stack([own.mean(dim=0) for own in vectors.split([len(clip) for clip in clips])])}

    return StagedTower((tower.cuts[0], tower.cuts[-1]), (average,), tower.device, tower.dtype)


def _windows(wave: Tensor, samples: int) -> Tensor:
    """Cut one clip, at least a window long, into its windows (k, n)."""
    return torch.stack([wave[start : start + samples] for start in spread_starts(len(wave), samples)])
