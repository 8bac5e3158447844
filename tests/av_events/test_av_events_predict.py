"""Answers about clips of a user's own: second by second, of any length, without sound or picture, as other programs read them."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from event_runs import METHODS, bound_of
from noise_clips import BROKEN, RATE, clip

from pipeline.datasets.av.windows import FoundEvent
from pipeline.predictions import Prediction
from pipeline.stages.predict import predict
from pipeline.stages.whole import Outcome
from pipeline.tasks.av.work import sides_of, trials, units
from pipeline.tasks.av_events.learn import answered
from pipeline.tasks.av_events.result import told_of
from pipeline.tasks.av_events.tables import result_rows, result_values

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    soundfile.write(folder / "sound.wav", np.random.default_rng(1).normal(0, 0.1, 10 * RATE), RATE)
    (folder / "broken.mp4").write_bytes(BROKEN)
    (folder / "notes.txt").write_text("no clip\n")
    return {
        "short": clip(folder / "short.mp4", 4),
        "long": clip(folder / "long.mp4", 23),
        "mute": clip(folder / "mute.mp4", 10, sound=False),
        "sound": folder / "sound.wav",
        "broken": folder / "broken.mp4",
        "notes": folder / "notes.txt",
    }


def answers(ran: Path, *files: Path, **asked: str) -> list[Prediction]:
    method, seed = asked.get("method"), None
    return predict("few", ran / "workspace", list(files), "cpu", 3, method=method, seed=seed)


@pytest.mark.parametrize("method", METHODS)
def test_a_test_clip_gets_what_it_got_when_it_was_judged(ran: Path, method: str) -> None:
    bound = bound_of(ran)
    told = next(told_of(bound, t, sides_of(bound)) for t in trials(bound) if t.what == method)
    (found,) = answers(ran, Path(told.clips[2].video.path), method=method)
    names = (*bound.clips.classes, None)
    mean = dict(zip(bound.clips.classes, told.probabilities[2].mean(0).tolist(), strict=False))
    assert [name for name, _ in found.classes] == sorted(mean, key=lambda name: -mean[name])[:3]
    assert [share for _, share in found.classes] == pytest.approx(sorted(mean.values(), reverse=True)[:3], abs=1e-5)
    labels = [names[label] for label in told.labels[2]]
    said: list[str | None] = [None] * 10
    assert found.events is not None
    for event in found.events:
        for second in range(round(event.start_s), round(event.end_s)):
            said[second] = event.label
    assert said == labels and found.note == "" and found.error == ""


def test_a_clip_may_be_long_or_short(ran: Path, clips: dict[str, Path]) -> None:
    short, long = answers(ran, clips["short"], clips["long"], method="head-only")
    for found, seconds in ((short, 4.0), (long, 23.0)):
        assert found.error == "" and found.modality == "video" and found.events is not None
        assert all(0 <= event.start_s < event.end_s <= seconds + 0.1 for event in found.events)
        ends = [event.end_s for event in found.events]
        assert ends == sorted(ends)
    assert sum(share for _, share in long.classes) < 1


def test_the_best_on_val_answers_where_the_recipe_publishes_none(
    ran: Path, clips: dict[str, Path], outcome: Outcome
) -> None:
    """By accuracies that are counted here, of clips that nobody is judged on."""
    bound, right = bound_of(ran), {}
    for unit in units(bound):
        held = bound.of("val")
        shares, _ = answered(bound, unit, held)
        said, true = shares.argmax(-1), np.array([clip.labels for clip in held])
        right[unit.method] = sum(int(a == b) for a, b in zip(said.ravel(), true.ravel(), strict=True)) / true.size
    best = next(name for name in METHODS if right[name] == max(right.values()))
    assert (outcome.result.published, outcome.result.seed) == (best, 0)
    (found,), (own,) = answers(ran, clips["mute"]), answers(ran, clips["mute"], method=best)
    worst = min(right, key=lambda name: right[name])
    assert found == own != answers(ran, clips["mute"], method=worst)[0]
    assert found.classes and result_values(outcome.result)["published"] == {"method": best, "seed": 0}
    assert [row[0] for row in result_rows(outcome.result)[1] if "(published)" in row[0]] == [f"{best} (published)"]


def test_what_lacks_a_side_is_judged_by_the_other_and_says_so(ran: Path, clips: dict[str, Path]) -> None:
    mute, sound = answers(ran, clips["mute"], clips["sound"])
    assert (mute.modality, mute.note) == ("video", "no sound (no audio stream): judged by its picture alone")
    assert sound.modality == "audio" and "no picture" in sound.note and "sound alone" in sound.note
    assert mute.error == sound.error == "" and mute.classes and sound.classes


def test_what_is_no_clip_has_an_error_and_disturbs_no_other(ran: Path, clips: dict[str, Path], tmp_path: Path) -> None:
    found = answers(ran, clips["broken"], clips["mute"], clips["notes"], tmp_path / "gone.mp4")
    assert [bool(each.error) for each in found] == [True, False, True, True]
    assert "neither pictures nor sound" in found[2].error
    assert found[3].error == "neither pictures nor sound: no such file"


SAID = [
    Prediction("c/long.mp4", "video", events=(FoundEvent("bell", 1.0, 3.0, 0.9), FoundEvent("dog", 4.0, 5.0, 0.6))),
    Prediction("c/mute.mp4", "video", events=(FoundEvent("dog", 0.0, 1.0, 0.7),), note="no sound: judged by its picture alone"),
    Prediction("c/bad.mp4", None, error="no video stream"),
]  # fmt: skip


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Prediction]:
    """What a run says, whatever it is asked."""
    found = list(SAID)
    monkeypatch.setattr("pipeline.stages.predict.predict", lambda *_, **__: found)
    return found


def test_tracks_are_printed_or_written_a_file_a_clip(call: Call, said: list[Prediction], tmp_path: Path) -> None:
    asked = ("predict", "few", "c", "--as")
    code, out, err = call(*asked, "csv")
    rows = [list(row.values()) for row in csv.DictReader(io.StringIO(out))]
    assert code == 1 and "c/mute.mp4: no sound" in err and "c/bad.mp4: no video stream" in err
    assert rows == [
        ["c/long.mp4", "bell", "1", "3", "0.900000"], ["c/long.mp4", "dog", "4", "5", "0.600000"],
        ["c/mute.mp4", "dog", "0", "1", "0.700000"],
    ]  # fmt: skip
    code, _, err = call(*asked, "vtt")
    assert code == 2 and "--out FOLDER" in " ".join(err.split())
    for track in ("vtt", "audacity", "csv"):
        assert call(*asked, track, "--out", tmp_path / "tracks")[0] == 1
    assert sorted(path.name for path in (tmp_path / "tracks").iterdir()) == [
        "long.csv", "long.txt", "long.vtt", "mute.csv", "mute.txt", "mute.vtt"
    ]  # fmt: skip
    assert (tmp_path / "tracks/long.vtt").read_text().startswith("WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nbell (90 %)")
    assert (tmp_path / "tracks/mute.txt").read_text() == "0.000000\t1.000000\tdog\n"
    del said[1:]
    assert call(*asked, "audacity")[:2] == (0, "1.000000\t3.000000\tbell\n4.000000\t5.000000\tdog\n")
    assert "dog" not in call(*asked, "audacity", "--threshold", "0.8")[1]


def test_shapes_of_answers_that_do_not_fit_are_refused(call: Call, said: list[Prediction], tmp_path: Path) -> None:
    assert "csv, vtt, audacity" in " ".join(call("predict", "few", "c", "--as", "srt")[2].split())
    assert "shapes of one answer" in " ".join(call("predict", "few", "c", "--as", "csv", "--json")[2].split())
    assert "--as" in call("predict", "few", "c", "--out", tmp_path)[2]
    said[:] = [SAID[0], Prediction("d/long.mp4", "video", events=())]
    assert "several clips" in " ".join(call("predict", "few", "c", "--as", "vtt", "--out", tmp_path)[2].split())
    said[:] = [Prediction("a.png", "image", (("cat", 0.9),))]
    assert "whole files" in " ".join(call("predict", "few", "c", "--as", "csv")[2].split())


def test_tables_and_json_tell_the_events(call: Call, ran: Path, clips: dict[str, Path]) -> None:
    asked = ("predict", "few", clips["mute"], clips["notes"], "-w", ran / "workspace", "-d", "cpu")
    code, out, _ = call(*asked, "--json")
    mute, notes = json.loads(out)
    assert code == 1 and "events" not in notes and mute["note"].startswith("no sound")
    told = call(*asked)[1]
    assert "no sound" in " ".join(told.split())
    assert not mute["events"] or f"{mute['events'][0]['label']}" in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--method", "copy"), "run 'few' learned head-only, visual alone"),
        (("--seed", "7"), "run 'few' learned with 0"),
        (("--none-of-these",), "Leave them out"),
    ],
)  # fmt: skip
def test_what_the_run_does_not_have_is_refused(
    call: Call, ran: Path, clips: dict[str, Path], asked: tuple[str, ...], told: str
) -> None:
    code, _, err = call("predict", "few", clips["mute"], "-w", ran / "workspace", "-d", "cpu", *asked)
    assert code == 2 and told in " ".join(err.split())
