"""Talk about the task, in the place of sentences about a class: what small models wrote is refused, what people write is kept."""

import csv
import json
from pathlib import Path

import pytest

from pipeline.text.answers import Outcome, sort_answer
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer
from pipeline.text.filters import MISSING_LABEL, TASK_TALK, TOO_LONG, reject_reason
from pipeline.text.ledger import Ledger
from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.parse import parse_answer
from pipeline.text.queries import Query
from pipeline.text.task_talk import is_task_talk

REAL = Path(__file__).parents[3] / "shared" / "real"

TALK = {
    "animal": [
        "The first sentence is about an animal.",
        "The animal in this sentence is a unicorn.",
        'The sentence is: "She has a cat, she loves animals."',
        "I'm going to create a list of 5 sentences using only animals.",
        "A list of words that go with animals.",
        "This is a sentence that uses an animal as an adjective.",
        "Animal - 100 words",
        "Sentence 2 - An animal can be both beautiful and ugly.",
        "A sentence of less than 25 words about an animal.",
        "A sentence about animal.",
        "I hope this helps you to learn about animals!",
        "Here are five short descriptions of the animal.",
        "Let me know if the animal should be another one.",
        "Each sentence includes the animal.",
        "You asked for an animal, and your request is fulfilled.",
        "As an AI language model, I have no favourite animal.",
    ],
    "food": [
        "Food: The original sentence is too long and could be broken down into two shorter sentences.",
        'The following phrases are about "food".',
        "The original text: I am a food blogger.",
        "Food-friendly sentences to describe a text.",
        "I have written three captions about food.",
    ],
    "place": ["I will add the place to make it easier to read.", "I will create a text that uses the place."],
    "feeling": ['The words "felling" and "feeling" are not allowed.', "The sentences must contain a feeling."],
}

KEPT = {
    "sentence": [
        "The first sentence of a letter is the hardest.",
        "A sentence about the sea stands on the first page.",
    ],
    "prison sentence": ["He received a short prison sentence for theft."],
    "list": ["A list of words lies beside the telephone."],
    "text": ["This text is about the history of Rome.", "The original text: a page of Latin."],
    "judge": ["The judge reads the sentence aloud in a silent courtroom.", "A judge announces a life sentence."],
    "teacher": [
        "A teacher writes a sentence on the blackboard.",
        "A teacher reads the first sentence of the story aloud.",
    ],
    "sign": ["A sign with two words hangs above the door.", "The words on the sign are painted in red."],
    "man": [
        "Two men exchange a few words at the door.",
        "A man without words looks at the sea.",
        "A man is at a loss for words.",
    ],
    "dog": [
        "Here are two dogs playing in the snow.",
        "The first dog in the picture is brown.",
        "A set of five dogs sits in a row.",
        "I hope to see a dog in the park.",
        "You can make a huge impact on your dog.",
        "I am going to make a bed for the dog.",
        "This dog is an example of a good companion.",
        "A number of dogs run across the field.",
        "The dog is not allowed on the sofa.",
    ],
    "animal": ['The word "animal" refers to any living being that can move.'],
    "money": ["Money is a medium of exchange.", "I'm making money by selling lemonade."],
}


@pytest.mark.parametrize(("label", "sentence"), [(label, each) for label, found in TALK.items() for each in found])
def test_talk_is_refused_whatever_else_is_right_about_it(label: str, sentence: str) -> None:
    assert reject_reason(sentence, [label], 25) == TASK_TALK


@pytest.mark.parametrize(("label", "sentence"), [(label, each) for label, found in KEPT.items() for each in found])
def test_words_of_the_label_and_of_the_scene_are_no_talk(label: str, sentence: str) -> None:
    assert reject_reason(sentence, [label], 25) is None


def test_an_item_of_a_list_that_is_talk_is_a_rejected_row_with_its_reason() -> None:
    outcome, ledger = Outcome(), Ledger(NearDuplicates(0.8))
    text = "1. The first sentence is about an animal.\n2. An animal sleeps in the sun."
    sort_answer(Query("text", "animal", 0, ("animal",), 0), Answer(text), GenerateConfig(), ledger, outcome)
    assert [row[0] for row in outcome.rows] == ["An animal sleeps in the sun."]
    assert [(row.reason, row.detail["text"]) for row in outcome.rejected] == [
        (TASK_TALK, "The first sentence is about an animal.")
    ]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ('In one sentence: "Food" is a need of all people.', '"Food" is a need of all people.'),
        ('In one sentence: "In one sentence: A plant is green."', "A plant is green."),
        ("A: Money is a medium of exchange.", "Money is a medium of exchange."),
        ("In a single short sentence, a plant is green.", "a plant is green."),
    ],
)
def test_an_announcement_in_front_of_a_sentence_goes(answer: str, sentence: str) -> None:
    assert parse_answer(answer, cut=False).sentences == (sentence,)


def test_the_label_filter_may_be_left_out() -> None:
    assert reject_reason("A lioness sleeps in the sun.", ["animal"], 25) == MISSING_LABEL
    assert reject_reason("A lioness sleeps in the sun.", ["animal"], 25, must_name=False) is None
    assert reject_reason("The first sentence is about a cat.", ["animal"], 25, must_name=False) == TASK_TALK
    assert reject_reason("lioness " * 25, ["animal"], 25, must_name=False) == TOO_LONG


def rows(name: str) -> list[dict[str, str]]:
    if not (REAL / name).is_file():
        pytest.skip("the folder of real data, shared/real, is not beside this repository")
    with (REAL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("name", "refused", "of"),
    [("sentences_a.csv", 45, 122), ("sentences_b.csv", 15, 82), ("sentences_h.csv", 0, 80), ("glosses.csv", 0, 1000)],
)
def test_what_a_small_model_wrote_is_a_third_talk_and_what_people_wrote_is_none(
    name: str, refused: int, of: int
) -> None:
    found = rows(name)
    assert len(found) == of
    assert sum(is_task_talk(row["text"], [row["labels"]]) for row in found) == refused


def test_no_plain_answer_of_the_shipped_model_is_talk() -> None:
    answers = json.loads(Path(__file__).with_name("plain_answers.json").read_text("utf-8"))
    sentences = [sentence for answer in answers for sentence in answer["sentences"]]
    assert len(sentences) > 400 and not any(map(is_task_talk, sentences))
