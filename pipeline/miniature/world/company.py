"""The company that classes keep: which colour, size, ground, pace or noise usually comes with which class.

A fire engine is mostly red and a duck mostly on water; text alone can tell so. The miniature world has such habits,
too: an attribute is the usual one in `TYPICAL_SHARE` of the draws, and any of the allowed ones otherwise. Look-alikes
differ in their company; no attribute gives a class away, for any of them may come with any class.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import Generator

TYPICAL_SHARE = 0.6


@dataclass(frozen=True)
class Look:
    """What a shape of a picture usually is: colour, size word ("" for medium), kind and tone of its ground."""

    color: str
    size: str
    background: str
    tone: str


@dataclass(frozen=True)
class Tone:
    """What a sound usually is: "high" or "low", "fast" or "slow", "loud" or "quiet", and the noise around it."""

    pitch: str
    rate: str
    loudness: str
    noise: str


@dataclass(frozen=True)
class Habit:
    """What usually makes a motion: a shape, its colour, size word and pace word ("" for neither), and the ground."""

    shape: str
    color: str
    size: str
    pace: str
    background: str


LOOKS: dict[str, Look] = {
    "circle": Look("red", "small", "plain", "bright"), "oval": Look("green", "large", "gradient", "bright"),
    "ring": Look("yellow", "", "noisy", "dark"), "square": Look("blue", "large", "striped", "bright"),
    "rectangle": Look("brown", "", "plain", "dark"), "diamond": Look("cyan", "small", "gradient", "dark"),
    "triangle": Look("orange", "large", "noisy", "bright"), "pentagon": Look("purple", "small", "striped", "bright"),
    "hexagon": Look("gray", "large", "plain", "dark"), "star": Look("yellow", "small", "gradient", "dark"),
    "cross": Look("white", "", "striped", "dark"), "arrow": Look("black", "", "plain", "bright"),
    "heart": Look("pink", "large", "gradient", "bright"), "crescent": Look("white", "small", "noisy", "dark"),
    "spiral": Look("purple", "", "noisy", "bright"), "zigzag": Look("orange", "small", "striped", "dark"),
    "cloud": Look("gray", "large", "gradient", "bright"), "flower": Look("pink", "small", "noisy", "bright"),
}  # fmt: skip

TONES: dict[str, Tone] = {
    "beep": Tone("high", "fast", "loud", "room noise"), "buzzer": Tone("low", "slow", "loud", "a hum"),
    "siren": Tone("high", "slow", "quiet", "street noise"), "rising whistle": Tone("high", "fast", "loud", "a hum"),
    "falling whistle": Tone("low", "slow", "quiet", "street noise"),
    "knocking": Tone("low", "slow", "loud", "room noise"), "clicking": Tone("high", "fast", "quiet", "a hum"),
    "hissing": Tone("high", "slow", "loud", "room noise"), "rumbling": Tone("low", "slow", "quiet", "white noise"),
    "bell": Tone("high", "slow", "loud", "street noise"), "drum roll": Tone("low", "fast", "loud", "a hum"),
    "warble": Tone("low", "fast", "quiet", "room noise"), "alarm": Tone("high", "fast", "loud", "street noise"),
    "plucked string": Tone("low", "fast", "loud", "room noise"), "wind": Tone("low", "slow", "loud", "white noise"),
    "crackling": Tone("high", "fast", "quiet", "white noise"), "heartbeat": Tone("low", "slow", "quiet", "a hum"),
    "laser": Tone("high", "fast", "loud", "white noise"),
}  # fmt: skip

HABITS: dict[str, Habit] = {
    "sliding left": Habit("rectangle", "blue", "large", "slow", "plain"),
    "sliding right": Habit("arrow", "red", "small", "fast", "striped"),
    "rising": Habit("oval", "pink", "large", "slow", "gradient"),
    "falling": Habit("diamond", "cyan", "small", "fast", "noisy"),
    "growing": Habit("heart", "red", "", "slow", "gradient"),
    "shrinking": Habit("hexagon", "purple", "large", "fast", "plain"),
    "bouncing": Habit("circle", "orange", "small", "fast", "plain"),
    "circling": Habit("crescent", "white", "", "slow", "noisy"),
    "swinging": Habit("ring", "brown", "large", "slow", "striped"),
    "shaking": Habit("square", "gray", "", "fast", "gradient"),
    "blinking": Habit("star", "yellow", "small", "fast", "noisy"),
    "fading": Habit("crescent", "gray", "large", "slow", "striped"),
    "spinning": Habit("cross", "black", "", "fast", "plain"),
    "zigzagging": Habit("triangle", "green", "small", "fast", "gradient"),
    "jumping": Habit("pentagon", "green", "", "slow", "striped"),
    "drifting": Habit("oval", "white", "small", "slow", "noisy"),
    "hopping": Habit("heart", "brown", "small", "fast", "striped"),
    "spiraling": Habit("star", "purple", "", "slow", "gradient"),
}  # fmt: skip


def habitual(rng: Generator, usual: str, allowed: Sequence[str], shares: Sequence[float] | None = None) -> str:
    """Draws one of the allowed values: the usual one in `TYPICAL_SHARE` of the draws, if it is allowed at all.

    Args:
        rng: The only source of chance.
        usual: The value that a class is known for.
        allowed: The values of which any may come.
        shares: How often each allowed value comes in the other draws; equally often by default.
    """
    typical = rng.random() < TYPICAL_SHARE
    other = str(rng.choice(list(allowed), p=shares))
    return usual if typical and usual in allowed else other
