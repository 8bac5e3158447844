"""Recipes of both tasks through the same stages: one entry of history, one encoding, answers, and nothing looked up twice."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

import pipeline.tasks.few_shot.bound as few_shot_bound
import pipeline.tasks.sentences.bound as sentences_bound
from pipeline.caching.needs import Need
from pipeline.cli.app import app
from pipeline.media.specs import ImageSpec
from pipeline.records import RunError
from pipeline.runner import worker_state
from pipeline.stages.cache import cache
from pipeline.stages.predict import predict
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.few_shot.answers import chosen
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.telemetry.history import last_runs
from pipeline.telemetry.progress import Progress
from stores.errors import MmptError

SMALL = {"epochs": 2, "batch_size": 4}
CLASSES = ["circle", "star", "heart", "arrow"]
CONTENT = {
    "name": "few", "encoder": "miniature-clip", "shots": 2, "seeds": [1, 2], "views": 1,
    "data": {"layout": "miniature-shapes", "classes": CLASSES, "train_per_class": 3, "test_per_class": 6},
    "cache": {"workers": 0},
    "methods": {"coop": SMALL, "prompt": {**SMALL, "depth": 2, "vision_prompts": 2, "templates": "data-set"}},
}  # fmt: skip


def bound_in(workspace: Path, **changes: object) -> BoundFewShot:
    recipe = FewShotRecipe.model_validate({**CONTENT, "workspace": workspace, **changes})
    return BoundFewShot(recipe, "cpu", Progress.silent())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run and its report."""
    workspace = tmp_path_factory.mktemp("finished")
    run_recipe(bound_in(workspace))
    return workspace


def test_one_run_is_one_entry_with_its_stages(finished: Path) -> None:
    (entry,) = last_runs(finished, "few")
    assert (entry.command, entry.outcome) == ("run", "done")
    assert [stage.stage for stage in entry.stages] == ["cache", "train", "evaluate", "report"]
    counts = {stage.stage: stage.counts for stage in entry.stages}
    assert counts["train"] == {"epochs": 8} and counts["evaluate"] == {"files": 24}
    assert counts["cache"]["encoded"] == counts["cache"]["wanted"] > 0


@pytest.mark.parametrize(("method", "seed"), [("coop", 2), ("prompt", 1)])
def test_answers_are_as_right_as_the_evaluation_says(finished: Path, method: str, seed: int) -> None:
    task = bound_in(finished)
    novel, result = task.judged("novel"), figures(task)
    files = [Path(row.path) for row in novel.rows]
    found = predict("few", finished, files, "cpu", 1, labels=novel.classes, method=method, seed=seed)
    right = [each.classes[0][0] == row.labels[0] for each, row in zip(found, novel.rows, strict=True)]
    accuracy = result.runs[method][task.recipe.seeds.index(seed)].accuracies["novel"][-1]
    assert sum(right) / len(right) == pytest.approx(accuracy, abs=1e-12)


def test_without_labels_the_classes_are_those_that_were_learned(finished: Path, tmp_path: Path) -> None:
    task = bound_in(finished)
    (tmp_path / "torn.jpg").write_bytes(Path(task.judged("base").rows[0].path).read_bytes()[:200])
    shown, torn = predict("few", finished, [Path(task.judged("base").rows[0].path), tmp_path / "torn.jpg"], "cpu", 9)
    assert {label for label, _ in shown.classes} == set(CLASSES[:2])
    assert sum(share for _, share in shown.classes) == pytest.approx(1, abs=1e-6)
    assert torn.error and not torn.classes


def test_whose_answers_are_meant(tmp_path: Path) -> None:
    recipe = bound_in(tmp_path).recipe
    published = bound_in(tmp_path, publish={"method": "prompt", "seed": 2}).recipe
    assert chosen(recipe, None, None) == ("coop", 1) and chosen(published, None, None) == ("prompt", 2)
    assert chosen(published, "coop", None) == ("coop", 1) and chosen(published, None, 1) == ("prompt", 1)
    with pytest.raises(FewShotError, match="--method nobody: run 'few' learned coop, prompt"):
        chosen(recipe, "nobody", None)
    with pytest.raises(FewShotError, match="--seed 9: run 'few' learned with 1, 2"):
        chosen(recipe, None, 9)
    with pytest.raises(RunError, match="there is no run 'few'"):
        predict("few", tmp_path, [], "cpu", 1)


@pytest.mark.parametrize("publish", [{"method": "nobody"}, {"method": "coop", "seed": 9}])
def test_what_is_published_is_learned(tmp_path: Path, publish: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="is not under '(methods|seeds)'"):
        bound_in(tmp_path, publish=publish)


def test_a_folder_of_images_is_encoded_once_whichever_recipe_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = bound_in(tmp_path / "w", methods={"coop": SMALL}, classes="all", cache={"workers": 0, "dtype": "float32"})
    cache(few)
    tests = few.judged("miniature-shapes")
    folder = Path(tests.rows[0].path).parents[1]
    image = {"labels": CLASSES, "encoder": "miniature-clip", "data": {"layout": "folder", "root": folder}}
    content = {
        "name": "sentences", "workspace": tmp_path / "w", "modalities": {"image": image | {"media": {"rgb": "first"}}},
        "generate": {"engine": "deterministic", "sentences_per_class": 2},
        "cache": {"workers": 0, "dtype": "float32"},
    }  # fmt: skip
    sentences = BoundSentences(Recipe.model_validate(content), "cpu", Progress.silent())
    summary = cache(sentences)["media/image"]
    assert (summary.wanted, summary.encoded) == (len({row.key for row in tests.rows}), 0)
    assert summary.fingerprint == Need(few.card.media, few.card).spec(few.recipe.cache).fingerprint
    assert isinstance(few.card.media, ImageSpec)


def test_shots_are_drawn_once_a_seed_and_test_images_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: Counter[int] = Counter()
    draw = few_shot_bound.draw_shots

    def counted(layout: str, train: object, validation: object, shots: int, seed: int) -> object:
        drawn[seed] += 1
        return draw(layout, train, validation, shots, seed)

    monkeypatch.setattr(few_shot_bound, "draw_shots", counted)
    run_recipe(bound_in(tmp_path, methods={"coop": SMALL}))
    assert drawn == {1: 1, 2: 1}


def test_sentences_are_fingerprinted_once_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prints: list[int] = []
    plain = sentences_bound.fingerprint

    def counted(values: Sequence[object]) -> str:
        prints.append(len(values))
        return plain(values)

    monkeypatch.setattr(sentences_bound, "fingerprint", counted)
    image = {"labels": ["cat", "dog"], "encoder": "miniature-clip"}
    content = {
        "name": "s", "workspace": tmp_path, "modalities": {"image": image},
        "generate": {"engine": "deterministic", "sentences_per_class": 4}, "train": {"epochs": 1, "weak": None},
    }  # fmt: skip
    run_recipe(BoundSentences(Recipe.model_validate(content), "cpu", Progress.silent()))
    assert prints == [8]


@pytest.mark.parametrize("command", ["generate-texts", "refresh"])
def test_a_stage_without_a_use_says_so_and_ends_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({**CONTENT, "workspace": "w"}))
    app([command, str(tmp_path / "r.yaml")], standalone_mode=False)
    told = capsys.readouterr()
    assert "recipe 'few'" in told.out + told.err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            ["classes", "add", "r.yaml", "fox"],
            "its classes are those of its data set; add them there, and learn them with:",
        ),
        (
            ["texts", "export", "r.yaml", "out.txt"],
            "r.yaml learns from files, not from sentences; there is nothing to write",
        ),
    ],
)
def test_what_a_recipe_has_not_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.yaml").write_text(yaml.safe_dump({**CONTENT, "workspace": "w"}))
    with pytest.raises(MmptError, match=told):
        app(command, standalone_mode=False)


def test_the_older_command_is_run_with_a_hint(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({**CONTENT, "workspace": str(finished)}))
    app(["few-shot", str(tmp_path / "r.yaml"), "--json"], standalone_mode=False)
    told = capsys.readouterr()
    assert "few-shot is the same as: mmpt-pipeline run" in told.err and "coop" in json.loads(told.out)
    assert worker_state._held is None
