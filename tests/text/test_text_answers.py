"""What else an answer holds besides sentences, honest sentences that look like markup, and lists that the query began."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from dressed import IN_COMPANY, JSON, LABELLED, NUMBERED, TABLES, THOUGHTS, TOKENS

from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request
from pipeline.text.generate import generate_texts
from pipeline.text.parse import CHATTER, CUT_OFF, EMPTY, THOUGHT, Fragment, Parsed, parse_answer
from pipeline.text.reading.begun import begun_list
from pipeline.text.spec import texts_spec
from stores import Store

DOG, CAT, BIRD = "A dog runs on the grass.", "Two cats sleep on a sofa.", "Is that a bird near the top?"
THREE = (DOG, CAT, BIRD)
NUMBERS = f"1. {DOG}\n2. {CAT}\n3. {BIRD}"

HONEST = [
    "A 3.5 mm jack lies on a table.", "3.5 mm jacks lie on a table.", "C. elegans under a lens.",
    "The letter A) stands on a sign.",
    "A <b> tag on a screen.", "The <br> tag is on a screen.", "A screen shows </s> in green letters.",
    "The <think> tag fills the screen.",
    "The model says <|im_end|> in a green box.", "Dr. Who stands near a box.", "I. M. Pei builds a glass pyramid.",
    "A photo of I. M. Pei hangs there.", "J. R. R. Tolkien smokes a pipe.", "A. Lincoln stands in front of a house.",
    "Mr. and Mrs. Smith walk.",
    "St. Bernard dogs run in the snow.", "U.S. Army trucks roll by.", "Two cats, e.g. Tom and Kit, sleep.",
    "E.T. sits in a basket.",
    "A well-lit room - nice.", "The dog's owner isn't there.", "Rock 'n' roll plays on a radio.", "A dog’s “bark” is loud.",
    'A dog says "hello" to a cat.', '"Stop" is written on the sign.', "'Stop' and 'go' are on the sign.",
    "'dogs' and 'cats' are on the sign.",
    '"Stop" says the sign, and "go" says the other.', 'A 27" monitor shows a dog.', "“Sit,” says a man to a dog.",
    "Great white sharks swim below a boat.", "Here is a dog on the grass.", "Here comes a dog with a ball.",
    "If you look closely, a dog waits.",
    "Note the dog in the corner.", "I can see a dog.", "Sure-footed goats climb.", "Thank-you cards lie on a table.",
    "Answer sheets lie on a desk.",
    "2 dogs run on the grass.", "1-2 players sit at a table.", "10:30 shows on the clock.", "1984 lies on a table.",
    "24/7 says the neon sign.",
    "1/2 cup of flour stands there.", "No. 7 is painted on a bus.", "7-Eleven shines at night.", "#1 fans wave flags.",
    "-5 degrees shows there.",
    "½ of a cake is left.", "50 % off, says a sign.", "A $5 bill lies on the floor.", "5 * 3 * 2 is written on the board.",
    "A 2*3*4 on a board.",
    "A snake_case_name on a screen.", "A *-shaped cookie on a plate.", "C++ code on a screen.", "AT&T signs hang on a wall.",
    "A dog & a cat < a horse.",
    "A man | a woman at a door.", "A [red] sign on a door.", "A dog (brown) sits.", 'A board shows {"a": 1} in white.',
    'The word ["a"] is shown.',
    "A/B tests on a screen.", "An e-mail to a@b.com on a screen.", "An arrow -> points left.", "A heart ❤️ is on the wall.",
    "A half-open door; a dog waits: it barks.",
    "Sentence structure is on the board.", "Photo albums lie on a desk.", "Number 5 is on the shirt.",
    "One of two dogs barks.", "First class seats are empty.",
    "The sign says 'No. 1' in red.", "At no. 5 a dog waits.", "O'Hare airport at night.", "A dog—a big one—runs.",
    "Ein Hund läuft über die Straße.",
    "一只狗在跑。",
    "I see a dog.", "V. Woolf reads a book.", "A cat named Mr. X. sleeps.", "A dog runs (fast).", "~50 dogs run.",
]  # fmt: skip


@pytest.mark.parametrize("sentence", HONEST)
def test_an_honest_sentence_stays_as_it_is(sentence: str) -> None:
    for name in ("{i}. {s}", "({i}) {s}", "Sentence {i}: {s}"):
        assert parse_answer(NUMBERED[name]([sentence, DOG]), cut=False).sentences == (sentence, DOG)
    assert parse_answer(f"- {sentence}\n- {DOG}", cut=False).sentences == (sentence, DOG)
    assert parse_answer(f"{sentence}\n{DOG}", cut=False).sentences == (sentence, DOG)
    assert parse_answer(sentence, cut=False).sentences == (sentence,)
    table = TABLES["Markdown"]([sentence.replace("|", "\\|"), DOG])
    assert parse_answer(table, cut=False).sentences == (sentence, DOG)


@pytest.mark.parametrize(
    "item", ["He said 3. It was wrong.", "A dog runs. It is brown.", "No. 5 opens. A dog comes out."]
)
def test_two_sentences_of_one_item_stay_together(item: str) -> None:
    assert parse_answer(f"1. {item}\n2. {CAT}", cut=False) == Parsed((item, CAT), ())


@pytest.mark.parametrize(
    "opening", ["<think>", "<think>\n", "<reasoning>\n", "[THINK]", "<|channel|>analysis<|message|>", "analysis"]
)
def test_a_thought_that_was_cut_off_is_no_sentence(opening: str) -> None:
    parsed = parse_answer(f"{opening}The user wants five.\n1. {DOG}\n2. {CAT}", cut=True)
    assert parsed == Parsed((), (Fragment(f"The user wants five. 1. {DOG} 2. {CAT}", THOUGHT),))


def test_thoughts_leave_a_trace_that_is_short() -> None:
    parsed = parse_answer("<think>" + "I wonder. " * 1000 + f"</think>{DOG}", cut=False)
    assert parsed.sentences == (DOG,)
    (thought,) = parsed.fragments
    assert (
        thought.reason == THOUGHT
        and thought.text.startswith("I wonder. I wonder.")
        and thought.text.endswith("(9,999 characters)")
    )


@pytest.mark.parametrize(
    "remark",
    [
        "Explanation: a dog is seen.", "Note: all are short.", "*Note: all are short.*", "(Note: all are short.)",
        "Labels: dog", "Keywords: dog",
        "Let me know if you need more.", "I hope this helps!", "These sentences all name a dog.", "Words: 7",
        "Explanation:\n- The dog is far.\n- So is the cat.",
        "## Notes\n\n- All are short.\n- All show dogs.", "✅ All sentences are short.",
        "**Explanation:**\n\n1. The first shows a dog.\n2. The second a cat.", "Explanation: the dogs\nare seen from afar.",
    ],
)  # fmt: skip
def test_remarks_behind_a_list_are_told_apart(remark: str) -> None:
    parsed = parse_answer(f"{NUMBERS}\n\n{remark}", cut=False)
    assert parsed.sentences == THREE
    assert parsed.fragments and {fragment.reason for fragment in parsed.fragments} == {CHATTER}


def test_what_json_says_besides_leaves_a_trace() -> None:
    answer = '[{"id": "a", "sentence": "A dog runs on the grass.", "explanation": "the dog is seen from afar"}]'
    assert parse_answer(answer, cut=False) == Parsed((DOG,), (Fragment("the dog is seen from afar", CHATTER),))


def test_the_next_turn_of_the_chat_leaves_a_trace() -> None:
    parsed = parse_answer(f"{NUMBERS}</s><s>[INST] More! [/INST] 1. A horse runs.", cut=False)
    assert parsed.sentences == THREE
    assert [(part.text, part.reason) for part in parsed.fragments] == [
        ("More!", CHATTER),
        ("1. A horse runs.", CHATTER),
    ]


def test_a_value_of_json_is_whole_without_a_full_stop() -> None:
    assert parse_answer('["a dog on the grass", "two cats"]', cut=True).sentences == ("a dog on the grass", "two cats")
    parsed = parse_answer('["A dog runs on the grass.", "two ca', cut=True)
    assert parsed == Parsed((DOG,), (Fragment("two ca", CUT_OFF),))


@pytest.mark.parametrize(
    "answer", ["[]", "{}", "```json\n[]\n```", "| # | Sentence |\n|---|---|", "<ol></ol>", "</s>", "<think></think>"]
)
def test_markup_without_words_leaves_a_trace(answer: str) -> None:
    parsed = parse_answer(answer, cut=False)
    assert parsed.sentences == () and {fragment.reason for fragment in parsed.fragments} == {EMPTY}


def test_half_of_a_surrogate_pair_can_be_stored() -> None:
    """Such text comes from JSON that cuts an emoji in two; no file of ours could hold it."""
    parsed = parse_answer("1. A dog \ud83d\udc36 runs.\n2. A cat \ud83d runs.\n\ud83d\n", cut=False)
    assert parsed.sentences == ("A dog 🐶 runs.", "A cat \ufffd runs.")
    assert all(fragment.text.encode() for fragment in parsed.fragments)


@pytest.mark.parametrize(
    ("end", "begun"),
    [
        ("\n1.", "1."), (".\n\n1. ", "1."), (":\n1) ", "1)"), ("\n(1)", "(1)"), (" Sentences: 1.", "1."), ("\n- ",
        "-"), ("\na)", "a)"),
        ("\nSentence 1:", "Sentence 1:"), ('\n1. "', '1. "'), ('\nJSON: ["', '["'), (".", ""), ("", ""), ('".',
        ""), (" in 2.", "2."), ("\nAnswer:", ""),
    ],
)  # fmt: skip
def test_the_end_of_a_query_tells_the_list_that_it_began(end: str, begun: str) -> None:
    assert begun_list(end) == begun


@pytest.mark.parametrize(
    ("begun", "answer"),
    [
        ("1.", f" {DOG}\n2. {CAT}\n3. {BIRD}"),
        ("1.", f"\n{DOG}\n2. {CAT}\n3. {BIRD}"),
        ("1.", NUMBERS),
        ("1.", f"\n{NUMBERS}"),
        ("1)", f"{DOG}\n2) {CAT}\n3) {BIRD}"),
        ("-", f" {DOG}\n- {CAT}\n- {BIRD}"),
        ("a)", f" {DOG}\nb) {CAT}\nc) {BIRD}"),
        ('1. "', f'{DOG}"\n2. "{CAT}"\n3. "{BIRD}"'),
        ('["', f'{DOG}", "{CAT}", "{BIRD}"]'),
        ("Sentence 1:", f" {DOG}\nSentence 2: {CAT}\nSentence 3: {BIRD}"),
        ("1.", f" {DOG} 2. {CAT} 3. {BIRD}"),
        ("1.", f" A dog runs\non the grass.\n2. {CAT}\n3. {BIRD}"),
    ],
)
def test_the_first_sentence_of_a_list_that_the_query_began_is_kept(begun: str, answer: str) -> None:
    assert parse_answer(answer, cut=False, begun=begun) == Parsed(THREE, ())


class Saying:
    """An engine that says one thing."""

    def __init__(self, answer: Answer):
        self.answer = answer

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        return [self.answer] * len(requests)


@pytest.mark.parametrize(
    ("continues", "kept"), [(True, {DOG, "Two dogs sleep on a sofa."}), (False, {"Two dogs sleep on a sofa."})]
)
def test_a_completion_goes_on_behind_the_query_and_a_turn_of_a_chat_does_not(
    tmp_path: Path, continues: bool, kept: set[str]
) -> None:
    config = GenerateConfig(engine="deterministic", template="Five sentences with {labels}:\n1.", max_rounds=1)
    saying = Saying(Answer(f" {DOG}\n2. Two dogs sleep on a sofa.", continues=continues))
    generate_texts(Store(tmp_path), config, "image", ["dog"], engine=saying)
    rows = Store(tmp_path).artifact(texts_spec(config, "image")).table(["text"]).to_pylist()
    assert {row["text"] for row in rows} == kept


def test_no_markup_is_stored_whatever_the_server_s_style(tmp_path: Path) -> None:
    """The styles of eight real servers, one after another, each with five sentences of its own."""
    styles = [
        THOUGHTS["think"], JSON["list, plain"], JSON["list, fenced"], IN_COMPANY["{a}) {s}"], TABLES["Markdown"],
        TOKENS["{i}. {s}</s>"],
        NUMBERED["{key} {s}"], LABELLED["{i}. Sentence: {s}\n   - Explanation: it is seen from afar."],
    ]  # fmt: skip
    written = [[f"A dog number {k} runs near gate{i} of park{k * 7 + i}." for i in range(5)] for k in range(8)]
    answers = [Answer(style(sentences)) for style, sentences in zip(styles, written, strict=True)]

    class Server:
        def generate(self, requests: Sequence[Request]) -> list[Answer]:
            assert len(requests) == len(answers)
            return answers

    config = GenerateConfig(engine="deterministic", sentences_per_class=40, max_rounds=1, max_similarity=1)
    summary = generate_texts(Store(tmp_path), config, "image", ["dog"], engine=Server())
    rows = Store(tmp_path).artifact(texts_spec(config, "image")).table(["text"]).to_pylist()
    assert {row["text"] for row in rows} == {sentence for five in written for sentence in five}
    assert set(summary.rejected) <= {THOUGHT, CHATTER, EMPTY}
