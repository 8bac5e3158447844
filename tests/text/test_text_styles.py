"""Sentences come out of every kind of list as they were put in, and none is changed in the middle."""

import pytest
from dressed import ALL, ALONE
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.parse import parse_answer

PLAIN = [
    "A dog runs on the grass.",
    "Two cats sleep on a sofa near Mr. Smith.",
    "Is that a bird near the top?",
    "The café's owner feeds 3 dogs, happily!",
    "A well-lit room (nice) holds a 3.5 mm jack.",
]


@pytest.mark.parametrize("name", ALL)
def test_what_was_dressed_is_read_back(name: str) -> None:
    parsed = parse_answer(ALL[name](PLAIN), cut=False)
    assert list(parsed.sentences) == PLAIN, parsed.fragments


@pytest.mark.parametrize("name", ALONE)
def test_one_sentence_alone_is_read_back(name: str) -> None:
    parsed = parse_answer(ALONE[name](PLAIN[:1]), cut=False)
    assert list(parsed.sentences) == PLAIN[:1], parsed.fragments


_words = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
_sentences = st.lists(_words, min_size=3, max_size=8).map(lambda parts: "Zz " + " ".join(parts) + ".")


@settings(max_examples=400, deadline=None)
@given(st.lists(_sentences, min_size=2, max_size=7), st.sampled_from(list(ALL)), st.booleans())
def test_any_plain_sentences_are_read_back(sentences: list[str], name: str, cut: bool) -> None:
    assert list(parse_answer(ALL[name](sentences), cut=cut).sentences) == sentences
