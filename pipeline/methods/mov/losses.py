"""Eq. 9, and a distillation that the paper does not have. Dims: B clips, d width, C classes."""

import torch.nn.functional as F
from torch import Tensor

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.texts import cosines, mean_of


def entropy(features: Tensor, texts: Tensor, labels: Tensor, tau: float, smoothing: float) -> tuple[Tensor, Tensor]:
    """CE(cos(features, texts) / tau, labels), the mean over B; and the share of clips whose label is the most probable."""
    logits = cosines(features, texts) / tau
    right = (logits.detach().argmax(-1) == labels).to(features.dtype).mean()
    return F.cross_entropy(logits, labels, label_smoothing=smoothing), right


def distance(v_m: Tensor, v: Tensor, options: MovOptions) -> Tensor:
    """D = 1 - cos(v_m, AvgPool(v)), the mean over B: how far the tuned video vector (B, d) is from frozen CLIP's, of v (B, F, d).

    Its gradient with respect to v_m is -(u - cos * m) / |v_m|, u and m the two vectors of length one.
    """
    return 1 - F.cosine_similarity(v_m, mean_of(v, options.video_mean), dim=-1).mean()


def loss_of(
    v_m: Tensor, x_m: Tensor, v: Tensor, texts: Tensor, labels: Tensor, options: MovOptions
) -> tuple[Tensor, dict[str, Tensor]]:
    """L = alpha CE(v_m) + (1 - alpha) CE(x_m) + lambda D, and its parts by name."""
    video, video_right = entropy(v_m, texts, labels, options.tau, options.label_smoothing)
    other, other_right = entropy(x_m, texts, labels, options.tau, options.label_smoothing)
    total = options.alpha * video + (1 - options.alpha) * other
    parts = {"loss/video": video, "loss/other": other, "accuracy/video": video_right, "accuracy/other": other_right}
    if options.distillation:
        parts["distance"] = distance(v_m, v, options)
        total = total + options.distillation * parts["distance"]
    return total, {"loss": total.detach(), **{name: value.detach() for name, value in parts.items()}}
