"""Status and retry of few-shot recipes: what a run made has its names, and a rejected image can be tried again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import pipeline.sources.cache as source_cache
from pipeline.few_shot import operations as few_shot_operations
from pipeline.few_shot.errors import FewShotError
from pipeline.few_shot.load import load_few_shot_recipe
from pipeline.few_shot.run import run_few_shot
from pipeline.few_shot.task import Task
from pipeline.operations import retry_note
from pipeline.progress import Progress
from stores import Store

Call = Callable[..., tuple[int, str]]
CONTENT = {
    "name": "few", "encoder": "miniature-clip", "shots": 2, "seeds": [1, 2], "views": 2, "workspace": "w",
    "data": {"layout": "miniature-shapes", "train_per_class": 3, "test_per_class": 2},
    "cache": {"workers": 0}, "methods": {"coop": {"epochs": 1, "batch_size": 4}},
}  # fmt: skip


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(CONTENT))
    return tmp_path / "recipe.yaml"


def task_of(recipe: Path) -> Task:
    return Task(load_few_shot_recipe(recipe), "cpu", Progress.silent())


def test_before_and_after_a_run(call: Call, recipe: Path) -> None:
    code, out = call("status", recipe, "--json")
    found = json.loads(out)
    assert (code, found["recipe"], found["stored"], found["runs"]) == (0, "few", [], [])
    assert {step["stage"] for step in found["missing"] if step["missing"]} == {"cache", "learn", "judge"}
    assert not (recipe.parent / "w").exists()  # nothing is drawn to be counted
    run_few_shot(task_of(recipe))
    found = json.loads(call("status", recipe, "--json")[1])
    assert [step for step in found["missing"] if step["missing"]] == [] and found["failed"] == []
    manifests = [artifact.manifest for artifact in Store(recipe.parent / "w").artifacts()]
    stored = {each["kind"]: (each["artifacts"], each["rows"], each["bytes"]) for each in found["stored"]}
    for kind in {manifest.spec.kind for manifest in manifests}:
        same = [manifest for manifest in manifests if manifest.spec.kind == kind]
        assert stored.pop(kind) == (len(same), sum(m.rows for m in same), sum(m.size for m in same))
    assert stored == {}
    assert [(run["command"], run["state"]) for run in found["runs"]] == [("few-shot", "done")]
    assert call("retry", recipe) == (0, "nothing has failed that could be tried again\n")


def test_a_rejected_image_stops_a_run_and_is_tried_again(
    call: Call, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(recipe)
    damaged, whole = (Path(row.path) for row in task.shots(1).rows[:2])
    damaged.write_bytes(damaged.read_bytes()[:200])
    with pytest.raises(FewShotError, match=r"1 of \d+ images cannot be decoded.*retry RECIPE --failed"):
        run_few_shot(task_of(recipe))
    found = json.loads(call("status", recipe, "--json")[1])
    (failure,) = found["failed"]
    reason = failure["reason"]
    assert (failure["what"], failure["count"], failure["example"]) == ("shots, pixels", 1, str(damaged))
    notes = {step["what"]: step["note"] for step in found["missing"]}
    assert notes["shots, pixels"] == "2 crops of each; 1 rejected, which stops a run"
    assert [run["state"] for run in found["runs"]] == ["failed"]
    assert f"retry {recipe} --failed" in " ".join(call("status", recipe)[1].split())

    tried = {"what": "shots", "reason": reason, "tried": 1}
    assert json.loads(call("retry", recipe, "--json")[1]) == [tried | {"failing": 1, "mended": 0}]
    code, out = call("retry", recipe, "--failed", "--json")
    assert (code, json.loads(out)) == (1, [tried | {"failing": 1, "mended": 0}])

    note = retry_note.begin(few_shot_operations._folder(task), few_shot_operations._failures(task))
    assert [failure.attempts for failure in note.values()] == [2]
    for _ in range(2):  # as after a kill when nothing had been tried yet, then as after one when all had been
        retry_note.begin(few_shot_operations._folder(task), note)
        assert json.loads(call("retry", recipe, "--failed", "--json")[1]) == [tried | {"failing": 1, "mended": 0}]
        (failure,) = few_shot_operations._failures(task_of(recipe)).values()
        assert failure.attempts == 3
    assert not (few_shot_operations._folder(task) / retry_note.NOTE).exists()

    def mends(paths: list[str], *rest: object, **options: object):  # type: ignore[no-untyped-def]
        return decode([path.replace(str(damaged), str(whole)) for path in paths], *rest, **options)

    decode = source_cache.decode_many
    monkeypatch.setattr(source_cache, "decode_many", mends)
    code, out = call("retry", recipe, "--failed", "--json")
    assert (code, json.loads(out)) == (0, [tried | {"failing": 0, "mended": 1}])
    run_few_shot(task_of(recipe))
    runs = json.loads(call("status", recipe, "--json")[1])["runs"]
    assert [(run["command"], run["state"]) for run in runs[:2]] == [("few-shot", "done"), ("retry", "done")]
    assert runs[1]["counts"] == {"tried": 1, "mended": 1}
