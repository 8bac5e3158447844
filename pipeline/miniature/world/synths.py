"""How each sound class is synthesised: a wave from times, pitch, rate and chance.

Dims: all waves are (samples,) at 16 kHz.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

SAMPLE_RATE = 16_000
Wave = NDArray[np.float64]


def background(word: str, count: int, rng: Generator) -> Wave:
    """Noise of a kind, about one in deviation."""
    white = rng.standard_normal(count)
    if word == "white noise":
        return white
    if word == "a hum":
        t = np.arange(count) / SAMPLE_RATE
        base = rng.uniform(50, 120)
        harmonics = [np.sin(2 * np.pi * base * k * t + k) for k in (1, 2, 3)]
        hum: Wave = np.sum(harmonics, axis=0) + 0.3 * white
        return hum
    soft = lowpass(white, 500 if word == "street noise" else 1800)
    evened: Wave = soft / (soft.std() + 1e-6)
    return evened


def lowpass(wave: Wave, hertz: float) -> Wave:
    """A one-pole low-pass filter."""
    a = float(np.exp(-2 * np.pi * hertz / SAMPLE_RATE))
    return _filtered([1 - a], [1, -a], wave)


def _highpass(wave: Wave, hertz: float) -> Wave:
    return wave - lowpass(wave, hertz)


def _glide(hertz: Wave) -> Wave:
    return 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE


def _gate(t: Wave, rate: float, share: float) -> Wave:
    return lowpass(((t * rate) % 1.0 < share).astype(float), 200)


def _strokes(t: Wave, times: Wave, stroke: Wave) -> Wave:
    wave = np.zeros(len(t) + len(stroke))
    for moment in times:
        start = int(moment * SAMPLE_RATE)
        if start < len(t):
            wave[start : start + len(stroke)] += stroke
    return wave[: len(t)]


def _steady(t: Wave, rate: float, jitter: float, rng: Generator) -> Wave:
    times = np.arange(0, max(t[-1], 0.05), 1 / rate)
    return np.clip(times + rng.normal(0, jitter / rate, size=len(times)), 0, None)


def _decay(seconds: float, time_constant: float) -> tuple[Wave, Wave]:
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return t, np.exp(-t / time_constant)


def _beep(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    return np.sin(2 * np.pi * 1000 * pitch * t) * _gate(t, 2.0 * rate, 0.45)


def _buzzer(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    square: Wave = np.sign(np.sin(2 * np.pi * 160 * pitch * t))
    return square + 0.2 * rng.standard_normal(len(t))


def _siren(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    return np.sin(_glide(pitch * (900 + 350 * np.sin(2 * np.pi * 1.1 * rate * t + rng.uniform(0, 6)))))


def _rising(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    return np.sin(_glide(pitch * 700 * (2.6 ** (t / t[-1]))))


def _falling(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    return np.sin(_glide(pitch * 700 * (2.6 ** (1 - t / t[-1]))))


def _knocking(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    u, d = _decay(0.09, 0.02)
    stroke = d * (np.sin(2 * np.pi * 180 * pitch * u) + 0.4 * lowpass(rng.standard_normal(len(u)), 900))
    return _strokes(t, _steady(t, 4 * rate, 0.05, rng), stroke)


def _clicking(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    u, d = _decay(0.02, 0.003)
    return _strokes(t, _steady(t, 6 * rate, 0.03, rng), d * _highpass(rng.standard_normal(len(u)), 2500))


def _hissing(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    return _highpass(rng.standard_normal(len(t)), 3000 * pitch)


def _rumbling(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    low = lowpass(lowpass(rng.standard_normal(len(t)), 120 * pitch), 160)
    return low * (1 + 0.4 * np.sin(2 * np.pi * 3 * rate * t))


def _bell(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    u, _ = _decay(1.2, 1.0)
    stroke = sum(
        np.exp(-u * (2 + k)) * np.sin(2 * np.pi * 520 * pitch * r * u) for k, r in enumerate((1, 2.0, 2.76, 5.4))
    )
    return _strokes(t, np.arange(0, t[-1], 0.9 / rate), np.asarray(stroke))


def _drum_roll(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    u, d = _decay(0.06, 0.02)
    stroke = d * (lowpass(rng.standard_normal(len(u)), 2500) + 0.7 * np.sin(2 * np.pi * 200 * pitch * u))
    return _strokes(t, _steady(t, 18 * rate, 0.12, rng), stroke) * np.linspace(0.6, 1.2, len(t))


def _warble(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    return np.sin(_glide(pitch * (1400 + 260 * np.sin(2 * np.pi * 9 * rate * t))))


def _alarm(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    high = ((t * 3.2 * rate) % 1.0) < 0.5
    tone: Wave = np.sin(_glide(pitch * np.where(high, 1250.0, 900.0)))
    return tone + 0.3 * np.sign(tone)


def _plucked(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    period = max(8, int(SAMPLE_RATE / (220 * pitch)))
    excitation = np.zeros(int(0.8 * SAMPLE_RATE))
    excitation[:period] = rng.uniform(-1, 1, size=period)
    loop = np.zeros(period + 2)
    loop[0], loop[period], loop[period + 1] = 1.0, -0.497, -0.497
    return _strokes(t, np.arange(0, t[-1], 0.6 / rate), _filtered([1.0], loop, excitation))


def _wind(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    gust = 1 + 0.8 * np.sin(2 * np.pi * 0.9 * rate * t + rng.uniform(0, 6))
    return _highpass(lowpass(rng.standard_normal(len(t)), 650 * pitch), 150) * gust


def _crackling(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    times = np.sort(rng.uniform(0, t[-1], size=max(4, int(28 * rate * t[-1]))))
    wave = np.zeros(len(t) + 200)
    for moment in times:
        u, d = _decay(0.01, float(rng.uniform(0.0008, 0.003)))
        start = int(moment * SAMPLE_RATE)
        wave[start : start + len(u)] += rng.uniform(0.2, 1.5) * d * rng.standard_normal(len(u))
    return wave[: len(t)]


def _heartbeat(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    u, d = _decay(0.16, 0.05)
    beats = np.arange(0, t[-1], 0.85 / rate)
    return _strokes(t, np.sort(np.concatenate([beats, beats + 0.22])), d * np.sin(2 * np.pi * 90 * pitch * u))


def _laser(t: Wave, pitch: float, rate: float, rng: Generator) -> Wave:
    u, d = _decay(0.22, 0.08)
    stroke = d * np.sin(_glide(pitch * 2600 * np.exp(-u / 0.09) + 150))
    return _strokes(t, np.arange(0, t[-1], 0.4 / rate), stroke)


SYNTHS: dict[str, Callable[[Wave, float, float, Generator], Wave]] = {
    "beep": _beep, "buzzer": _buzzer, "siren": _siren, "rising whistle": _rising, "falling whistle": _falling,
    "knocking": _knocking, "clicking": _clicking, "hissing": _hissing, "rumbling": _rumbling, "bell": _bell,
    "drum roll": _drum_roll, "warble": _warble, "alarm": _alarm, "plucked string": _plucked, "wind": _wind,
    "crackling": _crackling, "heartbeat": _heartbeat, "laser": _laser,
}  # fmt: skip


def _filtered(numerator: ArrayLike, denominator: ArrayLike, wave: Wave) -> Wave:
    """The wave through a linear filter."""
    from scipy.signal import lfilter  # type: ignore[import-untyped]  # takes a second, and plans need the names of sounds only

    return np.asarray(lfilter(numerator, denominator, wave))
