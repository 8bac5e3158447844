"""Own clips with a folder of masks through the recipe that is written for them; what no recipe is written for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from mask_runs import FEW, HEAD, opened
from PIL import Image

from pipeline.miniature.world.video_files import write_mp4
from pipeline.stages.whole import run_recipe
from pipeline.tasks.av.published import published
from pipeline.tasks.load import load_recipe

Call = Callable[..., tuple[int, str, str]]
RATE = 16_000


def own_clips(folder: Path, count: int = 12) -> Path:
    """Clips of five seconds with masks of three of them; the last clip is twice as long."""
    rng = np.random.default_rng(0)
    (folder / "clips").mkdir()
    for number in range(count):
        seconds = 10 if number == count - 1 else 5
        frames, wave = rng.integers(0, 256, (2 * seconds, 64, 64, 3), np.uint8), rng.normal(0, 0.1, seconds * RATE)
        write_mp4(folder / f"clips/c{number:02}.mp4", frames, 2, wave.astype(np.float32), RATE)
        masks = folder / f"masks/c{number:02}"
        masks.mkdir(parents=True)
        for second in (1, 3, 5):
            mask = np.zeros((64, 64), np.uint8)
            mask[8 * second :, :32] = 255
            Image.fromarray(mask).save(masks / f"{second:04}.png")
    return folder


def test_own_clips_are_learned_judged_and_answered_about(call: Call, tmp_path: Path) -> None:
    own_clips(tmp_path)
    out = tmp_path / "recipe.yaml"
    asked = ("recipes", "new", "--videos", tmp_path / "clips", "--masks", tmp_path / "masks", "--out", out)
    code, told, _ = call(*asked, "--name", "own")
    assert code == 0 and "mmpt-pipeline run" in told and "root: clips" in out.read_text()
    recipe = load_recipe(out)
    assert (recipe.name, recipe.masks.masks, published(recipe, lambda *_: None)[0]) == (
        "own",
        tmp_path / "masks",
        "late",
    )
    assert recipe.methods["no sound"].head.tpavi == () and recipe.methods["no sound"].head.size == 64
    assert call(*asked)[0] == 2
    content = yaml.safe_load(out.read_text())
    content["methods"] = {"head-only": {"rung": "none", "head": HEAD, **FEW}}
    content["cache"] = {"workers": 0}
    bound = opened(tmp_path, content)
    result = run_recipe(bound).result
    test = bound.of("test")
    assert (result.clips, result.frames) == (len(test), sum(m is not None for clip in test for m in clip.masks))
    assert (
        not result.partial and len(bound.of("train", "val", "test")) == 12
    )  # the long one's second window has no mask
    assert any("1 windows of longer clips have no mask and are left out" in note for note in bound.clips.notes)
    code, told, _ = call(
        "predict", "own", tmp_path / "clips", "-w", tmp_path / "workspace", "-d", "cpu", "--as", "masks", "--out",
        tmp_path / "again",
    )  # fmt: skip
    assert code == 0 and len(list((tmp_path / "again/c11").iterdir())) == 10


def test_where_no_clip_can_be_used_the_first_reason_is_told(call: Call, tmp_path: Path) -> None:
    own_clips(tmp_path, 3)
    asked = ("--videos", tmp_path / "clips", "--masks", tmp_path / "masks", "--out", tmp_path / "recipe.yaml")
    assert call("recipes", "new", *asked)[0] == 0
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("  layout: masks", "  layout: masks\n  segments: 11"))
    code, _, err = call("plan", recipe, "-w", tmp_path / "workspace")
    told = " ".join(err.split())
    assert code == 2 and "no clip of train can be used, which would be learned from; of " in told
    assert "mp4 (5.0 s long, a window is 11 s (segments)). See what there is with: mmpt-pipeline" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--masks", "m"), "--videos FOLDER"),
        (("--videos", "clips", "--masks", "gone"), "is no folder"),
        (("--videos", "nowhere", "--masks", "m"), "is no folder"),
        (("--videos", "clips", "--masks", "m", "--labels", "a,b"), "none of the others"),
        (("--videos", "clips", "--masks", "m", "--events", "e.csv"), "none of the others"),
        (("--videos", "clips", "--masks", "m", "--encoder", "miniature-clip"), "not run block by block"),
    ],
)
def test_what_no_recipe_can_be_written_for_is_told(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    (tmp_path / "m").mkdir()
    code, _, err = call("recipes", "new", *words)
    assert code == 2 and told in " ".join(err.split()) and not (tmp_path / "recipe.yaml").exists()
