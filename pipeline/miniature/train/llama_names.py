"""Class names for the miniature LLaMA: the miniature world's, those of public label sets, and invented ones.

Copying a name that was never seen has to be learned as an algorithm, so most training names are invented: random
words of the label sets put together, and syllables that mean nothing. A tenth of the label-set names is held out to
measure it.
"""

import hashlib
import random
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pipeline.miniature.world.classes import AUDIO_CLASSES, IMAGE_CLASSES, VIDEO_CLASSES

__all__ = ["MODALITY_SETS", "NameSource", "WORLD_NAMES", "held_out_names", "invent_name", "label_set_names"]

WORLD_NAMES: dict[str, tuple[str, ...]] = {
    "image": IMAGE_CLASSES,
    "audio": AUDIO_CLASSES,
    "video": VIDEO_CLASSES,
}
"""The classes of the miniature world, which the language model knows well."""

MODALITY_SETS: dict[str, tuple[str, ...]] = {
    "image": (
        "coco",
        "eurosat",
        "flowers102",
        "imagenet-mini",
        "imagenet1k",
        "nuswide",
        "objects365",
        "oxford-pets",
        "voc",
    ),
    "audio": ("ave", "esc50", "us8k", "vggsound"),
    "video": ("kinetics400", "kinetics600", "kinetics700", "ucf101"),
}
"""The shipped label sets by the modality that they describe."""

_HELD_OUT_SHARE = 0.1
_ONSETS = (
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p ph pl pr qu r s sc sh sk sl sm sn sp st str sw t th tr "
    "tw v w wh y z"
).split() + [""]
_NUCLEI = "a e i o u y ai au ea ee ie oa oi oo ou ue".split()
_CODAS = "b ck d f g k l ll m mp n nd ng nk nt p r rd rk rm rn s sh sk ss st t th x".split() + ["", "", ""]


@dataclass(frozen=True)
class NameSource:
    """Everything a random name is drawn from: known names by modality and the words that they are made of."""

    known: dict[str, tuple[str, ...]]
    words: tuple[str, ...]
    forbidden: frozenset[str]

    @classmethod
    def training(cls) -> "NameSource":
        """The names that training may see: label sets without the held-out names."""
        known = {modality: _without_held_out(names) for modality, names in label_set_names().items()}
        words = {word for names in known.values() for name in names for word in re.findall(r"[A-Za-z]{3,}", name)}
        held_out = frozenset(name.lower() for names in held_out_names().values() for name in names)
        return cls(known=known, words=tuple(sorted(words)), forbidden=held_out)

    def draw(self, rng: random.Random, modality: str) -> str:
        """A name for a query: of the world 30 %, of a label set 25 %, invented 45 %."""
        dice = rng.random()
        if dice < 0.30:
            return rng.choice(WORLD_NAMES[modality])
        if dice < 0.55:
            return rng.choice(self.known[modality])
        while (name := invent_name(rng, self.words)).lower() in self.forbidden:
            pass
        return name


@cache
def label_set_names() -> dict[str, tuple[str, ...]]:
    """All names of the shipped label sets by modality, sorted, each once whatever its capitals."""
    folder = resources.files("pipeline") / "labels" / "sets"
    found: dict[str, tuple[str, ...]] = {}
    for modality, sets in MODALITY_SETS.items():
        lines = [line.strip() for name in sets for line in (folder / f"{name}.txt").read_text("utf-8").splitlines()]
        found[modality] = tuple(sorted({line.lower(): line for line in reversed(lines) if line}.values()))
    return found


def held_out_names() -> dict[str, tuple[str, ...]]:
    """Label-set names that training never shows, by modality (a tenth, by a hash of the name)."""
    world = {name for names in WORLD_NAMES.values() for name in names}
    return {
        modality: tuple(name for name in names if _is_held_out(name) and name.lower() not in world)
        for modality, names in label_set_names().items()
    }


def invent_name(rng: random.Random, words: tuple[str, ...]) -> str:
    """One to three words put together at random: real words, syllables, or both."""
    count = rng.choices((1, 2, 3), weights=(45, 42, 13))[0]
    real_share = rng.choice((0.0, 0.3, 1.0)) if count > 1 else 0.3
    parts = [rng.choice(words) if rng.random() < real_share else _pseudo_word(rng) for _ in range(count)]
    if rng.random() < 0.12:
        parts[0] = parts[0].capitalize()
    elif rng.random() < 0.9:
        parts = [part.lower() for part in parts]
    name = ("-" if rng.random() < 0.03 else " ").join(parts)
    return name + "s" if rng.random() < 0.06 and not name.endswith("s") else name


def _pseudo_word(rng: random.Random) -> str:
    syllables = rng.choices((1, 2, 3, 4), weights=(30, 47, 20, 3))[0]
    word = "".join(rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(syllables))
    return word + "ing" if rng.random() < 0.12 else word


def _without_held_out(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if not _is_held_out(name))


def _is_held_out(name: str) -> bool:
    digest = hashlib.blake2b(name.lower().encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32 < _HELD_OUT_SHARE
