"""A refresh learns only what is new, judges it beside the published pools, and publishes or keeps with a reason."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.caching.specs import media_features_spec
from pipeline.records import RunRecord, read_run, roots, update_run
from pipeline.report.sealed_page import page_problem
from pipeline.stages.predict import predict
from pipeline.stages.refresh import RefreshError, refresh
from pipeline.stages.train import train
from pipeline.stages.whole import run_recipe
from pipeline.tasks.growth import ClassFigure
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.training.checkpoint import Checkpoints

OLD = {"image": ["cat", "dog", "sun"], "audio": ["bark", "rain"]}
MORE = {"image": ["cat", "dog", "sun", "hen"], "audio": ["bark", "rain", "wind"]}

Open = Callable[..., BoundSentences]
Tree = Callable[[Path], dict[str, bytes]]
Stage = Callable[[BoundSentences], object]


def record_of(workspace: Path) -> dict:
    record = read_run(workspace / "runs/small")
    assert record is not None
    return vars(record)


def published_rows(context: BoundSentences, record: dict, modality: str) -> np.ndarray:
    """Six sentences a class: too few for anything but names with what the sentences weigh."""
    solved = Checkpoints(context.store.find(record["artifacts"][f"classifiers/{modality}"]))
    return solved.arrays(1)["names + sentences, weighed"].astype(np.float64)


def share_right(context: BoundSentences, prompts: np.ndarray, modality: str, labels: list[str], label: str) -> float:
    """Of the files of one class, the share whose nearest prompt is its own; a loop over files."""
    artifact = context.store.artifact(media_features_spec(context.cards[modality]))
    right = []
    for row in context.sources[modality].rows:
        if row.labels == (label,) and "cut" not in row.path:
            feature = artifact.arrays([row.key])["vectors"][0].astype(np.float64)
            scores = [float(feature @ prompt) for prompt in prompts]
            right.append(labels[scores.index(max(scores))] == label)
    return sum(right) / len(right)


def test_a_first_refresh_is_a_whole_run(open_context: Open, tmp_path: Path, finished: Path) -> None:
    found = refresh(open_context(workspace=tmp_path / "fresh"))
    assert (found.verdict, found.mode, found.epochs) == ("published", "scratch", 3)
    assert found.why == "5 new classes; no old class could be judged"
    assert found.added == tuple((m, label) for m, labels in OLD.items() for label in labels)
    assert [(f.label, f.new, f.before) for f in found.figures] == [
        (label, True, None) for labels in OLD.values() for label in labels
    ]
    one, other = record_of(tmp_path / "fresh"), record_of(finished)
    assert one["facts"]["refresh"] == f"published: {found.why}"
    for name in ("artifacts", "columns", "mode", "base"):
        assert one[name] == other[name]
    assert (tmp_path / "fresh/runs/small/report.html").is_file()


def test_nothing_new_touches_nothing(open_context: Open, finished: Path, tree: Tree) -> None:
    before, record = tree(finished), (finished / "runs/small/run.json").stat()
    stages: list[str] = []

    def listed(name: str, stage: Stage) -> Stage:
        stages.append(name)
        return stage

    found = refresh(open_context(), listed)
    assert (found.verdict, found.sentences, found.encoded, found.epochs) == ("nothing new", 0, 0, 0)
    assert found.why == "the published pools know every class of the recipe"
    assert (found.added, found.figures) == ((), ())
    assert stages == ["check", "generate", "cache", "train", "evaluate"]
    after = (finished / "runs/small/run.json").stat()
    assert (after.st_mtime_ns, after.st_ino) == (record.st_mtime_ns, record.st_ino)
    assert tree(finished) == before


def test_a_refresh_that_was_killed_before_the_report_draws_it_when_it_is_repeated(
    open_context: Open, finished: Path
) -> None:
    context = open_context(MORE, refresh={"tolerance": 1.0})

    def killed(name: str, stage: Stage) -> Stage:
        if name == "report":
            raise KeyboardInterrupt
        return stage

    with pytest.raises(KeyboardInterrupt):
        refresh(context, killed)
    report = finished / "runs/small/report.html"
    assert ">hen<" not in report.read_text()
    assert refresh(open_context(MORE, refresh={"tolerance": 1.0})).verdict == "nothing new"
    assert ">hen<" in report.read_text() and page_problem(report) == ""


def test_new_classes_are_published(open_context: Open, finished: Path) -> None:
    base = record_of(finished)
    context = open_context(MORE, refresh={"tolerance": 1.0})
    found = refresh(context)
    assert (found.verdict, found.mode, found.epochs) == ("published", "frozen", 3)
    assert {m: len([s for s in context.sentences(m) if s.anchor in ("hen", "wind")]) for m in OLD} == dict.fromkeys(
        OLD, 6
    )
    assert found.sentences >= 12
    assert found.added == (("image", "hen"), ("audio", "wind"))
    record = record_of(finished)
    assert record["artifacts"]["checkpoint"] == found.checkpoint != base["artifacts"]["checkpoint"]
    assert (record["mode"], record["base"]) == ("frozen", base["artifacts"]["checkpoint"])
    assert record["columns"] == [[m, label] for m, labels in MORE.items() for label in labels]
    assert record["facts"]["refresh"].startswith("published: 2 new classes; the largest change for the worse of 5 old")
    assert ">hen<" in (finished / "runs/small/report.html").read_text()
    again = refresh(open_context(MORE, refresh={"tolerance": 1.0}))
    assert (again.verdict, again.sentences, again.encoded, again.epochs) == ("nothing new", 0, 0, 0)
    assert record_of(finished) == record


def test_figures_of_old_classes_are_judged_on_the_same_files(open_context: Open, finished: Path) -> None:
    """Before and now, derived again file by file from what is published."""
    base = record_of(finished)
    context = open_context(MORE, refresh={"tolerance": 1.0})
    found = refresh(context)
    figures = {(f.modality, f.label): f for f in found.figures}
    assert {key for key, f in figures.items() if f.new} == {("image", "hen"), ("audio", "wind")}
    for m, labels in OLD.items():
        before, now = (published_rows(context, record, m) for record in (base, record_of(finished)))
        for label in labels:
            figure = figures[m, label]
            assert figure.metric == "accuracy" and figure.files == (3 if m == "image" else 2)
            assert figure.before == pytest.approx(share_right(context, before, m, labels, label))
            assert figure.now == pytest.approx(share_right(context, now, m, MORE[m], label))
            assert figure.change == pytest.approx(figure.now - figure.before)
    for key in (("image", "hen"), ("audio", "wind")):
        assert (figures[key].files, figures[key].before, figures[key].now) == (0, None, None)


def losing(open_context: Open, finished: Path) -> tuple[BoundSentences, dict]:
    """A context with new classes of which some take a file from an old class."""
    base = record_of(finished)
    for names in (
        ["hen"],
        ["circle", "star", "ring", "cross", "square", "triangle", "heart", "moon", "spiral", "arrow"],
    ):
        context = open_context({**OLD, "image": [*OLD["image"], *names]}, refresh={"tolerance": 0.0})
        found = refresh(context)
        if found.verdict == "kept":
            return context, base
        update_run(finished / "runs/small", lambda record: record.__dict__.update(base))
    raise AssertionError("none of the new classes takes a file from an old one")


def test_old_pools_are_kept_when_a_class_loses(open_context: Open, finished: Path, media: Path, tree: Tree) -> None:
    context, base = losing(open_context, finished)
    record = record_of(finished)
    refused = record["artifacts"].pop("candidate")
    assert record["artifacts"].pop("candidate evaluation") in roots(finished) and refused in roots(finished)
    told = record["facts"].pop("refresh")
    assert record == base
    assert told.startswith("kept: ") and "lost more than refresh.tolerance (0 points): " in told
    assert "publish them as they are with: mmpt-pipeline run RECIPE" in told
    # Whoever predicts sees the old classes only; the second refresh says the same and learns nothing.
    (prediction,) = predict("small", finished, [media / "image/cat/0.png"], "cpu", 9)
    assert {label for label, _ in prediction.classes} == set(OLD["image"])
    before = tree(finished)
    again = refresh(context)
    assert (again.verdict, again.checkpoint, again.sentences, again.encoded, again.epochs) == (
        "kept", base["artifacts"]["checkpoint"], 0, 0, 0,
    )  # fmt: skip
    losers = [f for f in again.figures if f.change is not None and f.change < 0]
    assert losers == list(again.figures[: len(losers)]) and losers
    assert all(f"{f.label} ({f.modality}) {100 * f.before:.1f} -> {100 * f.now:.1f}" in again.why for f in losers[:5])
    assert tree(finished) == before
    # Without the names nothing is new; with more tolerance they are published, from what was learned already.
    assert refresh(open_context(refresh={"tolerance": 0.0})).verdict == "nothing new"
    labels = {m: context.candidates.labels(m) for m in OLD}
    taken = refresh(open_context(labels, refresh={"tolerance": 1.0}))
    assert (taken.verdict, taken.checkpoint, taken.epochs) == ("published", refused, 0)
    assert "candidate" not in record_of(finished)["artifacts"]


def test_run_takes_what_a_refresh_refused(open_context: Open, finished: Path) -> None:
    context, _ = losing(open_context, finished)
    refused = record_of(finished)["artifacts"]["candidate"]
    run_recipe(context)
    assert record_of(finished)["artifacts"]["checkpoint"] == refused
    assert refresh(context).verdict == "nothing new"


def test_new_files_of_old_classes_are_no_loss(open_context: Open, finished: Path, tmp_path: Path, media: Path) -> None:
    own = Path(shutil.copytree(media, tmp_path / "own", symlinks=True))
    data = {"modalities": open_context().recipe.model_dump(mode="json")["modalities"]}
    data["modalities"]["image"]["data"]["root"] = str(own / "image")
    rng = np.random.default_rng(7)
    for i in range(4):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), np.uint8)).save(own / f"image/cat/new{i}.png")
    found = refresh(open_context(modalities=data["modalities"], refresh={"tolerance": 0.0}))
    assert (found.verdict, found.added, found.encoded, found.epochs) == ("published", (), 4, 0)
    assert found.why == "no new class; the largest change for the worse of 5 old classes is 0.0 points"
    assert {f.label: f.files for f in found.figures if f.modality == "image"} == {"cat": 7, "dog": 3, "sun": 3}
    assert all(f.before == f.now for f in found.figures)


def test_a_killed_refresh_leaves_the_old_pools(open_context: Open, finished: Path, tree: Tree) -> None:
    """Stopped before each stage: the record does not move, and the next refresh ends like an undisturbed one."""
    base = record_of(finished)

    class Stopped(Exception):
        pass

    for last in ("cache", "train", "evaluate"):

        def stops(name: str, stage: Stage, last: str = last) -> Stage:
            if name == last:
                raise Stopped
            return stage

        with pytest.raises(Stopped):
            refresh(open_context(MORE, refresh={"tolerance": 1.0}), stops)
        assert record_of(finished) == base
    found = refresh(open_context(MORE, refresh={"tolerance": 1.0}))
    assert (found.verdict, found.mode, record_of(finished)["base"]) == (
        "published", "frozen", base["artifacts"]["checkpoint"],
    )  # fmt: skip


def test_somebody_else_changed_the_run_meanwhile(open_context: Open, finished: Path) -> None:
    base = record_of(finished)["artifacts"]["checkpoint"]

    def late(name: str, stage: Stage) -> Stage:
        def after(context: BoundSentences) -> object:
            found = stage(context)
            if name == "evaluate":
                update_run(finished / "runs/small", lambda record: record.artifacts.update(checkpoint="0" * 32))
            return found

        return after

    context = open_context(MORE, refresh={"tolerance": 1.0})
    with pytest.raises(RefreshError) as caught:
        refresh(context, late)
    assert str(caught.value).startswith("run 'small' got other pools while this refresh was at work")
    assert record_of(finished)["artifacts"]["checkpoint"] == "0" * 32 != base


def test_another_encoder_is_not_comparable(open_context: Open, finished: Path) -> None:
    context = open_context()
    modalities = dict(context.recipe.modalities)
    modalities["audio"] = modalities["audio"].model_copy(update={"encoder": "clap-other"})
    changed = replace(context, recipe=context.recipe.model_copy(update={"modalities": modalities}))
    with pytest.raises(RefreshError) as caught:
        refresh(changed)
    assert str(caught.value) == (
        "the recipe has another encoder than the published pools (audio: miniature-clap -> clap-other), so their classes "
        "cannot be compared. Take the new encoder without comparison: mmpt-pipeline run RECIPE. Or give the recipe another name."
    )


def test_a_refresh_on_workers_is_a_refresh_here(
    open_context: Open, finished: Path, tmp_path: Path, tree: Tree, packed_runner: Any
) -> None:
    there = Path(shutil.copytree(finished, tmp_path / "there", copy_function=shutil.copy2))
    here = refresh(open_context(MORE, refresh={"tolerance": 1.0}))
    context = open_context(MORE, workspace=there, refresh={"tolerance": 1.0})
    assert refresh(replace(context, runner=packed_runner)) == here
    assert here.verdict == "published" and tree(there) == tree(finished)
    mine, theirs = (record_of(workspace) for workspace in (finished, there))
    assert mine["facts"]["refresh"] == theirs["facts"]["refresh"]
    for record in (mine, theirs):  # which tell how long it took, and where
        assert record.pop("facts") and record.pop("report_of") and record["recipe"].pop("workspace")
    assert mine == theirs
    assert {"generate of 'small'", "train of 'small'", "train of 'small', judged"} <= set(packed_runner.names)
    assert any(name.startswith("cache image texts, shard 1") for name in packed_runner.names)


def test_a_refresh_on_workers_that_is_refused_leaves_the_old_pools(
    open_context: Open, finished: Path, packed_runner: Any
) -> None:
    before = record_of(finished)
    context = replace(open_context(MORE, refresh={"tolerance": 0.0}), runner=packed_runner)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pipeline.tasks.sentences.growth.compare",
            lambda *given: [ClassFigure("image", "cat", "accuracy", 3, 0.5, 1.0, 0.5, False)],
        )
        assert refresh(context).verdict == "kept"
    after = record_of(finished)
    kept = ("checkpoint", "evaluation")
    assert all(after["artifacts"][name] == before["artifacts"][name] for name in kept)
    assert after["columns"] == before["columns"] and after["mode"] == before["mode"]


def test_a_candidate_writes_no_record(open_context: Open, finished: Path) -> None:
    from pipeline.runs.draft import Draft
    from pipeline.stages.cache import cache
    from pipeline.stages.generate import generate

    before = (finished / "runs/small/run.json").read_bytes()
    context = open_context(MORE)
    notes = RunRecord()
    candidate = replace(context, draft=Draft(context.record(), notes))
    generate(candidate)
    cache(candidate)
    assert train(candidate).epochs == 3
    assert (finished / "runs/small/run.json").read_bytes() == before
    assert notes.columns == [[m, label] for m, labels in MORE.items() for label in labels]
