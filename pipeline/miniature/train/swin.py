"""The miniature Swin-V2: timm's network for 64 x 64 pixels, which names shapes in pictures and sounds in spectrograms.

One network reads both, as CoPL's shared encoder does: a spectrogram comes as a picture of three equal channels.

Dims: n batch, S samples, C width.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.miniature.train import export
from pipeline.miniature.train.fbank import SWIN_FBANK

CONFIG: dict[str, Any] = {
    "img_size": 64, "patch_size": 4, "embed_dim": 24, "depths": [2, 2, 2, 2], "num_heads": [2, 2, 4, 4], "window_size": 4,
}  # fmt: skip
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class MiniatureSwin:
    """Swin-V2 under training; see `supervised.Classifier`."""

    name: str = "swin"
    kinds: tuple[str, ...] = ("shapes", "sounds")
    width: int = CONFIG["embed_dim"] * 8
    tower: nn.Module

    def __init__(self, device: str):
        """Makes a fresh tower."""
        from timm.models.swin_transformer_v2 import SwinTransformerV2

        self.tower = SwinTransformerV2(**CONFIG, num_classes=0, drop_path_rate=0.0).to(device)

    def features(self, kind: str, media: Tensor) -> Tensor:
        """See `supervised.Classifier`: the mean over tokens behind the final norm."""
        if kind == "shapes":
            return self._of_pictures(export.normalised(media, MEAN, STD).permute(0, 3, 1, 2))
        with torch.autocast(media.device.type, enabled=False):
            spectrograms = SWIN_FBANK.of(media.float())
        return self.of_spectrograms(spectrograms)

    def of_spectrograms(self, spectrograms: Tensor) -> Tensor:
        """Pooled features (n, d) of normalised spectrograms (n, frames, bins), as sources store them."""
        return self._of_pictures(spectrograms[:, None].expand(-1, 3, -1, -1))

    def _of_pictures(self, pictures: Tensor) -> Tensor:
        tokens: Tensor = self.tower.forward_features(pictures)  # type: ignore[operator]
        return tokens.flatten(1, 2).mean(dim=1)

    def save(self, folder: Path) -> None:
        """See `supervised.Classifier`: timm's names, and the arguments of timm's class."""
        export.write_json(folder / "config.json", {"class": "SwinTransformerV2", **CONFIG, "mean": MEAN, "std": STD})
        export.write_weights(folder / "model.safetensors", self.tower)
