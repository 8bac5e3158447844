"""Flow and sound from activations stored below the first learned block: the same learning, bit for bit, and other bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from test_open_video_sound import TONES, _write
from video_runs import FEW, bound_of, content_of, opened

from pipeline.methods.mov.config import MovOptions
from pipeline.recipe.errors import RecipeError
from pipeline.stages.plan import foreseen, plan_run
from pipeline.stages.predict import predict
from pipeline.stages.whole import run_recipe
from pipeline.tasks.load import parse_recipe
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import cut_bytes
from pipeline.tasks.open_video.result import all_told
from pipeline.tasks.open_video.work import units
from pipeline.training.checkpoint import Checkpoints


def both(**options: Any) -> dict[str, Any]:
    """A method twice: read from pixels, and from where it begins to learn."""
    options = {"method": "mov", **FEW, **options}
    return {"pixels": options, "late": {**options, "cut": "late"}}


def assert_equal(bound: BoundOpenVideo) -> None:
    """Every loss, every learned number and moment, and every answer is that of the other cut."""
    by_name = {unit.method: Checkpoints(bound.store.artifact(unit.spec)) for unit in units(bound)}
    pixels, late = by_name["pixels"], by_name["late"]
    assert (
        pixels.history() == late.history()
        and pixels.last_epoch() == late.last_epoch() == pixels.history()["step"][-1] / 2
    )
    ours, theirs = (found.arrays(found.last_epoch() or 0) for found in (pixels, late))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    told = all_told(bound)
    for exam in ("base", "novel"):
        (one,), (other,) = (told[name][exam] for name in ("pixels", "late"))
        for name, shares in one.said.items():
            np.testing.assert_array_equal(shares, other.said[name], err_msg=f"{exam}, {name}")


@pytest.fixture(scope="module")
def flowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose last two blocks learn from flow, two views of a clip."""
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    folder = tmp_path_factory.mktemp("flowing")
    views = {"frames": 4, "stride": 2, "clips": 2, "crops": 1, "short_side": 48}
    run_recipe(opened(folder, content_of(methods=both(train_layers=2), views=views)))
    return folder


def test_late_flow_learns_as_its_pixels_do_bit_for_bit(flowing: Path) -> None:
    assert_equal(bound_of(flowing))


def test_late_flow_is_an_artifact_of_its_own_and_predict_reads_files(flowing: Path) -> None:
    bound = bound_of(flowing)
    found = [a for a in bound.store.artifacts("features") if "reads" in a.spec.fields]
    (late,) = found
    assert late.spec.fields["reads"] == {"other": "flow", "flow_third": "shifted", "flow_normalised": True}
    assert late.spec.fields["cut"] == "block01" and late.manifest.rows == 32
    key = bound.sets.learn.rows[0].key
    assert late.arrays([key], ["activations"])["activations"].shape == (1, 2, 4, 1 + 36, 128)
    steps = {(step.stage, step.what): step for step in plan_run(bound)}
    assert steps["cache", "flow of late, block01"].missing == 0
    (row,) = bound.sets.judged["base"].rows[:1]
    told = all_told(bound)["late"]["base"][0]
    (said,) = predict("few", flowing / "workspace", [Path(row.path)], "cpu", 4, method="late")
    shares = dict(said.classes)
    np.testing.assert_allclose([shares[name] for name in told.clips.classes], told.said["answer"][0], atol=2e-5)


def test_late_sound_learns_as_its_spectrograms_do_bit_for_bit(tmp_path: Path) -> None:
    """Also with masks: a crop is stored for every epoch."""
    _write(tmp_path / "learn", 4)
    _write(tmp_path / "judge", 3)
    videos = {
        "layout": "parts", "labels": list(TONES), "base": ["high tone", "low tone"],
        "learn": {"layout": "folder", "root": "learn"}, "judge": {"layout": "folder", "root": "judge"},
    }  # fmt: skip
    sizes = {"other": "sound", "sound_bins": 32, "sound_frames": 96, "train_layers": 1, "epochs": 3, "batch_size": 3}
    sound = {"frames": 120, "time_mask": 20, "bin_mask": 8}
    run_recipe(opened(tmp_path, content_of(videos=videos, methods=both(**sizes), sound=sound)))
    bound = bound_of(tmp_path)
    assert_equal(bound)
    reads = [a.spec.fields["reads"] for a in bound.store.artifacts("features") if "reads" in a.spec.fields]
    assert sorted((each["drawn"], each["views"]) for each in reads) == [(False, 1), (True, 3)]


def test_a_late_cut_that_is_larger_than_the_pixels_is_told_with_the_cheaper_one(tmp_path: Path) -> None:
    """Section 4 of the corrections, in float16: flow 4.84 MB a view against 1.61, sound 0.62 MB a view."""
    methods = {
        "flow": {"method": "mov", "train_layers": 1, "cut": "late"},
        "sound": {"method": "mov", "other": "sound", "train_layers": 1, "epochs": 1},
    }
    content = content_of(
        encoder="clip-vit-b16-openai", methods=methods, views={"clips": 1, "crops": 1}, cache={"dtype": "float16"},
        videos={"layout": "ucf101", "root": str(tmp_path / "gone")},
    )  # fmt: skip
    bound = opened(tmp_path, content).without_drawing()
    flow, sound = (bound.recipe.methods[name] for name in ("flow", "sound"))
    assert isinstance(flow, MovOptions) and isinstance(sound, MovOptions)
    assert cut_bytes(bound, flow) == (1_605_632, 16 * 197 * 768 * 2)
    assert cut_bytes(bound, sound) == (256_000, 2 * 401 * 768 * 2)
    steps = {(step.stage, step.what): step for step in plan_run(bound)}
    told = steps["cache", "flow of flow, block10"].note
    assert told == "larger than its pixels, 4.84 MB a clip against 1.61 MB: cut: pixels is cheaper to store"
    note = steps["learn", "flow"].note
    assert (
        "flow is read at block10, 4.84 MB a clip and 69.8 GMAC a step; cheaper to store: cut: pixels, from its pixels"
        in note
    )
    assert "sound is read from its pixels, 256 kB a clip" in steps["learn", "sound"].note
    (alarm,) = [alarm for alarm in foreseen(bound) if alarm.code == "late-is-larger"]
    assert alarm.problem == "flow stores flow late: 4.84 MB a clip, where its pixels take 1.61 MB"
    assert alarm.remedy.startswith("cut: pixels is cheaper to store")


def test_all_layers_have_no_late_cut_and_a_default_keeps_its_name() -> None:
    with pytest.raises(RecipeError, match="cut: late stores what lies below the first learned block"):
        parse_recipe(yaml.safe_dump(content_of(methods={"mov": {"cut": "late"}})), where="r", base=Path())
    assert "cut" not in MovOptions().naming_fields()
