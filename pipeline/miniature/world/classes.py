"""Class names of the miniature world.

`*_CLASSES` are what the default recipes learn. `EXTRA_*_CLASSES` exist in the world and in the encoders' training,
but in no default recipe: they play the new classes that arrive later.
"""

WORLD_VERSION = 2
"""Part of where the written media lie: other media of the same seed must not be mistaken for these."""

IMAGE_CLASSES: tuple[str, ...] = (
    "circle", "oval", "ring", "square", "rectangle", "diamond", "triangle", "pentagon",
    "hexagon", "star", "cross", "arrow", "heart", "crescent", "spiral", "zigzag",
)  # fmt: skip
AUDIO_CLASSES: tuple[str, ...] = (
    "beep", "buzzer", "siren", "rising whistle", "falling whistle", "knocking", "clicking", "hissing",
    "rumbling", "bell", "drum roll", "warble", "alarm", "plucked string", "wind", "crackling",
)  # fmt: skip
VIDEO_CLASSES: tuple[str, ...] = (
    "sliding left", "sliding right", "rising", "falling", "growing", "shrinking", "bouncing", "circling",
    "swinging", "shaking", "blinking", "fading", "spinning", "zigzagging", "jumping", "drifting",
)  # fmt: skip

EXTRA_IMAGE_CLASSES: tuple[str, ...] = ("cloud", "flower")
EXTRA_AUDIO_CLASSES: tuple[str, ...] = ("heartbeat", "laser")
EXTRA_VIDEO_CLASSES: tuple[str, ...] = ("hopping", "spiraling")

COLORS: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40), "green": (52, 160, 68), "blue": (45, 84, 200), "yellow": (240, 212, 60),
    "orange": (240, 140, 32), "purple": (132, 58, 172), "pink": (246, 150, 190), "white": (244, 244, 244),
    "black": (22, 22, 22), "gray": (128, 128, 128), "brown": (122, 76, 40), "cyan": (64, 202, 214),
}  # fmt: skip
