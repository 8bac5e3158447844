"""Which frames of a video make its clips, without randomness."""

import numpy as np

from pipeline.sources.view_specs import VideoViewsSpec


def clip_indices(count: int, spec: VideoViewsSpec) -> np.ndarray:
    """Choose the frames of all clips of a video of `count` frames; returns int (clips, frames)."""
    return _uniform(count, spec) if spec.sampler == "uniform" else _strided(count, spec)


def _strided(count: int, spec: VideoViewsSpec) -> np.ndarray:
    """Windows of frames x stride that start evenly spread; a single one lies in the middle."""
    room = max(0, count - ((spec.frames - 1) * spec.stride + 1))
    starts = np.linspace(0, room, spec.clips).round().astype(int) if spec.clips > 1 else np.array([room // 2])
    return (starts[:, None] + spec.stride * np.arange(spec.frames)) % count


def _uniform(count: int, spec: VideoViewsSpec) -> np.ndarray:
    """One frame of each of `frames` equal intervals; clip k takes the middle of the k-th part of the interval.

    One clip is `pipeline.media.video`'s sampler "middle". Where there are too few frames, the last one repeats.
    """
    edges = np.linspace(0, count, min(spec.frames, count) + 1).astype(int)
    low, width = edges[:-1], np.diff(edges)
    clips = np.arange(spec.clips)[:, None]
    chosen = low + ((2 * clips + 1) * width - 1) // (2 * spec.clips)
    return np.pad(chosen, ((0, 0), (0, spec.frames - chosen.shape[1])), mode="edge")
