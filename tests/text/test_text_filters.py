import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.labels import load_labels, shipped_label_sets
from pipeline.text.filters import FILTER_VERSION, MISSING_LABEL, TOO_LONG, TOO_SHORT, carries, patterns, reject_reason
from pipeline.text.inflection import word_forms
from pipeline.text.near_duplicates import NearDuplicates, similarity
from pipeline.text.words import words_of


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("dog", "A dog runs."),
        ("dog", "Two Dogs run."),
        ("dog", "The DOG's tail."),
        ("dog", "A cat, a dog; a bird."),
        ("box", "Three boxes on a floor."),
        ("boxes", "One box on a floor."),
        ("knife", "Sharp knives lie here."),
        ("knives", "A sharp knife lies here."),
        ("berry", "Red berries in a bowl."),
        ("leaf", "Green leaves fall."),
        ("person", "Some people wait."),
        ("mouse", "Two mice hide."),
        ("birds", "A bird sings."),
        ("bus", "Many buses wait."),
        ("running", "A man runs away."),
        ("running", "They run and run."),
        ("running", "He ran home."),
        ("dancing", "She dances alone."),
        ("dancing", "They danced all night."),
        ("sliding left", "A red circle slides left on a plain background."),
        ("pouring water", "Someone pours water into a glass."),
        ("playing guitar", "A man played guitar outside."),
        ("plucked string", "Plucked strings in the distance."),
        ("dog bark", "A dog barking at night."),
        ("vacuum cleaner", "The loud vacuum cleaners stop."),
        ("vacuum cleaner", "A vacuum-cleaner stands here."),
        ("t-shirt", "A red T shirt hangs here."),
        ("t-shirt", "Two T-shirts hang here."),
        ("traffic_light", "A traffic light turns red."),
        ("hot-dog", "A hot dog with mustard."),
        ("motor bike", "A motorbike on a road."),
        ("hurling (sport)", "They are hurling on a field."),
        ("crib / cot", "A cot stands in the room."),
        ("Violin, fiddle", "A fiddle plays a fast tune."),
        ("Violin, fiddle", "A violin plays a fast tune."),
        ("Müsli", "A bowl of müsli."),
        ("St. Bernard", "A St. Bernard in the snow."),
        ("C++", "A page of C++ code."),
        ("C++", "He writes c++, and nothing else."),
        ("C#", "A program in C#."),
        (".NET", "A talk about .NET today."),
        ("A*", "The A* search ends."),
        ("A-", "The mark A- is fine."),
        ("-1", "It says -1 here."),
        ("dog", "- dog -"),
        ("50%", "A sign with 50% on it."),
        ("dog", "A **dog** runs, #happy."),
        ("dog", "A #dog runs."),
        ("dog", "A dog+cat picture."),
        ("R&B", "An R&B song plays."),
        ("salt & pepper", "Salt and pepper on a table."),
        ("pot/vase", "A vase with flowers."),
        ("pot/vase", "Two pots on a shelf."),
        ("plants pot/vase", "A plant pot by the window."),
        ("TV/monitor", "A TV in the corner."),
        ("AC/DC", "An AC/DC record."),
        ("Müsli", "A bowl of mu\u0308sli."),
        ("Mu\u0308sli", "A bowl of müsli."),
        ("vacuum cleaner", "A vac\u00aduum cleaner stands\u200b here."),
        ("hot dog", "A hot\u00a0dog with mustard."),
        ("Straße", "DIE STRASSE ist leer."),
    ],
)
def test_carried(label, sentence):
    assert carries(sentence, [label])


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("cat", "A category of its own."),
        ("cat", "The concatenation of words."),
        ("ring", "A spring morning."),
        ("ring", "A bell is ringing."),
        ("train", "A training session."),
        ("star", "A film starring nobody."),
        ("bus", "A busy street."),
        ("glass", "A glassy sea."),
        ("string", "A long strip."),
        ("king", "A dog with a ball."),
        ("skiing", "Blue skies over the hills."),
        ("vacuum cleaner", "A vacuum and a cleaner."),
        ("vacuum cleaner", "A cleaner vacuum."),
        ("sliding left", "A circle is sliding to the left."),
        ("hot dog", "A dog in hot weather."),
        ("dog", ""),
        ("C++", "A glass of vitamin C."),
        ("C++", "He writes C# only."),
        ("C#", "A tone of C minor."),
        ("C", "A page of C++ code."),
        (".NET", "A net on the beach."),
        ("A-", "A dog runs."),
        ("-1", "It says 1 here."),
        ("50%", "A sign with 50 on it."),
        ("pot/vase", "A potter at work."),
        ("AC/DC", "An AC in the room."),
        ("24/7 shop", "A car with 24 doors."),
        ("km/h", "Many km away."),
    ],
)
def test_not_carried(label, sentence):
    assert not carries(sentence, [label])


def test_all_labels_are_needed_and_words_are_not_counted_twice():
    assert carries("A dog and a cat.", ["cat", "dog"])
    assert not carries("A dog and a bird.", ["cat", "dog"])
    assert not carries("A dog bark at night.", ["dog", "dog bark"])
    assert carries("A dog bark and another dog.", ["dog", "dog bark"])
    assert carries("Another dog after a dog bark.", ["dog bark", "dog"])


def test_less_than_25_words():
    words = ["dog"] * 24
    assert reject_reason(" ".join(words), ["dog"], 25) is None
    assert reject_reason(" ".join([*words, "-", "&"]), ["dog"], 25) is None
    assert reject_reason(" ".join([*words, "dog"]), ["dog"], 25) == TOO_LONG


def test_reasons():
    assert reject_reason("A small cat sleeps.", ["dog"], 25) == MISSING_LABEL
    assert reject_reason("Dog runs.", ["dog"], 25) == TOO_SHORT
    assert reject_reason("A dog runs.", ["dog"], 25) is None


names = st.lists(st.text(alphabet="bcdfgmnprtaeiou", min_size=3, max_size=8), min_size=1, max_size=3).map(" ".join)


@given(names, st.sampled_from(["The {} here.", "{} is near.", "A big, loud {}", "Near the {}!"]))
def test_a_name_put_in_as_it_is_is_carried(name, frame):
    for spelled in (name, name.upper(), name.title(), name.replace(" ", "-"), name.replace(" ", "_")):
        assert carries(frame.format(spelled), [name])


@given(names)
def test_a_name_inside_a_longer_word_is_not_carried(name):
    assert not carries(f"The xx{name}xx here", [name])


def test_similarity_counts_content_words_and_their_order():
    assert similarity("A red dog on the left.", "The red dog is at the left") == 1.0
    assert similarity("a dog", "a cat") == 0.0
    # {red, dog, left, (red dog), (dog left)} and {blue, dog, left, (blue dog), (dog left)}: 3 of 7.
    assert similarity("A red dog on the left.", "A blue dog on the left.") == pytest.approx(3 / 7)
    assert similarity("a circle left of a square", "a square left of a circle") < 0.8


sentences = st.lists(st.sampled_from("red blue dog cat left right near the a on".split()), min_size=1, max_size=8).map(
    " ".join
)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), sentences), max_size=12), sentences, st.sampled_from([0.3, 0.5, 0.8, 1.0])
)
def test_the_index_agrees_with_comparing_all_pairs(earlier, new, limit):
    index = NearDuplicates(limit)
    for group, sentence in earlier:
        index.has_like(group, sentence)
        index.add(group, sentence)
    for wanted in "ab":
        expected = any(similarity(sentence, new) >= limit for group, sentence in earlier if group == wanted)
        assert index.has_like(wanted, new) == expected


def test_a_sentence_of_signs_takes_no_longer_than_one_of_words():
    assert [words_of(signs * 200_000) for signs in ("+", "#.", "'")] == [(), (), ()]
    assert words_of("**dog** #cat .NET ...and a+b 50% C++11 C++_c") == (
        "dog", "cat", "net", "and", "a", "b", "50", "c", "11", "c++", "c"
    )  # fmt: skip


def words_as_ever(text: str) -> tuple[str, ...]:
    """How words were found before signs counted."""
    plain = re.sub(r"(?<=\w)'s\b", "", text.replace("’", "'"))
    return tuple(word.lower() for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", plain))


@pytest.mark.parametrize("label_set", shipped_label_sets())
def test_plain_names_are_met_as_ever(label_set):
    """So the version of the filters stands: sentences of plain names are kept and refused as they always were."""
    assert FILTER_VERSION == 1
    frames = (
        "A {} near a {}.",
        "Two {}s – and *one* {}!",
        "Somebody's “{}” (a {}-like thing); 3.5 of them",
        "1. {}/{}, isn't it?",
    )
    names = load_labels(label_set)
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        for frame in frames:
            sentence = frame.format(name, other.upper())
            assert words_of(sentence) == words_as_ever(sentence)
        bare = re.sub(r"\([^)]*\)", " ", name)
        ways = dict.fromkeys(words_as_ever(way) for way in (name, bare, *re.split(r"\s/\s|,", bare)))
        kept = [tuple(word_forms(word, alone=len(way) == 1) for word in way) for way in ways if way]
        kept += [(word_forms("".join(way), alone=True),) for way in ways if len(way) > 1]
        assert patterns(name) == tuple(kept)
