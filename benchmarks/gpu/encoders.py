"""Encoders of open_clip at real size, with random weights, on the device and in the type asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from open_clip import CLIP

    from pipeline.encoders.encoder import Encoder

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def random_clip(model: str, device: str, dtype: str) -> "CLIP":
    """open_clip's own model; equal seeds, equal weights on one kind of device."""
    import open_clip
    import torch

    torch.manual_seed(0)
    with torch.device(device):
        made = open_clip.CLIP(**open_clip.get_model_config(model))
    return made.to(device, getattr(torch, dtype)).eval().requires_grad_(False)


def random_encoder(model: str, device: str, dtype: str = "float32") -> "Encoder":
    """The pipeline's wrapper around it."""
    import torch

    from pipeline.encoders.cards import card
    from pipeline.encoders.clip import image_tower, prompted_text, text_tower
    from pipeline.encoders.encoder import Encoder
    from pipeline.encoders.tokenizers import clip_tokenizer

    clip = random_clip(model, device, dtype)
    tokenize, _ = clip_tokenizer(clip.context_length)
    where, kind = torch.device(device), getattr(torch, dtype)
    image = image_tower(clip, MEAN, STD, where, kind)
    text = text_tower(clip, where, kind)
    read = prompted_text(clip, tokenize)
    return Encoder(
        card("clip-vit-b32-laion2b"), text, image, tokenize, pad_id=0, context_length=clip.context_length,
        prompted_image=image, prompted_text=read,
    )  # fmt: skip
