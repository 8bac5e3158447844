"""The feature filter: which text features condition the vision prompts (ProMPT, Figure 3).

Dims: B images, K classes, a slots, d width.
"""

import torch
from torch import Tensor

from pipeline.methods.few_shot.task import cosines
from pipeline.methods.prompt.config import PromptConfig


def filter_features(images: Tensor, texts: Tensor, config: PromptConfig) -> Tensor:
    """Choose each image's most similar text features.

    Which ones are chosen is a constant to the gradient; the features themselves are not.

    Args:
        images: (B, d).
        texts: (K, d), or (B, K, d) of each image's own.
        config: says how many, and in which order.

    Returns:
        (B, a', d); a' = min(a, K), unless few classes are repeated, or nothing is chosen: then K.
    """
    texts = texts.expand(len(images), -1, -1)
    if not config.feature_filter and config.unfiltered == "all":
        return texts
    if not config.feature_filter:
        return texts.mean(1, keepdim=True).expand(-1, config.vision_prompts, -1)
    slots = min(config.vision_prompts, texts.shape[1])
    with torch.no_grad():
        chosen = cosines(images, texts).topk(slots, dim=-1).indices
    if config.slots == "class":
        chosen = chosen.sort(-1).values
    if config.few_classes == "repeat":
        chosen = chosen[:, torch.arange(config.vision_prompts, device=chosen.device) % slots]
    return texts.gather(1, chosen[..., None].expand(-1, -1, texts.shape[-1]))
