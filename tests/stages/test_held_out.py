"""Files whose labels may be used pick the epoch that answers: a share of the judged ones, or files that lie beside them."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rich.console import Console

from pipeline.evaluation import TAAM_CPT, render_table
from pipeline.miniature.world import AUDIO_CLASSES, IMAGE_CLASSES
from pipeline.recipe.errors import RecipeError
from pipeline.stages.plan import plan_run
from pipeline.stages.predict import predict
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences import pages
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.judged import held_out, judged
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints

CLASSES = {"image": list(IMAGE_CLASSES[:6]), "audio": list(AUDIO_CLASSES[:6])}
EPOCHS = 8


def drawn(seed: int, **more: object) -> dict[str, object]:
    return {"layout": "miniature", "seed": seed, "per_class": 3, **more}


def content(**parts: Mapping[str, object]) -> dict[str, Any]:
    """Two modalities of the miniature world; what is held out is small, so that epochs differ on it."""
    encoders = {"image": "miniature-clip", "audio": "miniature-clap"}
    modalities = {
        m: {"labels": names, "encoder": encoders[m], "data": drawn(5), **parts.get(m, {})}
        for m, names in CLASSES.items()
    }
    return {
        "name": "held", "modalities": modalities, "generate": {"engine": "deterministic", "sentences_per_class": 6},
        "cache": {"workers": 0},
        "train": {"epochs": EPOCHS, "batch_size": 4, "weak": None, "init": "text", "schedule": "constant"},
    }  # fmt: skip


BOTH = {"image": {"data": drawn(5, hold_out=0.34)}, "audio": {"validation": drawn(6)}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("held")


def opened(folder: Path, **parts: Mapping[str, object]) -> BoundSentences:
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content(**parts)))
    return BoundSentences(load_recipe(folder / "recipe.yaml", folder / "workspace"), "cpu", Progress.silent())


@pytest.fixture(scope="module")
def ran(folder: Path) -> tuple[BoundSentences, Outcome]:
    context = opened(folder, **BOTH)
    return context, run_recipe(context)


def figures_by_hand(context: BoundSentences, checkpoints: Checkpoints) -> list[float]:
    """The mean of the image files' mAP and of the sounds' top-1 after every epoch, by loops over the held-out files."""
    found = []
    for epoch in range(1, EPOCHS + 1):
        tensors, figures = checkpoints.arrays(epoch), []
        for m, labels in CLASSES.items():
            held = held_out(context, m)
            assert held.rows and not {row.key for row in held.rows} & {row.key for row in judged(context, m).rows}
            pool = tensors[f"pools.vectors.{m}"][context.candidates.indices(m)].astype(np.float64)
            scores = [[x @ p / np.linalg.norm(x) / np.linalg.norm(p) for p in pool] for x in held.features]
            if m == "audio":
                figures.append(
                    np.mean([labels[int(np.argmax(s))] in row.labels for s, row in zip(scores, held.rows, strict=True)])
                )
                continue
            precisions = []
            for c, label in enumerate(labels):
                ranked = sorted(range(len(scores)), key=lambda n, c=c: -scores[n][c])
                hits = [label in held.rows[n].labels for n in ranked]
                places = [place for place, hit in enumerate(hits, start=1) if hit]
                precisions += [np.mean([k / place for k, place in enumerate(places, start=1)])] if places else []
            figures.append(np.mean(precisions))
        found.append(float(np.mean(figures)))
    return found


def test_the_epoch_that_is_best_on_held_out_files_answers(ran: tuple[BoundSentences, Outcome]) -> None:
    context, outcome = ran
    checkpoints = Checkpoints(context.store.find(context.record().artifacts["checkpoint"]))
    figures = figures_by_hand(context, checkpoints)
    best = max(epoch for epoch in range(1, EPOCHS + 1) if figures[epoch - 1] >= max(figures) - 1e-9)
    assert checkpoints.answer() == best and max(figures) > figures[-1], figures  # the last epoch would be another one
    chosen = outcome.result.chosen_epoch
    held = {m: len(held_out(context, m).rows) for m in CLASSES}
    assert (chosen.epoch, chosen.epochs, chosen.files) == (best, EPOCHS, held)
    told = f"TaAM-CPT answers with epoch {best} of {EPOCHS}, the best on {held['image']} image and {held['audio']} audio files"
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render_table(outcome.result))
    assert told in console.export_text() and told in outcome.report.read_text("utf-8")
    assert json.loads(outcome.result.to_json())["chosen_epoch"]["epoch"] == best
    # What is judged, and what predicts, is that epoch.
    files, labels = judged(context, "audio"), CLASSES["audio"]
    pool = checkpoints.arrays(best)["pools.vectors.audio"][context.candidates.indices("audio")]
    guesses = (files.features @ (pool / np.linalg.norm(pool, axis=1, keepdims=True)).T).argmax(axis=1)
    right = [labels[g] in row.labels for g, row in zip(guesses, files.rows, strict=True)]
    assert outcome.result.modality("audio").method(TAAM_CPT).metrics["top1"] == pytest.approx(np.mean(right))
    paths = [Path(row.path) for row in files.rows[:6]]
    answers = predict("held", context.recipe.workspace, paths, "cpu", 1, method=TAAM_CPT)
    assert [each.classes[0][0] for each in answers] == [labels[g] for g in guesses[:6]]


def test_files_beside_the_judged_ones_are_held_out_and_calibrate(ran: tuple[BoundSentences, Outcome]) -> None:
    context, outcome = ran
    result = outcome.result.modality("audio")
    assert (result.rows, result.held_out) == (18, 18)
    calibration = result.published.calibration
    assert (calibration.fitted_to, calibration.files) == ("labels held out", 18)
    assert [step.missing for step in plan_run(context) if step.missing] == []


@pytest.mark.parametrize("modality", ["image", "audio"])
def test_the_report_shows_the_probabilities_that_predict_tells(
    ran: tuple[BoundSentences, Outcome], modality: str
) -> None:
    """Of images, which show several classes, one by itself for each; of sounds a softmax at the temperature that was fitted."""
    context, _ = ran
    found = pages._data(context, *pages._judged(context))
    rows, shares, labels = found.media[modality][:8], found.shares[modality], CLASSES[modality]
    told = predict("held", context.recipe.workspace, [Path(row.path) for row in rows], "cpu", len(labels))
    several = found.result.modality(modality).several
    least = several.thresholds if several else [0.0] * len(labels)
    named = [
        {label: share for label, share, t in zip(labels, own, least, strict=True) if share >= t} for own in shares[:8]
    ]
    assert sum(map(len, named)) >= 8 and (several is not None) == (modality == "image")
    for each, expected in zip(told, named, strict=True):
        assert dict(each.classes) == {label: pytest.approx(share, abs=2e-3) for label, share in expected.items()}


def test_other_held_out_files_choose_again_among_the_same_epochs(
    ran: tuple[BoundSentences, Outcome], folder: Path
) -> None:
    store, named = ran[0].store, list[str]()
    for parts in (BOTH, BOTH | {"audio": {"validation": drawn(7)}}, {}):
        context = opened(folder, **parts)
        outcome = run_recipe(context)
        named.append(context.record().artifacts["checkpoint"])
        assert (outcome.result.chosen_epoch is None) == (not parts)
    assert len(set(named)) == 3
    first, *others = (Checkpoints(store.find(each)) for each in named)
    for epoch in range(EPOCHS + 1):
        for name, tensor in first.arrays(epoch).items():
            assert all(np.array_equal(tensor, other.arrays(epoch)[name]) for other in others)
    # Without held-out files the last epoch answers, and nothing tells that there might be another.
    assert "chosen_on" not in store.find(named[2]).spec.fields and others[1].answer() == EPOCHS
    assert "chosen_epoch" not in json.loads(outcome.result.to_json())


def test_the_order_of_a_folder_neither_names_nor_changes_anything(
    ran: tuple[BoundSentences, Outcome], folder: Path
) -> None:
    before, after = opened(folder, **BOTH), opened(folder, **BOTH)
    for sources in (after.sources, after.validation):
        for modality, source in sources.items():
            sources[modality] = replace(source, rows=source.rows[::-1])
    assert plan_training(after).spec == plan_training(before).spec
    for modality in CLASSES:
        one, other = (held_out(context, modality) for context in (before, after))
        assert one.rows == other.rows and np.array_equal(one.features, other.features)


def test_an_extended_run_whose_held_out_files_change_is_extended_anew_and_keeps_its_old_rows(tmp_path: Path) -> None:
    few = CLASSES["audio"][:5]
    before = opened(tmp_path, audio={"labels": few, "validation": drawn(6)})
    run_recipe(before)
    base = before.record().artifacts["checkpoint"]
    found = []
    for seed in (6, 7):
        context = opened(tmp_path, audio={"validation": drawn(seed)})
        run_recipe(context)
        record = context.record()
        assert (record.mode, record.base) == ("frozen", base)
        found.append(record.artifacts["checkpoint"])
    assert len({base, *found}) == 3
    known = Checkpoints(before.store.find(base))
    old = known.arrays(known.answer())["pools.vectors.audio"][before.candidates.indices("audio")]
    for each in found:
        checkpoints = Checkpoints(context.store.find(each))
        rows = [context.candidates.indices("audio")[CLASSES["audio"].index(label)] for label in few]
        assert np.array_equal(checkpoints.arrays(checkpoints.answer())["pools.vectors.audio"][rows], old)


def test_a_file_in_both_places_is_not_judged(folder: Path) -> None:
    outcome = run_recipe(opened(folder, audio={"validation": drawn(5)}))
    result = outcome.result.modality("audio")
    assert (result.rows, result.held_out) == (0, 18)


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        ({"data": None, "validation": drawn(6)}, "validation names files to choose on, and data none to be judged"),
        ({"data": drawn(5, hold_out=0.2), "validation": drawn(6)}, "Leave hold_out out, or validation"),
        ({"validation": drawn(6, hold_out=0.2)}, "Leave hold_out out, or validation"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, audio: dict, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        opened(tmp_path, audio=audio)
