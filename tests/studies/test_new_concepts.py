"""Table 9 of TaAM-CPT: old and new classes among themselves, frozen ones to the last digit, beside the paper's figures."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.datasets import MediaRow
from pipeline.encoders.cards import card, with_media
from pipeline.evaluation import SINGLE_TEMPLATE, TAAM_CPT, EvaluationResult, judge_scores
from pipeline.studies.base import bound_to
from pipeline.studies.load import load_study, names_of
from pipeline.studies.sentences.figures import Figure, row_figures
from pipeline.studies.sentences.run import SENTENCES_STUDIES, content_of
from pipeline.studies.sentences.schema import Row
from pipeline.studies.sentences.tables import _measure
from pipeline.studies.settings import Places, Settings
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.judged import judged
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints

NAME = "taam-cpt-table9"
# Typed from the paper a second time: row -> old video top-1 and top-5, old image mAP, new video, image, audio.
PAPER = {
    "the old classes alone, at first": (58.1, 82.3, 65.4, None, None, None),
    "all at once": (58.1, 82.3, 65.4, 56.3, 69.2, 92.1),
    "continue with all": (58.4, 82.5, 65.6, 56.7, 68.8, 92.5),
    "learn the new ones, old ones frozen": (58.1, 82.3, 65.4, 56.5, 69.3, 93.0),
}
KEYS = [("old", "video", "top1"), ("old", "video", "top5"), ("old", "image", "mAP"), ("new", "video", "top1"),
        ("new", "image", "mAP"), ("new", "audio", "top1")]  # fmt: skip
Key = tuple[str, str, str]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(Places(workspace=tmp_path_factory.mktemp("concepts") / "w"), miniature=True, device="cpu")


@pytest.fixture(scope="module")
def rows(settings: Settings) -> list[dict[tuple[str, ...], Figure]]:
    found = list(SENTENCES_STUDIES.run(NAME, load_study(NAME), settings, Progress.silent()))
    assert [row.name for row in found] == list(PAPER) and not any(row.problem for row in found)
    return [{(f.part, f.modality, f.metric, f.among): f for f in row.figures} for row in found]


def test_the_papers_figures_stand_beside_classes_among_themselves(rows: list[dict]) -> None:
    for found, told in zip(rows, PAPER.values(), strict=True):
        expected = {key: value for key, value in zip(KEYS, told, strict=True) if value is not None}
        assert {key[:3]: f.paper for key, f in found.items() if key[3] == "themselves"} == expected
        assert all(f.paper is None for key, f in found.items() if key[3] != "themselves")
        told_parts = {(part, modality) for part, modality, _ in expected}
        assert {key[:2] for key in found if key[3] == "all"} == told_parts


def old_prompts(context: BoundSentences, fingerprint: str, modality: str, old: list[str]) -> NDArray[np.float64]:
    """Rows of some classes in a stored pool, as they were learned."""
    artifact = context.store.find(fingerprint)
    columns = [tuple(column) for column in artifact.spec.fields["columns"]]
    pool = Checkpoints(artifact).arrays(2)[f"pools.vectors.{modality}"]
    return pool[[columns.index((modality, label)) for label in old]]


def by_hand(files: NDArray, prompts: NDArray, own: list[set[int]]) -> dict[str, float]:
    """Top-1, top-5 and mAP in percent, file by file in float64."""
    unit = files.astype(np.float64) / np.linalg.norm(files.astype(np.float64), axis=1)[:, None]
    scores = unit @ (prompts.astype(np.float64) / np.linalg.norm(prompts.astype(np.float64), axis=1)[:, None]).T
    ranked = [sorted(range(scores.shape[1]), key=lambda c, row=row: -row[c]) for row in scores]
    precisions = []
    for c in range(scores.shape[1]):
        hits = [c in own[i] for i in sorted(range(len(own)), key=lambda i: -scores[i, c])]
        if any(hits):
            precisions.append(np.mean([sum(hits[: k + 1]) / (k + 1) for k, hit in enumerate(hits) if hit]))
    first, five = (np.mean([bool(own[i] & set(r[:k])) for i, r in enumerate(ranked)]) for k in (1, 5))
    return {"top1": 100 * first, "top5": 100 * five, "mAP": 100 * np.mean(precisions)}


@pytest.mark.parametrize(("modality", "metrics"), [("video", ["top1", "top5"]), ("image", ["mAP"])])
def test_frozen_old_classes_are_what_they_were_at_first(
    rows: list[dict], settings: Settings, modality: str, metrics: list[str]
) -> None:
    """Against the first run's own pool: the same rows bit by bit, so the same figures on the same files, which ours are."""
    study = load_study(NAME)
    context = bound_to(SENTENCES_STUDIES.content(NAME, 4, study, settings), settings, Progress.silent())
    first = study.rows[3].first
    assert first is not None
    old = bound_to(content_of(NAME, study, first, settings), settings, Progress.silent()).labels[modality]
    record, files = context.record(), judged(context, modality)
    assert record.mode == "frozen" and record.base is not None
    now = old_prompts(context, record.artifacts["checkpoint"], modality, old)
    before = old_prompts(context, record.base, modality, old)
    assert now.tobytes() == before.tobytes()
    shown = [i for i, row in enumerate(files.rows) if set(row.labels) & set(old)]
    own = [{old.index(label) for label in files.rows[i].labels if label in old} for i in shown]
    expected = by_hand(files.features[shown], before, own)
    for metric in metrics:
        assert rows[3]["old", modality, metric, "themselves"].ours == pytest.approx(expected[metric], abs=1e-9)


def test_the_first_and_the_frozen_row_agree_to_the_last_digit_where_the_files_are_the_same(rows: list[dict]) -> None:
    """Every drawn video shows one class. Of images a later draw has more that show an old class, beside a new one."""
    for metric in ("top1", "top5"):
        assert rows[0]["old", "video", metric, "themselves"].ours == rows[3]["old", "video", metric, "themselves"].ours
    frozen = rows[3]["old", "video", "top1", "all"].ours
    assert frozen < rows[3]["old", "video", "top1", "themselves"].ours  # rows of another time compete with them


def test_parts_without_results_of_their_own_stand_among_all() -> None:
    rng = np.random.default_rng(0)
    labels, truth = list("abcdefgh"), rng.integers(0, 8, 80)
    scores = rng.normal(size=(80, 8)).astype(np.float32)
    scores[np.arange(80), truth] += 1
    files = [MediaRow(f"{i}.png", str(i), (labels[t],)) for i, t in enumerate(truth)]
    kept, old = truth < 6, labels[:6]

    def result(chosen: list[str], marks: NDArray[np.bool_]) -> EvaluationResult:
        places = [labels.index(label) for label in chosen]
        shown = scores[marks][:, places]
        named = {TAAM_CPT: shown, SINGLE_TEMPLATE: -shown}
        some = [file for file, mark in zip(files, marks, strict=True) if mark]
        return EvaluationResult(modalities=(judge_scores("video", some, chosen, named),))

    whole = result(labels, np.ones(80, bool))
    row = Row(name="x", old={"video": {"top1": 50.0, "top5": 60.0}})
    parts = {("old", "video"): result(old, kept).modalities[0]}
    _, top1, top5, among_all = row_figures(row, whole, {"video": old}, parts)
    order = np.argsort(-scores[kept][:, :6], axis=1)
    right = (order[:, :1] == truth[kept, None]).any(1), (order[:, :5] == truth[kept, None]).any(1)
    assert (top1.ours, top5.ours) == (pytest.approx(100 * right[0].mean()), pytest.approx(100 * right[1].mean()))
    assert (top1.paper, top5.paper, among_all.paper) == (50.0, 60.0, None)
    assert among_all.ours == pytest.approx(100 * (scores.argmax(1) == truth)[kept].mean())
    assert among_all.ours < top1.ours
    _, alone = row_figures(row, whole, {"video": old})
    assert (alone.paper, alone.among, alone.ours) == (50.0, "", among_all.ours)


def test_the_table_says_among_what(rows: list[dict]) -> None:
    told = [_measure(figure) for figure in rows[3].values() if figure.modality == "video"]
    assert told == [
        "video top1", "video top1, old classes among themselves", "video top5, old classes among themselves",
        "video top1, old classes among all", "video top1, new classes among themselves",
        "video top1, new classes among all",
    ]  # fmt: skip


@pytest.mark.parametrize("name", names_of(SENTENCES_STUDIES))
def test_the_authors_code_is_taken_whole_in_every_row(name: str) -> None:
    """Nothing is held out: what is weak is said, or nothing is; and media are decoded as the authors' loaders do."""
    study = load_study(name)
    for number, row in enumerate(study.rows, start=1):
        content = SENTENCES_STUDIES.content(name, number, study, Settings(Places(), preset="code"))
        assert content["train"]["preset"] == "code" and content["train"].get("weak", "video") != "auto"
        usual = SENTENCES_STUDIES.content(name, number, study, Settings(Places(), preset="paper"))["modalities"]
        decoded = {m: config.get("media", {}) for m, config in content["modalities"].items()}
        authors = {"video": {"sampler": "stride", "interpolation": "bilinear"}, "image": {"resize": "squash"}}
        for m, media in decoded.items():
            assert media == {**authors.get(m, {}), **usual[m].get("media", {})}, row.name
            with_media(
                card({"video": "miniature-viclip", "image": "miniature-clip", "audio": "miniature-clap"}[m]), media
            )
