"""Own clips with a table of questions, through the recipe that is written for them; and two towers."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import yaml
from question_runs import FEW, HEAD, PROMPTS, bound_of, content_of, opened

from pipeline.datasets.av.questions import kind_name
from pipeline.sources.specs import FbankSpec
from pipeline.stages.whole import run_recipe
from pipeline.tasks.av.sources import source_of

Call = Callable[..., tuple[int, str, str]]


def own_clips(ran: Path, folder: Path) -> Path:
    """The clips of a run beside a table of the questions about them."""
    (folder / "clips").mkdir()
    with (folder / "qa.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "question", "answer", "kind", "split"])
        for question in bound_of(ran).clips.questions:
            name = Path(question.video.path).name
            (folder / "clips" / name).write_bytes(Path(question.video.path).read_bytes())
            writer.writerow([name, question.text, question.answer, kind_name(question.kind), question.split])
        writer.writerow(["gone.mp4", "Which sound is heard longest?", "bell", "Audio, Comparative", "test"])
        writer.writerow([name, "Is it art?", "maybe", "", "test"])
    return folder


def test_own_clips_are_learned_judged_and_asked_about(call: Call, ran: Path, tmp_path: Path) -> None:
    own_clips(ran, tmp_path)
    out = tmp_path / "recipe.yaml"
    asked = ("--videos", tmp_path / "clips", "--questions", tmp_path / "qa.csv", "--out", out, "--name", "own")
    assert call("recipes", "new", *asked)[0] == 0
    content = yaml.safe_load(out.read_text())
    content["methods"] = {"head-only": {"rung": "none", "head": HEAD, "negatives": 10, **FEW}}
    content["cache"] = {"workers": 0}
    bound = opened(tmp_path, content)
    outcome = run_recipe(bound)
    before = bound_of(ran).of("test")
    assert (outcome.result.clips, outcome.result.listed) == (len(before) + 1, len(before) + 2)
    assert outcome.result.unlearned == 1 and outcome.result.sizes["any"] == 1
    assert outcome.result.of("head-only").scores["any"].value == 0  # nobody learned to say it
    codes = {alarm.code for alarm in bound.warnings()}
    assert {"partial-data", "unlearned-answer", "unlearned-kind"} <= codes
    sound = source_of(bound.towers, "audio", bound.form)
    assert isinstance(sound, FbankSpec) and (sound.segments, sound.segment_s) == (10, 1.95)
    words = ("predict", "own", tmp_path / "clips", "-w", tmp_path / "workspace", "-d", "cpu", "--csv")
    code, told, _ = call(*words, "--ask", "Which shape is seen longest?")
    read = list(csv.DictReader(told.splitlines()))
    assert code == 0 and len(read) == 36 and {row["label"] for row in read} <= set(bound.clips.answers)


def test_a_tower_that_sees_and_one_that_hears(tmp_path: Path) -> None:
    few = {**PROMPTS, **FEW, "epochs": 1, "head": HEAD, "negatives": 10}
    content = content_of(methods={"head-only": {**FEW, "rung": "none", "head": HEAD, "negatives": 10}, "copl": few})
    content["encoders"]["audio"] = "miniature-hts-at"
    outcome = run_recipe(opened(tmp_path, content))
    assert [each.name for each in outcome.result.methods] == ["head-only", "copl"] and outcome.result.clips > 50
    assert outcome.result.of("copl").numbers["alignment"] == 128 * 192 + 192  # means are compared through a map
    sources = [a.spec.fields for a in bound_of(tmp_path).store.artifacts() if a.spec.kind == "sources"]
    assert {json.dumps(each["spec"].get("frames")) for each in sources} == {"10", "128"}
