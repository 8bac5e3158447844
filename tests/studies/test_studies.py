"""The papers' tables as studies: they say what the paper says, they are sound recipes, and each runs in miniature."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.metrics import average_precision_score

from pipeline.datasets import MediaRow
from pipeline.evaluation import SINGLE_TEMPLATE, TAAM_CPT, EvaluationResult, judge_scores
from pipeline.recipe.errors import RecipeError
from pipeline.studies.base import RowResult, StudyError, study_values
from pipeline.studies.load import load_study, names_of, study_text
from pipeline.studies.sentences.changes import merged
from pipeline.studies.sentences.figures import part_metric, row_figures
from pipeline.studies.sentences.run import SENTENCES_STUDIES
from pipeline.studies.sentences.schema import Row
from pipeline.studies.sentences.tables import study_table
from pipeline.studies.settings import Places, Settings
from pipeline.tasks.load import parse_recipe
from pipeline.telemetry.progress import Progress

# Typed from the paper a second time, not from the files: study -> (row, modality, metric, TaAM-CPT, zero-shot).
PAPER = {
    "taam-cpt-table1": [
        ("MSCOCO", "image", "mAP", 68.1, 55.6), ("VOC2007", "image", "mAP", 89.4, 80.5),
        ("VOC2012", "image", "mAP", 87.8, 80.1), ("NUS-WIDE", "image", "mAP", 49.6, 37.1),
        ("ImageNet-mini", "image", "top1", 90.4, 85.5), ("ImageNet-mini", "image", "top5", 98.3, 94.3),
        ("Objects365", "image", "mAP", 28.2, 19.8),
    ],
    "taam-cpt-table2": [("ESC-50", "audio", "top1", 94.2, 90.5), ("UrbanSound8K", "audio", "top1", 85.2, 76.2)],
    "taam-cpt-table3": [
        ("UCF101", "video", "top1", 75.4, 73.3), ("UCF101", "video", "top5", 95.7, 93.3),
        ("Kinetics-400", "video", "top1", 55.2, 53.8), ("Kinetics-600", "video", "top1", 52.9, 52.0),
        ("Kinetics-700", "video", "top5", 71.1, 68.6),
    ],
    "taam-cpt-table7": [
        ("video pool alone", "video", "top1", 53.8, 53.8), ("image pool alone", "image", "mAP", 65.8, 55.6),
        ("all, intra-modal", "video", "top1", 53.7, 53.8), ("all, intra- and inter-modal", "image", "mAP", 68.1, 55.6),
    ],
    "taam-cpt-table10": [("shared within a modality, 1024 wide", "video", "top1", 43.1, 53.8)],
    "taam-cpt-table11": [("1.6 and 0.4", "audio", "top1", 93.9, 90.5)],
    "taam-cpt-table12": [("text features, no inter-modal loss", "image", "mAP", 65.3, 55.6)],
}  # fmt: skip
MINIATURE = Places()
EVERY_ROW = [
    (name, number) for name in names_of(SENTENCES_STUDIES) for number in range(1, len(load_study(name).rows) + 1)
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies") / "workspace"


def test_there_is_a_study_for_every_table_in_the_order_of_the_paper() -> None:
    assert names_of(SENTENCES_STUDIES) == ["taam-cpt-figure4", *(f"taam-cpt-table{number}" for number in range(1, 13))]


@pytest.mark.parametrize("name", PAPER)
def test_the_figures_are_the_papers(name: str) -> None:
    rows = {row.name: row for row in load_study(name).rows}
    for row, modality, metric, ours, zero_shot in PAPER[name]:
        assert rows[row].paper[modality][metric] == ours  # type: ignore[index]
        assert rows[row].zero_shot[modality][metric] == zero_shot  # type: ignore[index]


@pytest.mark.parametrize("name", names_of(SENTENCES_STUDIES))
def test_the_header_says_what_to_get_and_how_much_disk_it_takes(name: str) -> None:
    lines = study_text(name).splitlines()
    header = " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    number = load_study(name).title.split(":")[0]
    assert header.startswith(f"Paper: {number}: ") and " Needs " in header
    for root in re.findall(r"root: (data/[\w-]+)", "\n".join(lines)):
        assert re.search(rf"{root} \([\d.]+ GB\)", header), root
    if "scores/" in "\n".join(line for line in lines if not line.startswith("#")):
        assert "scores/" in header


def test_a_change_is_laid_over_and_data_is_replaced_whole() -> None:
    base = {
        "train": {"weak": "video", "epochs": 10},
        "modalities": {"image": {"data": {"layout": "mscoco", "root": "x"}}},
    }
    kept = json.loads(json.dumps(base))
    change = {"train": {"weak": None}, "modalities": {"image": {"data": {"layout": "voc2007"}}}}
    assert merged(base, change) == {
        "train": {"weak": None, "epochs": 10},
        "modalities": {"image": {"data": {"layout": "voc2007"}}},
    }
    assert base == kept


def test_folders_take_the_place_of_the_shipped_ones() -> None:
    places = Places(Path("/d"), Path("/w"), Path("/s"), Path("/x"))
    content = {
        "encoder": "viclip-b16:weights/v.pth", "data": {"root": "data/coco"}, "labels": "coco",
        "evaluate": {"ensemble": {"video": "scores/mtv.csv"}}, "epochs": 3,
    }  # fmt: skip
    assert places.put(content) == {
        "encoder": "viclip-b16:/w/v.pth", "data": {"root": "/d/coco"}, "labels": "coco",
        "evaluate": {"ensemble": {"video": "/s/mtv.csv"}}, "epochs": 3,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "number"), EVERY_ROW)
def test_every_row_is_a_sound_recipe_but_for_weights_that_are_not_here(name: str, number: int) -> None:
    for preset in ("paper", "code"):
        content = SENTENCES_STUDIES.content(name, number, load_study(name), Settings(MINIATURE, preset))
        try:
            recipe = parse_recipe(yaml.safe_dump(content), where="row", base=Path())
        except RecipeError as error:
            problems = [line for line in str(error).splitlines()[1:] if line.strip()]
            assert all("weights/" in line for line in problems), problems
        else:
            assert recipe.train.preset == preset


@pytest.mark.parametrize("name", names_of(SENTENCES_STUDIES))
def test_every_study_runs_in_miniature(name: str, workspace: Path) -> None:
    study = load_study(name)
    settings = Settings(Places(workspace=workspace), miniature=True, device="cpu")
    rows = list(SENTENCES_STUDIES.run(name, study, settings, Progress.silent()))
    assert [row.name for row in rows] == [row.name for row in study.rows]
    for asked, row in zip(study.rows, rows, strict=True):
        assert not row.problem
        judged = set(asked.only or ("video", "image", "audio"))
        assert {figure.modality for figure in row.figures} == judged
        parts = {"": asked.paper, "old": asked.old, "new": asked.new}
        told = {
            (part, m, metric): value
            for part, figures in parts.items()
            for m, metrics in figures.items()
            for metric, value in metrics.items()
        }
        assert {(f.part, f.modality, f.metric): f.paper for f in row.figures if f.paper is not None} == told
        for figure in row.figures:
            has_ensemble = figure.modality in asked.change.get("evaluate", {}).get("ensemble", {})
            if asked.method == "trained" or has_ensemble:
                assert figure.ours is not None and 0 <= figure.ours <= 100
            assert figure.zero_shot is not None and 0 <= figure.zero_shot <= 100


def test_new_concepts_extend_the_first_run(workspace: Path) -> None:
    study = load_study("taam-cpt-table9")
    settings = Settings(Places(workspace=workspace), miniature=True, device="cpu")
    rows = list(SENTENCES_STUDIES.run("taam-cpt-table9", study, settings, Progress.silent()))
    assert len(rows) == 4
    modes = [
        json.loads((workspace / "runs" / f"taam-cpt-table9-{n}" / "run.json").read_text())["mode"] for n in (1, 2, 3, 4)
    ]
    assert modes == ["scratch", "scratch", "continue", "frozen"]


def test_old_and_new_classes_apart() -> None:
    """Against a count of every file: three old classes and two new ones among five, some files wrong."""
    rng = np.random.default_rng(4)
    labels = ["a", "b", "c", "d", "e"]
    truth = rng.integers(0, 5, 60)
    scores = rng.normal(0, 1, (60, 5)).astype(np.float32)
    scores[np.arange(60), truth] += 1
    rows = [MediaRow(f"{i}.png", str(i), (labels[t],)) for i, t in enumerate(truth)]
    named = {TAAM_CPT: scores, SINGLE_TEMPLATE: scores[:, ::-1].copy()}
    result = EvaluationResult(modalities=(judge_scores("video", rows, labels, named),))
    row = Row(name="x", old={"video": {"top1": 50.0}}, new={"video": {"top1": 40.0}})
    whole, old, new = row_figures(row, result, {"video": ["a", "b", "c"]})
    right = scores.argmax(1) == truth
    assert whole.ours == pytest.approx(100 * right.mean()) and (whole.part, whole.paper) == ("", None)
    assert old.ours == pytest.approx(100 * right[truth < 3].mean()) and (old.part, old.paper) == ("old", 50.0)
    assert new.ours == pytest.approx(100 * right[truth >= 3].mean()) and (new.part, new.paper) == ("new", 40.0)
    wrong_way = scores[:, ::-1].argmax(1) == truth
    assert old.zero_shot == pytest.approx(100 * wrong_way[truth < 3].mean())
    assert [f.part for f in row_figures(row, result, {})] == ["", "new"]


def test_the_mean_of_average_precisions_of_some_classes() -> None:
    """Files of several labels; scikit-learn gives the average precision of each class."""
    rng = np.random.default_rng(5)
    targets = rng.random((40, 4)) < 0.4
    targets[0] = True
    scores = rng.normal(0, 1, (40, 4)).astype(np.float32) + targets
    labels = ["a", "b", "c", "d"]
    rows = [
        MediaRow(f"{i}.png", str(i), tuple(n for n, t in zip(labels, ts, strict=True) if t))
        for i, ts in enumerate(targets)
    ]
    result = judge_scores("image", rows, labels, {TAAM_CPT: scores})
    judged = targets.any(axis=1)
    expected = [average_precision_score(targets[judged, c], scores[judged, c]) for c in (1, 3)]
    assert part_metric(result, result.methods[0], {"b", "d"}) == pytest.approx(np.mean(expected))
    assert part_metric(result, result.methods[0], {"z"}) is None


def test_a_row_without_its_weights_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    study = load_study("taam-cpt-table7")
    settings = Settings(Places(tmp_path / "d", tmp_path / "w", tmp_path / "s", tmp_path / "x"))
    rows = list(SENTENCES_STUDIES.run("taam-cpt-table7", study, settings, Progress.silent()))
    assert len(rows) == 5 and all(not row.figures for row in rows)
    assert str(tmp_path / "w") in rows[0].problem
    made = [path for path in (tmp_path / "x").rglob("*") if path.is_file()]
    assert all(path.parent.name == "history" for path in made)  # which tells that the row failed


def test_the_table_and_the_json_show_ours_beside_the_papers(workspace: Path) -> None:
    from rich.console import Console

    study = load_study("taam-cpt-table2")
    settings = Settings(Places(workspace=workspace), miniature=True, device="cpu")
    rows = [
        *SENTENCES_STUDIES.run("taam-cpt-table2", study, settings, Progress.silent()),
        RowResult("lost", (), "no data"),
    ]
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(study_table(study.title, rows))
    text = console.export_text()
    audio = next(figure for figure in rows[0].figures if figure.modality == "audio")
    assert audio.ours is not None
    assert f"{audio.ours:.1f}" in text and "94.2" in text and f"{audio.ours - 94.2:+.1f}" in text and "not run" in text
    values = study_values("taam-cpt-table2", study.title, rows)
    found = next(f for f in values["rows"][0]["figures"] if f["modality"] == "audio")
    assert found["difference"] == pytest.approx(found["ours"] - 94.2)
    assert values["rows"][2]["problem"] == "no data"
    unlike = study_values("taam-cpt-table2", study.title, rows, compared=False)
    assert all(f["difference"] is None for row in unlike["rows"] for f in row["figures"])


def test_an_unknown_study_names_the_nearest() -> None:
    with pytest.raises(StudyError, match="there is no study 'taam-cpt-tabel7'. Did you mean 'taam-cpt-table7'"):
        load_study("taam-cpt-tabel7")


def test_the_command_prints_a_row_as_a_recipe_without_torch() -> None:
    code = (
        "import sys; from pipeline.cli.app import main; import atexit;"
        "atexit.register(lambda: sys.stderr.write(str('torch' in sys.modules))); main()"
    )
    command = [sys.executable, "-c", code, "reproduce", "taam-cpt-table7", "--recipe", "1", "--preset", "code"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    content = yaml.safe_load(done.stdout)
    assert done.stderr == "False"
    assert list(content["modalities"]) == ["video"] and content["train"]["preset"] == "code"
    assert content["name"] == "taam-cpt-table7-1"
