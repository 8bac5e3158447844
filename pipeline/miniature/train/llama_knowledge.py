"""What the miniature LLaMA knows of the miniature world: which company a class keeps and what else it is called.

A large language model has read that ducks swim and are called mallards; that is what its sentences add to a bare name.
The miniature LLaMA reads sentences in which the usual attribute comes in `KNOWN_SHARE` of the cases, so it writes them
about as often. Of names outside the world it knows nothing, and says anything.
"""

import random
from functools import cache

from pipeline.miniature.world.company import HABITS, LOOKS, TONES
from pipeline.miniature.world.phrases import PACE_WORDS
from pipeline.miniature.world.sounds import PITCHED, RHYTHMIC
from pipeline.miniature.world.wording import OTHER_NOUNS, OTHER_VERBS

KNOWN_SHARE = 0.7
_SIZES = {"small": ("small", "tiny"), "large": ("large", "big")}


def known_word(rng: random.Random, modality: str, name: str, symbol: str) -> str | None:
    """A usual word of a class for a symbol of the grammar, or None where nothing is known or remembered.

    Other words for a class (`kin`, `does`) are always remembered.
    """
    words = what_is_usual(modality, name).get(symbol)
    if not words or (symbol not in ("kin", "does") and rng.random() >= KNOWN_SHARE):
        return None
    return rng.choice(words)


@cache
def what_is_usual(modality: str, name: str) -> dict[str, tuple[str, ...]]:
    """The usual words of a class of the world by symbol of the grammar; empty for any other name."""
    usual: dict[str, tuple[str, ...]] = {}
    if modality == "image" and name in LOOKS:
        look = LOOKS[name]
        usual = {"colour": (look.color,), "size": _SIZES.get(look.size, ()), "bgword": (look.background, look.tone)}
    elif modality == "audio" and name in TONES:
        tone = TONES[name]
        sounds = (tone.loudness, *(tone.pitch,) * (name in PITCHED), *(tone.rate,) * (name in RHYTHMIC))
        usual = {"sound": sounds, "ground": (tone.noise,)}
    elif modality == "video" and name in HABITS:
        habit = HABITS[name]
        usual = {"shape": (habit.shape,), "colour": (habit.color,), "size": _SIZES.get(habit.size, ()),
                 "bgword": (habit.background,), "pace": PACE_WORDS.get(habit.pace, ()),
                 "does": tuple(forms[3] for forms in OTHER_VERBS[name])}  # fmt: skip
    return usual | ({"kin": OTHER_NOUNS[name]} if usual and name in OTHER_NOUNS else {})
