"""Methods that read features alone, through every stage of a recipe beside the others; and what is not answered stays so."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.registry import methods
from pipeline.miniature.world import IMAGE_CLASSES
from pipeline.operations.status import recipe_status
from pipeline.report.pieces import PicturePiece
from pipeline.runs.training import Training
from pipeline.stages.plan import plan_run
from pipeline.stages.predict import predict
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.few_shot.alarms import alarms
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.fitting import require_fitting
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.result import Judged
from pipeline.tasks.few_shot.run_page import page
from pipeline.tasks.few_shot.tables import few_shot_table, few_shot_values
from pipeline.tasks.few_shot.work import unit_of, units
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import Solved
from stores import Store

PROBES = ("tip-adapter", "tip-adapter-f", "gda", "linear-probe", "class-adaptive", "lp++", "cross-modal")
METHODS = {**dict.fromkeys(PROBES), "class-adaptive": {"epochs": 6}, "coop": {"epochs": 2, "batch_size": 4}}
DATA = {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 3}


def task_in(workspace: Path, **changes: object) -> BoundFewShot:
    content = {"name": "few", "encoder": "miniature-clip", "data": DATA, "shots": 4, "seeds": [1], "views": 2}
    content |= {"methods": METHODS, "cache": {"workers": 0}, "workspace": workspace, **changes}
    return BoundFewShot(FewShotRecipe.model_validate(content), "cpu", Progress.silent())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run and its report."""
    workspace = tmp_path_factory.mktemp("finished")
    run_recipe(task_in(workspace))
    return workspace


def test_every_method_is_one_and_names_how_it_is_learned() -> None:
    assert set(PROBES) < set(methods())
    solved = {name for name in PROBES if isinstance(methods()[name].fit(methods()[name].config()), Solved)}
    assert solved == {"tip-adapter", "gda", "linear-probe", "lp++"}
    assert all(issubclass(methods()[name].config, FewShotOptions) for name in methods())


def test_the_table_shows_them_beside_the_others(finished: Path) -> None:
    result = figures(task_in(finished))
    assert list(result.runs) == ["zero-shot", *METHODS]
    shown = {row[0]: row[1:] for row in few_shot_table(task_in(finished).recipe, result)[2]}
    zero_shot = shown["zero-shot"]
    for name in PROBES:
        base, novel, harmonic = shown[name][1:4]
        assert float(base) >= 50
        if name == "linear-probe":
            assert (novel, harmonic) == ("n/a", "n/a")
        else:  # the texts alone, with the sentence that zero-shot is judged with
            assert novel == zero_shot[2] and harmonic != "n/a"
    assert float(shown["tip-adapter"][1]) >= float(zero_shot[1])
    assert plan_left(finished) == [] and recipe_status(task_in(finished)).missing == plan_run(task_in(finished))


def plan_left(workspace: Path) -> list[str]:
    return [step.what for step in plan_run(task_in(workspace)) if step.missing]


def test_what_is_not_answered_has_a_reason_everywhere_and_no_figure_anywhere(finished: Path) -> None:
    result = figures(task_in(finished))
    reason = result.unanswered["linear-probe"]["novel"]
    assert reason.startswith("linear-probe has learned nothing of '") and reason.endswith("and reads no texts")
    assert set(result.unanswered) == {"linear-probe"} and math.isnan(result.means()["linear-probe"].novel)
    values = json.loads(json.dumps(few_shot_values(result), allow_nan=False))["linear-probe"]
    assert (
        values["accuracies"]["novel"] is None
        and values["harmonic"] is None
        and values["unanswered"] == {"novel": reason}
    )
    assert values["seeds"][0]["novel"] == [None] and values["accuracies"]["base"] > 0.5
    page = (finished / "runs/few/report.html").read_text()
    assert "n/a: linear-probe on novel: linear-probe has learned nothing of" in page
    assert "nan" not in page.lower().split("<svg")[0].split("</style>")[-1]
    judged = [step for step in plan_run(task_in(finished)) if step.stage == "judge"]
    asked = {step.what: step.wanted for step in judged}
    assert asked["linear-probe"] == asked["gda"] / 2


def test_pages_and_alarms_take_methods_without_losses_or_without_a_figure(finished: Path) -> None:
    result, solved = figures(task_in(finished)), {"linear-probe": None, "gda": None}
    assert "novel" not in json.loads(json.dumps(result.brief(), allow_nan=False))["linear-probe"]
    shown = [piece.title for piece in page(task_in(finished), "evaluate", result) if isinstance(piece, PicturePiece)]
    assert len(shown) == 2
    task = task_in(finished, methods=solved)
    assert not [p for p in page(task, "train", Training(())) if isinstance(p, PicturePiece)]
    assert list(alarms(task, "evaluate", figures(task))) == []  # the linear probe by its base classes
    wrong = replace(result, runs={**result.runs, "linear-probe": [Judged({"base": (0.1,), "novel": (math.nan,)})]})
    (alarm,) = alarms(task, "evaluate", wrong)
    assert "accuracy on base" in str(alarm) and "publish: {method: gda}" in str(alarm)


def test_predict_answers_as_the_evaluation_does(finished: Path) -> None:
    task = task_in(finished)
    result, found = figures(task), task.judged("base")
    files = [Path(row.path) for row in found.rows]
    for name in PROBES:
        told = predict("few", finished, files, device="cpu", top=1, method=name)
        right = [each.classes[0][0] == row.labels[0] for each, row in zip(told, found.rows, strict=True)]
        assert np.mean(right) == pytest.approx(result.runs[name][0].base[-1]), name


def test_predict_refuses_names_that_a_method_cannot_choose_among(finished: Path) -> None:
    task = task_in(finished)
    files = [Path(task.judged("base").rows[0].path)]
    mixed = [task.shots(1).classes[0], "unicorn"]
    for name, message in (
        ("linear-probe", "reads no texts"),
        ("gda", "cannot be compared"),
        ("lp++", "cannot be compared"),
    ):
        with pytest.raises(FewShotError, match=f"--labels: .*{message}. Leave --labels out, or choose another method"):
            predict("few", finished, files, device="cpu", top=1, labels=mixed, method=name)
    (answer,) = predict("few", finished, files, device="cpu", top=2, labels=mixed, method="tip-adapter")
    assert {label for label, _ in answer.classes} == set(mixed)


def test_choices_are_noted_with_what_they_were_made_on(finished: Path) -> None:
    task = task_in(finished)
    notes = {unit.method: noted(task, unit.method) for unit in units(task)}
    assert {name for name, each in notes.items() if "how" in each} == {"tip-adapter", "gda", "linear-probe", "lp++"}
    for each in notes.values():
        assert "how" not in each or each["how"].startswith("chosen on 8 labelled images held out: ")


def noted(task: BoundFewShot, name: str) -> dict[str, str]:
    checkpoints = Checkpoints(task.store.artifact(unit_of(task, name, 1).spec))
    return checkpoints.notes(checkpoints.answer())


@pytest.mark.parametrize("at", [3, 5, 8, 11])
def test_killed_anywhere_it_ends_in_the_same_bytes(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    from stores.writer import Writer

    chosen = {name: METHODS[name] for name in ("gda", "class-adaptive")}
    plain, calls = Writer.publish, []

    def publish(writer: Writer, *given: object, **named: object) -> None:
        calls.append(writer)
        if len(calls) > at:
            raise KeyboardInterrupt
        plain(writer, *given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "publish", publish)
        with pytest.raises(KeyboardInterrupt):
            figures(task_in(tmp_path, methods=chosen))
    figures(task_in(tmp_path, methods=chosen))
    for unit in units(task_in(tmp_path, methods=chosen)):
        left, right = (Store(each).artifact(unit.spec) for each in (finished, tmp_path))
        assert [left.blob(key) for key in left.keys()] == [right.blob(key) for key in right.keys()]
        assert len(left.keys()) == 1 and left.manifest == right.manifest


def test_on_other_data_sets_a_method_answers_where_it_can(tmp_path: Path) -> None:
    """One shares some classes with what was learned, one none; the average over them is n/a where one has no answer."""
    shapes, others = {"layout": "miniature-shapes", "test_per_class": 2}, IMAGE_CLASSES[3:]
    task = task_in(
        tmp_path, data={**DATA, "classes": list(IMAGE_CLASSES[:3])}, classes="all",
        judge_on={
            "some": {**shapes, "classes": [IMAGE_CLASSES[0], others[0]]}, "none": {**shapes, "classes": list(others[:2])}
        },
        methods=dict.fromkeys(("gda", "tip-adapter", "linear-probe")),
    )  # fmt: skip
    result = figures(task)
    silent = {name: set(each) for name, each in result.unanswered.items()}
    assert silent == {"gda": {"some"}, "linear-probe": {"some", "none"}}
    rows = {row[0]: [cell == "n/a" for cell in row[3:]] for row in few_shot_table(task.recipe, result)[2]}
    assert rows == {
        "zero-shot": [False] * 3, "gda": [True, False, True], "tip-adapter": [False] * 3, "linear-probe": [True] * 3
    }  # fmt: skip


@pytest.mark.parametrize("method", PROBES)
def test_a_class_without_an_image_is_told_before_anything_is_encoded(tmp_path: Path, method: str) -> None:
    task = task_in(tmp_path, methods={method: None})
    whole = task.shots(1)
    kept = [i for i, label in enumerate(whole.labels) if label != 2]
    rows, labels = tuple(whole.rows[i] for i in kept), tuple(whole.labels[i] for i in kept)
    task._drawn[1] = replace(whole, rows=rows, labels=labels)
    message = f"{re.escape(method)} needs a labelled image of every class.*has none of '{whole.classes[2]}'. Add some, or leave"
    with pytest.raises(FewShotError, match=message):
        require_fitting(task)  # which plan and run begin with
    prompts = task_in(tmp_path, methods={"coop": {"batch_size": 4}})
    prompts._drawn[1] = task._drawn[1]
    require_fitting(prompts)  # prompts are one for all classes


def test_nothing_is_drawn_but_from_a_seed(finished: Path, tmp_path: Path) -> None:
    """Torch's own generator stands elsewhere, and the same is learned."""
    chosen = {name: METHODS[name] for name in ("gda", "tip-adapter-f")}
    torch.manual_seed(123)
    figures(task_in(tmp_path, methods=chosen))
    for unit in units(task_in(tmp_path, methods=chosen)):
        assert Store(tmp_path).artifact(unit.spec).manifest == Store(finished).artifact(unit.spec).manifest
