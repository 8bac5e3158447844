"""Log mel spectrograms in numpy: Kaldi's filter bank, as AST, MOV and CoPL read it, and LAION-CLAP's.

Kaldi's mel scale is 1127 ln(1 + f / 700); CLAP's is Slaney's: linear to 1 kHz, then logarithmic. Dims: F = frames, N = samples
of a frame, B = FFT bins, M = mel bins. Everything is computed in float64.
"""

from functools import lru_cache

import numpy as np

from pipeline.media.audio import read_wave, window
from pipeline.media.errors import MediaError
from pipeline.sources.specs import ClapMelSpec, ClapSegmentsSpec, FbankSpec

_FRAME_MS = 25.0
_PRE_EMPHASIS = 0.97
_LOWEST_HZ = 20.0
_FLOOR = float(np.finfo(np.float32).eps)
_CLAP_FLOOR = 1e-10


def fbank_segments(path: str, spec: FbankSpec) -> np.ndarray:
    """Read one file and make its segments' filter banks; returns float32 (S, frames, bins), normalised.

    Raises:
        MediaError: the file cannot be decoded, or is shorter than one frame.
    """
    wave = read_wave(path, spec.sampling_rate)
    return np.stack([_normalised(fbank(piece, spec), spec) for piece in segments(wave, spec)])


def segments(wave: np.ndarray, spec: FbankSpec) -> list[np.ndarray]:
    """Cut the pieces of a wave; one that is too short for a piece and the margin is every piece."""
    if spec.segment_s is None:
        return [wave] * spec.segments
    return _pieces(wave, spec.sampling_rate, spec.segments, spec.segment_s, spec.margin_s)


def _pieces(wave: np.ndarray, rate: int, count: int, seconds: float, margin_s: float = 0.0) -> list[np.ndarray]:
    room = len(wave) - rate * (seconds + margin_s)
    if room <= 0:
        return [wave] * count
    length = int(rate * seconds)
    return [wave[start : start + length] for start in np.linspace(0, room, count, dtype=int)]


def fbank(wave: np.ndarray, spec: FbankSpec) -> np.ndarray:
    """Kaldi's log mel filter bank of a mono wave in [-1, 1], without dither; returns float64 (F, bins).

    Raises:
        MediaError: the wave is shorter than one frame.
    """
    length = int(spec.sampling_rate * _FRAME_MS * 0.001)
    hop = int(spec.sampling_rate * spec.hop_ms * 0.001)  # rounded down, as Kaldi does
    if len(wave) < length:
        raise MediaError(f"too short: {len(wave)} samples, at least {length}")
    frames = np.lib.stride_tricks.sliding_window_view(wave.astype(np.float64), length)[::hop]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    shape = np.hanning(length) if spec.window == "hanning" else np.hamming(length)
    size = 1 << (length - 1).bit_length()
    power = np.abs(np.fft.rfft((frames - _PRE_EMPHASIS * before) * shape, size)) ** 2
    return np.log(np.maximum(power @ _kaldi_filters(spec.sampling_rate, size, spec.bins), _FLOOR))


def clap_mel(path: str, spec: ClapMelSpec) -> np.ndarray:
    """Read one file and make its log mel spectrogram; returns float32 (F, bins), decibels.

    Raises:
        MediaError: the file cannot be decoded.
    """
    return _decibels(read_wave(path, spec.sampling_rate, spec.length), spec)


def clap_segments(path: str, spec: ClapSegmentsSpec) -> np.ndarray:
    """Read one file and make the log mel spectrograms of its pieces; returns float32 (S, F, bins), decibels.

    A file that is shorter than a piece is every piece.

    Raises:
        MediaError: the file cannot be decoded.
    """
    wave = read_wave(path, spec.mel.sampling_rate, spec.mel.length)
    return np.stack(
        [_decibels(piece, spec.mel) for piece in _pieces(wave, spec.mel.sampling_rate, spec.segments, spec.segment_s)]
    )


def _decibels(wave: np.ndarray, spec: ClapMelSpec) -> np.ndarray:
    """The log mel spectrogram of one window: the wave, repeated and padded, or its centre."""
    wave = window(wave, round(spec.sampling_rate * spec.seconds))
    padded = np.pad(wave.astype(np.float64), spec.fft // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, spec.fft)[:: spec.hop]
    hann = np.hanning(spec.fft + 1)[:-1]
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    mel = power @ _slaney_filters(spec.sampling_rate, spec.fft, spec.bins, spec.low_hz, spec.high_hz)
    return (10 * np.log10(np.maximum(mel, _CLAP_FLOOR))).astype(np.float32)


def _normalised(mel: np.ndarray, spec: FbankSpec) -> np.ndarray:
    """Subtract, divide, and cut or pad to the frames wanted; float32."""
    if spec.pad_first:
        mel = (_fitted(mel, spec.frames) - spec.mean) / spec.scale
    else:
        mel = _fitted((mel - spec.mean) / spec.scale, spec.frames)
    return mel.astype(np.float32)


def _fitted(mel: np.ndarray, frames: int) -> np.ndarray:
    return np.pad(mel[:frames], ((0, max(0, frames - len(mel))), (0, 0)))


@lru_cache(maxsize=8)
def _kaldi_filters(sampling_rate: int, size: int, bins: int) -> np.ndarray:
    """Triangles that are straight in mel; (B, M)."""
    edges = np.linspace(_kaldi_mel(_LOWEST_HZ), _kaldi_mel(sampling_rate / 2), bins + 2)
    return _triangles(_kaldi_mel(np.fft.rfftfreq(size, 1 / sampling_rate)), edges)


@lru_cache(maxsize=8)
def _slaney_filters(sampling_rate: int, size: int, bins: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Triangles that are straight in Hz and have area one; (B, M)."""
    edges = _slaney_hz(np.linspace(_slaney_mel(low_hz), _slaney_mel(high_hz), bins + 2))
    return _triangles(np.fft.rfftfreq(size, 1 / sampling_rate), edges) * (2 / (edges[2:] - edges[:-2]))


def _triangles(places: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Weights of each place (B,) in the triangle over each three edges (M + 2,); (B, M)."""
    up = (places[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    down = (edges[2:] - places[:, None]) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(up, down))


def _kaldi_mel(hz: np.ndarray | float) -> np.ndarray:
    return 1127 * np.log1p(np.asarray(hz) / 700)


_SLANEY_STEP_HZ = 200 / 3
_SLANEY_LOG_STEP = np.log(6.4) / 27


def _slaney_mel(hz: float) -> float:
    return hz / _SLANEY_STEP_HZ if hz < 1000 else 15 + float(np.log(hz / 1000)) / _SLANEY_LOG_STEP


def _slaney_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * _SLANEY_STEP_HZ, 1000 * np.exp((mel - 15) * _SLANEY_LOG_STEP))
