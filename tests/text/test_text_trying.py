"""A few queries before hours are spent, and advice where little can be kept."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from pipeline.text.advice import POOR_YIELD, advice
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request
from pipeline.text.errors import TextError
from pipeline.text.generate import generate_texts
from pipeline.text.trying import try_texts
from stores import Store

LABELS = ["circle", "cross", "heart", "ring", "square", "star", "wave"]
CONFIG = GenerateConfig(engine="deterministic", sentences_per_class=50)
SMALL = {"model": "someone/chat"}


class Saying:
    """Says the same whatever it is asked."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, 0

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        self.asked += len(requests)
        return [Answer(self.text) for _ in requests]


def test_a_few_queries_of_classes_from_all_over_the_list_are_those_that_a_run_begins_with(tmp_path: Path) -> None:
    trial = try_texts(CONFIG, "image", LABELS, 3)
    assert list(dict.fromkeys(each.anchor for each in trial.queries)) == ["circle", "ring", "wave"]
    assert len(trial.queries) == 9 and all("includes: " in each.query for each in trial.queries)
    summary = generate_texts(
        Store(tmp_path), CONFIG.model_copy(update={"sentences_per_class": 15, "max_rounds": 1}), "image", LABELS
    )
    kept = set(Store(tmp_path).find(summary.artifact).table(["text"]).column("text").to_pylist())
    assert {text for each in trial.queries for text in each.kept} <= kept
    assert trial.sentences == trial.kept + sum(
        trial.rejected[r] for r in trial.rejected if r in ("label missing", "near-duplicate")
    )


def test_what_all_classes_cost_is_told_from_what_a_query_brings() -> None:
    trial = try_texts(CONFIG, "image", LABELS, 1, engine=Saying("1. A circle here.\n2. No such thing."))
    assert (trial.kept, trial.sentences) == (1, 6)  # said again, it is a duplicate
    assert trial.to_ask == 7 * 50 * 3  # three queries for one sentence
    nothing = try_texts(CONFIG, "image", LABELS, 1, engine=Saying("Nothing of the sort."))
    assert nothing.to_ask is None and nothing.kept == 0


def test_more_classes_than_there_are_and_sentences_by_hand() -> None:
    trial = try_texts(GenerateConfig(engine="templates", combine="never"), "text", ["food", "money"], 9)
    assert {each.anchor for each in trial.queries} == {"food", "money"}
    assert all(each.kept == (each.query,) and not each.refused for each in trial.queries)


def test_imported_sentences_are_not_tried() -> None:
    made = GenerateConfig.model_validate({"engine": "import", "imports": {"files": {"image": "x.txt"}}})
    with pytest.raises(TextError, match="imports its sentences and asks no model"):
        try_texts(made, "image", LABELS, 2)


@pytest.mark.parametrize(
    ("settings", "rejected", "told"),
    [
        ({}, {"label missing": 30}, ["query: definitions asks for one short sentence"]),
        ({"query": "looks"}, {"label missing": 30}, ["must_name: false keeps sentences"]),
        ({"query": "looks"}, {"talk about the task": 30}, ["a larger model, or engine: templates"]),
        ({}, {"too many words": 20, "label missing": 15}, ["max_words: 50", "query: definitions"]),
        ({}, {"cut off": 30}, ["max_new_tokens: 512"]),
        ({}, {"near-duplicate": 30}, ["temperature: 1 and other wordings"]),
        ({}, {"query too long": 30}, ["combine: never, or a shorter template"]),
        ({}, {"label missing": 30, "too few words": 2}, ["query: definitions"]),
        ({}, {"label missing": 9}, []),  # half of them are kept
        ({"engine": "templates"}, {"label missing": 30}, []),
    ],
)
def test_advice_names_the_option_for_the_most_frequent_trouble(
    settings: dict[str, str], rejected: dict[str, int], told: list[str]
) -> None:
    found = advice(GenerateConfig.model_validate(SMALL | settings), "image", 9, rejected)
    assert [each.startswith(begin) for each, begin in zip(found, told, strict=True)] == [True] * len(told)


def test_what_advice_names_is_an_option_of_a_recipe() -> None:
    made = GenerateConfig.model_validate(SMALL)
    for reason in ("label missing", "too many words", "cut off", "near-duplicate", "query too long"):
        (told,) = advice(made, "image", 0, {reason: 30})
        option = yaml.safe_load(
            told.split(" asks")[0].split(" keeps")[0].split(" lets")[0].split(" and")[0].split(",")[0]
        )
        assert GenerateConfig.model_validate(SMALL | option) != made


def test_a_run_with_a_poor_yield_says_what_to_change(tmp_path: Path) -> None:
    made = GenerateConfig.model_validate(SMALL | {"sentences_per_class": 20, "max_rounds": 1})
    poor = generate_texts(
        Store(tmp_path), made, "image", ["star"], engine=Saying("1. A star.\n2. Here it is.\n3. And there.")
    )
    assert poor.pass_rate < POOR_YIELD and poor.advice and poor.advice[0].startswith("query: definitions")
    good = generate_texts(Store(tmp_path / "good"), CONFIG, "image", ["star", "ring"])
    assert good.pass_rate > POOR_YIELD and not good.advice


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    modalities = {"image": {"labels": LABELS, "encoder": "miniature-clip"}}
    content = {"name": "tried", "modalities": modalities, "generate": {"engine": "deterministic"}, "workspace": "w"}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content))
    return tmp_path / "recipe.yaml"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    from pipeline.cli.app import app

    with pytest.raises(SystemExit) as stop:
        app([str(each) for each in arguments])
    return int(stop.value.code or 0), *capsys.readouterr()


def test_the_command_shows_answers_and_yield_and_stores_nothing(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "generate-texts", recipe, "--try", 2)
    assert code == 0 and "    | 1. " in out and "    kept     " in out and "Nothing was stored." in out
    assert "sentences would be kept (" in out and "circle" in out and "wave" in out and "heart:" not in out
    code, out, _ = run(capsys, "generate-texts", recipe, "--try", 2, "--json")
    values = json.loads(out)["image"]
    assert code == 0 and len(values["queries"]) == 6 and 0.5 < values["yield"] <= 1
    assert {"query", "answer", "kept", "refused", "labels", "anchor"} == set(values["queries"][0])
    assert not (recipe.parent / "w").exists()


def test_recipes_without_sentences_have_nothing_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.cli.stages import generate_texts as command

    with pytest.raises(TextError, match="has no sentences to write"):
        command("few-shot/miniature", classes=2)
