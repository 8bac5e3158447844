"""The few-shot tables as studies: they say what the paper says, they are sound recipes, each plans and runs in miniature."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from rich.console import Console

from pipeline.cli.app import app
from pipeline.datasets.few_shot import ELEVEN, FEW_SHOT, SHIFTED
from pipeline.stages.plan import plan_run
from pipeline.studies.base import RowResult, StudyError, bound_to, study_values
from pipeline.studies.few_shot import run as study_run
from pipeline.studies.few_shot.run import FEW_SHOT_STUDIES
from pipeline.studies.few_shot.schema import AVERAGE, FewShotStudy
from pipeline.studies.few_shot.tables import few_shot_study_table
from pipeline.studies.load import load_study, names_of, study_text
from pipeline.studies.settings import Places, Settings
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.load import load_recipe, shipped_recipes
from pipeline.telemetry.progress import Progress

NAMES = ["prompt-figure8", *(f"prompt-table{number}" for number in range(1, 6))]
HALVED = [name for name in NAMES if name not in ("prompt-table2", "prompt-table3")]

# Typed from the paper a second time, row by row as it prints them.
TABLE2 = {
    "coop": "71.51 93.70 89.14 64.51 68.71 85.30 18.47 64.15 41.92 46.39 66.55 63.88",
    "cocoop": "71.02 94.43 90.14 65.32 71.88 86.06 22.94 67.36 45.73 45.37 68.21 65.74",
    "prompt": "70.47 93.73 90.20 65.83 71.20 86.30 24.57 67.33 44.27 51.13 67.93 66.25",
}
TABLE3 = {
    "zero-shot": "66.73 60.83 46.15 47.77 73.96 57.18",
    "coop": "71.51 64.20 47.99 49.71 75.21 59.28",
    "cocoop": "71.02 64.07 48.75 50.63 76.18 59.91",
    "prompt": "70.47 63.97 48.90 50.97 77.17 60.25",
}
TABLE4_SETS = (AVERAGE, "imagenet", "oxford-pets", "food101", "fgvc-aircraft", "eurosat")
TABLE4 = {
    "zero-shot": "69.34 74.77 71.95 72.43 68.14 70.22 91.17 97.26 94.12 90.10 91.22 90.66 27.19 36.29 31.09 56.48 64.05 60.03",
    "one-iteration": "79.69 74.01 76.74 76.17 70.50 73.22 94.60 97.53 96.04 90.70 91.83 91.26 30.50 24.87 27.40 "
    "88.57 78.67 83.32",
    "prompt": "80.94 74.89 77.80 76.03 70.37 73.09 95.20 97.80 96.48 90.93 91.80 91.36 35.33 33.83 34.57 92.47 76.03 83.45",
}
TABLE5 = {
    "prompt": (80.94, 74.89, 77.80),
    "zero-shot": (69.34, 74.22, 71.70),
    "without-vision-generator": (80.47, 73.12, 76.62),
    "without-text-generator": (79.20, 70.68, 74.70),
    "without-generators": (78.92, 70.93, 74.71),
    "without-filter": (78.70, 72.52, 75.48),
}


def numbers(line: str) -> list[float]:
    return [float(word) for word in line.split()]


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Steps of eight pictures of 48 pixels are too small to be shared out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("few-shot-studies") / "workspace"


def in_miniature(workspace: Path) -> Settings:
    return Settings(Places(workspace=workspace), miniature=True, device="cpu")


def bound_of(name: str, number: int, study: FewShotStudy, settings: Settings) -> BoundFewShot:
    bound: BoundFewShot = bound_to(FEW_SHOT_STUDIES.content(name, number, study, settings), settings, Progress.silent())
    return bound


def test_there_is_a_study_for_every_table() -> None:
    assert names_of(FEW_SHOT_STUDIES) == NAMES


@pytest.mark.parametrize(("name", "table"), [("prompt-table2", TABLE2), ("prompt-table3", TABLE3)])
def test_the_figures_of_other_data_sets_are_the_papers(name: str, table: dict[str, str]) -> None:
    others = list(SHIFTED) if table is TABLE3 else [one for one in ELEVEN if one != "imagenet"]
    wanted = {
        data_set: {method: (numbers(line)[place],) for method, line in table.items()}
        for place, data_set in enumerate(["imagenet", *others, AVERAGE])
    }
    assert load_study(name).paper == wanted
    for method in table:  # the paper's averages leave the source out
        values = [wanted[one][method][0] for one in others]
        assert wanted[AVERAGE][method][0] == pytest.approx(sum(values) / len(values), abs=0.011)


def test_the_figures_of_base_and_novel_are_the_papers() -> None:
    table4 = {
        one: {method: tuple(numbers(line)[3 * place : 3 * place + 3]) for method, line in TABLE4.items()}
        for place, one in enumerate(TABLE4_SETS)
    }
    assert load_study("prompt-table4").paper == table4
    assert load_study("prompt-table5").paper == {AVERAGE: TABLE5}
    assert load_study("prompt-figure8").paper == {AVERAGE: {"prompt": TABLE5["prompt"]}}
    table1 = load_study("prompt-table1").paper
    assert table1[AVERAGE] == {
        "zero-shot": TABLE5["zero-shot"], "coop": (82.69, 63.22, 71.66), "cocoop": (80.47, 71.69, 75.83),
        "prompt": TABLE5["prompt"],
    }  # fmt: skip
    for one in TABLE4_SETS[1:]:
        assert table1[one] == {method: table4[one][method] for method in ("zero-shot", "prompt")}


@pytest.mark.parametrize("name", HALVED)
def test_the_printed_harmonic_means_are_those_of_the_printed_averages(name: str) -> None:
    """But for what the paper itself has from its runs: ProMPT's on single data sets are means of three H, within 0.1."""
    for methods in load_study(name).paper.values():
        for base, novel, harmonic in methods.values():
            assert harmonic == pytest.approx(2 * base * novel / (base + novel), abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_the_header_says_what_to_get_and_how_much_disk_it_takes(name: str) -> None:
    lines = study_text(name).splitlines()
    header = " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    study = load_study(name)
    assert header.startswith(f"Paper: {study.title.split(':')[0]}: ") and " Needs " in header
    shipped = load_recipe(study.few_shot)
    for one in study.data or (shipped.data.layout, *(data.layout for data in shipped.judge_on.values())):
        disk = re.match(r"[\d.]+ GB", FEW_SHOT[one].disk)
        assert disk and f"{FEW_SHOT[one].folder} ({disk[0]})" in header, one


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_a_sound_recipe_that_has_the_papers_methods(name: str) -> None:
    study = load_study(name)
    recipes = [bound_of(name, n, study, Settings(Places(Path("d")))).recipe for n in range(1, len(study.runs) + 1)]
    assert len({recipe.name for recipe in recipes}) == len(recipes)
    assert [recipe.data.layout for recipe in recipes] == list(study.data or ["imagenet"])
    for recipe in recipes:
        assert (recipe.shots, recipe.seeds, recipe.encoder) == (16, (1, 2, 3), "clip-vit-b16-openai")
        assert {str(data.root) for data in (recipe.data, *recipe.judge_on.values())} == {"d"}
        told = {method for methods in study.paper.values() for method in methods}
        assert told <= {"zero-shot", *recipe.methods}
        prompt = recipe.methods["prompt"]
        far = recipe.classes == "all"
        assert (prompt.depth, prompt.lr, prompt.epochs) == ((3, 0.0024, 2) if far else (9, 0.008, 5))
        assert (prompt.vision_prompts, prompt.text_prompts, prompt.iterations, prompt.batch_size) == (8, 5, 2, 4)


def test_rows_of_two_tables_that_are_the_same_are_learned_once() -> None:
    """Tables 2 and 3 learn the same; the whole ProMPT is the same in all tables of base and novel classes."""
    recipes = {name: load_recipe(load_study(name).few_shot) for name in NAMES}
    assert recipes["prompt-table2"].methods == recipes["prompt-table3"].methods
    same = ("shots", "seeds", "views", "smallest_crop", "inputs", "cache", "encoder")
    for names in (HALVED, ["prompt-table2", "prompt-table3"]):
        first = recipes[names[0]]
        for name in names:
            assert recipes[name].methods["prompt"] == first.methods["prompt"]
            assert all(getattr(recipes[name], field) == getattr(first, field) for field in same)


def test_shipped_recipes_of_the_paper_are_runnable_alone() -> None:
    used = {load_study(name).few_shot for name in NAMES}
    assert used == {name.removeprefix("few-shot/") for name in shipped_recipes() if name.startswith("few-shot/prompt")}


@pytest.mark.parametrize("name", NAMES)
def test_every_study_plans_and_runs_in_miniature(name: str, workspace: Path, one_thread: None) -> None:
    study, settings = load_study(name), in_miniature(workspace)
    planned = plan_run(replace(bound_of(name, 1, study, settings), draws=False))
    shipped = load_recipe(study.few_shot)
    assert [step.what for step in planned if step.stage == "judge"] == ["zero-shot", *shipped.methods]
    rows = {row.name: row for row in FEW_SHOT_STUDIES.run(name, study, settings, Progress.silent())}
    tried = study.data[:2] or ("imagenet", *shipped.judge_on)
    assert list(rows) == [*tried, AVERAGE] and not any(row.problem for row in rows.values())
    for one, row in rows.items():
        assert {figure.method for figure in row.figures} == {"zero-shot", *shipped.methods}
        paper = study.paper.get(one, {})
        measured = {(f.method, f.measure): f.ours for f in row.figures}
        assert all(value is not None and 0 <= value <= 100 for value in measured.values())
        assert {(f.method, f.measure): f.paper for f in row.figures if f.paper is not None} == {
            (method, measure): value
            for method, values in paper.items()
            for measure, value in zip(study.measures, values, strict=True)
        }
        if one != AVERAGE:
            continue
        others = [rows[each] for each in (tried if study.data else tried[1:])]
        for method, measure in measured:  # of the figures above, H of their means
            means = {
                m: sum(f.ours or 0 for o in others for f in o.figures if (f.method, f.measure) == (method, m))
                / len(others)
                for m in study.measures
            }
            if measure == "H":
                means["H"] = 2 * means["base"] * means["novel"] / ((means["base"] + means["novel"]) or 1)
            assert measured[method, measure] == pytest.approx(means[measure])


def test_a_data_set_that_is_not_there_is_told_and_there_is_no_average(tmp_path: Path) -> None:
    settings = Settings(Places(data=tmp_path / "d", workspace=tmp_path / "w"), device="cpu")
    for name in ("prompt-table1", "prompt-table3"):
        rows = list(FEW_SHOT_STUDIES.run(name, load_study(name), settings, Progress.silent()))
        assert rows[-1].name == AVERAGE and all(row.problem for row in rows)
        assert all(figure.ours is None for row in rows for figure in row.figures)
    table1 = list(FEW_SHOT_STUDIES.run("prompt-table1", load_study("prompt-table1"), settings, Progress.silent()))
    assert [row.name for row in table1] == [*ELEVEN, AVERAGE]
    assert "an average over fewer data sets cannot be compared; there are no figures of imagenet" in table1[-1].problem
    assert next(f.paper for f in table1[-1].figures if (f.method, f.measure) == ("prompt", "H")) == 77.80


@pytest.mark.slow  # 20 s: a study of four targets, twice
def test_a_target_that_is_missing_or_damaged_leaves_its_column_empty(
    tmp_path: Path, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, damaged, gone = "prompt-table3", *list(SHIFTED)[:2]
    study, settings = load_study(name), in_miniature(tmp_path / "w")

    def rows() -> dict[str, RowResult]:
        return {row.name: row for row in FEW_SHOT_STUDIES.run(name, study, settings, Progress.silent())}

    content = study_run.few_shot_content

    def lacking(*arguments: Any) -> dict[str, Any]:
        found = content(*arguments)
        return found | {"judge_on": found["judge_on"] | {gone: {"layout": gone, "root": str(tmp_path / "nowhere")}}}

    task = bound_of(name, 1, study, settings)
    picture = Path(task.judged(damaged).rows[-1].path)
    whole = picture.read_bytes()
    picture.write_bytes(whole[: len(whole) // 3])
    monkeypatch.setattr(study_run, "few_shot_content", lacking)
    partial = rows()
    assert "nowhere" in partial[gone].problem
    assert (
        f"1 of {len(task.judged(damaged).rows)} images cannot be decoded, {picture} for one ("
        in partial[damaged].problem
    )
    assert f"there are no figures of {damaged}, {gone}" in partial[AVERAGE].problem
    empty = {one: all(figure.ours is None for figure in row.figures) for one, row in partial.items()}
    assert {one for one, is_empty in empty.items() if is_empty} == {gone, damaged, AVERAGE}

    picture.write_bytes(whole)
    monkeypatch.setattr(study_run, "few_shot_content", content)
    monkeypatch.setattr("pipeline.tasks.few_shot.learn.fit", None)  # nothing is learned again
    full = rows()
    assert not any(row.problem for row in full.values())
    assert not any(figure.ours is None for row in full.values() for figure in row.figures if row.name != AVERAGE)
    for one in set(full) - {gone, damaged, AVERAGE}:
        assert full[one] == partial[one]


def test_tables_and_json_show_ours_beside_the_papers(workspace: Path, one_thread: None) -> None:
    shown = {}
    for name in ("prompt-table2", "prompt-table5"):
        study = load_study(name)
        rows = list(FEW_SHOT_STUDIES.run(name, study, in_miniature(workspace), Progress.silent()))
        console = Console(width=120, record=True, file=io.StringIO())
        console.print(few_shot_study_table(study.title, rows))
        shown[name] = console.export_text()
        values = study_values(name, study.title, rows)
        average = next(row for row in values["rows"] if row["name"] == AVERAGE)
        for figure in average["figures"]:
            told = figure["paper"] is not None
            assert (figure["difference"] is not None) == told
            assert not told or figure["difference"] == pytest.approx(figure["ours"] - figure["paper"])
            assert f"{figure['ours']:.2f}" in shown[name]
        unlike = study_values(name, study.title, rows, compared=False)
        assert all(figure["difference"] is None for row in unlike["rows"] for figure in row["figures"])
    lines = [line.split() for line in shown["prompt-table2"].splitlines()]
    assert ["paper", *TABLE2["prompt"].split()] in lines  # one line, as the paper prints it
    head = "method ImageNet Caltech O-Pets S-Cars Flowers Food101 Aircraft SUN397 DTD EuroSAT UCF101 average"
    assert head.split() in lines
    assert "without-generators" in shown["prompt-table5"] and "74.71" in shown["prompt-table5"]


def test_the_command_lists_both_kinds_and_prints_a_recipe_without_torch(capsys: pytest.CaptureFixture[str]) -> None:
    app(["reproduce", "--json"], standalone_mode=False)
    listed = {row["name"]: row["rows"] for row in json.loads(capsys.readouterr().out)}
    assert {name: listed[name] for name in NAMES} == {name: 11 if name in HALVED else 1 for name in NAMES}
    assert listed["taam-cpt-table7"] == 5
    code = (
        "import sys; from pipeline.cli.app import main; import atexit;"
        "atexit.register(lambda: sys.stderr.write(str('torch' in sys.modules))); main()"
    )
    command = [sys.executable, "-c", code, "reproduce", "prompt-table1", "--recipe", "2", "--data", "there"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    content = yaml.safe_load(done.stdout)
    assert done.stderr == "False"
    assert content["name"] == "prompt-table1-caltech101"
    assert content["data"] == {"layout": "caltech101", "root": "there"} and list(content["methods"])[-1] == "prompt"
    with pytest.raises(StudyError, match="study 'prompt-table2' has rows 1 to 1; there is no row 2"):
        app(["reproduce", "prompt-table2", "--recipe", "2"], standalone_mode=False)


def test_mistakes_are_told() -> None:
    study = load_study("prompt-table1")
    with pytest.raises(StudyError, match="--preset is of TaAM-CPT; study 'prompt-table1' has none. Leave it out"):
        FEW_SHOT_STUDIES.content("prompt-table1", 1, study, Settings(Places(), preset="code"))
    with pytest.raises(StudyError, match="there is no study 'prompt-tabel1'. Did you mean 'prompt-table1'"):
        load_study("prompt-tabel1")
    with pytest.raises(ValueError, match="average, coop: 3 figures expected, found 1"):
        FewShotStudy(title="x", few_shot="prompt", data=("dtd",), paper={"average": {"coop": (1.0,)}})
