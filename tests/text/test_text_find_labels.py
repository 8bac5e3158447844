"""Class names found in captions: against the rule that keeps generated sentences, and where names overlap, by hand."""

import random

import pytest

from pipeline.labels import load_labels
from pipeline.text.filters import carries, words_of
from pipeline.text.find_labels import LabelFinder

NAMES = [
    "dog",
    "hot dog",
    "person",
    "train",
    "Bread",
    "bread",
    "motor bike",
    "hurling (sport)",
    "crib / cot",
    "dog bark",
]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("A DOG looks at two people.", ("dog", "person")),
        ("People feed a dog, and another dog.", ("person", "dog")),
        ("A hot dog on a plate.", ("hot dog",)),
        ("A dog eats a hot-dog.", ("dog", "hot dog")),
        ("Hot dogs make a dog bark.", ("hot dog", "dog bark")),
        ("A dog barks.", ("dog bark",)),
        ("Somebody is training.", ()),
        ("The train's doors close.", ("train",)),
        ("Loaves of bread.", ("bread",)),  # of two names that only case tells apart, the one that is spelled so
        ("Bread and more.", ("Bread",)),
        ("A shop of BREAD.", ("Bread",)),  # spelled as neither: the first in the list
        ("Two motorbikes and a game of hurling near a cot", ("motor bike", "hurling (sport)", "crib / cot")),
        ("", ()),
    ],
)
def test_by_hand(sentence: str, found: tuple[str, ...]) -> None:
    assert LabelFinder(NAMES).labels(sentence) == found


def test_without_overlaps_it_finds_what_the_filter_would_accept() -> None:
    """On sentences put together from a label set's own names: `carries` looks for each name by itself, word for word."""
    names = load_labels("esc50")
    first_words = {word for name in names for word in words_of(name)}
    rng, finder = random.Random(0), LabelFinder(names)
    for _ in range(300):
        shown = rng.sample(names, rng.randint(0, 3))
        filler = rng.choice(["a picture of", "near the", "heard by people with", "and then"])
        assert not set(filler.split()) & first_words
        sentence = " ".join(f"{filler} {name}s" if " " not in name else f"{filler} {name}" for name in shown)
        found = finder.labels(sentence)
        assert set(shown) <= set(found) | {name for name in shown if not carries(sentence, [name])}
        assert all(carries(sentence, [name]) for name in found)
        assert carries(sentence, found), "no word may count twice"


def test_every_shipped_name_is_found_where_it_stands_alone() -> None:
    for labels in ("coco", "voc", "nuswide", "kinetics400"):
        names = load_labels(labels)
        finder = LabelFinder(names)
        assert [name for name in names if name not in finder.labels(f"This is {name}.")] == []


def test_signs_tell_names_apart() -> None:
    finder = LabelFinder(["C", "C++", "C#", "vitamin C", "pot/vase", ".NET", "net"])
    sentences = [
        "A book on C++ and C#.",
        "A glass of vitamin C.",
        "The letter C.",
        "A vase.",
        "A net.",
        "A talk on .NET.",
    ]
    assert [finder.labels(sentence) for sentence in sentences] == [
        ("C++", "C#"), ("vitamin C",), ("C",), ("pot/vase",), ("net",), (".NET",)
    ]  # fmt: skip
