"""A recipe run, run again, and run after something changed: what is touched and what is not."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.datasets.errors import DatasetError
from pipeline.encoders.cards import card
from pipeline.evaluation import SINGLE_TEMPLATE, TAAM_CPT, TEMPLATE_ENSEMBLE
from pipeline.methods.label_free.waffle import waffle_texts
from pipeline.records import RunError, find_run, read_run, roots, update_run
from pipeline.stages.cache import cache
from pipeline.stages.evaluate import evaluate
from pipeline.stages.generate import generate
from pipeline.stages.plan import plan_run
from pipeline.stages.refresh import refresh
from pipeline.stages.report import report
from pipeline.stages.train import train
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.errors import TrainError
from pipeline.tasks.sentences.figures import NotTrained
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.tasks.sentences.rejected import TooManyRejected
from pipeline.text.spec import texts_spec
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, text_key

OLD = {"image": ["cat", "dog", "sun"], "audio": ["bark", "rain"]}
MORE = {"image": ["cat", "dog", "sun", "hen"], "audio": ["bark", "rain", "wind"]}

LADDER = [
    SINGLE_TEMPLATE, TEMPLATE_ENSEMBLE, "WaffleCLIP (control)", "mean of sentences", "names + mean",
    "names + sentences, weighed", "text-only linear", TAAM_CPT, "names + sentences + TaAM-CPT",
    "TransCLIP, zero-shot", "assigned together",
]  # fmt: skip

Open = Callable[..., BoundSentences]
Tree = Callable[[Path], dict[str, bytes]]


def texts_of(context: BoundSentences, modality: str) -> Artifact:
    return context.store.artifact(texts_spec(context.recipe.generate, modality))


def text_features(context: BoundSentences, modality: str) -> Artifact:
    return context.store.artifact(text_features_spec(context.cards[modality]))


def checkpoints(context: BoundSentences) -> Checkpoints:
    return Checkpoints(context.store.find(context.record().artifacts["checkpoint"]))


def test_a_recipe_says_how_many_rows_a_shard_has(open_context: Open, finished: Path, tmp_path: Path) -> None:
    context = open_context(cache={"shard_rows": 2}, workspace=tmp_path / "small")
    generate(context)
    cache(context)
    usual = open_context(workspace=finished)
    for modality in ("image", "audio"):
        for of in (text_features, lambda context, modality: context.media_features(modality)):
            small, large = of(context, modality), of(usual, modality)
            counts = [part.rows for part in small.manifest.shards]  # fewer where a file was rejected
            assert set(counts) <= {1, 2} and 2 in counts and len(large.manifest.shards) == 1
            assert small.spec == large.spec and sorted(small.keys()) == sorted(large.keys())
            vectors = [artifact.arrays(sorted(small.keys()))["vectors"] for artifact in (small, large)]
            assert np.allclose(*vectors, atol=2e-3)  # a batch of another size rounds otherwise


def test_what_the_first_run_made(open_context: Open, finished: Path, outcome: Outcome) -> None:
    context = open_context()
    image, audio = outcome.result.modality("image"), outcome.result.modality("audio")
    assert image is not None and audio is not None
    assert (image.rows, image.support, image.labels) == (9, (3, 3, 3), tuple(OLD["image"]))
    assert (audio.rows, audio.support, audio.labels) == (4, (2, 2), tuple(OLD["audio"]))
    for result in (image, audio):
        assert [method.name for method in result.methods] == LADDER
        assert [method.name for method in result.methods if method.published] == ["names + sentences, weighed"]
        assert result.primary == "top1"
    html = outcome.report.read_text()
    assert html.startswith("<!doctype html>") and "cut.png" in html and "gone.png" in html
    (rejection,) = context.store.artifact(media_features_spec(context.cards["image"])).rejected()
    assert Path(rejection.detail["path"]).name == "cut.png"
    for m, labels in OLD.items():
        kept = context.sentences(m)
        assert len(kept) == 6 * len(labels) and {s.anchor for s in kept} == set(labels)
    record = context.record()
    assert sorted(record.artifacts) == sorted(
        [f"{kind}/{m}" for kind in ("texts", "features/texts", "features/media") for m in OLD]
        + [f"{kind}/{m}" for kind in ("classifiers", "assignments") for m in OLD]
        + ["checkpoint", "evaluation"]
    )
    assert record.columns == [["image", n] for n in OLD["image"]] + [["audio", n] for n in OLD["audio"]]
    assert (record.mode, record.base) == ("scratch", None)
    assert {artifact.spec.fingerprint for artifact in context.store.artifacts()} == roots(finished)


def test_scores_are_cosines_with_the_prompts(open_context: Open, finished: Path, outcome: Outcome) -> None:
    """The figures derived again from the stored features and the last checkpoint."""
    context = open_context()
    for m in OLD:
        rows = [row for row in context.sources[m].rows if "cut" not in row.path]
        spec = media_features_spec(context.cards[m])
        features = context.store.artifact(spec).arrays([row.key for row in rows])["vectors"].astype(np.float64)
        prompts = checkpoints(context).arrays(3)[f"pools.vectors.{m}"][context.candidates.indices(m)]
        prompts = prompts / np.linalg.norm(prompts, axis=1, keepdims=True)
        best = [OLD[m][i] for i in (features @ prompts.T).argmax(1)]
        hits = [name in row.labels for name, row in zip(best, rows, strict=True)]
        result = outcome.result.modality(m)
        assert result is not None
        assert result.method(TAAM_CPT).metrics["top1"] == pytest.approx(np.mean(hits))


def test_a_second_run_does_nothing(open_context: Open, finished: Path, outcome: Outcome, tree: Tree) -> None:
    before = tree(finished)
    context = open_context()
    page = report(context).stat().st_mtime_ns  # drawn once more, as this copy of the workspace lies elsewhere
    assert all(step.missing == 0 for step in plan_run(context))
    assert {m: s.queries for m, s in generate(context).items()} == {"image": 0, "audio": 0}
    assert {source: (s.encoded, s.rejected) for source, s in cache(context).items()} == {
        f"{kind}/{m}": (0, 0) for kind in ("texts", "media") for m in OLD
    }
    summary = train(context)
    assert (summary.epochs, summary.mode) == (0, "scratch")
    assert evaluate(context) == outcome.result
    again = run_recipe(open_context())
    assert again.result == outcome.result
    assert tree(finished) == before
    assert (finished / "runs/small/report.html").stat().st_mtime_ns == page


def test_plan_before_between_and_after(open_context: Open, tmp_path: Path, tree: Tree) -> None:
    context = open_context()
    steps = {(step.stage, step.what): step for step in plan_run(context)}
    assert tree(tmp_path / "workspace") == {}
    wanted = {name: (step.wanted, step.missing) for name, step in steps.items()}
    templates = {m: len(card(e).templates) for m, e in (("image", "miniature-clip"), ("audio", "miniature-clap"))}
    for m, labels in OLD.items():
        names = 5 + (templates[m] - 1) * len(labels)  # the single template for all columns, the others for its own
        names += 30 * len(labels)  # the control's
        assert wanted["generate-texts", m] == (6 * len(labels),) * 2
        assert wanted["cache-features", f"{m} texts"] == (6 * len(labels) + names,) * 2
    assert wanted["cache-features", "image media"] == (10, 10)
    assert wanted["cache-features", "audio media"] == (4, 4)
    assert wanted["train", "epochs"] == (3, 3)
    assert wanted["train", "classifiers"] == wanted["train", "assignments"] == (2, 2)
    assert wanted["evaluate", "files"] == (14, 14)
    assert steps["cache-features", "image media"].bytes == 10 * 128 * 2
    assert steps["generate-texts", "image"].note == "3 of 3 classes below their quota"
    assert steps["train", "epochs"].note == "scratch, 5 new columns of 5"
    generate(context)
    missing = {(step.stage, step.what): step.missing for step in plan_run(open_context())}
    assert missing["generate-texts", "image"] == missing["generate-texts", "audio"] == 0
    assert missing["cache-features", "image texts"] == wanted["cache-features", "image texts"][0]


def test_new_labels_cost_new_labels(open_context: Open, finished: Path, tree: Tree) -> None:
    """Law 7, in every artifact."""
    old = open_context()
    base = old.record().artifacts["checkpoint"]
    before_tree = tree(finished)
    before_tensors = checkpoints(old).tensors(3)
    before_texts = {m: texts_of(old, m).table().to_pylist() for m in OLD}
    before_keys = {m: text_features(old, m).keys() for m in OLD}
    new = open_context(MORE)
    assert plan_training(new).added == tuple(c for c in new.candidates.columns if c.label in ("hen", "wind"))
    result = run_recipe(new).result
    # Every file that was there is there still, byte by byte; only manifests name more shards.
    after_tree = tree(finished)
    same = {name for name in before_tree if not name.endswith("manifest.json")}
    assert {name: after_tree[name] for name in same} == {name: before_tree[name] for name in same}
    added = {"image": "hen", "audio": "wind"}
    for m, label in added.items():
        rows = texts_of(new, m).table().to_pylist()
        assert rows[: len(before_texts[m])] == before_texts[m]
        written = rows[len(before_texts[m]) :]
        assert {row["anchor"] for row in written} == {label}
        keys = text_features(new, m).keys()
        assert keys[: len(before_keys[m])] == before_keys[m]
        templates = card(new.recipe.modalities[m].encoder).templates
        class_texts = [templates[0].replace("{}", other) for other in added.values()]
        class_texts += [template.replace("{}", label) for template in templates]
        class_texts += [text for (text,) in waffle_texts([label], templates[0], new.recipe.seed)]
        learned = [s.key for s in new.sentences(m) if s.anchor == label]
        assert len(learned) == 6
        assert set(keys[len(before_keys[m]) :]) == {*learned, *map(text_key, class_texts)}
    media = {name for name in after_tree if name not in before_tree and "features" in name}
    folders = {str(text_features(new, m).path.relative_to(finished)) for m in OLD}
    assert {str(Path(name).parents[1]) for name in media} == folders  # no media were encoded again
    after = checkpoints(new).tensors(3)
    place = {column: i for i, column in enumerate(new.candidates.columns)}
    kept = [place[column] for column in old.candidates.columns]
    fresh = [i for i in range(len(place)) if i not in kept]
    start = checkpoints(new).tensors(0)
    for name, tensor in before_tensors.items():
        assert after[name][kept].numpy().tobytes() == tensor.numpy().tobytes()
        assert bool((after[name][fresh] != start[name][fresh]).any(1).all())
    assert [(r.modality, r.labels) for r in result.modalities] == [(m, tuple(names)) for m, names in MORE.items()]
    record = new.record()
    assert (record.mode, record.base) == ("frozen", base)
    # A second run finds all of it; a third label extends the extension.
    settled = tree(finished)
    assert train(open_context(MORE)).epochs == 0
    assert run_recipe(open_context(MORE)).result == result
    assert tree(finished) == settled
    more = {**MORE, "image": [*MORE["image"], "fox"]}
    third = open_context(more)
    generate(third)
    cache(third)
    summary = train(third)
    assert (summary.mode, [c.label for c in summary.added], summary.epochs) == ("frozen", ["fox"], 3)
    assert third.record().base == record.artifacts["checkpoint"]
    assert record.artifacts["checkpoint"] in roots(finished)


def test_a_new_modality(open_context: Open, finished: Path, tree: Tree) -> None:
    before, labels = open_context(), {**OLD, "video": ["run", "sit"]}
    tensors = checkpoints(before).tensors(3)
    unchanged = {name: data for name, data in tree(finished).items() if "manifest" not in name}
    context = open_context(labels)
    generate(context)
    summaries = cache(context)
    assert summaries["texts/image"].encoded == summaries["texts/audio"].encoded == 2  # the two new class names
    assert summaries["media/image"].encoded == 0
    summary = train(context)
    assert (summary.mode, [c.label for c in summary.added]) == ("frozen", ["run", "sit"])
    after = checkpoints(context).tensors(3)
    assert {name: after[name].shape for name in after} == {
        f"pools.vectors.{m}": (7, 128) for m in ("video", "image", "audio")
    }
    for m in OLD:  # the columns of video stand first
        assert after[f"pools.vectors.{m}"][2:].equal(tensors[f"pools.vectors.{m}"])
    result = evaluate(context)
    assert [r.modality for r in result.modalities] == ["image", "audio"]  # no videos to judge on
    assert {name: data for name, data in tree(finished).items() if name in unchanged} == unchanged


def test_continue_and_scratch(open_context: Open, tmp_path: Path) -> None:
    """Table 9: `continue` starts from the old rows and moves them; `scratch` does not know them."""
    found = {}
    for mode in ("continue", "scratch"):
        for labels in (OLD, MORE):
            context = open_context(labels, tmp_path / mode, train={"new_classes": mode})
            generate(context)
            cache(context)
            found[mode, len(labels["image"])] = train(context), checkpoints(context)
    for mode, moves in (("continue", True), ("scratch", False)):
        (before, old), (after, new) = found[mode, 3], found[mode, 4]
        assert (before.mode, after.mode, len(after.added)) == ("scratch", mode, 2 if moves else 7)
        rows = [0, 1, 2, 4, 5]
        start, end = new.tensors(0)["pools.vectors.image"], new.tensors(3)["pools.vectors.image"]
        assert start[rows].equal(old.tensors(3)["pools.vectors.image"]) is moves
        assert bool((end != start).any(1).all())


def test_without_its_record_a_run_is_found_again(
    open_context: Open, finished: Path, tree: Tree, outcome: Outcome
) -> None:
    before = tree(finished)
    run_recipe(open_context())
    record = read_run(finished / "runs/small")
    shutil.rmtree(finished / "runs")
    assert run_recipe(open_context()).result == outcome.result
    assert tree(finished) == before
    again = read_run(finished / "runs/small")
    assert record is not None and again is not None
    assert replace(again, facts={}) == replace(record, facts={})


def test_without_its_checkpoint_a_run_learns_again(open_context: Open, finished: Path, tree: Tree) -> None:
    before = tree(finished)
    shutil.rmtree(finished / "checkpoints")
    assert train(open_context()).epochs == 3
    assert tree(finished) == before
    shutil.rmtree(finished / "checkpoints")
    context = open_context(MORE)
    generate(context)
    cache(context)
    assert (train(context).mode, context.record().base) == ("scratch", None)


def test_a_changed_rate_learns_anew_from_the_same_features(open_context: Open, finished: Path, tree: Tree) -> None:
    before = tree(finished)
    old = plan_training(open_context()).spec.fingerprint
    context = open_context(train={"lr": {"image": 0.01, "audio": 0.05}})
    run_recipe(context)
    after = tree(finished)
    assert {name: after[name] for name in before} == before
    assert {name.split("/")[0] for name in after.keys() - before.keys()} == {"checkpoints", "evaluations"}
    assert context.record().artifacts["checkpoint"] != old
    assert (context.record().mode, context.record().base) == ("scratch", None)
    assert train(open_context()).epochs == 0  # and back again


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 7},
        {"train": {"lr": {"image": 0.01}}},
        {"generate": {"seed": 5}},
        {"generate": {"sentences_per_class": 7}},
        {"cache": {"dtype": "float32"}},
    ],
)
def test_new_labels_with_other_options_start_again(open_context: Open, finished: Path, changes: dict) -> None:
    """An extension keeps rows that were learned by the same rules only, whatever earlier stages have noted since."""
    context = open_context(MORE, **changes)
    generate(context)
    cache(context)
    summary = train(context)
    assert (summary.mode, len(summary.added), context.record().base) == ("scratch", 7, None)


@pytest.mark.parametrize(
    ("labels", "mode"),
    [
        ({"image": ["cat", "dog"]}, "carried"),
        ({"audio": ["rain", "bark"]}, "carried"),
        ({"image": ["cat", "dog", "fox", "hen"]}, "frozen"),
    ],
    ids=str,
)
def test_labels_that_leave_or_change_places_leave_what_was_learned(
    open_context: Open, finished: Path, labels: dict, mode: str
) -> None:
    context = open_context({**OLD, **labels})
    base = context.record().artifacts["checkpoint"]
    generate(context)
    cache(context)
    assert (train(context).mode, context.record().base) == (mode, base)


SAME = [
    {"name": "other"},
    {"train": {"preset": "recommended", "new_classes": "continue"}},
    {"train": {"init": "normal", "schedule": "cosine", "logit_scale": 4}},
    {"cache": {"workers": 0, "timeout_s": 5, "max_rejected": 0}},
    {"evaluate": {"temperature": 1}},
    {"generate": {"queries_per_shard": 3, "max_rounds": 9}},
]
OTHER = [
    {"seed": 203},
    {"train": {"epochs": 4}},
    {"train": {"batch_size": 17}},
    {"train": {"lr": {"image": 0.06}}},
    {"train": {"preset": "code"}},
    {"train": {"weak": "audio"}},
    {"train": {"prompt": "shared-intra-512"}},
    {"cache": {"dtype": "float32"}},
    {"generate": {"seed": 1}},
    {"generate": {"sentences_per_class": 5}},
    {"generate": {"max_similarity": 0.7}},
]


@pytest.mark.parametrize("changes", SAME, ids=str)
def test_what_cannot_change_a_checkpoint_leaves_its_fingerprint(
    open_context: Open, finished: Path, changes: dict
) -> None:
    found = plan_training(open_context(**changes)).spec.fingerprint
    assert found == read_run(finished / "runs/small").artifacts["checkpoint"]  # type: ignore[union-attr]


def test_what_can_change_a_checkpoint_changes_its_fingerprint(open_context: Open, finished: Path) -> None:
    found = [plan_training(open_context(**changes)).spec.fingerprint for changes in ({}, *OTHER)]
    found += [plan_training(open_context(labels)).spec.fingerprint for labels in (MORE, {"image": OLD["image"]})]
    assert len(set(found)) == len(found)
    moved = open_context(workspace=finished.rename(finished.parent / "moved"))
    assert plan_training(moved).spec.fingerprint == found[0]


def test_more_bad_files_than_allowed(open_context: Open) -> None:
    context = open_context(cache={"max_rejected": 0.1})
    generate(context)
    with pytest.raises(TooManyRejected) as caught:
        cache(context)
    artifact = context.store.artifact(media_features_spec(context.cards["image"]))
    told = str(caught.value).splitlines()
    assert told[0] == "image: 2 of 11 files were rejected, more than cache.max_rejected (10%) allows."
    assert [line.split("/")[-1].split(":")[0] for line in told[1:3]] == ["cut.png", "gone.png"]
    assert told[2].endswith(": No such file or directory")
    assert told[3].startswith(f"All of them: mmpt-pipeline store show {artifact.spec.fingerprint[:12]} --rejected -w ")
    assert told[4] == "Mend the files, or raise cache.max_rejected."
    assert len(artifact.keys()) == 9  # what could be read is kept
    assert cache(open_context(cache={"max_rejected": 2 / 11}))["media/image"].encoded == 0


def test_media_that_are_not_there_are_told_before_anything_is_written(open_context: Open, tmp_path: Path) -> None:
    nowhere = {"layout": "folder", "root": str(tmp_path / "nowhere")}
    image = {"labels": OLD["image"], "encoder": "miniature-clip", "data": nowhere}
    context = open_context(modalities={"image": image})
    for act in (run_recipe, refresh):
        with pytest.raises(DatasetError, match="nowhere does not exist. Give a folder"):
            act(context)
    assert not context.store.artifacts()


def test_stages_out_of_order(open_context: Open, finished: Path) -> None:
    fresh = open_context(workspace=finished / "fresh")
    with pytest.raises(
        TrainError, match="no sentence to learn from for image, audio. Write some first: mmpt-pipeline "
    ):
        train(fresh)
    generate(fresh)
    with pytest.raises(
        TrainError, match="18 of 18 image sentences have no features of miniature-clip yet. Encode them "
    ):
        train(fresh)
    assert not (finished / "fresh" / "checkpoints").exists()
    with pytest.raises(NotTrained, match="recipe 'small' is not trained. Train it first: mmpt-pipeline train RECIPE"):
        evaluate(open_context(train={"epochs": 2}))


def test_texts_alone_suffice(open_context: Open, tmp_path: Path) -> None:
    context = open_context({"video": ["run", "sit"]}, train={"weak": None})
    outcome = run_recipe(context)
    assert outcome.result.modalities == () and outcome.report.is_file()
    assert all(step.missing == 0 for step in plan_run(open_context({"video": ["run", "sit"]}, train={"weak": None})))


def test_scores_of_an_external_model_join_in(open_context: Open, finished: Path, tmp_path: Path, tree: Tree) -> None:
    rows = [row for row in open_context().sources["image"].rows if "cut" not in row.path]
    lines = ["key,cat,dog,sun"]
    lines += [",".join([row.key, *(str(float(name in row.labels)) for name in OLD["image"])]) for row in rows]
    (tmp_path / "other.csv").write_text("\n".join(lines) + "\n")
    before = tree(finished)
    result = evaluate(open_context(evaluate={"ensemble": {"image": "other.csv"}})).modality("image")
    assert result is not None
    assert result.method("other").metrics["top1"] == 1.0
    assert [m.kind for m in result.methods] == [
        "zero-shot", "zero-shot", "control", *["label-free"] * 4, "trained", "label-free", "transductive", "transductive",
        "external", "ensemble",
    ]  # fmt: skip
    assert {name.split("/")[0] for name in tree(finished).keys() - before.keys()} == {"evaluations"}


class TestRuns:
    def test_a_run_is_found_by_name_folder_or_record(self, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = finished / "runs/small"
        for name in ("small", str(folder), str(folder / "run.json")):
            assert find_run(name, finished)[0].resolve() == folder
        monkeypatch.chdir(folder.parent)
        assert find_run("small", Path("nowhere"))[0].resolve() == folder

    def test_those_that_are_not_there(self, finished: Path, tmp_path: Path) -> None:
        with pytest.raises(RunError) as caught:
            find_run("smal", finished)
        assert str(caught.value) == (
            f"there is no run 'smal' in workspace {finished}. Runs there: small. Make one with: mmpt-pipeline run RECIPE"
        )
        with pytest.raises(RunError, match="Runs there: none"):
            find_run("small", tmp_path / "nowhere")
        update_run(tmp_path / "w/runs/new", lambda record: record.artifacts.update(a="b"))
        with pytest.raises(RunError, match="run 'new' is not trained yet. Finish it: mmpt-pipeline run RECIPE"):
            find_run("new", tmp_path / "w")

    @pytest.mark.parametrize("content", ["{", "[]", '{"name": 1}', "3"])
    def test_a_record_that_is_none(self, tmp_path: Path, content: str) -> None:
        folder = tmp_path / "runs" / "x"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(content)
        with pytest.raises(RunError, match=r"run\.json is no run record .* Remove it and run the recipe again"):
            read_run(folder)

    def test_the_recipe_of_a_record_is_the_one_that_was_learned(self, open_context: Open, finished: Path) -> None:
        """Prediction reads it: what a later stage was asked for must not stand beside older pools."""
        context = open_context({"image": ["cat", "owl"]})
        generate(context)
        record = json.loads((finished / "runs/small/run.json").read_text())
        assert sorted(record["recipe"]["modalities"]) == ["audio", "image"]
        assert record["recipe"]["modalities"]["image"]["labels"] == OLD["image"]
