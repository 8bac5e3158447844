"""RAFT optical flow by torchvision, from a weights file: Teed and Deng, "RAFT: recurrent all-pairs field transforms", 2020.

Where TV-L1 takes seconds of a core a pair, this takes milliseconds of a GPU. Which of torchvision's two models it is, is told by
the weights. Dims: h, w of a picture.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.sources.errors import SourceError
from pipeline.sources.specs import Raft

_EIGHTH = 8


class RaftFlow:
    """RAFT as OpenCV's algorithms are called."""

    def __init__(self, spec: Raft) -> None:
        """Load the weights, once a process.

        Raises:
            SourceError: they are no RAFT of torchvision's.
        """
        self._model, self._spec = _loaded(spec.weights, spec.digest), spec

    def calc(self, before: np.ndarray, after: np.ndarray, _: None = None) -> np.ndarray:
        """Flow of two pictures uint8 (h, w, 3), float32 (h, w, 2): horizontal, then vertical."""
        import torch

        height, width = before.shape[:2]
        with torch.inference_mode():
            found = self._model(*map(_input, (before, after)), num_flow_updates=self._spec.updates)[-1][0]
        return np.ascontiguousarray(found[:, :height, :width].permute(1, 2, 0).numpy())


def _input(picture: np.ndarray) -> Any:
    """(1, 3, h, w) in [-1, 1], its last row and column repeated until eight divides both sides."""
    import torch

    down, right = (-side % _EIGHTH for side in picture.shape[:2])
    padded = np.pad(picture, ((0, down), (0, right), (0, 0)), mode="edge")
    return torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 127.5 - 1


@lru_cache(maxsize=1)
def _loaded(path: str, digest: str) -> Any:
    """The model; `digest` is that of the file, so that another file of the same name is another one."""
    from torchvision.models.optical_flow import raft_large, raft_small

    from pipeline.encoders.weights import read_weights

    state = read_weights("RAFT", Path(path))
    problems = []
    for make in (raft_large, raft_small):
        model = make()
        try:
            model.load_state_dict(state)
        except RuntimeError as error:
            problems.append(str(error).splitlines()[0])
        else:
            return model.eval().requires_grad_(False)
    raise SourceError(
        f"flow: {path} holds no RAFT of torchvision's ({problems[0]}). Take the file of raft_large or raft_small as torchvision "
        "publishes it, or write flow: {algorithm: tvl1}"
    )
