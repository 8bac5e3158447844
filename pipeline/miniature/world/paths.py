"""How each motion moves: a pose for every moment from chance and speed.

Positions are shares of the picture's side, moments run from 0 to 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin

from numpy.random import Generator


@dataclass(frozen=True)
class Pose:
    """Where and how a shape is at one moment: centre, factor of size, opacity, turn in radians."""

    x: float
    y: float
    scale: float = 1.0
    alpha: float = 1.0
    turn: float = 0.0


Path = Callable[[float], Pose]


def _spot(rng: Generator, low: float = 0.3, high: float = 0.7) -> tuple[float, float]:
    x, y = rng.uniform(low, high, size=2)
    return float(x), float(y)


def _straight(dx: float, dy: float) -> Callable[[Generator, float, int], Path]:
    """A straight path along (dx, dy), through a random place, with a slight lean."""

    def make(rng: Generator, speed: float, frames: int) -> Path:
        x, y = _spot(rng)
        lean = float(rng.uniform(-0.12, 0.12))
        reach = 0.5 * speed
        return lambda t: Pose(
            x + reach * (t - 0.5) * (dx + lean * abs(dy)), y + reach * (t - 0.5) * (dy + lean * abs(dx))
        )

    return make


def _resize(start: float, end: float) -> Callable[[Generator, float, int], Path]:
    def make(rng: Generator, speed: float, frames: int) -> Path:
        x, y = _spot(rng)
        middle, half = (start + end) / 2, (end - start) / 2 * min(1.0, speed)
        return lambda t: Pose(x, y, middle + half * (2 * t - 1))

    return make


def _bouncing(rng: Generator, speed: float, frames: int) -> Path:
    x, _ = _spot(rng)
    drift, floor, beats = float(rng.uniform(-0.35, 0.35)), float(rng.uniform(0.7, 0.85)), 2.4 * speed
    phase = float(rng.uniform(0, 1))
    return lambda t: Pose(x + drift * (t - 0.5), floor - 0.45 * (1 - 0.4 * t) * abs(sin(pi * (beats * t + phase))))


def _jumping(rng: Generator, speed: float, frames: int) -> Path:
    x, _ = _spot(rng)
    floor, start, length = float(rng.uniform(0.65, 0.85)), float(rng.uniform(0.1, 0.35)), 0.55 / speed
    return lambda t: Pose(x, floor - 0.5 * max(0.0, sin(pi * min(1.0, max(0.0, (t - start) / length)))))


def _hopping(rng: Generator, speed: float, frames: int) -> Path:
    _, y = _spot(rng, 0.4, 0.8)
    way, beats = float(rng.choice([-1, 1])), 3.5 * speed
    return lambda t: Pose(0.5 + way * 0.6 * (t - 0.5), y - 0.12 * abs(sin(pi * beats * t)))


def _circling(rng: Generator, speed: float, frames: int) -> Path:
    x, y = _spot(rng, 0.42, 0.58)
    radius, phase, way = (
        float(rng.uniform(0.2, 0.3)),
        float(rng.uniform(0, 2 * pi)),
        float(rng.choice([-1, 1])),
    )
    return lambda t: Pose(
        x + radius * cos(phase + way * 2 * pi * speed * t), y + radius * sin(phase + way * 2 * pi * speed * t)
    )


def _spiraling(rng: Generator, speed: float, frames: int) -> Path:
    phase, way, inward = float(rng.uniform(0, 2 * pi)), float(rng.choice([-1, 1])), rng.random() < 0.5

    def at(t: float) -> Pose:
        radius = 0.34 * ((1 - t) if inward else t)
        angle = phase + way * 2 * pi * 1.5 * speed * t
        return Pose(0.5 + radius * cos(angle), 0.5 + radius * sin(angle))

    return at


def _swinging(rng: Generator, speed: float, frames: int) -> Path:
    x, arm, reach = (
        float(rng.uniform(0.42, 0.58)),
        float(rng.uniform(0.4, 0.6)),
        float(rng.uniform(0.55, 0.85)),
    )
    phase = float(rng.uniform(0, 2 * pi))

    def at(t: float) -> Pose:
        angle = reach * sin(phase + 2 * pi * 1.4 * speed * t)
        return Pose(x + arm * sin(angle), 0.12 + arm * cos(angle), turn=-angle)

    return at


def _shaking(rng: Generator, speed: float, frames: int) -> Path:
    x, y = _spot(rng)
    jitter = rng.uniform(-0.075, 0.075, size=(frames, 2)) * (0.7 + 0.4 * speed)
    return lambda t: Pose(x + float(jitter[round(t * (frames - 1)), 0]), y + float(jitter[round(t * (frames - 1)), 1]))


def _blinking(rng: Generator, speed: float, frames: int) -> Path:
    x, y = _spot(rng)
    beats, phase = 3 * speed, float(rng.uniform(0, 1))
    return lambda t: Pose(x, y, alpha=1.0 if (beats * t + phase) % 1 < 0.55 else 0.0)


def _fading(rng: Generator, speed: float, frames: int) -> Path:
    x, y = _spot(rng)
    appears = rng.random() < 0.25
    return lambda t: Pose(x, y, alpha=max(0.0, 1 - 1.1 * ((1 - t) if appears else t)))


def _spinning(rng: Generator, speed: float, frames: int) -> Path:
    x, y = _spot(rng)
    way, phase = float(rng.choice([-1, 1])), float(rng.uniform(0, 2 * pi))
    return lambda t: Pose(x, y, turn=phase + way * 2 * pi * 1.1 * speed * t)


def _zigzagging(rng: Generator, speed: float, frames: int) -> Path:
    _, y = _spot(rng, 0.4, 0.6)
    way, beats, phase = float(rng.choice([-1, 1])), 2.5 * speed, float(rng.uniform(0, 1))
    return lambda t: Pose(0.5 + way * 0.6 * (t - 0.5), y + 0.24 * (abs(((beats * t + phase) % 1) * 4 - 2) - 1))


def _drifting(rng: Generator, speed: float, frames: int) -> Path:
    x, y = _spot(rng)
    a, b, c, d = (float(v) for v in rng.uniform(0, 2 * pi, size=4))
    reach = 0.14 * speed
    return lambda t: Pose(
        x + reach * (sin(a + 2.6 * t) - sin(a) + 0.4 * sin(b + 5 * t)),
        y + reach * (sin(c + 2.2 * t) - sin(c) + 0.4 * sin(d + 5 * t)),
    )


PATHS: dict[str, Callable[[Generator, float, int], Path]] = {
    "sliding left": _straight(-1, 0), "sliding right": _straight(1, 0), "rising": _straight(0, -1),
    "falling": _straight(0, 1), "growing": _resize(0.5, 1.7), "shrinking": _resize(1.7, 0.5), "bouncing": _bouncing,
    "circling": _circling, "swinging": _swinging, "shaking": _shaking, "blinking": _blinking, "fading": _fading,
    "spinning": _spinning, "zigzagging": _zigzagging, "jumping": _jumping, "drifting": _drifting,
    "hopping": _hopping, "spiraling": _spiraling,
}  # fmt: skip
