"""A made-up run over real files of the miniature world: what the report shows, without any training."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import (
    SINGLE_TEMPLATE,
    TAAM_CPT,
    TEMPLATE_ENSEMBLE,
    EvaluationResult,
    judge_scores,
    method_scores,
    softmax,
    targets_of,
    unit_rows,
)
from pipeline.labels.candidates import Candidates
from pipeline.miniature.world import (
    AUDIO_CLASSES,
    IMAGE_CLASSES,
    VIDEO_CLASSES,
    write_images,
    write_sounds,
    write_videos,
)
from pipeline.report import Generation, LineageEntry, RejectedFile, ReportData

sys.path.insert(0, str(Path(__file__).parent))

STEPS = (0, 4, 16, 64, 256)
RECIPE = "name: made-up\n# <b>not bold</b>\nmodalities:\n  image: {labels: shapes, encoder: miniature-clip}\n"


def make_data(
    root: Path, classes: int, per_class: int, modalities: tuple[str, ...] = ("video", "image", "audio")
) -> ReportData:
    """A report's input over `per_class` files of each of the first `classes` classes."""
    rng = np.random.default_rng(0)
    names = {"video": VIDEO_CLASSES, "image": IMAGE_CLASSES, "audio": AUDIO_CLASSES}
    labels = {m: list(names[m][:classes]) for m in modalities}
    candidates = Candidates.of(labels)
    media = {m: _files(root, m, labels[m], per_class) for m in modalities}
    truth = {m: rng.normal(size=(len(candidates), 24)) + 0.7 * rng.normal(size=24) for m in modalities}
    start = rng.normal(size=(len(candidates), 24)) * 0.02
    snapshots = [
        (step, {m: start + min(1.0, step / 100) * (truth[m] + 0.5 * rng.normal(size=start.shape)) for m in modalities})
        for step in STEPS
    ]  # fmt: skip
    targets = {m: targets_of(media[m], labels[m]) for m in modalities}
    own = {m: candidates.indices(m) for m in modalities}
    features = {
        m: (unit_rows(targets[m] @ truth[m][own[m]]) * 4 + 1.3 * rng.normal(size=(len(media[m]), 24))).astype(
            np.float32
        )
        for m in modalities
    }
    scores = {}
    for m in modalities:
        noise = rng.normal(size=(len(own[m]), 24))
        classifiers = {
            SINGLE_TEMPLATE: truth[m][own[m]] + 1.6 * noise,
            TEMPLATE_ENSEMBLE: truth[m][own[m]] + 1.3 * noise,
            TAAM_CPT: snapshots[-1][1][m][own[m]],
        }
        scores[m] = method_scores(features[m], classifiers)
    result = EvaluationResult(modalities=tuple(judge_scores(m, media[m], labels[m], scores[m]) for m in modalities))
    return ReportData(
        recipe_name="made-up", recipe_yaml=RECIPE, result=result, curves=_curves(modalities, rng), snapshots=snapshots,
        columns=list(candidates.columns), media=media, features=features, targets=targets, scores=scores,
        shares={m: softmax(found[TAAM_CPT], 0.01) for m, found in scores.items()},
        generation={m: _generation(labels[m]) for m in modalities},
        rejected=[RejectedFile(modalities[0], "clips/<img src=x>.mp4", "truncated"),
                  RejectedFile(modalities[0], "clips/b.mp4", "not a video: end of file (EOFError)")],
        lineage=[LineageEntry("texts", "ab" * 16, "sentences about " + modalities[0], (), 1200, 88_000),
                 LineageEntry("features", "cd" * 16, "text features, miniature-viclip", ("ab" * 16,), 1200, 310_000),
                 LineageEntry("checkpoint", "ef" * 16, "TaAM-CPT, 10 epochs", ("cd" * 16,), len(candidates), 42_000)],
        facts={"device": "cpu", "generate": "12.1 s", "cache": "8.0 s", "train": "20.4 s", "torch": "2.11.0"},
    )  # fmt: skip


def _files(root: Path, modality: str, labels: list[str], per_class: int) -> list[MediaRow]:
    if modality == "image":
        return _images(write_images(root / "image", 5, per_class * len(labels), labels))
    write = {"audio": write_sounds, "video": write_videos}[modality]
    folder = write(root / modality, 5, per_class, labels)
    paths = sorted(path for path in folder.rglob("*.*") if path.parent != folder)
    return [MediaRow(path.name, str(path), (path.parent.name,)) for path in paths]


def _images(folder: Path) -> list[MediaRow]:
    coco = json.loads((folder / "annotations" / "instances.json").read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    shown: dict[int, list[str]] = {image["id"]: [] for image in coco["images"]}
    for item in coco["annotations"]:
        shown[item["image_id"]].append(names[item["category_id"]])
    return [
        MediaRow(
            image["file_name"], str(folder / "images" / image["file_name"]), tuple(dict.fromkeys(shown[image["id"]]))
        )
        for image in coco["images"]
    ]


def _curves(modalities: tuple[str, ...], rng: np.random.Generator) -> dict[str, list[float]]:
    steps = np.arange(0, 257, 2)
    curves = {"step": steps.tolist(), "epoch": (steps / 26).tolist()}
    for i, m in enumerate(modalities):
        fall = np.exp(-steps / (30 + 25 * i))
        noise = 1 + 0.04 * rng.normal(size=len(steps))
        curves[f"intra/{m}"] = (30 * fall * noise + 4).tolist()
        curves[f"active/{m}"] = np.clip(fall * noise, 0, 1).tolist()
        if i:
            curves[f"inter/{modalities[0]}->{m}"] = (20 * fall * noise + 30).tolist()
    curves["loss"] = np.sum([v for k, v in curves.items() if "/" in k and "active" not in k], axis=0).tolist()
    return curves


def _generation(labels: list[str]) -> Generation:
    return Generation(
        queries=240, sentences=1200, accepted=861,
        rejected={"label missing": 201, "near-duplicate": 98, "25 words or more": 30, "cut off": 10},
        examples=[(f"There is a {label} in the corner of the room.", (label,)) for label in labels[:3]]
        + [("Look: <script>alert('sentence')</script> & a circle.", ("circle",))],
        refused=[("Nothing to see here.", "label missing")],
    )  # fmt: skip


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> ReportData:
    """Three modalities, six classes, three files a class."""
    return make_data(tmp_path_factory.mktemp("media"), classes=6, per_class=3)


@pytest.fixture(scope="session")
def maker() -> Callable[..., ReportData]:
    """`make_data`, for tests that want another size."""
    return make_data
