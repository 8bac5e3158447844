"""Class vectors, B and N of the paper, and the mean of a clip's frames. Dims: C classes, t templates, F frames, d width."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

Mean = Literal["plain", "unit"]


def class_vectors(sentences: Tensor, how: Mean = "unit") -> Tensor:
    """Mean over the templates: (C, d) of (C, t, d). Whether the mean has length one does not matter to a cosine."""
    return mean_of(sentences, how)


def mean_of(vectors: Tensor, how: Mean) -> Tensor:
    """Mean (..., d) of vectors (..., n, d) as they are, or of length one."""
    return (F.normalize(vectors, dim=-1) if how == "unit" else vectors).mean(-2)


def cosines(features: Tensor, texts: Tensor) -> Tensor:
    """(..., C) of features (..., d) and texts (C, d)."""
    return F.normalize(features, dim=-1) @ F.normalize(texts, dim=-1).mT
