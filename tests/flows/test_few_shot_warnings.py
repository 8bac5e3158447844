"""Alarms of runs that learn from labelled images: those that apply, in the same five places."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import pipeline.alarms.below as below
import pipeline.alarms.names_alike as names_alike
from flows import page
from pipeline.caching.overlong import Overlong, keep_overlong
from pipeline.cli.app import app
from pipeline.cli.options import open_bound
from pipeline.stages.cache import cache
from pipeline.stages.warn import found_after
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.result import FewShotResult, Judged
from pipeline.tasks.few_shot.specs import sentences_spec

RECIPE = (
    "name: few\nencoder: miniature-clip\nshots: 1\nseeds: [1]\nviews: 1\nworkspace: w\n"
    "methods: {coop: {epochs: 1, batch_size: 2}, own: {method: coop, epochs: 1, batch_size: 2}}\n"
    "data: {layout: miniature-shapes, classes: [square, pentagon, star, heart], train_per_class: 1, test_per_class: 5}\n"
)


@pytest.fixture
def task(tmp_path: Path) -> BoundFewShot:
    (tmp_path / "r.yaml").write_text(RECIPE)
    bound: BoundFewShot = open_bound(str(tmp_path / "r.yaml"), None, "cpu")
    return bound


def result(coop: tuple[float, float], own: tuple[float, float]) -> FewShotResult:
    shares = {"zero-shot": (0.8, 0.8), "coop": coop, "own": own}
    runs = {name: [Judged({"base": (base,), "novel": (novel,)})] for name, (base, novel) in shares.items()}
    return FewShotResult(runs, dict.fromkeys(shares, 0))


def test_the_published_method_by_the_harmonic_mean(task: BoundFewShot) -> None:
    assert (
        found_after(task, "evaluate", result((0.9, 0.75), (0.1, 0.1))) == []
    )  # what is compared with it is not published
    (alarm,) = found_after(task, "evaluate", result((0.9, 0.3), (0.8, 0.8)))
    assert (alarm.code, alarm.modality, alarm.stage) == ("below-zero-shot", "image", "evaluate")
    assert (
        "coop (harmonic mean of base and novel classes) reaches 45.0 % of 10 image files, 35.0 points less"
        in alarm.problem
    )
    assert "publish: {method: own}" in alarm.remedy and "shots: 2" in alarm.remedy


def test_names_that_are_one_to_the_encoder_and_texts_cut_off(
    task: BoundFewShot, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache(task)
    assert task.warnings() == []  # near names are no news where images teach
    monkeypatch.setattr(names_alike, "SAME", 0.02)
    (text,) = task.prompts(task.judged("novel"), True)[:1]
    keep_overlong(task.store, sentences_spec(task), Overlong([(text, 99)], 77))
    cut, alike = found_after(task, "cache")
    assert (cut.code, alike.code) == ("truncated", "names-alike")
    assert f"“{text}” (99 tokens)" in cut.problem and alike.classes == ("square", "pentagon")
    assert "sentences" not in alike.problem
    cache(task)
    assert [alarm.code for alarm in task.warnings()] == ["truncated", "names-alike"]
    assert "overlong/sentences" in task.record().artifacts


def test_five_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *arguments])
        with pytest.raises(SystemExit) as left:
            app()
        assert not left.value.code
        out, err = capsys.readouterr()
        return out, " ".join(err.split())

    monkeypatch.setattr(below, "is_below", lambda *figures: True)
    (alarm,) = json.loads(call("run", "r.yaml", "-d", "cpu", "--json")[0])["warnings"]
    assert alarm["code"] == "below-zero-shot"
    for command, found in (("train", []), ("evaluate", [alarm])):
        assert json.loads(call(command, "r.yaml", "-d", "cpu", "--json")[0])["warnings"] == found
    _, err = call("run", "r.yaml", "-d", "cpu")
    assert alarm["problem"] in err and alarm["remedy"].replace("RECIPE", "r.yaml") in err
    assert err.endswith("Done, with 1 warning, see above.")
    assert [each["code"] for each in json.loads(call("status", "r.yaml", "--json")[0])["warnings"]] == [
        "below-zero-shot"
    ]
    assert alarm["problem"] in " ".join(call("status", "r.yaml")[0].split())
    assert alarm["problem"] in (tmp_path / "w/runs/few/report.html").read_text("utf-8")
    shown: dict[str, Any] = {}
    monkeypatch.setattr(page, "_markdown", lambda context, key, lines: shown.update({key: "\n".join(lines)}))
    page.show_warnings(open_bound("r.yaml", None, "cpu"))
    assert page.plain(alarm["problem"]) in shown["warnings"] and page.plain(alarm["remedy"]) in shown["warnings"]
