"""TV-L1 optical flow of videos by OpenCV, quantised to bytes as MOV reads it.

Zach, Pock and Bischof, "A duality based approach for realtime TV-L1 optical flow", 2007; parameters as of Sánchez et al., IPOL
2013. OpenCV comes with the extra `flow`; it runs on one thread, since two are no faster.
"""

from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image

from pipeline.media.image import scale_short_side
from pipeline.media.video import read_frames
from pipeline.sources.drawn_views import Drawing, cut_views
from pipeline.sources.errors import SourceError
from pipeline.sources.sampling import clip_indices
from pipeline.sources.specs import FlowSpec, Raft, TvL1
from pipeline.sources.view_specs import DrawnViewsSpec, VideoViewsSpec
from pipeline.sources.views import arrange, crops_of


def flow_views(path: str, spec: FlowSpec) -> np.ndarray:
    """Compute the flow of one video file; returns uint8 (K, T, size, size, 2).

    Raises:
        MediaError: the file cannot be decoded.
        SourceError: OpenCV is not installed, or RAFT's weights are none.
    """
    mode = "L" if spec.raft is None else "RGB"

    def prepare(image: Image.Image) -> np.ndarray:
        scaled = scale_short_side(image.convert(mode), spec.views.short_side, spec.views.interpolation)
        return np.asarray(scaled)

    pairs: list[tuple[int, int]] = []
    views = spec.views
    drawing = Drawing.of(path, views) if isinstance(views, DrawnViewsSpec) else None

    def choose(count: int) -> list[int]:
        indices = drawing.indices(count) if drawing else clip_indices(count, _even(views))
        first = np.minimum(indices.ravel(), max(0, count - 2))
        pairs[:] = [(int(index), min(int(index) + 1, count - 1)) for index in first]
        return [index for pair in pairs for index in pair]

    pictures = read_frames(path, choose, prepare, spec.views.orientation)
    algorithm = tv_l1(spec.tv_l1) if spec.raft is None else _raft(spec.raft)
    known: dict[tuple[int, int], np.ndarray] = {}  # clips overlap, and a short video is looped
    for pair, before, after in zip(pairs, pictures[::2], pictures[1::2], strict=True):
        if pair not in known:
            known[pair] = quantise(algorithm.calc(before, after, None), spec.bound)
    if drawing:
        return cut_views([known[pair] for pair in pairs], drawing)
    even = _even(views)
    return arrange(np.stack([np.stack(crops_of(known[pair], even.crops, even.size)) for pair in pairs]), even)


def _even(views: VideoViewsSpec | DrawnViewsSpec) -> VideoViewsSpec:
    assert isinstance(views, VideoViewsSpec), "the others are drawn"
    return views


def _raft(spec: Raft) -> Any:
    from pipeline.sources.raft import RaftFlow  # brings torch along

    return RaftFlow(spec)


def tv_l1(parameters: TvL1) -> Any:
    """Make OpenCV's algorithm; its `calc(before, after, None)` gives float32 (height, width, 2).

    Raises:
        SourceError: OpenCV, or its optflow module, is not installed.
    """
    cv2 = _opencv()
    cv2.setNumThreads(1)
    return cv2.optflow.DualTVL1OpticalFlow_create(
        tau=parameters.tau, lambda_=parameters.attachment, theta=parameters.theta, nscales=parameters.scales,
        warps=parameters.warps, epsilon=parameters.epsilon, innnerIterations=parameters.inner,
        outerIterations=parameters.outer, scaleStep=parameters.scale_step, medianFiltering=parameters.median,
    )  # fmt: skip


def quantise(flow: np.ndarray, bound: float) -> np.ndarray:
    """Clip to [-bound, bound] and map to 0..255, uint8; no motion lies at 127.5 and is rounded to 128."""
    return np.rint((np.clip(flow, -bound, bound) + bound) * (255 / (2 * bound))).astype(np.uint8)


def as_images(stored: np.ndarray) -> np.ndarray:
    """Append MOV's third channel, a zero flow, to stored flow (..., 2); returns float32 (..., 3) in [0, 255].

    The paper appends zeros before the mapping, so the channel is 127.5 everywhere.
    """
    still = np.full((*stored.shape[:-1], 1), 127.5, np.float32)
    return np.concatenate([stored.astype(np.float32), still], axis=-1)


def require_opencv() -> None:
    """Check that flow can be computed here.

    Raises:
        SourceError: OpenCV, or its optflow module, is not installed.
    """
    _opencv()


def _opencv() -> Any:
    cv2: Any
    try:
        # No plain import: the types of an extra can be checked only where it is installed.
        cv2 = import_module("cv2")
    except ImportError:
        cv2 = None
    if not hasattr(cv2, "optflow"):  # opencv-python comes without it
        raise SourceError(
            "optical flow needs OpenCV with its optflow module (opencv-contrib-python-headless), which is not installed. "
            'Type: pip install -e ".[flow]"'
        )
    return cv2
