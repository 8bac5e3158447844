"""What CLAP hears: log-mel spectrograms of windows, and the four of a fused model, with nothing left to chance.

LAION crops a clip that is longer than its ten seconds at random. Here decoding takes the centre window. A fused model looks
at four spectrograms of a long clip: the whole, shrunk to the length of a window, and one window out of each third of the
possible ones. LAION draws those three; here each is the middle one of its third.

Dims: b clips, t frames, m mel bins.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import ClapFeatureExtractor


def log_mel(extractor: ClapFeatureExtractor, waves: Tensor) -> Tensor:
    """Map whole windows, float32 (b, samples), to log-mel spectrograms, float32 (b, 1, t, m), on the CPU."""
    if waves.shape[1] > extractor.nb_max_samples:
        raise ValueError(f"windows of {waves.shape[1]} samples are longer than {extractor.nb_max_samples}")
    features = extractor(
        list(waves.float().cpu().numpy()),
        sampling_rate=extractor.sampling_rate,
        truncation="rand_trunc",  # of whole windows nothing is cut, so nothing is random
        padding="repeatpad",
    )["input_features"]
    return torch.stack([torch.as_tensor(mel, dtype=torch.float32) for mel in features])


def fused_log_mel(extractor: ClapFeatureExtractor, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Make the four spectrograms of each clip that a fused model takes.

    Args:
        extractor: sizes and mel filters; a fused model has those of torchaudio (HTK), the others Slaney's.
        waves: float32 (b, samples); NaN after the end of a clip that is shorter than the others.

    Returns:
        Spectrograms, float32 (b, 4, t, m), and whether each clip is longer than a window, bool (b,), on the CPU.
    """
    pairs = [_four_spectrograms(extractor, wave[~np.isnan(wave)]) for wave in waves.float().cpu().numpy()]
    return torch.stack([mel for mel, _ in pairs]), torch.tensor([longer for _, longer in pairs])


def window_starts(frames: int, window: int) -> list[int]:
    """First frames of the three windows: of each third of all possible ones, the middle."""
    thirds = np.array_split(np.arange(frames - window + 1), 3)
    return [int(third[len(third) // 2]) if len(third) else 0 for third in thirds]


def _four_spectrograms(extractor: ClapFeatureExtractor, wave: np.ndarray) -> tuple[Tensor, bool]:
    samples = extractor.nb_max_samples
    window = samples // extractor.hop_length + 1
    if len(wave) < samples:
        repeated = np.tile(wave, samples // max(len(wave), 1))
        wave = np.pad(repeated, (0, samples - len(repeated)))
    whole = extractor._np_extract_fbank_features(wave.astype(np.float64), extractor.mel_filters)
    mel = torch.as_tensor(whole, dtype=torch.float32)
    if len(mel) <= window:
        return mel.expand(4, -1, -1), False
    shrunk = F.interpolate(mel[None, None], size=[window, mel.shape[1]], mode="bilinear", align_corners=False)
    windows = [mel[start : start + window] for start in window_starts(len(mel), window)]
    return torch.stack([shrunk[0, 0], *windows]), True
