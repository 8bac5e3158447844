"""Titles above and before sentences, openings on the same line, and refusals: none of them gets into a sentence."""

import pytest

from pipeline.text.parse import CHATTER, parse_answer

A, B, C = "A golden dog runs over the grass.", "Two cats sleep on a sofa.", "The train leaves the station at dawn."


@pytest.mark.parametrize(
    "title",
    [
        "**{i}. {t}**\n{s}\n\n",
        "### {i}. {t}\n\n{s}\n\n",
        "{i}. **{t}**\n   {s}\n",
        "- **{t}**\n  {s}\n",
        "**{i}. {t}**\n*{s}*\n",
        "**{i}. {t}**\n\n{s}\n\n",
        "{i}. **{t}:**\n\n   {s}\n",
    ],
)
def test_a_title_above_a_sentence_is_no_part_of_it(title: str) -> None:
    titles = zip(("The Runner", "Nap Time", "Departure"), (A, B, C), strict=True)
    answer = "".join(title.format(i=i, t=t, s=s) for i, (t, s) in enumerate(titles, 1))
    assert parse_answer(answer, cut=False).sentences == (A, B, C)


def test_a_closing_below_sentences_in_bold_type_takes_the_place_of_none() -> None:
    answer = (
        "1. **A golden dog runs over the wet grass**\n2. **Two cats sleep on a red sofa near a lamp**\n\nEach is short."
    )
    assert len(parse_answer(answer, cut=False).sentences) == 2
    assert "Each is short." not in parse_answer(answer, cut=False).sentences


def test_an_item_that_is_wrapped_below_a_bold_word_stays_whole() -> None:
    answer = "1. **Golden dogs**\n   run over the grass.\n2. **Dogs** and\n   Mr. Smith run."
    assert parse_answer(answer, cut=False).sentences == ("Golden dogs run over the grass.", "Dogs and Mr. Smith run.")


@pytest.mark.parametrize(
    "style",
    [
        "- **{t}** – {s}",
        "- **{t}** — *{s}*",
        "1. **{t}** - {s}",
        "<li><strong>{t}:</strong> {s}</li>",
        "<p><b>{t}</b>: {s}</p>",
    ],
)
def test_a_title_before_a_sentence_is_no_part_of_it(style: str) -> None:
    titles = zip(("Dog", "Nap time", "At the station"), (A, B, C), strict=True)
    assert parse_answer("\n".join(style.format(t=t, s=s) for t, s in titles), cut=False).sentences == (A, B, C)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("**Dogs** – and cats – run over the grass.", "Dogs – and cats – run over the grass."),
        ("<b>Dogs</b> and cats run over the grass.", "Dogs and cats run over the grass."),
        ("Two ca<b>t</b>s run over the grass.", "Two cats run over the grass."),
    ],
)
def test_a_word_in_bold_type_is_no_title(written: str, sentence: str) -> None:
    assert parse_answer(written, cut=False).sentences == (sentence,)


@pytest.mark.parametrize(
    "opening",
    [
        "Here are three sentences:",
        "Sure! Here are three short sentences about animals:",
        "Below are the descriptions you asked for:",
    ],
)
def test_a_sentence_behind_an_opening_on_its_line_is_kept(opening: str) -> None:
    parsed = parse_answer(f"{opening} {A} {B} {C}", cut=False)
    assert parsed.sentences == (A, B, C)
    assert {fragment.reason for fragment in parsed.fragments} == {CHATTER}


@pytest.mark.parametrize(
    "refusal",
    [
        "I'm sorry, but I can't help with that.", "I’m sorry, I cannot write sentences about a gun.", "I cannot assist with it.",
        "Sorry, but I can't create a sentence with the word rifle.", "I am not able to provide sentences about a rifle.",
        "I apologize, but as an AI I have no pictures of a gun.",
    ],
)  # fmt: skip
def test_a_refusal_is_no_sentence(refusal: str) -> None:
    parsed = parse_answer(refusal, cut=False)
    assert parsed.sentences == ()
    assert [fragment.reason for fragment in parsed.fragments] == [CHATTER]


@pytest.mark.parametrize(
    "sentence",
    [
        "Sorry dogs wait below the table.", "I can see a dog on the grass.", "I cannot find the dog, says the boy.",
        "Here is the sign of a shop: No Dogs Allowed!", "Unfortunately the dog is wet.",
    ],
)  # fmt: skip
def test_an_honest_sentence_is_no_refusal_and_no_opening(sentence: str) -> None:
    assert parse_answer(sentence, cut=False).sentences == (sentence,)
