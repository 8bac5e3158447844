"""A recipe that is written for own clips: loads from where it stands, keeps learned and judged clips apart, and runs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from video_runs import bound_of, opened

from pipeline.miniature.world.reversals import render_reversal, sample_reversal
from pipeline.miniature.world.video_files import write_avi
from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import load_recipe
from pipeline.tasks.open_video.fitting import require_fitting

Call = Callable[..., tuple[int, str, str]]
NAMES = ("growing", "rising", "falling", "shrinking")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Four classes of four clips."""
    for place, label in enumerate(NAMES):
        folder = tmp_path / "my clips" / label
        folder.mkdir(parents=True)
        for number in range(4):
            write_avi(
                folder / f"{number}.avi",
                render_reversal(sample_reversal(np.random.default_rng([place, number]), label)),
                8,
            )
    return tmp_path / "my clips"


def test_a_recipe_for_own_clips_divides_them_and_runs(call: Call, clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.yaml"
    code, told, err = call("recipes", "new", "--videos", clips, "--use", "motion,sound", "--out", out)
    assert (code, told) == (0, f"Wrote {out}. Run it with: mmpt-pipeline run {out}\n"), err
    recipe = load_recipe(out)
    assert (recipe.name, recipe.videos.root, list(recipe.methods)) == (
        "my-clips",
        clips,
        ["mov", "heard", "clip-adapter"],
    )
    assert sorted(recipe.videos.base + recipe.videos.novel) == sorted(NAMES) and recipe.others == ("flow", "sound")
    content = yaml.safe_load(out.read_text())
    assert content["videos"]["root"] == "my clips"  # folder and recipe can be moved together
    content["methods"] = {"clip-adapter": {"epochs": 1, "batch_size": 4}}
    content |= {"views": {"frames": 2, "clips": 1, "crops": 1}, "cache": {"workers": 0}}
    bound = opened(tmp_path, content)
    require_fitting(bound)
    sets = bound.sets
    assert [len(sets.learn.rows), len(sets.judged["base"].rows), len(sets.judged["novel"].rows)] == [6, 2, 8]
    assert not {row.key for row in sets.learn.rows} & {row.key for row in sets.judged["base"].rows}
    result = run_recipe(bound).result
    assert result.clips == {"base": 2, "novel": 8} and not result.drawn  # they stand in the recipe now


def test_what_cannot_be_written_is_told(call: Call, clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.yaml"
    out.write_text("mine")
    code, _, err = call("recipes", "new", "--videos", tmp_path / "none", "--use", "smell", "--out", out)
    told = " ".join(err.split())
    assert code != 0 and "is no folder" in told and "known are motion, sound" in told and "--force" in told
    assert out.read_text() == "mine"
    code, _, err = call("recipes", "new", "--use", "motion", "--out", tmp_path / "other.yaml")
    assert code != 0 and "--videos FOLDER" in " ".join(err.split())


def test_names_may_be_a_part_of_the_folders(call: Call, clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "recipe.yaml"
    asked = ("--videos", clips, "--use", "motion", "--labels", "growing, rising", "--out", out)
    assert call("recipes", "new", *asked)[0] == 0
    bound = bound_of(tmp_path)
    assert sorted(bound.sets.learn.classes + bound.sets.judged["novel"].classes) == ["growing", "rising"]
    assert {row.labels[0] for part in bound.sets.judged.values() for row in part.rows} == {"growing", "rising"}
