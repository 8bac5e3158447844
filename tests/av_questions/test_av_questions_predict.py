"""Questions about clips of a user's own: what is answered, what is told of it, and what is refused."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from noise_clips import BROKEN, RATE, clip
from question_runs import METHODS, bound_of

from pipeline.predictions import Prediction
from pipeline.records import RunError
from pipeline.stages.predict import asked, predict
from pipeline.tasks.av.work import sides_of, trials
from pipeline.tasks.av_questions.result import told_of
from pipeline.tasks.registry import tasks

Call = Callable[..., tuple[int, str, str]]
LONGEST = "Which sound is heard longest?"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    soundfile.write(folder / "sound.wav", np.random.default_rng(1).normal(0, 0.1, 10 * RATE), RATE)
    (folder / "broken.mp4").write_bytes(BROKEN)
    return {
        "short": clip(folder / "short.mp4", 4),
        "long": clip(folder / "long.mp4", 130),
        "mute": clip(folder / "mute.mp4", 10, sound=False),
        "sound": folder / "sound.wav",
        "broken": folder / "broken.mp4",
    }


def answers(ran: Path, *files: Path, ask: tuple[str, ...] = (LONGEST,), method: str | None = None) -> list[Prediction]:
    return predict("few", ran / "workspace", list(files), "cpu", 3, method=method, ask=ask)


@pytest.mark.parametrize("method", METHODS)
def test_a_question_of_the_test_gets_the_answer_that_was_judged(ran: Path, method: str) -> None:
    bound = bound_of(ran)
    told = next(told_of(bound, t, sides_of(bound)) for t in trials(bound) if t.what == method)
    name = told.questions[0].name
    rows = [n for n, question in enumerate(told.questions) if question.name == name]
    found = answers(
        ran, Path(told.questions[0].video.path), ask=tuple(told.questions[n].text for n in rows), method=method
    )
    assert len(found) == len(rows) > 2
    for row, each in zip(rows, found, strict=True):
        shares = told.probabilities[0, row]
        best = sorted(shares.tolist(), reverse=True)[:3]
        assert [share for _, share in each.classes] == pytest.approx(best, abs=1e-5)
        assert shares[bound.clips.answers.index(each.classes[0][0])] == pytest.approx(best[0], abs=1e-5)
        assert (each.question, each.modality, each.note, each.error) == (told.questions[row].text, "video", "", "")


def test_every_clip_is_asked_every_question_in_order(ran: Path, clips: dict[str, Path]) -> None:
    ask = (LONGEST, "How many shapes in the video sound?")
    found = answers(ran, clips["short"], clips["broken"], clips["mute"], ask=ask)
    assert [(Path(each.path).stem, each.question) for each in found] == [
        (name, text) for name in ("short", "broken", "mute") for text in ask
    ]
    assert [bool(each.error) for each in found] == [False, False, True, True, False, False]
    one = answers(ran, clips["short"])[0]
    assert one.question == found[0].question and dict(one.classes) == pytest.approx(dict(found[0].classes), abs=1e-5)


def test_what_lacks_a_side_or_is_long_says_so(ran: Path, clips: dict[str, Path]) -> None:
    mute, sound, long = answers(ran, clips["mute"], clips["sound"], clips["long"])
    assert mute.note == "no sound (no audio stream): judged by its picture alone" and mute.modality == "video"
    assert "no picture" in sound.note and "sound alone" in sound.note and sound.modality == "audio"
    assert long.note == "of its 130 s only 10 pictures are seen and 10 s heard: cut out what is meant"
    assert mute.classes and sound.classes and long.classes


def test_what_was_never_asked_is_told_and_the_other_questions_are_answered(ran: Path, clips: dict[str, Path]) -> None:
    strange, unknown, fine = answers(
        ran, clips["short"], ask=("Which zebra is heard longest?", "Warum nur?", LONGEST), method="head-only"
    )
    assert "'zebra'" in strange.note and "left out" in strange.note and strange.classes
    assert f"the nearest one is '{LONGEST}' (Audio, Comparative)" in strange.note
    assert unknown.error.startswith("most of its words were never learned") and not unknown.classes
    assert fine.note == "" and fine.classes


def test_a_run_that_answers_questions_wants_one_and_others_want_none(ran: Path) -> None:
    with pytest.raises(RunError, match=r"Ask one: mmpt-pipeline predict few CLIP --ask"):
        answers(ran, Path("x.mp4"), ask=())
    for name, task in tasks().items():
        if name != "av-questions":
            assert asked(task, "pets", []) == {}
            with pytest.raises(RunError, match=rf"run 'pets' is of the task '{name}' and answers no questions"):
                asked(task, "pets", ["How many?"])


def test_tables_json_and_csv_have_the_question(call: Call, ran: Path, clips: dict[str, Path]) -> None:
    words = (
        "predict",
        "few",
        clips["mute"],
        "-w",
        ran / "workspace",
        "-d",
        "cpu",
        "--ask",
        LONGEST,
        "--ask",
        "Which zebra is seen longest?",
    )
    code, out, _ = call(*words, "--json", "--top", 2)
    first, second = json.loads(out)
    assert code == 0 and first["question"] == LONGEST and len(first["predictions"]) == 2
    assert second["note"].startswith("no sound") and "zebra" in second["note"]
    rows = list(csv.DictReader(io.StringIO(call(*words, "--csv")[1])))
    assert [row["question"] for row in rows] == [LONGEST, "Which zebra is seen longest?"]
    assert (
        rows[0]["label"] == first["predictions"][0]["label"] and "zebra" in rows[1]["note"] and rows[0]["error"] == ""
    )
    told = " ".join(call(*words)[1].split())
    assert "question" in told and "answer" in told and first["predictions"][0]["label"] in told and "no sound" in told


def test_csv_of_other_runs_has_the_columns_that_it_had() -> None:
    from pipeline.predictions import predictions_to_csv, predictions_to_json

    plain = [Prediction("a.png", "image", (("cat", 0.5),), note="told")]
    assert predictions_to_csv(plain) == "path,modality,label,probability,error\na.png,image,cat,0.500000,\n"
    assert "question" not in predictions_to_json(plain)[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--method", "copy"), "run 'few' learned question only, audio alone"),
        (("--seed", "7"), "run 'few' learned with 0"),
        (("--none-of-these",), "Leave them out"),
    ],
)  # fmt: skip
def test_what_the_run_does_not_have_is_refused(
    call: Call, ran: Path, clips: dict[str, Path], words: tuple[str, ...], told: str
) -> None:
    code, _, err = call("predict", "few", clips["mute"], "-w", ran / "workspace", "-d", "cpu", "--ask", LONGEST, *words)
    assert code == 2 and told in " ".join(err.split())
