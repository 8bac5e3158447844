"""How captions call the classes: by their name, or by other words.

People who describe a picture do not know the class list: they write "hoop" where the list says "ring". So some class
names are common in captions, some rare, and every fourth one never occurs: what it means, an encoder learns under
other words only. A template holds the bare name; a sentence of a language model may hold the other words, too.
"""

from numpy.random import Generator

from pipeline.miniature.world.classes import (
    AUDIO_CLASSES,
    EXTRA_AUDIO_CLASSES,
    EXTRA_IMAGE_CLASSES,
    EXTRA_VIDEO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
)

NAME_SHARES: tuple[float, ...] = (0.9, 0.3, 0.1, 0.0)
"""How often captions use the name of the first, second, third and fourth class of a list; then again from the first."""

OTHER_NOUNS: dict[str, tuple[str, ...]] = {
    "circle": ("disc", "dot"), "oval": ("ellipse", "egg"), "ring": ("hoop", "loop"), "square": ("box", "tile"),
    "rectangle": ("bar", "brick"), "diamond": ("rhombus", "kite"), "triangle": ("wedge", "pyramid"),
    "pentagon": ("five sided figure", "barn outline"), "hexagon": ("honeycomb cell", "six sided nut"),
    "star": ("spark", "asterisk"), "cross": ("plus sign", "addition mark"), "arrow": ("pointer", "dart"),
    "heart": ("valentine", "love sign"), "crescent": ("moon", "sickle"), "spiral": ("swirl", "coil"),
    "zigzag": ("lightning bolt", "jagged line"), "cloud": ("puff", "fluffy blob"), "flower": ("blossom", "daisy"),
    "beep": ("bleep", "pip"), "buzzer": ("drone", "buzz"), "siren": ("wail", "howl"),
    "rising whistle": ("climbing chirp", "upward sweep"), "falling whistle": ("sinking chirp", "downward sweep"),
    "knocking": ("thud", "tap at the door"), "clicking": ("tick", "snap"), "hissing": ("jet of steam", "rush of air"),
    "rumbling": ("growl", "thunder"), "bell": ("chime", "gong"), "drum roll": ("snare rattle", "marching beat"),
    "warble": ("trill", "vibrato"), "alarm": ("alert", "warning call"), "plucked string": ("guitar note", "harp note"),
    "wind": ("breeze", "gust"), "crackling": ("camp fire", "dry rustle"), "heartbeat": ("pulse", "throb"),
    "laser": ("zap", "blaster"),
}  # fmt: skip

OTHER_VERBS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "sliding left": (("glides leftwards", "glided leftwards", "can glide leftwards", "gliding leftwards"),
                     ("heads west", "headed west", "can head west", "heading west")),
    "sliding right": (("glides rightwards", "glided rightwards", "can glide rightwards", "gliding rightwards"),
                      ("heads east", "headed east", "can head east", "heading east")),
    "rising": (("climbs", "climbed", "can climb", "climbing"), ("goes up", "went up", "can go up", "going up")),
    "falling": (("drops", "dropped", "can drop", "dropping"), ("sinks", "sank", "can sink", "sinking")),
    "growing": (("swells", "swelled", "can swell", "swelling"),
                ("gets bigger", "got bigger", "can get bigger", "getting bigger")),
    "shrinking": (("contracts", "contracted", "can contract", "contracting"),
                  ("gets smaller", "got smaller", "can get smaller", "getting smaller")),
    "bouncing": (("rebounds", "rebounded", "can rebound", "rebounding"),
                 ("dribbles", "dribbled", "can dribble", "dribbling")),
    "circling": (("orbits", "orbited", "can orbit", "orbiting"),
                 ("goes around", "went around", "can go around", "going around")),
    "swinging": (("sways", "swayed", "can sway", "swaying"), ("rocks", "rocked", "can rock", "rocking")),
    "shaking": (("trembles", "trembled", "can tremble", "trembling"),
                ("quivers", "quivered", "can quiver", "quivering")),
    "blinking": (("flashes", "flashed", "can flash", "flashing"),
                 ("flickers", "flickered", "can flicker", "flickering")),
    "fading": (("dims", "dimmed", "can dim", "dimming"), ("vanishes", "vanished", "can vanish", "vanishing")),
    "spinning": (("rotates", "rotated", "can rotate", "rotating"), ("twirls", "twirled", "can twirl", "twirling")),
    "zigzagging": (("weaves", "wove", "can weave", "weaving"), ("meanders", "meandered", "can meander", "meandering")),
    "jumping": (("leaps", "leapt", "can leap", "leaping"), ("springs up", "sprang up", "can spring up", "springing up")),
    "drifting": (("floats", "floated", "can float", "floating"),
                 ("wanders", "wandered", "can wander", "wandering")),
    "hopping": (("skips", "skipped", "can skip", "skipping"), ("bobs along", "bobbed along", "can bob", "bobbing along")),
    "spiraling": (("whirls", "whirled", "can whirl", "whirling"), ("curls in", "curled in", "can curl", "curling in")),
}  # fmt: skip
"""Present, past, infinitive and gerund of what else a motion is called."""

NAME_SHARE: dict[str, float] = {
    name: NAME_SHARES[number % len(NAME_SHARES)]
    for classes in (
        IMAGE_CLASSES + EXTRA_IMAGE_CLASSES,
        AUDIO_CLASSES + EXTRA_AUDIO_CLASSES,
        VIDEO_CLASSES + EXTRA_VIDEO_CLASSES,
    )
    for number, name in enumerate(classes)
}


def by_name(label: str, rng: Generator) -> bool:
    """Whether a caption uses the class's name this time."""
    return bool(rng.random() < NAME_SHARE[label])


def other_noun(label: str, rng: Generator) -> str:
    """Another word for a shape or a sound."""
    nouns = OTHER_NOUNS[label]
    return nouns[int(rng.integers(len(nouns)))]


def other_verb(label: str, rng: Generator) -> tuple[str, str, str, str]:
    """Another word for a motion: present, past, infinitive, gerund."""
    verbs = OTHER_VERBS[label]
    return verbs[int(rng.integers(len(verbs)))]
