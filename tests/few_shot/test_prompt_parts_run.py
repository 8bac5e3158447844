"""ProMPT without one side, and without its filter, through a whole run and its report."""

from pathlib import Path

import pytest

from pipeline.few_shot.learn import is_learned
from pipeline.few_shot.plan import plan_few_shot
from pipeline.few_shot.recipe import FewShotRecipe
from pipeline.few_shot.report import write_few_shot_report
from pipeline.few_shot.run import run_few_shot
from pipeline.few_shot.specs import loop_cut, prompts_spec
from pipeline.few_shot.task import Task
from pipeline.methods.prompt.config import PromptConfig
from pipeline.progress import Progress
from pipeline.training.checkpoint import Checkpoints

SMALL = {"method": "prompt", "epochs": 2, "batch_size": 4, "depth": 2}
METHODS = {
    "no-vision": {**SMALL, "vision_prompts": 0},
    "no-text": {**SMALL, "text_prompts": 0, "vision_prompts": 2},
    "no-filter": {**SMALL, "vision_prompts": 2, "feature_filter": False},
    "mean": {**SMALL, "vision_prompts": 2, "feature_filter": False, "unfiltered": "mean"},
}


@pytest.fixture
def task(tmp_path: Path) -> Task:
    data = {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 2}
    content = {"name": "parts", "encoder": "miniature-clip", "data": data, "shots": 2, "seeds": [1], "views": 2}
    content |= {"methods": METHODS, "cache": {"workers": 0}, "workspace": tmp_path / "w"}
    return Task(FewShotRecipe.model_validate(content), "cpu", Progress.silent())


def test_a_run_learns_judges_and_shows_every_reading(task: Task) -> None:
    result = run_few_shot(task)
    means = result.means()
    assert set(means) == {"zero-shot", *METHODS}
    page = write_few_shot_report(task, result).read_text("utf-8")
    assert all(name in page for name in METHODS)
    assert not [step for step in plan_few_shot(task) if step.missing]
    shots, fingerprints, names = task.shots(1), set(), {}
    for name, config in task.recipe.methods.items():
        assert is_learned(task, config, 1, shots)
        spec = prompts_spec(task, config, 1, shots)
        fingerprints.add(spec.fingerprint)
        tensors = Checkpoints(task.store.artifact(spec)).arrays(2)
        names[name] = {each.split(".")[1] for each in tensors if each.startswith("learner.")}
    assert len(fingerprints) == len(METHODS)
    assert names["no-vision"] == {"text_prompts", "text_generator"}
    assert names["no-text"] == {"vision_prompts", "vision_generator"}
    assert names["no-filter"] == names["mean"] == names["no-vision"] | names["no-text"]
    assert loop_cut(task, PromptConfig(vision_prompts=0)) is None, "features are all that it needs of an image"
