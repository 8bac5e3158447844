"""What the few-shot report shows: confidences and attention against plain computations, seconds, and that it is made once."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from few_shot_runs import learned
from PIL import Image
from plain_prompt import WIDTH, shift, world
from plain_towers import plain_image, plain_text
from torch.nn import functional as F

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.methods.few_shot.task import ClassTexts, Shots
from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.prompt.model import ProMPT
from pipeline.records import roots
from pipeline.runs.timing import TimedBatches, seconds_of
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.few_shot.attention import maps_of
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.files import Labelled, spread
from pipeline.tasks.few_shot.learn import Trained
from pipeline.tasks.few_shot.looks import make_pictures
from pipeline.tasks.few_shot.pictures import read_pictures
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.specs import prompts_spec
from pipeline.telemetry.progress import Progress
from stores import Store

SMALL = {"epochs": 2, "batch_size": 4, "vision_prompts": 2}
METHODS = {
    "coop": {"epochs": 2, "batch_size": 4},
    "prompt": {**SMALL, "depth": 3},
    "late": {**SMALL, "method": "prompt", "depth": 2, "late": True},
}


def task_in(workspace: Path, **changes: object) -> BoundFewShot:
    data = {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 2}
    content = {"name": "few", "encoder": "miniature-clip", "data": data, "shots": 2, "seeds": [1], "views": 2}
    content |= {"methods": METHODS, "cache": {"workers": 0}, "workspace": workspace, **changes}
    return BoundFewShot(FewShotRecipe.model_validate(content), "cpu", Progress.silent())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run and its report."""
    workspace = tmp_path_factory.mktemp("finished")
    task = task_in(workspace)
    run_recipe(task)
    return workspace


def made_by_reports(workspace: Path) -> dict[str, bytes]:
    kinds = ("few-shot-confidences", "few-shot-attention")
    files = (path for kind in kinds for path in (workspace / kind).rglob("*") if path.is_file())
    return {str(path.relative_to(workspace)): path.read_bytes() for path in files}


@pytest.mark.parametrize("late", [False, True])
def test_attention_is_the_softmax_of_queries_and_keys_with_prompts_behind_the_tokens(late: bool) -> None:
    model, towers, shots, classes = world()
    first = 1 if late else 0
    if late:
        lower = towers.image.lower(pixels_of(), "block00")
        towers, shots = replace(towers, cut="block00"), replace(shots, activations=lower)
    config = PromptConfig(depth=2, vision_prompts=3, late=late)
    learner = ProMPT(config, towers, WIDTH, seed=4).double()
    found = maps_of(WIDTH, config, Trained(learner, towers, towers.cut, ""), shots, classes)
    own = dict(learner.named_parameters())
    names = ["hen", "great white shark", "tench", "two red cats", "ostrich"]
    for image in range(3):
        wanted = plain_maps(model, own, shots, classes, names, image, first)
        np.testing.assert_allclose(found[image], wanted, atol=1e-6)
    assert found.shape == (3, 3, 3, 3) and np.abs(found[:, 1] - found[:, 0]).max() > 1e-2
    assert np.abs(found[:, 2] - found[:, 1]).max() > 1e-4


def pixels_of() -> torch.Tensor:
    return torch.randint(0, 256, (3, 12, 12, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def plain_maps(
    model: torch.nn.Module,
    own: dict[str, torch.Tensor],
    shots: Shots,
    classes: ClassTexts,
    names: list[str],
    image: int,
    first: int,
) -> np.ndarray:
    """(3, 3, 3): attention without prompts, then with O^1 and O^2 as Eq. 8 to 11 make them, for one image."""
    tokens, x, z = shots.activations["activations"][image : image + 1], shots.features[image], classes.features
    o, p, maps = own["vision_prompts"], own["text_prompts"], [attended(model, tokens, None, first)]
    for _ in range(2):
        ranked = (F.normalize(z, dim=-1) @ F.normalize(x, dim=0)).argsort(descending=True)[:3]
        slots = F.normalize(z, dim=-1)[ranked]
        hidden = [
            torch.relu(slots @ own["vision_generator.weight_in"].T + bias) for bias in own["vision_generator.bias_in"]
        ]
        made = [
            h @ own["vision_generator.weight_out"].T + b
            for h, b in zip(hidden, own["vision_generator.bias_out"], strict=True)
        ]
        o = torch.stack(made) + o
        maps.append(attended(model, tokens, o, first))
        x = plain_image(model, tokens, o[None], first)[0]
        p = p + shift(own, x)
        z = plain_text(model, p[None], names)[0]
    return np.stack(maps)


def attended(model: torch.nn.Module, tokens: torch.Tensor, prompts: torch.Tensor | None, first: int) -> np.ndarray:
    """softmax(q k^T / sqrt(e)) of the class token in the last block, mean over its two heads, as the patches lie."""
    x = tokens
    for layer, block in enumerate(model.visual.transformer.resblocks[first:]):
        if prompts is not None and layer < len(prompts):
            x = torch.cat([x[:, :10], prompts[layer][None]], 1)
        entering, x = x, block(x)
    normed = block.ln_1(entering)[0]
    queries, keys, _ = (normed @ block.attn.in_proj_weight.T + block.attn.in_proj_bias).split(8, dim=-1)
    heads = [torch.exp(keys[:, part] @ queries[0, part] / 2) for part in (slice(0, 4), slice(4, 8))]
    return sum(weights / weights.sum() for weights in heads).numpy()[1:10].reshape(3, 3) / 2


def test_confidences_are_the_softmax_of_the_logits(finished: Path) -> None:
    task = task_in(finished)
    encoder = load_encoder(task.card, "cpu")
    trained = learned(task, encoder, "prompt", 1)
    for half in ("base", "novel"):
        found = read_pictures(task).confidences["prompt"][half]
        rows, size = task.judged(half), task.card.media.size
        pixels = np.stack([
            np.asarray(Image.open(row.path).convert("RGB").resize((size, size), Image.Resampling.BICUBIC))
            for row in rows.rows
        ])  # fmt: skip
        image, text = encoder.prompted_image, encoder.prompted_text
        z0 = encoder.text.full(encoder.collate(encoder.tokenize([f"a photo of a {c}." for c in rows.classes])))
        shots = Shots(image.full(pixels), image.lower(pixels, "patches"), torch.tensor(rows.labels))
        with torch.no_grad():
            frozen = text.logit_scale * F.normalize(shots.features, dim=1) @ F.normalize(z0, dim=1).T
            logits = [frozen, *trained.learner(shots, ClassTexts(z0, text.classes(rows.classes)))]
        shares = np.exp(np.stack([each.double().numpy() for each in logits], 1))  # n N+1 K
        shares /= shares.sum(-1, keepdims=True)
        wanted = np.stack([shares[i, :, label] for i, label in enumerate(rows.labels)])
        np.testing.assert_allclose(found.confidence, wanted, atol=1e-5)
        assert (found.predicted == shares.argmax(-1)).all() and found.predicted.shape == (16, 3)
        assert found.paths == tuple(row.path for row in rows.rows) and found.labels.tolist() == list(rows.labels)
        # What is right after the last iteration is what the table says.
        assert found.right[:, -1].mean() == pytest.approx(figures(task).runs["prompt"][0].accuracies[half][-1])


def test_a_second_run_draws_nothing_again_and_nothing_is_garbage(finished: Path) -> None:
    kept = {p: p.stat().st_mtime_ns for p in finished.rglob("*") if p.is_file() and "history" not in p.parts}
    task = task_in(finished)
    path = run_recipe(task).report
    same = {p: time for p, time in kept.items() if ".locks" not in p.parts and not p.name.endswith(".lock")}
    assert path in same and {p: p.stat().st_mtime_ns for p in same} == same
    assert Store(finished).gc(roots(finished)) == []
    artifacts = {kind: len(Store(finished).artifacts(kind)) for kind in ("few-shot-confidences", "few-shot-attention")}
    assert artifacts == {"few-shot-confidences": 4, "few-shot-attention": 4}  # two methods, two halves


@pytest.mark.parametrize("dies_at", [1, 5])
def test_killed_in_the_middle_it_ends_in_the_same_bytes(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    from stores.writer import Writer

    task = task_in(tmp_path)
    figures(task)
    for kind in ("few-shot-confidences", "few-shot-attention"):
        shutil.rmtree(tmp_path / kind)
    plain, calls = Writer.publish, []

    def publish(writer: Writer, *given: object, **named: object) -> None:
        calls.append(writer)
        if len(calls) > dies_at:
            raise KeyboardInterrupt
        plain(writer, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "publish", publish)
        with pytest.raises(KeyboardInterrupt):
            run_recipe(task_in(tmp_path))
    assert not (tmp_path / "runs" / "few" / "report.html").exists()
    again = task_in(tmp_path)
    page = run_recipe(again).report.read_text("utf-8")
    assert page.rstrip().endswith("</html>")
    assert made_by_reports(tmp_path) == made_by_reports(finished)


def test_a_report_that_lacks_a_method_is_drawn_again(finished: Path, tmp_path: Path) -> None:
    task = task_in(tmp_path, methods={"coop": METHODS["coop"]})
    path = run_recipe(task).report
    before = path.read_text("utf-8")
    assert ">Attention<" not in before and ">Confidence<" not in before
    both = task_in(tmp_path, methods={name: METHODS[name] for name in ("coop", "late")})
    run_recipe(both)
    assert ">late, 2<" in path.read_text("utf-8")
    run_recipe(task)
    assert path.read_text("utf-8") == before
    left = {removal.path.parent.name for removal in Store(tmp_path).gc(roots(tmp_path))}
    assert left == {"features", "prompts", "few-shot-results", "few-shot-confidences", "few-shot-attention"}


def test_seconds_are_facts_of_the_run_and_in_no_artifact(finished: Path) -> None:
    task = task_in(finished)
    for config in task.recipe.methods.values():
        spec = prompts_spec(task, config, 1, task.shots(1))
        seconds = seconds_of(task, spec.fingerprint)
        assert len(seconds) == 2 and min(seconds) > 0
        manifest = json.loads((finished / "prompts" / spec.fingerprint / "manifest.json").read_text())
        assert manifest["notes"] == {"finished": 2}  # which epoch was the last, and no second
    assert seconds_of(task, "0" * 32) == []


def test_an_epoch_lasts_until_its_last_step_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, told = [0.0], []
    monkeypatch.setattr("pipeline.runs.timing.time.perf_counter", lambda: clock[0])

    class Batches:
        def __len__(self) -> int:
            return 3

        def epoch(self, epoch: int):  # type: ignore[no-untyped-def]
            for i in range(3):
                clock[0] += 1  # to make the batch
                yield i

    timed = TimedBatches(Batches(), lambda *given: told.append(given))
    for _ in timed.epoch(7):
        clock[0] += 10  # the step
    assert told == [(7, 33.0)] and len(timed) == 3


def test_what_is_looked_at_is_from_all_over_the_list_each_content_once() -> None:
    task_rows = tuple(Row(key) for key in "abcabdefgh")
    found = Labelled("x", ("one",), task_rows, tuple(range(10)))  # type: ignore[arg-type]
    assert [row.key for row in spread(found, 100).rows] == list("abcdefgh")
    assert spread(found, 100).labels == (0, 1, 2, 5, 6, 7, 8, 9)
    assert [row.key for row in spread(found, 4).rows] == list("aceg")


class Row:
    def __init__(self, key: str) -> None:
        self.key = key


def test_pictures_are_what_the_tower_sees(finished: Path) -> None:
    task = task_in(finished)
    rows = read_pictures(task).attention
    assert [row.test_set for row in rows] == ["base"] * 3 + ["novel"] * 3
    assert list(rows[0].maps) == ["no prompts", "prompt, 1", "prompt, 2", "late, 1", "late, 2"]
    chosen, size = task.judged("base").rows[0], task.card.media.size
    picture = Image.open(chosen.path).convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    assert rows[0].label == chosen.labels[0] and (rows[0].picture == np.asarray(picture)).all()


def test_a_tower_that_does_not_tell_its_attention_leaves_the_rest(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise EncoderError("attention of another kind")

    monkeypatch.setattr("pipeline.tasks.few_shot.looks.attention_maps", refuse)
    shutil.copytree(finished, tmp_path / "w")
    shutil.rmtree(tmp_path / "w" / "few-shot-attention")
    task = task_in(tmp_path / "w")
    make_pictures(task, lambda artifact: None)
    seen = read_pictures(task)
    assert seen.attention == [] and seen.no_attention == "None can be shown: attention of another kind."
    assert set(seen.confidences) == {"prompt", "late"}
