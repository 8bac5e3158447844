"""ProMPT without one side, and without its filter, through a whole run and its report."""

from pathlib import Path

import pytest

from pipeline.methods.prompt.config import PromptConfig
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.specs import loop_cut, prompts_spec
from pipeline.tasks.few_shot.work import unit_of
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints

SMALL = {"method": "prompt", "epochs": 2, "batch_size": 4, "depth": 2}
METHODS = {
    "no-vision": {**SMALL, "vision_prompts": 0},
    "no-text": {**SMALL, "text_prompts": 0, "vision_prompts": 2},
    "no-filter": {**SMALL, "vision_prompts": 2, "feature_filter": False},
    "mean": {**SMALL, "vision_prompts": 2, "feature_filter": False, "unfiltered": "mean"},
}


@pytest.fixture
def task(tmp_path: Path) -> BoundFewShot:
    data = {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 2}
    content = {"name": "parts", "encoder": "miniature-clip", "data": data, "shots": 2, "seeds": [1], "views": 2}
    content |= {"methods": METHODS, "cache": {"workers": 0}, "workspace": tmp_path / "w"}
    return BoundFewShot(FewShotRecipe.model_validate(content), "cpu", Progress.silent())


def test_a_run_learns_judges_and_shows_every_reading(task: BoundFewShot) -> None:
    result = figures(task)
    means = result.means()
    assert set(means) == {"zero-shot", *METHODS}
    page = run_recipe(task).report.read_text("utf-8")
    assert all(name in page for name in METHODS)
    assert not [step for step in plan_run(task) if step.missing]
    shots, fingerprints, names = task.shots(1), set(), {}
    for name, config in task.recipe.methods.items():
        assert unit_of(task, name, 1).is_finished(task.store)
        spec = prompts_spec(task, config, 1, shots)
        fingerprints.add(spec.fingerprint)
        tensors = Checkpoints(task.store.artifact(spec)).arrays(2)
        names[name] = {each.split(".")[1] for each in tensors if each.startswith("learner.")}
    assert len(fingerprints) == len(METHODS)
    assert names["no-vision"] == {"text_prompts", "text_generator"}
    assert names["no-text"] == {"vision_prompts", "vision_generator"}
    assert names["no-filter"] == names["mean"] == names["no-vision"] | names["no-text"]
    assert loop_cut(task, PromptConfig(vision_prompts=0)) is None, "features are all that it needs of an image"
