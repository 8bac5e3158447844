"""Prompts of all classes, judged on other data sets: what is learned, what is judged among which names, what is done once."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from few_shot_layouts import write_few_shot
from few_shot_runs import learned
from PIL import Image, ImageOps

from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.recipe.errors import RecipeError
from pipeline.stages.cache import cache
from pipeline.stages.whole import figures
from pipeline.tasks.few_shot import judge as judging
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.tables import few_shot_table, few_shot_values
from pipeline.tasks.load import load_recipe
from pipeline.telemetry.progress import Progress
from stores import Artifact, Store

CLASSES = ["circle", "star", "heart", "arrow"]
OTHERS = ["cloud", "spiral", "flower"]
SOURCE = {"layout": "miniature-shapes", "classes": CLASSES, "train_per_class": 3, "test_per_class": 3}
SMALL = {"epochs": 2, "batch_size": 4}
METHODS = {"coop": SMALL, "prompt": {**SMALL, "depth": 2, "vision_prompts": 2}}
JUDGED = {
    "negative": {"layout": "miniature-shapes", "classes": CLASSES, "test_per_class": 3, "style": "negative"},
    "others": {"layout": "miniature-shapes", "classes": OTHERS, "test_per_class": 4, "seed": 7},
}


def task_in(workspace: Path, **changes: object) -> BoundFewShot:
    content = {"name": "far", "encoder": "miniature-clip", "data": SOURCE, "classes": "all", "judge_on": JUDGED}
    content |= {"shots": 2, "seeds": [1], "views": 2, "methods": METHODS, "cache": {"workers": 0}}
    recipe = FewShotRecipe.model_validate({**content, "workspace": workspace, **changes})
    return BoundFewShot(recipe, "cpu", Progress.silent())


def pixels_of(task: BoundFewShot, found: Labelled) -> np.ndarray:
    size = task.card.media.size
    return np.stack([
        np.asarray(Image.open(row.path).convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
        for row in found.rows
    ])  # fmt: skip


def nearest(encoder: Encoder, pixels: np.ndarray, texts: torch.Tensor, found: Labelled) -> float:
    images = F.normalize(encoder.media.full(pixels), dim=-1)
    right = (images @ F.normalize(texts, dim=-1).T).argmax(1) == torch.tensor(found.labels)
    return right.double().mean().item()


def artifacts(workspace: Path) -> dict[str, tuple[int, bytes]]:
    kinds = ("prompts", "few-shot-results")
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for kind in kinds
        for path in (workspace / kind).rglob("*")
        if path.is_file() and ".locks" not in path.parts
    }


def test_all_classes_are_learned_and_every_data_set_is_judged_among_its_own(tmp_path: Path) -> None:
    task = task_in(tmp_path)
    assert task.test_sets == ("miniature-shapes", "negative", "others")
    assert task.shots(1).classes == tuple(CLASSES) and sorted(task.shots(1).labels) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [task.judged(name).classes for name in task.test_sets] == [tuple(CLASSES), tuple(CLASSES), tuple(OTHERS)]
    result = figures(task)
    encoder = load_encoder(task.card, "cpu")
    coop = learned(task, encoder, "coop", 1)
    for name in task.test_sets:
        found = task.judged(name)
        assert len(found.rows) == (12 if name == "others" else len(CLASSES) * 3)
        pixels = pixels_of(task, found)
        sentences = [f"a photo of a {each}." for each in found.classes]
        texts = encoder.text.full(encoder.collate(encoder.tokenize(sentences)))
        assert result.runs["zero-shot"][0].accuracies[name] == (nearest(encoder, pixels, texts, found),)
        tokens = encoder.prompted_text.classes(found.classes)
        with torch.no_grad():
            prompted = encoder.prompted_text(coop.learner.text_prompts[None], tokens)[0]
        assert result.runs["coop"][0].accuracies[name] == (nearest(encoder, pixels, prompted, found),)
    means = result.accuracies()
    assert result.averages() == {
        method: pytest.approx((found["negative"] + found["others"]) / 2) for method, found in means.items()
    }
    _, columns, rows = few_shot_table(task.recipe, result)
    assert columns == ["method", "learned", "miniature-shapes", "negative", "others", "average"]
    assert rows[2][2:] == [f"{100 * value:.1f}" for value in [*means["prompt"].values(), result.averages()["prompt"]]]
    values = few_shot_values(result)["prompt"]
    assert values["average"] == result.averages()["prompt"] and "harmonic" not in values
    assert len(values["seeds"][0]["others"]) == 2


def test_a_data_set_more_costs_itself_only(tmp_path: Path) -> None:
    figures(task_in(tmp_path, judge_on={"negative": JUDGED["negative"]}))
    before = artifacts(tmp_path)
    figures(task_in(tmp_path))
    after = artifacts(tmp_path)
    assert before and all(after[name] == content for name, content in before.items())
    assert len(Store(tmp_path).artifacts("prompts")) == 2
    assert len(Store(tmp_path).artifacts("few-shot-results")) == 3 * 3  # (zero-shot and two methods) x three test sets


def test_without_other_data_sets_all_classes_are_judged_at_once(tmp_path: Path) -> None:
    result = figures(task_in(tmp_path, judge_on={}, methods={"coop": SMALL}))
    assert list(result.accuracies()["coop"]) == ["miniature-shapes"] and result.averages() == {}
    assert "average" not in few_shot_values(result)["coop"]


@pytest.mark.parametrize("inputs", ["pixels", "patches"])
def test_no_more_images_than_a_batch_has_are_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inputs: str
) -> None:
    task, read, gathered = task_in(tmp_path, methods={"prompt": METHODS["prompt"]}, inputs=inputs), [], Artifact.arrays
    cache(task)

    def arrays(self: Artifact, keys: list[str], names: list[str] | None = None) -> dict[str, np.ndarray]:
        found = gathered(self, keys, names)
        read.extend(len(keys) for name in found if name != "vectors")
        return found

    monkeypatch.setattr(Artifact, "arrays", arrays)
    monkeypatch.setattr(judging, "_BATCH", 3)
    monkeypatch.setattr("pipeline.tasks.few_shot.looks.make_pictures", lambda *given: None)
    figures(task)
    assert max(read) == METHODS["prompt"]["batch_size"]
    judged = sum(len(task.judged(name).rows) for name in task.test_sets)
    assert sum(read) == METHODS["prompt"]["epochs"] * len(task.shots(1).rows) + judged


def test_styles_are_those_of_the_same_pictures(tmp_path: Path) -> None:
    task = task_in(tmp_path)
    plain, negative = task.judged("miniature-shapes"), task.judged("negative")
    assert [Path(row.path).name for row in plain.rows] == [Path(row.path).name for row in negative.rows]
    for row, other in zip(plain.rows, negative.rows, strict=True):
        wanted = np.asarray(ImageOps.invert(Image.open(row.path).convert("RGB")), int)
        assert np.abs(np.asarray(Image.open(other.path), int) - wanted).mean() < 4  # JPEG


@pytest.fixture
def imagenets(tmp_path: Path) -> Path:
    for name in ("imagenet", "imagenet-v2", "imagenet-a"):
        write_few_shot(name, tmp_path / "data", CLASSES, counts=(3, 0, 2))
    write_few_shot("eurosat", tmp_path / "data", OTHERS, counts=(3, 1, 2))
    return tmp_path


def test_published_data_sets_lie_beside_the_one_that_is_learned_from(imagenets: Path) -> None:
    (imagenets / "r.yaml").write_text(
        "name: far\nencoder: miniature-clip\ndata: {layout: imagenet, root: data}\nclasses: all\n"
        "judge_on: {imagenet-v2: , imagenet-a: , mine: {layout: eurosat, root: data/eurosat}}\nshots: 2\nmethods: {coop: }\n"
    )
    task = BoundFewShot(load_recipe(imagenets / "r.yaml", imagenets / "w"), "cpu", Progress.silent())
    found = {name: task.judged(name) for name in task.test_sets}
    assert list(found) == ["imagenet", "imagenet-v2", "imagenet-a", "mine"]
    assert found["imagenet"].classes == found["imagenet-v2"].classes == tuple(CLASSES)
    assert found["imagenet-a"].classes == tuple(CLASSES[::2]) and set(found["imagenet-a"].labels) == {0, 1}
    assert "imagenet/images/val" in found["imagenet"].rows[0].path
    assert task.prompts(found["mine"], own=True)[0] == f"a centered satellite photo of {OTHERS[0]}."
    assert task.prompts(found["mine"], own=False)[0] == f"a photo of a {OTHERS[0]}."
    assert len(task.shots(1).rows) == 2 * len(CLASSES)


BAD = [
    ("classes: base\njudge_on: {imagenet-a: }", "judge_on: other data sets are judged with prompts that all classes"),
    ("classes: all\njudge_on: {imagenet: }", "judge_on: 'imagenet' is what is learned from and is judged anyway"),
    ("classes: all\njudge_on: {imagenet-c: }", "judge_on.imagenet-c: layout is 'imagenet-c'; allowed are"),
    ("classes: all\njudge_on: {dtd: {split: val}}", "judge_on: the protocol takes the splits as they were published"),
    ("classes: all\njudge_on: {dtd: {rot: x}}", "judge_on.dtd.rot: unknown key; did you mean 'root'?"),
    ("classes: novel", "classes: Input should be 'base' or 'all'"),
    ("classes: all\njudge_on: {x: {layout: miniature-shapes, train_per_class: 2}}", "train_per_class: unknown key"),
    ("classes: all\njudge_on: [dtd]", "judge_on: Input should be a valid dictionary"),
]


@pytest.mark.parametrize(("part", "message"), BAD)
def test_what_does_not_go_together_is_told(tmp_path: Path, part: str, message: str) -> None:
    (tmp_path / "r.yaml").write_text(
        f"name: far\ndata: {{layout: imagenet, root: data}}\n{part}\nmethods: {{coop: }}\n"
    )
    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "r.yaml")
    assert "1 mistake\n" in str(caught.value) and message in str(caught.value), caught.value


def test_the_frozen_encoder_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "name: x\ndata: {layout: dtd, root: d}\nmethods: {zero-shot: {method: coop}, coop: }\n"
    )
    with pytest.raises(RecipeError, match="methods: 'zero-shot' is the frozen encoder, which is judged anyway"):
        load_recipe(tmp_path / "r.yaml")


def test_a_split_of_the_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: x\ndata: {layout: dtd, root: d, split: val}\nmethods: {coop: }\n")
    with pytest.raises(
        RecipeError, match="data: the protocol takes the splits as they were published; leave 'split' out"
    ):
        load_recipe(tmp_path / "r.yaml")
