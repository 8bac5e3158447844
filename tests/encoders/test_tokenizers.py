"""CLIP's tokens are open_clip's, whatever the text, whether its words were seen before or not."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.tokenizer import SimpleTokenizer

from pipeline.encoders import tokenizers
from pipeline.encoders.tokenizers import clip_tokenizer

CONTEXT = 77
TEXTS = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200),
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["don't", "I'LL", "'S", "a", "dog,", "3.5mm", "<start_of_text>", "&amp;", "caf\u00e9"])
    ).map(" ".join),
)
OURS, VOCABULARY = clip_tokenizer(CONTEXT)
THEIRS = SimpleTokenizer()


def wanted(text: str, bpe: SimpleTokenizer = THEIRS) -> list[int]:
    return [bpe.sot_token_id, *bpe.encode(text)[: CONTEXT - 2], bpe.eot_token_id]


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=4))
def test_every_text_has_the_tokens_of_open_clip(texts):
    assert OURS(texts) == [wanted(text) for text in texts]
    assert VOCABULARY == THEIRS.vocab_size


@pytest.mark.parametrize("space", ["\t", "\n", "\r\n", "\u00a0", "\u2028", "  ", " \x1c "])
def test_spaces_of_every_kind(space):
    text = f"a photo{space}of a Dog{space}"
    assert OURS([text]) == [wanted(text)]


def test_words_are_forgotten_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(tokenizers, "_WORDS_KEPT", 3)
    ours, _ = clip_tokenizer(CONTEXT)
    texts = ["one two three four five one", "six one two", "four five"]
    assert ours(texts) == [wanted(text) for text in texts]


def test_merges_of_a_file(tmp_path):
    path = tmp_path / "merges.txt.gz"
    path.write_bytes(gzip.compress(b'"version"\nd o\ndo g</w>\n'))
    ours, _ = clip_tokenizer(CONTEXT, path)
    bpe = SimpleTokenizer(str(path))
    texts = ["dog", "a dog dog", "do gdo"]
    assert ours(texts) == [wanted(text, bpe) for text in texts]
