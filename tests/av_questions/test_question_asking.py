"""What a run understands of a question: words that it knows, words that it does not, and what was asked while it learned."""

import pytest

from pipeline.tasks.av_questions.asking import Known, NotAsked, Understood, understood

KNOWN = Known(
    ("<pad>", "How", "many", "violin", "Is", "the", "cello", "in", "video", "louder"), 5,
    {
        "How many violin": "Audio, Counting", "Is the cello louder": "Audio, Comparative",
        "How many cello in video": "Visual, Counting",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "text", ["How many violin?", "How many violin", "  How  many violin ？ ", "how MANY violin?", 'How many "violin"?'],
)  # fmt: skip
def test_a_learned_question_is_known_however_it_is_typed(text: str) -> None:
    assert understood(text, KNOWN) == Understood(text, (1, 2, 3, 0, 0), "")


def test_a_word_that_was_never_learned_is_left_out_and_told() -> None:
    found = understood("How many bananas, violins in cello?", KNOWN)
    assert found.numbers == (1, 2, 7, 6, 0)
    assert "never learned, and left out: 'bananas,', 'violins' (did you mean 'violin'?)" in found.note
    assert "no question was learned in these words; the nearest one is" in found.note


def test_a_question_that_nobody_asked_is_told_with_the_nearest_and_its_kind() -> None:
    assert understood("Is the violin louder?", KNOWN).note == (
        "no question was learned in these words; the nearest one is 'Is the cello louder?' (Audio, Comparative)"
    )
    far = understood("video", KNOWN).note
    assert far.startswith("resembles no question that was learned, so the answer is worth little")


def test_questions_without_kinds_are_told_without_one() -> None:
    known = Known(KNOWN.words, KNOWN.longest, {"Is the cello louder": "any"})
    assert understood("Is the violin louder?", known).note.endswith("the nearest one is 'Is the cello louder?'")


@pytest.mark.parametrize(("typed", "meant"), [("celol", "cello"), ("xyz", ""), ("voilin", "violin")])
def test_letters_that_changed_places_are_told(typed: str, meant: str) -> None:
    hint = f" (did you mean '{meant}'?)" if meant else ""
    assert understood(f"How many violin {typed}", KNOWN).note.startswith(
        f"never learned, and left out: '{typed}'{hint}"
    )


def test_a_word_of_four_letters_is_near_another_one() -> None:
    known = Known(("<pad>", "Is", "there", "a", "bird"), 4, {})
    assert "'brid' (did you mean 'bird'?)" in understood("Is there a brid", known).note


def test_words_behind_the_longest_question_are_not_read() -> None:
    found = understood("How many violin in the video louder", KNOWN)
    assert found.numbers == (1, 2, 3, 7, 5) and "only its first 5 words are read" in found.note


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Warum?", r"most of its words were never learned \('Warum'\); learned were How, many, violin, Is"),
        ("What is love?", r"most of its words were never learned \('What', 'love'\)"),
        ("violins many", r"'violins' \(did you mean 'violin'\?\)"),
        ("", "it has no word; learned were How"), ("  ?", "it has no word"),
    ],
)  # fmt: skip
def test_a_question_of_which_most_is_unknown_is_refused(text: str, told: str) -> None:
    """What is left of it would be another question, and be answered surely."""
    with pytest.raises(NotAsked, match=told):
        understood(text, KNOWN)


def test_padding_is_no_word_that_can_be_asked() -> None:
    with pytest.raises(NotAsked):
        understood("<pad>", KNOWN)


def test_it_is_read_back_as_it_was_written() -> None:
    assert Known.read(KNOWN.written()) == KNOWN
