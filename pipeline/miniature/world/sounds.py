"""Sounds of the miniature world: short synthetic events, 16 kHz mono, two seconds, over noise.

Look-alikes are meant: beep/alarm/buzzer, siren/warble/whistles, hissing/wind/rumbling, and
knocking/clicking/drum roll/crackling. Pitch, rate, loudness and noise keep the habits of `company.TONES`.

Dims: S samples.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.miniature.world.classes import AUDIO_CLASSES, EXTRA_AUDIO_CLASSES
from pipeline.miniature.world.company import TONES, habitual
from pipeline.miniature.world.synths import SAMPLE_RATE, SYNTHS, Wave, background, lowpass

SECONDS = 2.0
RHYTHMIC = (
    "beep", "siren", "knocking", "clicking", "bell", "drum roll", "warble", "alarm", "plucked string", "crackling",
    "heartbeat", "laser",
)  # fmt: skip
PITCHED = (
    "beep", "buzzer", "siren", "rising whistle", "falling whistle", "bell", "warble", "alarm", "plucked string",
    "laser",
)  # fmt: skip
NOISES: tuple[str, ...] = ("white noise", "street noise", "a hum", "room noise")


@dataclass(frozen=True)
class Event:
    """One sound event; `words` are the attribute words that are true of it."""

    label: str
    start_s: float
    length_s: float
    pitch: float
    rate: float
    loudness: float
    distant: bool

    @property
    def words(self) -> tuple[str, ...]:
        """Attributes as caption words, from `phrases.SOUND_WORDS`."""
        found = ["loud"] if self.loudness > 0.75 else ["quiet"] if self.loudness < 0.4 else []
        found += ["distant"] if self.distant else []
        if self.label in RHYTHMIC:
            found += ["fast"] if self.rate > 1.2 else ["slow"] if self.rate < 0.8 else []
        if self.label in PITCHED:
            found += ["high"] if self.pitch > 1.25 else ["low"] if self.pitch < 0.8 else []
        found += ["long"] if self.length_s > 1.4 else ["short"] if self.length_s < 0.8 else []
        return tuple(found)


@dataclass(frozen=True)
class SoundScene:
    """What a clip lets one hear."""

    events: tuple[Event, ...]
    noise_word: str
    noise: float

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names in the clip, each once."""
        return tuple(dict.fromkeys(item.label for item in self.events))


def sample_sound(
    rng: Generator,
    classes: tuple[str, ...] = AUDIO_CLASSES + EXTRA_AUDIO_CLASSES,
    most: int = 2,
    ease: float = 0.0,
) -> SoundScene:
    """Decides what a clip contains: 1 to `most` (at most 3) events of different classes.

    `ease` 0 is the world as it is; towards 1 the events become louder and the noise fainter, for the start of
    training.
    """
    count = min(int(rng.choice([1, 2, 3], p=[0.6, 0.32, 0.08])), most)
    labels = [classes[int(index)] for index in rng.choice(len(classes), size=count, replace=False)]
    events = tuple(sample_event(rng, label, ease) for label in labels)
    noise_word = habitual(rng, TONES[labels[0]].noise, NOISES)
    return SoundScene(events, noise_word, float(10 ** rng.uniform(-2.0 - ease, -0.8 - ease)))


def sample_event(rng: Generator, label: str, ease: float = 0.0) -> Event:
    """One event; two in three of all draws are high or low, fast or slow, loud or quiet enough to be called so."""
    usual = TONES[label]
    length = float(rng.uniform(0.55, SECONDS))
    pitch = habitual(rng, usual.pitch, ("low", "", "high"))
    rate = habitual(rng, usual.rate, ("slow", "", "fast"))
    loudness = habitual(rng, usual.loudness, ("quiet", "", "loud"))
    low, high = {"quiet": (0.25, 0.4), "": (0.4, 0.75), "loud": (0.75, 1.0)}[loudness]
    return Event(
        label=label,
        start_s=float(rng.uniform(0, SECONDS - length)),
        length_s=length,
        pitch=float(2 ** rng.uniform(*{"low": (-0.8, -0.33), "": (-0.32, 0.32), "high": (0.33, 0.8)}[pitch])),
        rate=float(2 ** rng.uniform(*{"slow": (-0.7, -0.33), "": (-0.32, 0.26), "fast": (0.27, 0.7)}[rate])),
        loudness=max(0.25 + 0.5 * ease, float(rng.uniform(low, high))),
        distant=bool(rng.random() < 0.2),
    )


def render_sound(scene: SoundScene, rng: Generator) -> NDArray[np.float32]:
    """Synthesises a clip; float32 (S,) within [-1, 1]."""
    total = int(SAMPLE_RATE * SECONDS)
    return render_events(background(scene.noise_word, total, rng) * scene.noise, scene.events, rng)


def render_events(wave: Wave, events: Iterable[Event], rng: Generator) -> NDArray[np.float32]:
    """Adds events to a wave (S,) of noise, which they fit into; float32 (S,) within [-1, 1]."""
    for item in events:
        count = int(item.length_s * SAMPLE_RATE)
        t = np.arange(count) / SAMPLE_RATE
        event = SYNTHS[item.label](t, item.pitch, item.rate, rng)
        event = event / (np.sqrt(np.mean(event**2)) + 1e-6)
        event = lowpass(event, 900) * 0.8 if item.distant else event
        fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 160)
        start = int(item.start_s * SAMPLE_RATE)
        wave[start : start + count] += 0.16 * item.loudness * event * fade
    return np.clip(wave, -1, 1).astype(np.float32)
