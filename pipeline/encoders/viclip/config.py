"""Sizes of a ViCLIP model (InternVid, arXiv 2307.06942), free of torch.

The presets are the two published models; every field may be smaller, which is what the miniature world uses.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class ViCLIPConfig:
    """All sizes of both towers.

    Attributes:
        image_size: side of a square frame, pixels.
        patch_size: side of a patch, pixels; divides `image_size`.
        frames: frames of a clip, which is also the length of the temporal position embedding.
        width: channels of the vision tower.
        layers: blocks of the vision tower.
        heads: attention heads of the vision tower; divides `width`.
        embed_dim: dimension of the shared output space.
        vocab_size: tokens of the text tower; the end-of-text token has the highest id.
        context_length: longest text, tokens.
        text_width: channels of the text tower.
        text_layers: blocks of the text tower.
        text_heads: attention heads of the text tower; divides `text_width`.
    """

    image_size: int = 224
    patch_size: int = 16
    frames: int = 8
    width: int = 768
    layers: int = 12
    heads: int = 12
    embed_dim: int = 512
    vocab_size: int = 49408
    context_length: int = 32
    text_width: int = 512
    text_layers: int = 12
    text_heads: int = 8

    def __post_init__(self) -> None:
        """Check that the sizes fit each other.

        Raises:
            ValueError: a size is not positive, or a divisor does not divide.
        """
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(f"ViCLIPConfig.{field.name} must be positive, not {getattr(self, field.name)}")
        divides = [("image_size", "patch_size"), ("width", "heads"), ("text_width", "text_heads")]
        for whole, part in divides:
            if getattr(self, whole) % getattr(self, part):
                values = f"{getattr(self, whole)} by {getattr(self, part)}"
                raise ValueError(f"ViCLIPConfig: {part} must divide {whole}; cannot divide {values}")

    @property
    def patches(self) -> int:
        """Patches of one frame."""
        return (self.image_size // self.patch_size) ** 2

    @property
    def tokens(self) -> int:
        """Tokens of the joint space-time attention: one CLS and every patch of every frame."""
        return 1 + self.patches * self.frames

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ViCLIPConfig:
        """Build a configuration from plain JSON.

        Raises:
            ValueError: a key is not a field.
        """
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ValueError(f"ViCLIPConfig has no field {', '.join(unknown)}; its fields are {', '.join(known)}")
        return cls(**values)


VICLIP_B16 = ViCLIPConfig()
VICLIP_L14 = ViCLIPConfig(patch_size=14, width=1024, layers=24, heads=16, embed_dim=768, text_width=768, text_heads=12)
