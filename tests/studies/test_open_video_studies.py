"""MOV's tables as studies: they say what the paper says, they are sound recipes, and one runs in miniature."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.stages.plan import plan_run
from pipeline.studies.base import StudyError, bound_to, study_values
from pipeline.studies.load import kind_of, load_study, names_of
from pipeline.studies.open_video.run import OPEN_VIDEO_STUDIES
from pipeline.studies.settings import Places, Settings
from pipeline.telemetry.progress import Progress

NAMES = [f"mov-table{number}" for number in range(1, 8)]
# Typed from the paper a second time, line by line as it prints them.
PAPER = {
    "mov-table1": "51.2 56.7 53.8 58.9 45.7 51.5 66.5 36.2 46.9 75.3 58.1 65.6",
    "mov-table2": "48.5 48.8 48.6 56.9 42.0 48.3 60.0 27.5 37.7 68.4 51.5 58.8",
    "mov-table3": "51.2 56.7 75.3 58.1 48.5 48.8 68.4 51.5 59.6 65.3 80.1 66.9 52.6 54.1 71.9 56.1",
    "mov-table4": "79.9 73.0 54.0 46.1 82.6 76.2 60.8 52.1 87.1 80.9 64.7 57.8",
    "mov-table5": "54.2 16.8 72.7 26.9 72.7 28.1 75.3 30.4 59.5 15.9 61.2 21.5 67.7 22.8 68.4 24.8",
    "mov-table6": "54.2 51.6 46.0 38.3 30.5 59.5 57.1 50.8 47.8 40.1",
    "mov-table7": "38.0 58.1 57.1 56.0 56.4 56.7 30.4 35.7 51.5 49.5 49.1 49.0 48.8 24.8",
}


def settings(tmp_path: Path, miniature: bool = False) -> Settings:
    places = Places(data=tmp_path / "gone", workspace=tmp_path / "workspace")
    return Settings(places, miniature=miniature, device="cpu")


def test_all_seven_are_there() -> None:
    assert names_of(OPEN_VIDEO_STUDIES) == NAMES and kind_of("mov-table3") is OPEN_VIDEO_STUDIES


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_the_paper_s(name: str) -> None:
    study = load_study(name)
    told = [value for row in study.rows for found in row.paper.values() for value in found.values()]
    assert told == [float(number) for number in PAPER[name].split()]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_a_sound_recipe_that_plans_before_anything_is_there(name: str, tmp_path: Path) -> None:
    study = load_study(name)
    for number, row in enumerate(study.rows, 1):
        for miniature in (False, True):
            content = OPEN_VIDEO_STUDIES.content(name, number, study, settings(tmp_path, miniature))
            bound = bound_to(content, settings(tmp_path, miniature), Progress.silent()).without_drawing()
            known = {*bound.recipe.methods, *bound.recipe.frozen}
            assert {method.partition(": ")[0] for method in row.paper} <= known
            places = {"base", "novel", "H", *bound.recipe.judge_on}
            assert {measure for found in row.paper.values() for measure in found} <= places
            if not miniature:
                assert str(bound.recipe.videos.root).startswith(str(tmp_path / "gone"))
            if not (miniature and bound.recipe.judge_on):  # whose clips are drawn when it runs
                assert any(step.missing for step in plan_run(bound))


def test_a_table_runs_in_miniature_with_the_paper_beside(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    study = load_study("mov-table4")
    study = study.model_copy(update={"rows": study.rows[:1]})
    (row,) = OPEN_VIDEO_STUDIES.run("mov-table4", study, settings(tmp_path, miniature=True), Progress.silent())
    assert row.problem == "" and len(row.figures) == 8
    assert all(figure.ours is not None and 0 <= figure.ours <= 100 for figure in row.figures)
    out = io.StringIO()
    Console(file=out, width=160).print(OPEN_VIDEO_STUDIES.table("T", [row], True))
    assert "(82.6)" in out.getvalue() and "hmdb51 by halves (paper)" in out.getvalue()
    values = study_values("mov-table4", "T", [row])
    assert values["rows"][0]["figures"][0]["paper"] == 79.9


def test_a_row_without_its_data_tells_why(tmp_path: Path) -> None:
    study = load_study("mov-table1")
    (row,) = OPEN_VIDEO_STUDIES.run("mov-table1", study, settings(tmp_path), Progress.silent())
    assert "there is no folder" in row.problem and all(figure.ours is None for figure in row.figures)


def test_a_preset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="--preset is of TaAM-CPT"):
        OPEN_VIDEO_STUDIES.content("mov-table1", 1, load_study("mov-table1"), Settings(Places(), preset="paper"))
