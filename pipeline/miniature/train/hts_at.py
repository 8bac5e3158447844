"""The miniature HTS-AT: transformers' `ClapAudioModel`, small, which names sounds in a second at 16 kHz.

128 frames of 32 mel bins are folded into a 64 x 64 picture, as the full model folds 1,024 x 64 into 256 x 256. Windows have two
tokens a side, so that the last map is a whole window: transformers' layers know no smaller one.

Dims: n batch, S samples.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.miniature.train import export
from pipeline.miniature.train.fbank import HTS_AT_FBANK

WIDTH, DEPTHS, HEADS = 16, (2, 2, 2, 2), (2, 2, 4, 4)


class MiniatureHtsAt:
    """HTS-AT under training; see `supervised.Classifier`."""

    name: str = "hts-at"
    kinds: tuple[str, ...] = ("sounds",)
    width: int = WIDTH * 8
    tower: nn.Module

    def __init__(self, device: str):
        """Makes a fresh tower."""
        from transformers import ClapAudioConfig
        from transformers.models.clap.modeling_clap import ClapAudioModel

        self.config = ClapAudioConfig(
            window_size=2, num_mel_bins=HTS_AT_FBANK.bins, spec_size=64, patch_size=4, patch_stride=[4, 4],
            patch_embeds_hidden_size=WIDTH, depths=list(DEPTHS), num_attention_heads=list(HEADS),
            hidden_size=WIDTH * 2 ** (len(DEPTHS) - 1), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
            drop_path_rate=0.0, num_classes=1, num_hidden_layers=len(DEPTHS),
        )  # fmt: skip
        self.tower = ClapAudioModel(self.config)
        self.tower.to(torch.device(device))  # type: ignore[arg-type]

    def features(self, kind: str, media: Tensor) -> Tensor:
        """See `supervised.Classifier`: the mean over tokens behind the final norm."""
        with torch.autocast(media.device.type, enabled=False):
            spectrograms = HTS_AT_FBANK.of(media.float())
        return self.of_spectrograms(spectrograms)

    def of_spectrograms(self, spectrograms: Tensor) -> Tensor:
        """Pooled features (n, d) of normalised spectrograms (n, frames, bins), as sources store them."""
        pooled: Tensor = self.tower(input_features=spectrograms[:, None]).pooler_output
        return pooled

    def save(self, folder: Path) -> None:
        """See `supervised.Classifier`; transformers' own layout."""
        config = self.config.to_dict() | {"architectures": ["ClapAudioModel"], "dtype": "float16"}
        export.write_json(folder / "config.json", config)
        export.write_weights(folder / "model.safetensors", self.tower)
