"""What MOV answers: Eq. 10 among base names, Eq. 11 and 12 among others, views averaged, and the rows of Table 5 beside.

Dims: B clips, K views, F frames, d width, C classes.
"""

from typing import Literal

from torch import Tensor

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.texts import cosines, mean_of

Path = Literal["base", "novel"]
Average = Literal["probabilities", "cosines"]


def probabilities(features: Tensor, texts: Tensor, tau: float, average: Average) -> Tensor:
    """softmax(cos / tau) (B, C) of every view's features (B, K, d), averaged over the views before or behind the softmax."""
    found = cosines(features, texts)
    if average == "cosines":
        return (found.mean(1) / tau).softmax(-1)
    return (found / tau).softmax(-1).mean(1)


def frozen_probabilities(v: Tensor, texts: Tensor, options: MovOptions) -> Tensor:
    """P_v of Eq. 11 (B, C), of v (B, K, F, d): frozen CLIP at tau_v."""
    return probabilities(mean_of(v, options.video_mean), texts, options.tau_video, options.average)


def answers_of(
    v_m: Tensor, x_m: Tensor, v: Tensor, texts: Tensor, path: Path, options: MovOptions
) -> dict[str, Tensor]:
    """All that is said of clips, by name, each (B, C); "answer" is MOV's.

    The mix of Eq. 12 is linear, so it does not matter whether views are mixed first or averaged first.

    Args:
        v_m: (B, K, d).
        x_m: (B, K, d).
        v: (B, K, F, d), the backbone's.
        texts: (C, d).
        path: "base" for the classes that were learned; "novel" for any names.
        options: temperatures and weights.

    Returns:
        "video" of v_m and "other" of x_m; with fusion: scores these are the single modalities of Table 5, else its row
        "cross-attention", which is v_m among base names and x_m alone among novel ones. "scores" is the mean of the two; "frozen"
        is CLIP; "base" and "novel" are both paths, whatever the names; "answer" is the one that was asked for.
    """
    tau = options.tau_base or options.tau
    video, other = (probabilities(m, texts, tau, options.average) for m in (v_m, x_m))
    frozen = frozen_probabilities(v, texts, options)
    mixed = options.beta * probabilities(x_m, texts, options.tau_other, options.average) + (1 - options.beta) * frozen
    scores = (video + other) / 2
    found = {"video": video, "other": other, "scores": scores, "frozen": frozen, "novel": mixed}
    found["base"] = scores if options.fusion == "scores" else video
    return {**found, "answer": found[path]}
