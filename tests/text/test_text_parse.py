import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.parse import CHATTER, CUT_OFF, EMPTY, Fragment, Parsed, parse_answer

DOG, CAT, BIRD = "A dog runs on the grass.", "Two cats sleep on a sofa.", "Is that a bird near the top?"
THREE = (DOG, CAT, BIRD)


@pytest.mark.parametrize(
    "answer",
    [
        f"1. {DOG}\n2. {CAT}\n3. {BIRD}",
        f"\n1. {DOG}\n\n2. {CAT}\n\n3. {BIRD}\n",
        f"1) {DOG}\n2) {CAT}\n3) {BIRD}",
        f"(1) {DOG}\n(2) {CAT}\n(3) {BIRD}",
        f"[1] {DOG}\n[2] {CAT}\n[3] {BIRD}",
        f"1: {DOG}\n2: {CAT}\n3: {BIRD}",
        f"Sentence 1: {DOG}\nSentence 2: {CAT}\nSentence 3: {BIRD}",
        f"1. {DOG} 2. {CAT} 3. {BIRD}",
        f"(1) {DOG} (2) {CAT} (3) {BIRD}",
        f'1. "{DOG}" 2. "{CAT}" 3. "{BIRD}"',
        f"- {DOG}\n- {CAT}\n- {BIRD}",
        f"* {DOG}\n* {CAT}\n* {BIRD}",
        f"• {DOG}\n• {CAT}\n• {BIRD}",
        f'1. "{DOG}"\n2. “{CAT}”\n3. «{BIRD}»',
        f"'{DOG}'\n'{CAT}'\n'{BIRD}'",
        '1. "A dog runs on the grass".\n2. "Two cats sleep on a sofa".\n3. "Is that a bird near the top"?',
        f"**1. {DOG}**\n**2. {CAT}**\n**3. {BIRD}**",
        f"**1.** {DOG}\n**2.** {CAT}\n**3.** {BIRD}",
        f"1. **{DOG}**\n2. *{CAT}*\n3. __{BIRD}__",
        f"{DOG}\n{CAT}\n{BIRD}",
        f"{DOG} {CAT} {BIRD}",
        f"  1.  {DOG}  \r\n  2.  {CAT}  \r\n  3.  {BIRD}  ",
    ],
)
def test_lists_of_all_kinds(answer):
    assert parse_answer(answer, cut=False) == Parsed(THREE, ())
    assert parse_answer(answer, cut=True) == Parsed(THREE, ())


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("Sure! Here are five sentences:", ""),
        ("Here are the sentences you asked for:", "I hope this helps!"),
        ("Certainly, here you go:", "Let me know if you need more sentences."),
        ("Okay:", "Please note that these sentences are only examples."),
    ],
)
@pytest.mark.parametrize("style", ["{i}. {s}", "- {s}", "{s}"])
def test_chatter_around_the_list_is_told_apart(opening, closing, style):
    lines = [style.format(i=i, s=s) for i, s in enumerate(THREE, 1)]
    parsed = parse_answer("\n".join([opening, *lines, closing]), cut=False)
    assert parsed.sentences == THREE
    assert {fragment.reason for fragment in parsed.fragments} == {CHATTER}
    assert " ".join(fragment.text for fragment in parsed.fragments) == f"{opening} {closing}".strip()


@pytest.mark.parametrize("cut", [True, False])
def test_a_cut_off_last_sentence_is_dropped(cut):
    parsed = parse_answer(f"1. {DOG}\n2. {CAT}\n3. Is that a bi", cut=cut)
    assert parsed == Parsed((DOG, CAT), (Fragment("Is that a bi", CUT_OFF),))


def test_a_lone_number_at_the_cut_is_no_sentence():
    assert parse_answer(f"1. {DOG}\n2.", cut=True) == Parsed((DOG,), (Fragment("2.", EMPTY),))


def test_a_list_without_full_stops_is_kept_unless_it_was_cut():
    answer = "1. a dog on the grass\n2. two cats"
    assert parse_answer(answer, cut=False).sentences == ("a dog on the grass", "two cats")
    assert parse_answer(answer, cut=True).sentences == ("a dog on the grass",)


def test_a_cut_in_the_closing_words_drops_no_sentence():
    parsed = parse_answer(f"1. {DOG}\n2. {CAT}\nLet me know if", cut=True)
    assert parsed == Parsed((DOG, CAT), (Fragment("Let me know if", CHATTER),))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('1. A dog says "hello" to a cat.', 'A dog says "hello" to a cat.'),
        ('1. "Stop" is written on the sign.', '"Stop" is written on the sign.'),
        ("1. The dog's owner isn't there.", "The dog's owner isn't there."),
        ("1. It weighs 1.5 kilograms.", "It weighs 1.5 kilograms."),
        ("1. A well-lit room - nice.", "A well-lit room - nice."),
        ("1. He said 3. It was wrong.", "He said 3. It was wrong."),
    ],
)
def test_marks_inside_a_sentence_stay(line, sentence):
    assert parse_answer(line, cut=False).sentences == (sentence,)


@pytest.mark.parametrize("answer", ["", "  \n ", "...", "1.\n2.\n3.", "12 34"])
def test_an_answer_without_words_leaves_a_trace(answer):
    parsed = parse_answer(answer, cut=False)
    assert parsed.sentences == ()
    assert parsed.fragments
    assert {fragment.reason for fragment in parsed.fragments} == {EMPTY}


@given(st.text(), st.booleans())
def test_any_answer_is_read_and_leaves_a_trace(answer, cut):
    parsed = parse_answer(answer, cut=cut)
    assert parsed.sentences or parsed.fragments
    assert all("\n" not in sentence and sentence == sentence.strip() for sentence in parsed.sentences)


words = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
plain_sentences = st.lists(words, min_size=3, max_size=8).map(lambda parts: "Zz " + " ".join(parts) + ".")


@given(
    st.lists(plain_sentences, min_size=1, max_size=5),
    st.sampled_from(["{i}. {s}", "{i}) {s}", "({i}) {s}", "- {s}", "• {s}", '{i}. "{s}"', "{s}"]),
    st.sampled_from(["\n", "\n\n"]),
    st.booleans(),
)
def test_what_was_listed_is_read_back(sentences, style, between, cut):
    answer = between.join(style.format(i=i, s=s) for i, s in enumerate(sentences, 1))
    assert parse_answer(answer, cut=cut) == Parsed(tuple(sentences), ())
