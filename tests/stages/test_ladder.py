"""The ladder of a run: what is solved, judged, published, and used by predict; what is left out, and what is dropped."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.encoders.cards import EncoderCard, Score
from pipeline.evaluation import TAAM_CPT, TEMPLATE_ENSEMBLE, zero_shot_texts
from pipeline.records import roots
from pipeline.stages.evaluate import evaluate
from pipeline.stages.plan import plan_run
from pipeline.stages.predict import predict
from pipeline.stages.train import train
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.load import RecipeError
from pipeline.tasks.registry import task_of
from pipeline.tasks.sentences import bound, readouts, solve
from pipeline.tasks.sentences.answers import NoChoice
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.decoding import card_of
from pipeline.tasks.sentences.figures import NotTrained
from pipeline.tasks.sentences.judged import rungs
from pipeline.tasks.sentences.ladder import assignments_spec, ladder_units
from pipeline.tasks.sentences.learn import _agreeing
from pipeline.training.checkpoint import Checkpoints
from stores import Store, text_key

Open = Callable[..., BoundSentences]
Tree = Callable[[Path], dict[str, bytes]]
WEIGHED = "names + sentences, weighed"


def unit_features(context: BoundSentences, modality: str, texts: list[str]) -> np.ndarray:
    found = context.text_features(modality).arrays([text_key(text) for text in texts])["vectors"].astype(np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def test_what_is_published_is_worked_out_anew(open_context: Open, finished: Path, outcome: Outcome) -> None:
    """Class vectors, answers and figure, from the stored features by loops."""
    context = open_context()
    for m, labels in context.labels.items():
        vectors = []
        for label in labels:
            names = [unit_features(context, m, [t[0]])[0] for t in zero_shot_texts([label], context.cards[m].templates)]
            name = np.mean(names, axis=0) / np.linalg.norm(np.mean(names, axis=0))
            own = unit_features(context, m, [s.text for s in context.sentences(m) if label in s.labels]).sum(axis=0)
            length = float(np.linalg.norm(own))
            vector = name + min(length / 5, 0.7) * own / length
            vectors.append(vector / np.linalg.norm(vector))
        solved = Checkpoints(context.store.find(context.record().artifacts[f"classifiers/{m}"])).arrays(1)[WEIGHED]
        assert np.abs(solved - vectors).max() < 1e-6
        rows = [row for row in context.sources[m].rows if "cut" not in row.path]
        media = context.media_features(m).arrays([row.key for row in rows])["vectors"].astype(np.float64)
        right = [labels[int(np.argmax([x @ v for v in vectors]))] in r.labels for x, r in zip(media, rows, strict=True)]
        result = outcome.result.modality(m)
        assert result is not None and result.published is not None and result.published.name == WEIGHED
        assert result.published.metrics["top1"] == pytest.approx(np.mean(right))


def test_predict_answers_with_what_is_published_or_asked_for(
    open_context: Open, finished: Path, outcome: Outcome, media: Path
) -> None:
    context, result = open_context(), outcome.result.modality("image")
    assert result is not None
    picture = media / "image/cat/0.png"
    feature = next(row for row in context.sources["image"].rows if row.path == str(picture))
    x = context.media_features("image").arrays([feature.key])["vectors"][0].astype(np.float64)
    artifacts = context.record().artifacts
    solved = Checkpoints(context.store.find(artifacts["classifiers/image"]))
    pools = Checkpoints(context.store.find(artifacts["checkpoint"])).arrays(3)["pools.vectors.image"][:3]
    for method, vectors in (
        (None, solved.arrays(1)[WEIGHED]), ("mean of sentences", solved.arrays(1)["mean of sentences"]), (TAAM_CPT, pools),
        (TEMPLATE_ENSEMBLE, solved.arrays(0)[TEMPLATE_ENSEMBLE]),
    ):  # fmt: skip
        (found,) = predict("small", finished, [picture], "cpu", 3, method=method)
        judged = next(each for each in result.methods if each.name == method or (method is None and each.published))
        temperature = judged.calibration.temperature if judged.calibration else 0.01
        cosines = [float(x @ v / np.linalg.norm(x) / np.linalg.norm(v)) for v in vectors]
        powers = np.exp((np.array(cosines) - max(cosines)) / temperature)
        expected = dict(zip(context.labels["image"], powers / powers.sum(), strict=True))
        assert {label: pytest.approx(share, abs=5e-3) for label, share in found.classes} == expected, method
    for method, why in (
        ("assigned together", "it judges files together; do that with: predict --together"),
        (
            "taam",
            "has no such classifier. Allowed are zero-shot (single template), zero-shot (template ensemble), Waffle",
        ),
    ):
        with pytest.raises(NoChoice, match=f"--method '{method}'.*{why[:40]}"):
            predict("small", finished, [picture], "cpu", 3, method=method)
    with pytest.raises(NoChoice, match="--labels and --seed are of runs that learn from labelled images"):
        predict("small", finished, [picture], "cpu", 3, seed=1)


def test_the_recipe_may_name_what_is_published(open_context: Open, finished: Path, media: Path) -> None:
    context = open_context(ladder={"publish": "mean of sentences"})
    result = run_recipe(context).result.modality("image")
    assert result is not None and result.published is not None and result.published.name == "mean of sentences"
    (shown,) = predict("small", finished, [media / "image/cat/0.png"], "cpu", 3)
    (asked,) = predict("small", finished, [media / "image/cat/0.png"], "cpu", 3, method="mean of sentences")
    assert shown == asked
    with pytest.raises(RecipeError, match="publish is 'best'; allowed are auto, zero-shot"):
        open_context(ladder={"publish": "best"})
    with pytest.raises(RecipeError, match="not made with enabled: false"):
        open_context(ladder={"publish": WEIGHED, "enabled": False})


def test_without_the_ladder_a_run_is_what_it_was(
    open_context: Open, finished: Path, media: Path, tmp_path: Path
) -> None:
    context = open_context(ladder={"enabled": False}, workspace=tmp_path / "bare")
    result = run_recipe(context).result.modality("image")
    assert result is not None
    assert [m.kind for m in result.methods] == ["zero-shot", "zero-shot", "trained"] and result.methods[2].published
    assert {artifact.spec.kind for artifact in context.store.artifacts()} == {
        "texts", "features", "checkpoints", "evaluations",
    }  # fmt: skip
    (found,) = predict("small", tmp_path / "bare", [media / "image/cat/0.png"], "cpu", 3)
    (pools,) = predict("small", finished, [media / "image/cat/0.png"], "cpu", 3, method=TAAM_CPT)
    assert [label for label, _ in found.classes] == [label for label, _ in pools.classes]  # by other temperatures
    # A run that had a ladder and has it no more answers with its pools.
    run_recipe(open_context(ladder={"enabled": False}))
    assert predict("small", finished, [media / "image/cat/0.png"], "cpu", 3) == [found]


def test_literal_presets_have_their_pools_published_where_there_is_text(open_context: Open, finished: Path) -> None:
    few = open_context(train={"preset": "paper", "weak": None})
    assert few.recipe.train.agreement is False
    result = run_recipe(few).result.modality("image")
    assert result is not None and result.published is not None and result.published.name == WEIGHED, "6 a class are few"
    many = open_context(train={"preset": "paper", "weak": None}, generate={"sentences_per_class": 20})
    result = run_recipe(many).result.modality("image")
    assert result is not None and result.published is not None and result.published.name == TAAM_CPT


def test_files_of_several_classes_are_not_assigned_and_it_is_told(open_context: Open, finished: Path) -> None:
    context = open_context()
    source = context.sources["image"]
    both = [replace(row, labels=("cat", "dog")) for row in source.rows]
    context.__dict__["sources"] = {**context.sources, "image": replace(source, rows=tuple(both))}
    assert assignments_spec(context, "image") is None and assignments_spec(context, "audio") is not None
    assert [unit.name for unit in ladder_units(context)] == [
        "classifiers/image",
        "classifiers/audio",
        "assignments/audio",
    ]
    why = "files show several classes; it gives every file to one"
    assert rungs(context, "image").undefined == {"TransCLIP, zero-shot": why, "assigned together": why}


def test_it_is_solved_by_train_and_asked_for_by_evaluate(open_context: Open, finished: Path) -> None:
    context = open_context(ladder={"class_prior": "uniform"})
    lacking = {step.what: step.missing for step in plan_run(context) if step.stage == "train"}
    assert lacking == {"epochs": 0, "classifiers": 0, "assignments": 2}
    with pytest.raises(
        NotTrained, match="has not solved assignments/image, assignments/audio. Do it first: mmpt-pipeline"
    ):
        evaluate(context)
    assert train(context).epochs == 0
    assert evaluate(context) and {a.spec.fingerprint for a in context.store.artifacts("assignments")} & roots(finished)


def test_killed_while_it_is_solved_it_ends_in_the_same_bytes(
    open_context: Open, finished: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, save = tree(finished), Checkpoints.save
    for modality in ("image", "audio"):
        for unit in ladder_units(open_context()):
            if unit.name.endswith(modality):
                (folder,) = (finished / unit.spec.kind).glob(f"{unit.spec.fingerprint}*")
                for path in sorted(folder.rglob("*"), reverse=True):
                    path.unlink() if path.is_file() else path.rmdir()
                folder.rmdir()

    def dies(self: Checkpoints, epoch: int, *rest: object, **more: object) -> None:
        if epoch == 1:
            raise KeyboardInterrupt
        save(self, epoch, *rest, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "save", dies)
        with pytest.raises(KeyboardInterrupt):
            train(open_context())
    train(open_context())
    assert tree(finished) == whole


def test_workers_solve_the_same_bytes(
    open_context: Open, finished: Path, tmp_path: Path, packed_runner: object
) -> None:
    context = replace(open_context(workspace=tmp_path / "far"), runner=packed_runner)
    run_recipe(context)
    for unit in ladder_units(context):
        far, near = (Store(w).artifact(unit.spec) for w in (tmp_path / "far", finished))
        assert {key: far.blob(key) for key in far.keys()} == {key: near.blob(key) for key in near.keys()}, unit.name


class TestAgreement:
    """The small recipe's sentences are of word lists: the encoders take some for another class."""

    def test_what_is_dropped_is_not_learned_from_and_is_told(self, open_context: Open, finished: Path) -> None:
        context = open_context(train={"agreement": True})
        result = run_recipe(context).result.modality("image")
        assert result is not None and result.learned_from is not None
        used = result.learned_from
        learned = train(context)
        assert learned.dropped["image"] == used.dropped and set(learned.dropped) == {"image", "audio"}
        told = task_of(context.recipe).news(context, "train", learned)
        assert f"; {sum(learned.dropped.values())} sentences dropped, which the encoder gives to another class" in told
        assert used.filtered and 0 < used.dropped < used.sentences == 18
        kept = _agreeing(context, "image", context.sentences("image"))
        assert len(kept) == 18 - used.dropped
        gone = {s.text: s.labels for s in context.sentences("image")} | {s.text: () for s in kept}
        shown = [(each.label, text, given) for each in used.classes for text, given in each.examples]
        assert shown and all(label in gone[text] and given not in gone[text] for label, text, given in shown)
        for each in used.classes:
            carry = [s for s in context.sentences("image") if each.label in s.labels]
            assert (each.sentences, each.dropped) == (len(carry), len([s for s in carry if not_in(s.key, kept)]))
        assert (
            json.loads(run_recipe(context).result.to_json())["modalities"][0]["learned_from"]["dropped"] == used.dropped
        )

    def test_other_pools_are_learned_and_named_otherwise(self, open_context: Open, finished: Path) -> None:
        off, on = open_context(), open_context(train={"agreement": True})
        assert len(_agreeing(off, "image", off.sentences("image"))) == 18
        before = off.record().artifacts
        run_recipe(on)
        after = on.record().artifacts
        assert after["checkpoint"] != before["checkpoint"] and after["classifiers/image"] != before["classifiers/image"]
        assert after["assignments/image"] == before["assignments/image"], "no sentence is in them"

    def test_it_is_on_by_default_and_off_where_authors_are_repeated(self, open_context: Open) -> None:
        for preset, on in (("recommended", True), ("paper", False), ("code", False)):
            config = open_context(train={"preset": preset, "weak": None}).recipe.train
            assert type(config)(preset=preset, weak=None).agreement is on  # type: ignore[call-arg]

    def test_where_nothing_agrees_all_is_learned_from(
        self, open_context: Open, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from pipeline.methods.label_free.agreement import Agreement
        from pipeline.tasks.sentences import learn

        nobody = Agreement(np.zeros(18, np.int64), np.zeros(18, bool), np.zeros(18), np.zeros(18))
        monkeypatch.setattr(learn, "agreement", lambda material: nobody)
        context = open_context(train={"agreement": True})
        assert len(_agreeing(context, "image", context.sentences("image"))) == 18


def not_in(key: str, sentences: object) -> bool:
    return key not in {sentence.key for sentence in sentences}  # type: ignore[attr-defined]


def test_names_that_are_not_encoded_are_told(open_context: Open, tmp_path: Path) -> None:
    from pipeline.stages.generate import generate
    from pipeline.tasks.sentences.errors import TrainError

    context = open_context(workspace=tmp_path / "fresh")
    generate(context)
    with pytest.raises(
        TrainError, match="18 of 18 image sentences have no features of miniature-clip yet. Encode them"
    ):
        solve.solve(context, next(iter(ladder_units(context))))


@pytest.mark.parametrize("score", [Score(), Score("softmax", 20.0), Score("sigmoid", 50.0, -3.0)])
def test_without_a_ladder_evaluation_and_predict_are_as_sure_as_the_encoder_was_trained(
    open_context: Open, finished: Path, media: Path, monkeypatch: pytest.MonkeyPatch, score: Score
) -> None:
    def other(modality: str, encoder: str, media: Mapping[str, object], preset: str | None) -> EncoderCard:
        return replace(card_of(modality, encoder, media, preset), score=score)

    monkeypatch.setattr(bound, "card_of", other)
    monkeypatch.setattr(readouts, "card_of", other)
    context = open_context(ladder={"enabled": False})
    outcome = run_recipe(context)
    result = outcome.result.modality("image")
    assert result is not None and result.published is not None and result.published.calibration is not None
    told = result.published.calibration
    assert (told.temperature, told.fitted_to) == (pytest.approx(1 / score.scale), "nothing")
    picture = media / "image/cat/0.png"
    (found,) = predict("small", finished, [picture], "cpu", 3)
    row = next(row for row in context.sources["image"].rows if row.path == str(picture))
    x = context.media_features("image").arrays([row.key])["vectors"][0].astype(np.float64)
    pool = Checkpoints(context.store.find(context.record().artifacts["checkpoint"])).arrays(3)["pools.vectors.image"]
    own = pool[context.candidates.indices("image")].astype(np.float64)
    cosines = own @ x / np.linalg.norm(x) / np.linalg.norm(own, axis=1)
    powers = np.exp((cosines - cosines.max()) / told.temperature)
    expected = dict(zip(context.labels["image"], powers / powers.sum(), strict=True))
    assert dict(found.classes) == {label: pytest.approx(share, abs=2e-3) for label, share in expected.items()}
