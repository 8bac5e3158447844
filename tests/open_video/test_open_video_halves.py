"""Several drawn halves of the classes in one run: each learns by itself, figures are means over them, H is of the averages."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t
from video_runs import FEW, bound_of, content_of, opened

from pipeline.datasets.open_video.halves import drawn_names, halves_of
from pipeline.evaluation.over_halves import over_halves
from pipeline.labels import load_labels
from pipeline.miniature.world.reversals import REVERSAL_CLASSES
from pipeline.miniature.world.reversals_files import write_reversals
from pipeline.recipe.video_data import Halves
from pipeline.records import read_run
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import run_recipe
from pipeline.tasks.open_video.result import all_told, read_result
from pipeline.tasks.open_video.work import units

Call = Callable[..., tuple[int, str, str]]
DRAWS = [0, 1, 4]


@pytest.fixture(scope="module")
def divided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on three halves of the motions; frames alone are read."""
    folder = tmp_path_factory.mktemp("divided")
    root = write_reversals(folder / "world", 3, {"train": 4, "test": 2})
    part = {"layout": "ucf101", "root": str(root)}
    videos = {
        "layout": "parts", "labels": list(REVERSAL_CLASSES), "draw": DRAWS,
        "learn": {**part, "split": "train01"}, "judge": {**part, "split": "test01"},
    }  # fmt: skip
    run_recipe(opened(folder, content_of(videos=videos, methods={"clip-adapter": FEW}, seeds=[1, 2])))
    return folder


def test_each_half_learns_from_its_own_classes_and_is_judged_by_itself(divided: Path) -> None:
    bound = bound_of(divided)
    made = units(bound)
    assert [(unit.draw, unit.seed) for unit in made] == [(draw, seed) for draw in DRAWS for seed in (1, 2)]
    assert len({unit.name for unit in made}) == len({unit.spec.fingerprint for unit in made}) == 6
    for draw, sets in bound.halves.items():
        base, novel = halves_of(Halves(draw=draw), REVERSAL_CLASSES)
        assert (sets.learn.classes, sets.judged["base"].classes, sets.judged["novel"].classes) == (base, base, novel)
        assert sorted(base + novel) == sorted(REVERSAL_CLASSES) and sets.drawn
    for unit in made:
        assert unit.spec.fields["classes"] == list(bound.halves[unit.draw].learn.classes)
    for exams in all_told(bound).values():
        for exam, told in exams.items():
            assert all(each.clips.classes == bound.halves[each.draw].judged[exam].classes for each in told)


def test_figures_are_means_over_halves_and_h_is_of_the_averages(divided: Path) -> None:
    """Counted here from what was said, with Student's interval as scipy has it."""
    bound = bound_of(divided)
    found, told = read_result(bound), all_told(bound)["clip-adapter"]
    means = {}
    for exam in ("base", "novel"):
        by_half = [[each.right().mean() for each in told[exam] if each.draw == draw] for draw in DRAWS]
        assert [len(seeds) for seeds in by_half] == [2, 2, 2]
        values = np.array([np.mean(seeds) for seeds in by_half])
        own = found.of("clip-adapter")
        assert own.halves[exam] == pytest.approx(values) and own.figures[exam].value == pytest.approx(values.mean())
        wide = t.ppf(0.975, 2) * values.std(ddof=1) / np.sqrt(3)
        assert own.figures[exam].high == pytest.approx(values.mean() + wide)
        assert own.figures[exam].low == pytest.approx(values.mean() - wide)
        means[exam] = values.mean()
    b, n = means["base"], means["novel"]
    assert found.of("clip-adapter").figures["H"].value == pytest.approx(2 * b * n / (b + n))
    assert found.halves == 3 and found.clips == {"base": 24, "novel": 24}


def test_h_has_the_jackknife_s_interval_and_methods_are_paired_half_by_half() -> None:
    ours = {"base": np.array([0.8, 0.6, 0.7]), "novel": np.array([0.5, 0.4, 0.3])}
    less = {"base": ours["base"] - 0.1, "novel": ours["novel"] - np.array([0.1, 0.2, 0.0])}
    found = over_halves({"first": less, "ours": ours}, "first")

    def h(b: float, n: float) -> float:
        return 2 * b * n / (b + n)

    without = [h(0.65, 0.35), h(0.75, 0.4), h(0.7, 0.45)]
    values = [3 * h(0.7, 0.4) - 2 * each for each in without]
    wide = t.ppf(0.975, 2) * np.std(values, ddof=1) / np.sqrt(3)
    assert found["ours"].figures["H"].value == pytest.approx(h(0.7, 0.4))
    assert found["ours"].figures["H"].high - h(0.7, 0.4) == pytest.approx(wide)
    base, novel = found["ours"].over["base"], found["ours"].over["novel"]
    assert (base.low, base.high) == pytest.approx((0.1, 0.1)) and novel.value == pytest.approx(
        0.1
    )  # one and the same gain
    assert novel.high - 0.1 == pytest.approx(t.ppf(0.975, 2) * 0.1 / np.sqrt(3)) and found["first"].over == {}


def test_the_record_tables_and_predict_know_halves(divided: Path, call: Call) -> None:
    record = read_run(divided / "workspace/runs/few")
    assert record is not None
    assert {f"methods/clip-adapter/{seed}/half {draw}" for seed in (1, 2) for draw in DRAWS} <= set(record.artifacts)
    recipe, workspace = divided / "recipe.yaml", divided / "workspace"
    told = " ".join(call("evaluate", recipe, "-w", workspace)[1].split())
    assert "means over 3 halves, 95 % intervals over halves" in told and "learned 3 halves of the classes" in told
    values = json.loads(call("evaluate", recipe, "-w", workspace, "--json")[1])
    assert values["halves"] == 3 and len(values["methods"]["clip-adapter"]["halves"]["novel"]) == 3
    clip = bound_of(divided).sets.judged["base"].rows[0].path
    code, out, err = call("predict", "few", clip, "-w", workspace, "--json", "--top", 8)
    assert code == 0, err
    names = {each["label"] for each in json.loads(out)[0]["predictions"]}
    assert names == set(bound_of(divided).halves[0].learn.classes)  # those of the first half
    page = (divided / "workspace/runs/few/report.html").read_text("utf-8")
    assert "3 halves, of which classes and clips are of the first" in page


def test_another_half_costs_itself_only(divided: Path, tmp_path: Path) -> None:
    bound = bound_of(divided)
    videos = bound.recipe.videos.model_copy(update={"draw": (*DRAWS, 7)})
    wider = type(bound)(bound.recipe.model_copy(update={"videos": videos}), "cpu", bound.progress)
    missing = {(step.stage, step.what): step.missing for step in plan_run(wider) if step.missing}
    assert missing[("learn", "clip-adapter")] == 4 and missing[("judge", "clip-adapter")] == 2 * 16


def test_shipped_halves_are_those_of_the_seed_and_say_that_they_are_ours() -> None:
    for whole, count in (("kinetics700", 400), ("vggsound", 154)):
        names, base = load_labels(whole), load_labels(f"{whole}-base-ours")
        assert len(base) == count and set(base) == set(drawn_names(names, 0, count))
        halves = Halves(base=f"{whole}-base-ours")
        assert halves.are_ours and [len(half) for half in halves_of(halves, names)] == [count, len(names) - count]
    assert Halves().are_ours and not Halves(base=("a",)).are_ours and not Halves(base="base.txt").are_ours
