"""Clips with sound: learned from frames and spectrograms; one that lacks sound is judged by its frames, and that is said."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from video_runs import bound_of, content_of, opened

from pipeline.miniature.world.reversals import render_reversal, sample_reversal
from pipeline.miniature.world.video_files import write_mp4
from pipeline.stages.whole import run_recipe
from pipeline.tasks.open_video.result import all_told

Call = Callable[..., tuple[int, str, str]]
TONES = {"high tone": 3000.0, "low tone": 300.0, "two tones": 900.0}
MUTE = "high tone/2.mp4"


def _write(root: Path, count: int) -> None:
    for number, (name, pitch) in enumerate(TONES.items()):
        (root / name).mkdir(parents=True)
        for clip in range(count):
            rng = np.random.default_rng([number, clip, root.name == "judge"])
            wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(16_000 * 13 // 8) / 16_000).astype(np.float32)
            path = root / name / f"{clip}.mp4"
            silent = root.name == "judge" and f"{name}/{clip}.mp4" == MUTE
            write_mp4(path, render_reversal(sample_reversal(rng, "growing")), wave=None if silent else wave)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose classes only sound tells apart."""
    folder = tmp_path_factory.mktemp("heard")
    _write(folder / "learn", 4)
    _write(folder / "judge", 3)
    videos = {
        "layout": "parts", "labels": list(TONES), "base": ["high tone", "low tone"],
        "learn": {"layout": "folder", "root": "learn"}, "judge": {"layout": "folder", "root": "judge"},
    }  # fmt: skip
    sizes = {"sound_bins": 32, "sound_frames": 96, "epochs": 12, "batch_size": 3, "lr": 0.001}
    run_recipe(
        opened(
            folder,
            content_of(
                videos=videos, methods={"mov": {"other": "sound", **sizes}}, hold_out=0.25,
                sound={"frames": 120, "time_mask": 0, "bin_mask": 0},
            ),
        )
    )  # fmt: skip
    return folder


def test_sound_is_learned_from_and_what_lacks_it_is_judged_by_frames_alone(heard: Path) -> None:
    told = all_told(bound_of(heard))["mov"]
    base, novel = told["base"][0], told["novel"][0]
    places = [row.path.endswith(MUTE) for row in base.clips.rows]
    assert (base.alone, novel.alone, sum(places)) == (1, 0, 1)
    mute = places.index(True)
    np.testing.assert_array_equal(base.said["answer"][mute], base.said["frozen"][mute])
    others = [row for row in range(len(places)) if row != mute]
    assert base.right("other")[others].all()  # only sound tells them
    assert not np.allclose(base.said["answer"][others], base.said["frozen"][others])


def test_the_run_says_which_clips_lack_sound(heard: Path, call: Call) -> None:
    warned = bound_of(heard).warnings()
    (alarm,) = [each for each in warned if each.code == "one-sided"]
    assert "1 of 17 clips have no sound" in alarm.problem and "mov learns nothing from them" in alarm.problem
    mute, loud = heard / "judge" / MUTE, heard / "judge/low tone/0.mp4"
    code, out, err = call("predict", "few", mute, loud, "-w", heard / "workspace", "--json")
    first, second = json.loads(out)
    assert code == 0, err
    assert first["predictions"] and "no sound" in first["note"] and "judged by its frames alone" in first["note"]
    assert second["predictions"][0]["label"] == "low tone" and "note" not in second
    page = (heard / "workspace/runs/few/report.html").read_text("utf-8")
    assert "1 clips have no sound: judged by their frames alone" in page
