"""Kaldi's log mel filter bank of a batch of waves in torch, as `pipeline.sources.spectrograms` makes it of a file in numpy.

The sources stand above the miniature, so its towers learn from this; a test holds the two together.

Dims: n batch, S samples, F frames, B FFT bins, M mel bins.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_RATE, _LENGTH, _FFT = 16_000, 400, 512
_LOWEST_HZ = 20.0
_PRE_EMPHASIS = 0.97
_FLOOR = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Fbank:
    """Filter banks of one second at 16 kHz: `frames` frames of `bins` bins, (x - mean) / scale, as presets of sources have it."""

    bins: int
    frames: int
    hop_ms: float
    mean: float
    scale: float

    def of(self, waves: Tensor) -> Tensor:
        """Normalised filter banks (n, frames, M) of waves (n, S) of a second."""
        hop = int(_RATE * self.hop_ms * 0.001)
        pieces = waves.unfold(1, _LENGTH, hop)[:, : self.frames]
        pieces = pieces - pieces.mean(dim=2, keepdim=True)
        before = torch.cat([pieces[..., :1], pieces[..., :-1]], dim=2)
        shape = torch.from_numpy(np.hanning(_LENGTH)).to(waves)
        power = torch.fft.rfft((pieces - _PRE_EMPHASIS * before) * shape, _FFT).abs().square()
        return ((power @ self._filters().to(waves)).clamp(min=_FLOOR).log() - self.mean) / self.scale

    def _filters(self) -> Tensor:
        """Triangles that are straight in mel; (B, M)."""
        places = _mel(np.fft.rfftfreq(_FFT, 1 / _RATE))
        edges = np.linspace(_mel(np.array(_LOWEST_HZ)), _mel(np.array(_RATE / 2)), self.bins + 2)
        up = (places[:, None] - edges[:-2]) / np.diff(edges)[:-1]
        down = (edges[2:] - places[:, None]) / np.diff(edges)[1:]
        return torch.from_numpy(np.maximum(0, np.minimum(up, down)))


def _mel(hertz: np.ndarray) -> np.ndarray:
    return 1127 * np.log1p(hertz / 700)


SWIN_FBANK = Fbank(bins=64, frames=64, hop_ms=15.4, mean=-3.28, scale=6.96)
HTS_AT_FBANK = Fbank(bins=32, frames=128, hop_ms=7.65, mean=-2.37, scale=6.8)
