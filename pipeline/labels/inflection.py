"""Simple English inflection: the forms in which a word of a class name may appear in a sentence.

Rules and a short table of irregular plurals, no dictionary: a label "dog" is met by "dogs", "knife" by
"knives", "running" by "runs". A single word that is no "-ing" form counts as a noun, so that "train" is not
met by "training"; in a name of several words every word may also be a verb ("dog bark" is met by "dog
barking").
"""

import re
from functools import lru_cache

__all__ = ["word_forms"]

_IRREGULAR = dict(
    pair.split("/")
    for pair in (
        "man/men woman/women child/children person/people foot/feet tooth/teeth goose/geese mouse/mice "
        "louse/lice ox/oxen die/dice axis/axes cactus/cacti fungus/fungi sheep/sheep deer/deer fish/fish"
    ).split()
)
_SINGULAR = {plural: single for single, plural in _IRREGULAR.items()}
_VES = {"fe": "ves", "lf": "lves", "af": "aves", "arf": "arves"}
_IRREGULAR_PAST = dict(
    pair.split("/")
    for pair in (
        "run/ran swim/swam ride/rode drive/drove sing/sang ring/rang fall/fell rise/rose grow/grew "
        "shrink/shrank swing/swung shake/shook spin/spun throw/threw draw/drew blow/blew fly/flew eat/ate "
        "drink/drank write/wrote break/broke catch/caught make/made hold/held slide/slid hit/hit cut/cut put/put"
    ).split()
)


@lru_cache(maxsize=65536)
def word_forms(word: str, alone: bool) -> frozenset[str]:
    """All accepted forms of a lower-case word.

    Args:
        word: One word of a class name.
        alone: Whether it is the whole name.
    """
    forms = {word, _plural(word), *_singulars(word)}
    if word.endswith("ing"):
        bases = _bases_of_ing(word)
    elif alone:
        bases = set()
    else:
        bases = {word, *_singulars(word)}
    for base in bases:
        forms |= {base, _plural(base), _ing(base), _past(base)}
    return frozenset(forms)


def _plural(word: str) -> str:
    """The plural of a noun, which is also the third person of a verb."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _SINGULAR:
        return word
    last, cut = next(((new, len(old)) for old, new in _VES.items() if word.endswith(old) and len(word) > 3), ("", 0))
    if cut:
        return word[:-cut] + last
    if re.search(r"(s|x|z|ch|sh)$", word):
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + "es" if re.search(r"[^aeiou]o$", word) else word + "s"


def _singulars(word: str) -> set[str]:
    """What a plural may be the plural of; nothing for a word that looks singular."""
    if word in _SINGULAR:
        return {_SINGULAR[word]}
    if not word.endswith("s") or word.endswith(("ss", "us", "is")) or len(word) < 4:
        return set()
    candidates = {word[:-1], word[:-2], word[:-3] + "y", word[:-3] + "f", word[:-3] + "fe"}
    return {single for single in candidates if len(single) > 1 and _plural(single) == word}


def _bases_of_ing(word: str) -> set[str]:
    stem = word[:-3]
    vowels = len(re.findall(r"[aeiouy]+", stem))
    if stem in ("ly", "ty", "dy"):
        return {stem[:-1] + "ie"}
    if len(stem) < 2 or not vowels:
        return set()
    if stem.endswith(("a", "i", "o", "u")):
        return {stem}
    if re.search(r"([^aeiou])\1$", stem):
        return {stem} if stem.endswith(("ll", "ss", "ff", "zz")) else {stem[:-1]}
    if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", stem) and vowels == 1:
        return {stem + "e"}
    return {stem, stem + "e"}


def _ing(base: str) -> str:
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return base[:-1] + "ing"
    return base + base[-1] + "ing" if _doubles(base) else base + "ing"


def _past(base: str) -> str:
    if base in _IRREGULAR_PAST:
        return _IRREGULAR_PAST[base]
    if base.endswith("e"):
        return base + "d"
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ied"
    return base + base[-1] + "ed" if _doubles(base) else base + "ed"


def _doubles(base: str) -> bool:
    single_vowel = len(re.findall(r"[aeiou]+", base)) == 1
    return single_vowel and re.search(r"[^aeiou][aeiou][^aeiouwxy]$", base) is not None
