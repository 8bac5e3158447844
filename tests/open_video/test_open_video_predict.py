"""What a finished run says of clips that it never saw, among its own names and among names that nobody learned."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from video_runs import bound_of

from pipeline.encoders.load import load_encoder
from pipeline.miniature.world.reversals import BASE_CLASSES, NOVEL_CLASSES
from pipeline.stages.whole import Outcome
from pipeline.tasks.open_video.batches import stored_clips
from pipeline.tasks.open_video.learn import answered
from pipeline.tasks.open_video.result import all_told
from pipeline.tasks.open_video.tables import result_rows, result_values
from pipeline.tasks.open_video.work import lacking_of, learned_clips, units
from stores import Store

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def asked(call: Call, ran: Path) -> Callable[..., list[dict]]:
    """Answers of the run about the first judged clips of a half, as JSON."""

    def ask(exam: str, *words: object) -> list[dict]:
        rows = bound_of(ran).sets.judged[exam].rows[:3]
        code, out, err = call("predict", "few", *[row.path for row in rows], "-w", ran / "workspace", "--json", *words)
        assert code == 0, err
        return json.loads(out)

    return ask


def shares_of(found: dict, names: tuple[str, ...]) -> list[float]:
    said = {each["label"]: each["probability"] for each in found["predictions"]}
    return [said[name] for name in names]


@pytest.mark.parametrize("method", ["mov", "late", "coop", "clip-adapter", "frozen-clip"])
def test_answers_are_those_that_were_judged(method: str, asked: Callable[..., list[dict]], ran: Path) -> None:
    told = all_told(bound_of(ran))[method]["base"][0].said["answer"][:3]
    found = asked("base", "--method", method, "--top", 4)
    np.testing.assert_allclose([shares_of(each, BASE_CLASSES) for each in found], told, atol=2e-5)


def test_the_best_on_held_out_clips_answers_where_the_recipe_publishes_none(
    asked: Callable[..., list[dict]], ran: Path, outcome: Outcome
) -> None:
    """By shares that are counted here, of base clips that nobody is judged on and nothing is learned from."""
    bound, right = bound_of(ran), {}
    encoder = load_encoder(bound.card, "cpu", "float32")
    for unit in units(bound):
        held = learned_clips(bound, unit.config, lacking_of(bound))[1]
        said, _ = answered(
            bound, encoder, unit, unit.config, stored_clips(bound, held, unit.config, frozenset()), "base"
        )
        true = np.array(held.labels)
        sure = said["answer"][np.arange(len(true)), true].mean()
        right[unit.method] = (said["answer"].argmax(-1) == true).mean() + sure / (len(true) + 1)
    best, worst = max(right, key=lambda name: right[name]), min(right, key=lambda name: right[name])
    assert (outcome.result.published, outcome.result.seed) == (best, 1) and right[best] > right[worst]
    assert asked("base") == asked("base", "--method", best) != asked("base", "--method", worst)
    assert result_values(outcome.result)["published"] == {"method": best, "seed": 1}
    assert [row[0] for row in result_rows(outcome.result)[1] if "(published)" in row[0]] == [f"{best} (published)"]


def test_names_that_were_never_learned_need_no_training(
    asked: Callable[..., list[dict]], ran: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(NOVEL_CLASSES))
    before = sorted(str(a.spec.fingerprint) for a in Store(ran / "workspace").artifacts())
    told = all_told(bound_of(ran))["mov"]["novel"][0].said["answer"][:3]
    found = asked("novel", "--labels", names, "--top", 4, "--method", "mov")
    np.testing.assert_allclose([shares_of(each, NOVEL_CLASSES) for each in found], told, atol=2e-5)
    assert sorted(str(a.spec.fingerprint) for a in Store(ran / "workspace").artifacts()) == before


def test_another_name_changes_no_odds_between_the_others(asked: Callable[..., list[dict]], tmp_path: Path) -> None:
    few, more = tmp_path / "few.txt", tmp_path / "more.txt"
    few.write_text("rising\nfalling\n")
    more.write_text("rising\nfalling\nplaying chess\n")
    for one, other in zip(
        asked("novel", "--labels", few, "--method", "frozen-clip"), asked("novel", "--labels", more, "--method", "frozen-clip"),
        strict=True,
    ):  # fmt: skip
        a, b = (shares_of(each, ("rising", "falling")) for each in (one, other))
        assert a[0] / a[1] == pytest.approx(b[0] / b[1], rel=1e-3) and sum(b) < 1


def test_what_cannot_be_answered_is_refused_with_what_to_type(call: Call, ran: Path, tmp_path: Path) -> None:
    clip = bound_of(ran).sets.judged["base"].rows[0].path
    broken = tmp_path / "broken.avi"
    broken.write_bytes(b"RIFF no video")
    code, out, _ = call("predict", "few", clip, broken, "-w", ran / "workspace", "--json")
    first, second = json.loads(out)
    assert code == 1 and first["predictions"] and not second["predictions"] and second["error"]
    for words, told in (
        (("--method", "none"), "has mov, late, coop, clip-adapter, frozen-clip"), (("--seed", 9), "learned with 1"),
        (("--none-of-these",), "labelled clips"),
    ):  # fmt: skip
        code, _, err = call("predict", "few", clip, "-w", ran / "workspace", *words)
        assert code != 0 and told in " ".join(err.split())
