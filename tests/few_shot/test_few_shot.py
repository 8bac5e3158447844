"""Few-shot recipes from end to end in the miniature world, and the cached loop against one that caches nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from few_shot_runs import learned
from PIL import Image

from pipeline.cli.app import app
from pipeline.datasets.few_shot import draw_shots, half
from pipeline.encoders.load import load_encoder
from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers, cosines
from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.prompt.model import ProMPT
from pipeline.recipe.errors import RecipeError
from pipeline.records import roots
from pipeline.sources import AugmentedViewsSpec
from pipeline.sources.augmented import augmented_views
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import figures
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.specs import views_of
from pipeline.tasks.load import load_recipe, recipe_text, shipped_recipes
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.schedules import dassl_rate
from stores import Store

DATA = {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 3}
SMALL = {"epochs": 2, "batch_size": 4}
METHODS = {
    "coop": SMALL,
    "cocoop": SMALL,
    "visual-prompts": {**SMALL, "depth": 4, "vision_prompts": 2},
    "independent": {**SMALL, "depth": 2},
    "prompt": {**SMALL, "depth": 3, "vision_prompts": 2},
    "late": {**SMALL, "method": "prompt", "depth": 2, "vision_prompts": 2, "late": True},
}


def task_in(workspace: Path, **changes: object) -> BoundFewShot:
    content = {"name": "few", "encoder": "miniature-clip", "data": DATA, "shots": 2, "seeds": [1, 2], "views": 2}
    content |= {"methods": METHODS, "cache": {"workers": 0}, "workspace": workspace, **changes}
    return BoundFewShot(FewShotRecipe.model_validate(content), "cpu", Progress.silent())


def tree(workspace: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(workspace)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in workspace.rglob("*")
        if path.is_file() and not {".locks", "history"} & set(path.parts)  # which tells when a run was
    }


def test_every_method_runs_and_nothing_is_done_twice(tmp_path: Path) -> None:
    result = figures(task_in(tmp_path))
    assert list(result.runs) == ["zero-shot", *METHODS]
    assert {name: len(runs) for name, runs in result.runs.items()} == {"zero-shot": 1, **dict.fromkeys(METHODS, 2)}
    assert all(len(run.base) == len(run.novel) == 2 for run in result.runs["prompt"])  # after each iteration
    assert 0.4 < result.means()["zero-shot"].base < 1
    checkpoints = Store(tmp_path).artifacts("prompts")
    assert len(checkpoints) == 12 and all(Checkpoints(found).last_epoch() == 2 for found in checkpoints)
    before = tree(tmp_path)
    assert figures(task_in(tmp_path)) == result
    assert tree(tmp_path) == before


def test_more_seeds_and_methods_add_to_what_is_there(tmp_path: Path) -> None:
    two = {name: METHODS[name] for name in ("coop", "prompt")}
    figures(task_in(tmp_path, methods=two, seeds=[1]))
    before = tree(tmp_path)
    figures(task_in(tmp_path, methods={**two, "cocoop": SMALL}, seeds=[1, 2]))
    after = tree(tmp_path)
    kept = {name for name in before if name.startswith(("prompts", "few-shot-results")) or name.endswith(".h5")}
    assert kept and all(after[name] == before[name] for name in kept)
    assert len(Store(tmp_path).artifacts("prompts")) == 6


def test_nothing_of_a_run_is_garbage_and_what_it_no_longer_needs_is(tmp_path: Path) -> None:
    two = {name: METHODS[name] for name in ("coop", "prompt")}
    figures(task_in(tmp_path, methods=two, seeds=[1]))
    assert Store(tmp_path).gc(roots(tmp_path)) == []
    figures(task_in(tmp_path, methods={"coop": SMALL}, seeds=[1]))
    left = {removal.path.parent.name for removal in Store(tmp_path).gc(roots(tmp_path))}
    assert left == {"prompts", "few-shot-results", "few-shot-confidences", "few-shot-attention"}


@pytest.mark.parametrize("dies", ["source", "features", "epoch", "result"])
def test_killed_in_the_middle_it_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    methods = {"prompt": METHODS["prompt"]}
    whole = figures(task_in(tmp_path / "whole", methods=methods, seeds=[1]))
    from stores.writer import Writer

    plain, calls = Writer.publish, []
    at = {"source": 0, "features": 2, "epoch": 6, "result": 9}[dies]

    def publish(writer: Writer, *given: object, **named: object) -> None:
        calls.append(writer)
        if len(calls) > at:
            raise KeyboardInterrupt
        plain(writer, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "publish", publish)
        with pytest.raises(KeyboardInterrupt):
            figures(task_in(tmp_path / "broken", methods=methods, seeds=[1]))
    assert figures(task_in(tmp_path / "broken", methods=methods, seeds=[1])) == whole
    left, right = (tree(tmp_path / name) for name in ("whole", "broken"))
    skip = ("cache/",)  # the memory of file keys holds paths
    assert {n: without_facts(n, b) for n, (_, b) in left.items() if not n.startswith(skip)} == {
        n: without_facts(n, b) for n, (_, b) in right.items() if not n.startswith(skip)
    }


def without_facts(name: str, content: bytes) -> object:
    """A file's content; of a run's record not the seconds that it took."""
    if not name.endswith("run.json"):
        return content
    return {key: value for key, value in json.loads(content).items() if key not in ("facts", "checksum")}


@pytest.mark.parametrize("inputs", ["pixels", "patches"])
def test_losses_are_those_of_a_loop_that_caches_nothing(tmp_path: Path, inputs: str) -> None:
    """Files opened, cropped and encoded in every step, n = 0 included; 1e-5 allowed."""
    config = PromptConfig(epochs=3, batch_size=4, depth=3, vision_prompts=2)
    task = task_in(tmp_path, inputs=inputs, methods={"prompt": config})
    encoder = load_encoder(task.card, "cpu")
    trained = learned(task, encoder, "prompt", 1)
    found = Checkpoints(Store(tmp_path).artifact(Store(tmp_path).find(trained.fingerprint).spec)).history()
    wanted = uncached_losses(task, encoder, config)
    assert len(wanted) == 12
    assert found["loss"] == pytest.approx(wanted, abs=1e-5)
    assert found["loss"][-1] != found["loss"][-5]


def uncached_losses(task: BoundFewShot, encoder: object, config: PromptConfig) -> list[float]:
    drawn = half(draw_shots("miniature-shapes", task._files.split(task.recipe.data, "train"), None, 2, 1).train, "base")
    image, text = encoder.prompted_image, encoder.prompted_text
    spec = AugmentedViewsSpec(size=task.card.media.size, views=2)
    ids = encoder.collate(encoder.tokenize([f"a photo of a {name}." for name in drawn.classes]))
    classes = ClassTexts(encoder.text.full(ids).detach(), text.classes(drawn.classes))
    learner = ProMPT(config, Towers(text, image, "patches"), task.card.dim, 1)
    optimiser = torch.optim.SGD(learner.parameters(), lr=1.0, momentum=0.9, weight_decay=5e-4)
    losses = []
    for epoch in range(config.epochs):
        order = torch.randperm(len(drawn.rows), generator=torch.Generator().manual_seed(1_000_003 + epoch + 1))
        for start in range(0, len(drawn.rows), 4):
            rows = [drawn.rows[i] for i in order[start : start + 4].tolist()]
            pixels = np.stack([augmented_views(str(drawn.file(row)), spec)[epoch % 2] for row in rows])
            patches = image.lower(pixels, "patches")
            shots = Shots(image.full(pixels).detach(), patches, torch.tensor([row.label for row in rows]))
            loss = sum(torch.nn.functional.cross_entropy(p, shots.labels) for p in learner(shots, classes))
            optimiser.zero_grad()
            loss.backward()
            for group in optimiser.param_groups:
                group["lr"] = dassl_rate(config.lr, epoch, config.epochs)
            optimiser.step()
            losses.append(loss.item())
    return losses


def test_crops_are_as_small_as_the_recipe_allows(tmp_path: Path) -> None:
    whole, small = (views_of(task_in(tmp_path, smallest_crop=share), training=True) for share in (1.0, 0.08))
    assert (whole.scale, small.scale) == ((1.0, 1.0), (0.08, 1.0)) and small == AugmentedViewsSpec(size=48, views=2)


def test_zero_shot_is_the_nearest_sentence(tmp_path: Path) -> None:
    task = task_in(tmp_path, methods={"coop": SMALL}, seeds=[1])
    result = figures(task)
    encoder = load_encoder(task.card, "cpu")
    for which in ("base", "novel"):
        files = task.judged(which)
        size = task.card.media.size
        pixels = np.stack([
            np.asarray(Image.open(row.path).convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
            for row in files.rows
        ])  # fmt: skip
        texts = encoder.text.full(encoder.collate(encoder.tokenize([f"a photo of a {c}." for c in files.classes])))
        right = cosines(encoder.media.full(pixels), texts).argmax(1) == torch.tensor(files.labels)
        assert getattr(result.runs["zero-shot"][0], which) == (right.double().mean().item(),)


def test_the_command_prints_a_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "name: few\nencoder: miniature-clip\ndata: {layout: miniature-shapes, train_per_class: 4, test_per_class: 3}\n"
        "shots: 2\nseeds: [1]\nviews: 1\nmethods:\n  prompt: {epochs: 1, depth: 3, vision_prompts: 2}\n"
    )
    app(["few-shot", str(recipe), "-w", str(tmp_path / "w")], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "zero-shot" in shown and "→" in shown and "few: accuracy in percent, means over seeds 1" in shown
    app(["few-shot", str(recipe), "-w", str(tmp_path / "w"), "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)["prompt"]
    base, novel = found["accuracies"]["base"], found["accuracies"]["novel"]
    assert found["harmonic"] == pytest.approx(2 * base * novel / (base + novel))
    assert found["trainable"] == 5_600 and "5,600" in shown


@pytest.mark.parametrize("name", [name for name in shipped_recipes() if name.startswith("few-shot/")])
def test_shipped_recipes_load(name: str) -> None:
    assert load_recipe(name).methods


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": "miniature-clap"}, "is of the family clap; prompts are learned inside CLIP's towers"),
        (
            {"methods": {"prompt": {"depth": 9}}},
            "asks for prompts in 9 blocks; the image tower of 'miniature-clip' has 4",
        ),
        ({"methods": {"coop": {"batch_size": 99}}}, "16 shots do not fill one batch of 99"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_encoded(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    for act in (plan_run, figures):
        with pytest.raises(FewShotError, match=message):
            act(task_in(tmp_path, **changes))
    assert not Store(tmp_path).artifacts()


def test_all_methods_that_do_not_fit_are_told_together(tmp_path: Path) -> None:
    methods = {
        "prompt": {"depth": 9},
        "coop": SMALL,
        "cocoop": {"batch_size": 99},
        "late": {"method": "prompt", "depth": 5},
    }
    with pytest.raises(FewShotError) as told:
        figures(task_in(tmp_path, methods=methods))
    assert [line.split(".")[0] for line in str(told.value).splitlines()] == [
        "few-shot: prompt asks for prompts in 9 blocks; the image tower of 'miniature-clip' has 4",
        "few-shot: 16 shots do not fill one batch of 99",
        "few-shot: prompt asks for prompts in 5 blocks; the image tower of 'miniature-clip' has 4",
    ]


def test_mistakes_of_a_recipe_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "name: few\nshoots: 3\ndata: {layout: eurosat}\nmethods: {prompt: {dept: 3}, late: {method: promt}, foo: 3}\n"
    )
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    told = str(caught.value).splitlines()
    assert told[0].endswith("5 mistakes")
    assert any("data.eurosat.root: Field required" in line for line in told)
    assert any("methods.prompt.dept: unknown key; did you mean 'depth'?" in line for line in told)
    assert any(
        "methods.late: method is 'promt'" in line and line.endswith("Did you mean prompt? (line 4)") for line in told
    )
    assert any("shoots: unknown key; did you mean 'shots'?" in line for line in told)
    with pytest.raises(RecipeError, match="nor a shipped recipe; .*few-shot/miniature"):
        load_recipe(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(("seeds", "told"), [([1, 2, 1], "each is named once"), ([-1], "whole numbers from 0")])
def test_seeds_are_numbers_named_once(tmp_path: Path, seeds: list[int], told: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(f"name: few\ndata: {{layout: miniature-shapes}}\nmethods: {{coop: }}\nseeds: {seeds}\n")
    with pytest.raises(RecipeError, match=rf"(?s)1 mistake\n.*seeds.*{told}"):
        load_recipe(path)


def test_a_recipe_is_of_the_task_whose_mark_it_bears_or_that_it_says(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(recipe_text("miniature"))
    assert type(load_recipe(path)) is Recipe
    content = "name: few\nencoder: miniature-clip\ndata: {layout: miniature-shapes}\nmethods: {coop: }\n"
    for text in (content, f"task: few-shot\n{content}"):
        path.write_text(text)
        assert type(load_recipe(path)) is FewShotRecipe
    path.write_text(f"task: few-shots\n{content}")
    with pytest.raises(
        RecipeError,
        match="task: there is no task 'few-shots'; known are sentences, av-events, av-masks, av-questions, open-video, few-shot",
    ):
        load_recipe(path)
    path.write_text(f"task: sentences\n{content}")
    with pytest.raises(RecipeError, match="(?s)modalities: Field required.*encoder: unknown key"):
        load_recipe(path)
