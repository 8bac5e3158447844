"""Own clips with a table of events, a longer one among them, through the recipe that is written for them; and two towers."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml
from event_runs import FEW, PROMPTS, bound_of, content_of, opened

from pipeline.evaluation.events import events_of
from pipeline.miniature.world.video_files import write_mp4
from pipeline.stages.whole import run_recipe

Call = Callable[..., tuple[int, str, str]]
RATE = 16_000


def own_clips(ran: Path, folder: Path) -> Path:
    """The clips of a run beside a table of their events; and one of 23 seconds, in which a bell rings from 12 to 14."""
    known = bound_of(ran).clips
    (folder / "clips").mkdir()
    with (folder / "events.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", "start_s", "end_s", "split"])
        for clip in known.clips:
            name = Path(clip.video.path).name
            (folder / "clips" / name).write_bytes(Path(clip.video.path).read_bytes())
            for event in events_of(np.array(clip.labels), known.background):
                writer.writerow([name, known.classes[event.label], event.start, event.end, clip.split])
        writer.writerow(["long.mp4", known.classes[0], 12, 14, "test"])
    rng = np.random.default_rng(0)
    frames, wave = rng.integers(0, 256, (46, 64, 64, 3), np.uint8), rng.normal(0, 0.1, 23 * RATE).astype(np.float32)
    write_mp4(folder / "clips" / "long.mp4", frames, 2, wave, RATE)
    return folder


def test_own_clips_are_learned_judged_and_answered_about(call: Call, ran: Path, tmp_path: Path, tower: str) -> None:
    own_clips(ran, tmp_path)
    out = tmp_path / "recipe.yaml"
    asked = ("--videos", tmp_path / "clips", "--events", tmp_path / "events.csv", "--encoder", tower, "--out", out)
    assert call("recipes", "new", *asked, "--name", "own")[0] == 0
    content = yaml.safe_load(out.read_text())
    content["methods"] = {"head-only": {"rung": "none", **FEW}}
    content["cache"] = {"workers": 0}
    bound = opened(tmp_path, content)
    outcome = run_recipe(bound)
    assert outcome.result.clips == 5 + 3 and not outcome.result.partial  # three windows of the long one
    long = [clip for clip in bound.of("test") if clip.name == "long.mp4"]
    assert [clip.start_s for clip in long] == [0, 10, 13] and [sum(x < 8 for x in c.labels) for c in long] == [0, 2, 1]
    artifacts = [a for a in bound.store.artifacts() if a.spec.kind in ("sources", "features")]
    assert len(artifacts) == 4 and {a.manifest.rows for a in artifacts} == {17 + 3}
    workspace = tmp_path / "workspace"
    code, told, _ = call("predict", "own", tmp_path / "clips", "-w", workspace, "-d", "cpu", "--as", "csv")
    assert code == 0
    read = list(csv.DictReader(told.splitlines()))
    assert len({row["file"] for row in read}) == 18 and {row["label"] for row in read} <= {"", *bound.clips.classes}


def test_a_tower_that_sees_and_one_that_hears(tmp_path: Path) -> None:
    few = {**PROMPTS, **FEW, "epochs": 1}
    methods = {
        "head-only": {"rung": "none", **FEW}, "late": {"variant": "late", **few}, "copl": few
    }  # fmt: skip
    content = content_of("miniature-swin", methods=methods)
    content["encoders"]["audio"] = "miniature-hts-at"
    content["events"] = {"layout": "miniature", "train": 8, "val": 2, "test": 3}
    outcome = run_recipe(opened(tmp_path, content))
    assert [each.name for each in outcome.result.methods] == list(methods) and outcome.result.clips == 3
    numbers = outcome.result.of("copl").numbers
    assert numbers["alignment"] == 128 * 192 + 192  # means are compared through a map where widths differ
    sources = [a.spec.fields for a in bound_of(tmp_path).store.artifacts() if a.spec.kind == "sources"]
    assert {json.dumps(each["spec"].get("frames")) for each in sources} == {"10", "128"}
