"""What was learned, judged on data sets from which nothing was learned: all of their classes, or drawn halves of them."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.stats import t
from video_runs import FEW, bound_of, content_of, opened

from pipeline.datasets.open_video.halves import halves_of
from pipeline.miniature.world.reversals import REVERSAL_CLASSES
from pipeline.miniature.world.reversals_files import write_reversals
from pipeline.recipe.errors import RecipeError
from pipeline.recipe.video_data import Halves
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import parse_recipe
from pipeline.tasks.open_video.result import all_told, read_result

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def abroad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is judged on another world of motions, whole and by three halves; one clip of it is gone."""
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    folder = tmp_path_factory.mktemp("abroad")
    root = write_reversals(folder / "world", 9, {"train": 1, "test": 2})
    gone = (root / "ucfTrainTestlist/testlist01.txt").read_text().split()[0]
    (root / "UCF-101" / gone).unlink()
    data = {"layout": "ucf101", "root": str(root), "split": "test01"}
    judge_on = {
        "abroad": {"data": data, "labels": list(REVERSAL_CLASSES)},
        "abroad by halves": {"data": data, "labels": list(REVERSAL_CLASSES), "halves": 3},
    }  # fmt: skip
    run_recipe(opened(folder, content_of(methods={"mov": FEW, "clip-adapter": FEW}, judge_on=judge_on)))
    return folder


def test_it_is_answered_among_its_own_names_by_the_path_of_novel_ones(abroad: Path) -> None:
    bound = bound_of(abroad)
    told = all_told(bound)["mov"]
    assert list(told) == ["base", "novel", "abroad", *(f"abroad by halves/half {n}" for n in range(3))]
    (whole,) = told["abroad"]
    assert whole.clips.classes == REVERSAL_CLASSES and whole.said["answer"].shape == (len(whole.clips.rows), 8)
    np.testing.assert_array_equal(whole.said["answer"], whole.said["novel"])
    for number in range(3):
        (half,) = told[f"abroad by halves/half {number}"]
        assert half.clips.classes == halves_of(Halves(draw=number), REVERSAL_CLASSES)[0]
        assert {row.labels[0] for row in half.clips.rows} <= set(half.clips.classes)
        np.testing.assert_allclose(half.said["answer"].sum(-1), 1, atol=1e-5)  # among its own names


def test_figures_are_over_clips_or_over_halves_and_paired_with_frozen_clip(abroad: Path) -> None:
    bound = bound_of(abroad)
    found, told = read_result(bound), all_told(bound)
    for name in ("frozen-clip", "mov", "clip-adapter"):
        own = found.of(name)
        assert own.elsewhere["abroad"].value == told[name]["abroad"][0].right().mean()
        values = np.array([told[name][f"abroad by halves/half {n}"][0].right().mean() for n in range(3)])
        each = own.elsewhere["abroad by halves"]
        assert each.value == pytest.approx(values.mean())
        assert each.high - each.value == pytest.approx(t.ppf(0.975, 2) * values.std(ddof=1) / np.sqrt(3))
    frozen, mov = found.of("frozen-clip"), found.of("mov")
    assert frozen.elsewhere_over == {}
    assert mov.elsewhere_over["abroad"].value == pytest.approx(
        mov.elsewhere["abroad"].value - frozen.elsewhere["abroad"].value
    )


def test_tables_alarms_and_the_report_tell_it(abroad: Path, call: Call) -> None:
    recipe, workspace = abroad / "recipe.yaml", abroad / "workspace"
    told = " ".join(call("evaluate", recipe, "-w", workspace)[1].split())
    assert "On other data sets, nothing learned from them" in told and "abroad by halves, 3" in told
    values = json.loads(call("evaluate", recipe, "-w", workspace, "--json")[1])
    clips, listed = values["elsewhere"]["abroad"]["clips"], values["elsewhere"]["abroad"]["listed"]
    assert (clips, listed, values["partial"]) == (15, 16, True) and values["clips"] == values["listed"]
    assert "partial: 15 of 16 clips of abroad could be judged" in told
    (alarm,) = [each for each in bound_of(abroad).warnings() if each.code == "partial-data"]
    assert "15 of 16 to be judged on abroad" in alarm.problem
    assert len(values["methods"]["mov"]["elsewhere"]["abroad by halves"]) == 3
    assert "<h2>On other data sets</h2>" in (workspace / "runs/few/report.html").read_text("utf-8")
    assert [step for step in plan_run(bound_of(abroad)) if step.missing] == []


def test_paths_start_from_the_recipe(tmp_path: Path) -> None:
    content = content_of(judge_on={"own": {"data": {"layout": "folder", "root": "clips"}, "labels": ["a", "b"]}})
    recipe = parse_recipe(yaml.safe_dump(content), where="r", base=tmp_path)
    assert recipe.judge_on["own"].data.root == tmp_path / "clips"


def test_a_plan_knows_what_is_not_downloaded_yet(tmp_path: Path) -> None:
    data = {"layout": "hmdb51", "root": str(tmp_path / "gone")}
    content = content_of(judge_on={"hmdb": {"data": data}, "hmdb by halves": {"data": data, "halves": 10}})
    bound = opened(tmp_path, content).without_drawing()
    assert bound.exams["hmdb"].to_come == 6_766
    assert len(bound.exams) == 11 and bound.exams["hmdb by halves/half 3"].to_come == round(6_766 * 26 / 51)
    steps = {(step.stage, step.what): step for step in plan_run(bound)}
    assert steps["cache", "frames"].wanted == 32 + 6_766  # decoded once for both
    assert steps["judge", "mov"].missing == 16 + 6_766 + 10 * round(6_766 * 26 / 51)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"judge_on": {"base": {"data": {"layout": "hmdb51", "root": "x"}}}}, "base: call it otherwise"),
        ({"judge_on": {"h": {"data": {"layout": "hmdb51", "root": "x"}, "halves": 1}}}, "write 2 or more"),
        ({"judge_on": {"h": {"data": {"layout": "hmdb51", "root": "x", "hold_out": 0.1}}}}, "leave hold_out out here"),
        ({"videos": {"layout": "ucf101", "root": "x", "draw": [0, 1]},
          "judge_on": {"h": {"data": {"layout": "hmdb51", "root": "x"}}}}, "write one draw under videos"),
        ({"videos": {"layout": "ucf101", "root": "x", "draw": [0, 0]}}, "each half is named once"),
        ({"videos": {"layout": "ucf101", "root": "x", "draw": [0, 1], "base": ["a"]}}, "several halves are drawn only where"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(changes: dict, told: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse_recipe(yaml.safe_dump(content_of(**changes)), where="r", base=Path())
    assert told in str(error.value)
