"""What recipes at full size cost, told before anything is downloaded: without torch, and in no time."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.open_video import read_sets
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import TowerShape
from pipeline.methods.mov.macs import frame_macs, step_macs
from pipeline.recipe.video_data import Hmdb51Videos, KineticsVideos

B16 = TowerShape(512, 768, 12, 12, 16, 224, 3072, True)
PLAN = """
import json, sys
from pipeline.cli.app import app
app(["plan", sys.argv[1], "--json"], standalone_mode=False)
assert "torch" not in sys.modules, "a plan needs no torch"
"""
LEARNED = {  # clips that are learned from, and judged, of the published counts; and numbers learned
    "ucf101": (9_537, 3_783, 105_108_992), "hmdb51": (3_570, 1_530, 105_108_992),
    "k400": (round(246_535 / 2), 19_881, 105_108_992),
    "k700": (round(545_317 * 4 / 7), 35_000 + 13_320 + 6_766, 105_108_992),
    "vggsound": (round(183_730 * 154 / 309), 15_446, 101_060_608),
}  # fmt: skip


@pytest.mark.parametrize("name", LEARNED)
def test_it_is_told_without_torch_and_in_two_seconds(name: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", PLAN, f"mov/{name}"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    steps: dict[tuple[str, str], Any] = {(step["stage"], step["what"]): step for step in json.loads(done.stdout)}
    learned, judged, numbers = LEARNED[name]
    frames, other = steps["cache", "frames"], steps["cache", "sound" if name == "vggsound" else "flow"]
    assert frames["wanted"] == frames["missing"] == learned + judged
    assert frames["bytes"] == (learned + judged) * 12 * 16 * 224 * 224 * 3
    assert other["bytes"] == (learned + judged) * (256_000 if name == "vggsound" else 12 * 16 * 224 * 224 * 2)
    assert frames["note"].startswith("not downloaded yet: as published; ") and "of one core" in other["note"]
    note = steps["learn", "mov"]["note"]
    assert f"{numbers:,} numbers" in note and "h a seed at 20 TFLOP/s" in note or "min a seed at 20 TFLOP/s" in note
    assert "of memory a step" in note and not (tmp_path / "workspace").exists()


def test_half_of_the_clips_is_learned_and_all_are_judged(tmp_path: Path) -> None:
    found = read_sets(Hmdb51Videos(layout="hmdb51", root=tmp_path / "gone"), tmp_path, draw=False)
    assert (found.learn.to_come, found.learn.count, len(found.learn.classes)) == (26 * 70, 26 * 70, 26)
    assert {exam: clips.count for exam, clips in found.judged.items()} == {"base": 26 * 30, "novel": 25 * 30}
    assert found.drawn and found.judged["novel"].print == "750 clips to come"
    ours = KineticsVideos(layout="kinetics700", root=tmp_path / "gone", base="kinetics700-base-ours")
    assert read_sets(ours, tmp_path, draw=False).drawn


def test_multiplications_are_those_of_the_corrections() -> None:
    """Section 4: 17.56 GMAC a frame, 37.26 a spectrogram; steps of 843, 112, 70 and 9.3 GMAC a clip."""
    assert frame_macs(B16) / 1e9 == pytest.approx(17.56, abs=0.01)
    sound = MovOptions(other="sound")
    assert step_macs(sound, B16) / 3e9 == pytest.approx(37.26, abs=0.02)
    assert step_macs(MovOptions(), B16) / 1e9 == pytest.approx(843, abs=1)
    assert step_macs(MovOptions(train_layers=1), B16, late=True) / 1e9 == pytest.approx(70, abs=0.5)
    assert step_macs(MovOptions(other="sound", train_layers=1), B16, late=True) / 1e9 == pytest.approx(9.3, abs=0.1)
    lower = step_macs(MovOptions(train_layers=1), B16) - step_macs(MovOptions(train_layers=1), B16, late=True)
    assert lower / 1e9 == pytest.approx(16 * (17.56 - 70 / 48), abs=1)
