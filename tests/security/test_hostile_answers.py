"""Any junk that a language model may write is read in linear time, raises nothing and leaves a trace."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.parse import parse_answer

JUNK = [
    "(", "1. ", '"', "a. ", "* _", "1.\t", "a'", "-", "“", "”", ". 1", "[1]", "[", "[\n", '{"a":', '["a",',
    "| a ", "|-", "|a|\n", "<", "<b>",
    "</b>", "<li>", "<li", "</s>", "<|a|>", "<|", "[INST]", "[/INST] ", "<think>", "</think>\n",
    "<think>\n", "**a ", "*a* ", "`", "``a", "__",
    "_a_ ", "[a](", "[a](http", "&amp;", "&#", "1️⃣ ", "① ", "🐶 ", "a) ", "(a) ", "i. ", "A. B. ", "Mr. ",
    "Mr.\n", "a,\n", "and\n", "1.\n",
    "- a\n", "  - a.\n", "# a\n", "> ", "Sentence 1: ", "Sentence ", "Explanation: ", "Note:\n",
    "User: a\n", "<|channel|>final ", "analysis",
    "assistantfinal", "\\n", "\\", "\ud83d", "Ġ", "▁", "```\n", "'", "['a", '["a\\', "<td>a", "<tr>",
    "<answer>", "<answer>\n", " \n", "\n\n",
    "\u2028", 'x. "', "(9 words) ", "Sure! ", "Here is ", "a. 1. ", "1) ", "1 - a\n", "-a\n", "#", "~~",
    "<!--", "<?xml", "<｜", "\ufe0f", "\u200d",
    "🐶\u200d", "{", "{'", "\t", " ", "a ", "A a.\n", "a:\n", "1. a 2. ", "<explanation>", "<![CDATA[",
    "]]>", "//", "\\item ", "Here are ",
]  # fmt: skip
"""What the steps of reading look for, and the beginnings of it."""


@pytest.mark.parametrize("part", JUNK)
def test_what_is_repeated_is_read_in_linear_time(part: str) -> None:
    """40 kB take a tenth of a second or two; a quadratic step would take minutes."""
    start = time.process_time()
    parse_answer(part * (40_000 // len(part)), cut=True)
    assert time.process_time() - start < 6


def test_a_megabyte_of_junk_is_read_in_linear_time() -> None:
    rng = random.Random(0)
    junk = "".join(rng.choices(JUNK, k=400_000))[:1_000_000]
    start = time.process_time()
    assert parse_answer(junk, cut=False).fragments
    assert time.process_time() - start < 120


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(JUNK) | st.text(max_size=5), max_size=30).map("".join),
    st.booleans(),
    st.sampled_from(["", "1.", '["', "-"]),
)
def test_any_junk_is_read_and_leaves_a_trace(junk: str, cut: bool, begun: str) -> None:
    parsed = parse_answer(junk, cut=cut, begun=begun)
    assert parsed.sentences or parsed.fragments
    assert all(sentence and sentence == " ".join(sentence.split()) for sentence in parsed.sentences)
    assert all(text.encode() or True for text in (*parsed.sentences, *(part.text for part in parsed.fragments)))
