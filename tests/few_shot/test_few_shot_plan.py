"""Few-shot recipes through `plan` and `run`: what is missing, told without torch; sizes and counts as torch would have them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from few_shot_runs import learned

from pipeline.cli.app import app
from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder
from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig, IndependentConfig, VisualPromptConfig
from pipeline.methods.prompt.config import PromptConfig
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import figures
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.specs import bytes_of_tokens, loop_cut
from pipeline.tasks.few_shot.work import trainable
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.telemetry.progress import Progress

SMALL = {"epochs": 2, "batch_size": 4}
METHODS = {
    "coop": SMALL,
    "prompt": {**SMALL, "depth": 3, "vision_prompts": 2, "templates": "data-set"},
    "late": {**SMALL, "method": "prompt", "depth": 1, "vision_prompts": 2, "late": True},
}
CONTENT = {
    "name": "few", "encoder": "miniature-clip", "shots": 2, "seeds": [1, 2], "views": 3, "methods": METHODS,
    "data": {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 3},
    "cache": {"workers": 0},
}  # fmt: skip


def task_in(workspace: Path, draws: bool = True, **changes: object) -> BoundFewShot:
    recipe = FewShotRecipe.model_validate({**CONTENT, "workspace": workspace, **changes})
    return BoundFewShot(recipe, "cpu", Progress.silent(), draws=draws)


def program(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "import sys, atexit; from pipeline.cli.app import main;"
    code += (
        "atexit.register(lambda: sys.stderr.write(str([m for m in ('torch', 'prefect') if m in sys.modules]))); main()"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


def test_before_a_run_all_is_missing_and_after_it_nothing(tmp_path: Path) -> None:
    task, twice = task_in(tmp_path / "w"), task_in(tmp_path / "w", draws=False)
    before = {(step.stage, step.what): step for step in plan_run(twice)}
    assert not (tmp_path / "w").exists()
    assert all(step.missing == step.wanted for step in before.values())
    # Before the shapes are drawn their names stand for them: of sixteen classes eight are learned, all are judged.
    shots = {row.path for seed in (1, 2) for row in twice.shots(seed).rows}
    tokens, pixels, width = (48 // 8) ** 2 + 1, 48 * 48 * 3, 128
    assert {key: (step.wanted, step.bytes) for key, step in before.items() if key[0] == "cache"} == {
        ("cache", "shots, pixels"): (len(shots), len(shots) * 3 * pixels),
        ("cache", "shots, output"): (len(shots), len(shots) * 3 * 128 * 4),
        ("cache", "shots, block02"): (len(shots), len(shots) * 3 * tokens * width * 4),
        ("cache", "test images, pixels"): (48, 48 * pixels),
        ("cache", "test images, output"): (48, 48 * 128 * 4),
        ("cache", "test images, block02"): (48, 48 * tokens * width * 4),
        ("cache", "sentences"): (16, 16 * 128 * 4),
    }
    assert {what: step.wanted for (stage, what), step in before.items() if stage == "learn"} == dict.fromkeys(
        METHODS, 4
    )
    judged = {what: step.wanted for (stage, what), step in before.items() if stage == "judge"}
    assert judged == {"zero-shot": 48, **dict.fromkeys(METHODS, 96)}
    result = figures(task)
    after = plan_run(task_in(tmp_path / "w", draws=False))
    assert {(step.stage, step.what): step.wanted for step in after} == {k: step.wanted for k, step in before.items()}
    assert [step for step in after if step.missing or step.bytes] == []
    assert {
        name: f"{result.trainable[name]:,} numbers" in before["learn", name].note for name in METHODS
    } == dict.fromkeys(METHODS, True)
    more = plan_run(task_in(tmp_path / "w", draws=False, seeds=[1, 2, 3]))
    assert {step.what: step.missing for step in more if step.stage == "learn"} == dict.fromkeys(METHODS, 2)
    assert {step.what: step.missing for step in more if step.stage == "judge"} == {
        "zero-shot": 0, **dict.fromkeys(METHODS, 48)
    }  # fmt: skip


def test_plan_and_run_take_a_few_shot_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe, workspace = tmp_path / "r.yaml", tmp_path / "w"
    recipe.write_text(yaml.safe_dump({**CONTENT, "methods": {"coop": SMALL}, "seeds": [1]}))
    done = program("plan", recipe, "-w", workspace, "--json")
    assert done.stderr == "[]" and not workspace.exists()
    steps = json.loads(done.stdout)
    assert [(step["stage"], step["what"]) for step in steps][-3:] == [
        ("learn", "coop"), ("judge", "zero-shot"), ("judge", "coop"),
    ]  # fmt: skip
    app(["run", str(recipe), "-w", str(workspace), "-d", "cpu", "--json"], standalone_mode=False)
    by_run = capsys.readouterr().out
    app(["few-shot", str(recipe), "-w", str(workspace), "-d", "cpu", "--json"], standalone_mode=False)
    assert capsys.readouterr().out == by_run and json.loads(by_run)["coop"]["trainable"] == 4 * 96
    done = program("plan", recipe, "-w", workspace)
    assert done.stderr == "[]" and "384 numbers" in done.stdout


def test_shipped_recipes_of_both_kinds_by_name(tmp_path: Path) -> None:
    for name in ("few-shot/miniature", "few-shot/prompt-domains", "prompt-domains"):
        assert type(load_recipe(name)) is FewShotRecipe
    assert type(load_recipe("miniature")) is Recipe
    done = program("plan", "few-shot/miniature", "-w", tmp_path / "w")
    assert "coop" in done.stdout and "not drawn yet" in done.stdout


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_cuts_and_bytes_are_those_of_the_tower(tmp_path: Path, name: str, dtype: str) -> None:
    task = task_in(tmp_path, cache={"dtype": dtype})
    image = load_encoder(task.card, "cpu").prompted_image
    tokens = image.lower(np.zeros((1, 48, 48, 3), np.uint8), "patches")["activations"].numel()
    assert bytes_of_tokens(task) == tokens * {"float16": 2, "float32": 4}[dtype]
    smaller = "patches" if bytes_of_tokens(task) < 48 * 48 * 3 else "pixels"
    # Cuts are: pixels, patches, a name a block, output; of four blocks the last begins where the third ends.
    assert loop_cut(task, task.recipe.methods[name]) == {"coop": None, "prompt": smaller, "late": image.cuts[4]}[name]
    assert loop_cut(task_in(tmp_path, inputs="patches"), task.recipe.methods["prompt"]) == "patches"


def test_patches_are_stored_where_they_are_smaller(tmp_path: Path) -> None:
    """B/32 in half precision: 50 x 768 x 2 bytes, against 224 x 224 x 3; of B/16 there are four times as many."""
    config = PromptConfig()
    for encoder, cut in (("clip-vit-b32-laion2b", "patches"), ("clip-vit-b16-openai", "pixels")):
        assert loop_cut(task_in(tmp_path, encoder=encoder, cache={"dtype": "float16"}), config) == cut
    # In single precision both are larger than pixels: 50 x 768 x 4 = 153,600 and 197 x 768 x 4 against 150,528.
    assert loop_cut(task_in(tmp_path, encoder="clip-vit-b32-laion2b"), config) == "pixels"


CONFIGS = [
    (PromptConfig(), 139_328),
    (PromptConfig(vision_generator=False), 139_328 - 48_160),
    (PromptConfig(text_generator=False), 139_328 - 33_312),
    (CoOpConfig(), 4 * 512),
    (CoCoOpConfig(), 4 * 512 + (512 * 32 + 32) + (32 * 512 + 512)),
    (VisualPromptConfig(), 12 * 8 * 768),
    (IndependentConfig(), 9 * 2 * (768 + 512)),
]


@pytest.mark.parametrize(("config", "count"), CONFIGS)
def test_counts_of_the_published_sizes(tmp_path: Path, config: PromptConfig, count: int) -> None:
    task = task_in(tmp_path, encoder="clip-vit-b16-openai")
    assert card("clip-vit-b16-openai").dim == 512 and trainable(task, config) == count


def test_counts_are_those_of_what_was_learned(tmp_path: Path) -> None:
    methods = {
        "coop": SMALL, "cocoop": SMALL, "visual-prompts": {**SMALL, "depth": 4}, "independent": {**SMALL, "depth": 2},
        "prompt": {**SMALL, "depth": 3}, "bare": {**SMALL, "method": "prompt", "depth": 2, "vision_generator": False},
    }  # fmt: skip
    task = task_in(tmp_path, methods=methods, seeds=[1])
    encoder = load_encoder(task.card, "cpu")
    for name, config in task.recipe.methods.items():
        assert trainable(task, config) == learned(task, encoder, name, 1).trainable
