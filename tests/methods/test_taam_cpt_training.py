"""Learning whole pools from random texts: resuming, extending, choosing the weak modality, and what may move at all."""

import hashlib
import io
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.model import TaamCpt
from pipeline.methods.taam_cpt.texts import text_batch
from pipeline.methods.taam_cpt.training import Corpus, learn
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.columns import KnownRows, take_over
from pipeline.training.loop import learned_of
from stores import ArtifactSpec, Store

WIDTH, EPOCHS = 8, 6
OLD = {"image": ["cat", "dog", "cow"], "audio": ["bark", "rain"]}
MORE_LABELS = {"image": ["cat", "hen", "dog", "cow"], "audio": ["wind", "bark", "rain"]}  # new rows between old ones
MORE_MODALITIES = {**OLD, "video": ["run", "sit"]}
PROMPTS = ["free", "shared-intra-512", "shared-intra-1024", "shared-inter-512"]


def direction(modality: str, label: str) -> np.ndarray:
    """The text feature of a class, the same in every run."""
    seed = int.from_bytes(hashlib.sha256(f"{modality} {label}".encode()).digest()[:4])
    return np.random.default_rng(seed).normal(size=WIDTH)


def corpus_of(labels: Mapping[str, Sequence[str]], known: KnownRows | None = None) -> Corpus:
    candidates, rng = Candidates.of(labels), np.random.default_rng(0)
    texts, held_out, classes = {}, {}, {}
    for m in candidates.modalities:
        classes[m] = np.stack([direction(m, column.label) for column in candidates.columns])
        chosen = [rng.choice(candidates.indices(m), size=1 + i % 2, replace=False).tolist() for i in range(30)]
        noisy = np.stack([classes[m][own].mean(0) + rng.normal(scale=0.3, size=WIDTH) for own in chosen])
        texts[m], held_out[m] = text_batch(noisy[:24], chosen[:24]), text_batch(noisy[24:], chosen[24:])
    return Corpus(texts, held_out, classes, known)


def config_of(**changes: object) -> TaamCptConfig:
    lr = dict.fromkeys(("video", "image", "audio"), 0.05)
    return TaamCptConfig.model_validate({"epochs": EPOCHS, "batch_size": 16, "lr": lr, **changes})


def run(
    folder: Path, config: TaamCptConfig, labels: Mapping[str, Sequence[str]], known: KnownRows | None = None,
    start: Sequence[bytes] = (), corpus: Corpus | None = None, out: Console | None = None,
) -> Checkpoints:  # fmt: skip
    """Learn into a new store, from the given checkpoints where there are some."""
    artifact = Store(folder).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    with artifact.writer() as writer:
        if start:
            writer.publish(epoch_keys(folder.parent / "whole")[: len(start)], list(start))
        learn(
            config, Candidates.of(labels), corpus or corpus_of(labels, known), 202,
            Checkpoints(artifact, writer), "cpu", Progress(out),
        )  # fmt: skip
    return Checkpoints(artifact)


def epoch_keys(folder: Path) -> list[str]:
    return Store(folder).artifacts("checkpoints")[0].keys()


def blobs(folder: Path) -> list[bytes]:
    (artifact,) = Store(folder).artifacts("checkpoints")
    return [artifact.blob(key) for key in artifact.keys()]


@pytest.mark.parametrize(
    "changes",
    [
        {"weak": "auto"},
        {"weak": "audio", "preset": "code"},
        {"weak": "image", "preset": "paper", "prompt": "shared-inter-512"},
    ],
)
def test_resuming_after_any_epoch_ends_in_the_same_bytes(tmp_path: Path, changes: dict) -> None:
    torch.set_num_threads(1)
    config = config_of(**changes)
    run(tmp_path / "whole", config, OLD)
    whole = blobs(tmp_path / "whole")
    assert len(set(whole)) == EPOCHS + 1
    for done in (1, 3, EPOCHS):
        run(tmp_path / str(done), config, OLD, start=whole[:done])
        assert blobs(tmp_path / str(done)) == whole


def test_another_process_makes_the_same_bytes(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    run(tmp_path / "whole", config_of(), OLD)
    script = (
        "import importlib.util, pathlib, sys, torch; torch.set_num_threads(1);"
        f"spec = importlib.util.spec_from_file_location('here', {__file__!r});"
        "here = importlib.util.module_from_spec(spec); spec.loader.exec_module(here);"
        "here.run(pathlib.Path(sys.argv[1]), here.config_of(), here.OLD)"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "other")], check=True, cwd=root, timeout=120)
    assert blobs(tmp_path / "other") == blobs(tmp_path / "whole")


def rows_of(old: Candidates, new: Candidates) -> tuple[list[int], list[int]]:
    """(where the old columns stand now, the new ones)."""
    kept = [new.columns.index(column) for column in old.columns]
    return kept, [i for i in range(len(new)) if i not in kept]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("labels", [MORE_LABELS, MORE_MODALITIES], ids=["labels", "modality"])
def test_frozen_moves_new_rows_only(tmp_path: Path, prompt: str, labels: dict) -> None:
    config = config_of(prompt=prompt, epochs=2)
    old, new = Candidates.of(OLD), Candidates.of(labels)
    before = run(tmp_path / "old", config, OLD).tensors(2)
    found = run(tmp_path / "new", config, labels, KnownRows(before, old.columns, frozen=True))
    start, end = found.tensors(0), found.tensors(2)
    kept, added = rows_of(old, new)
    for name, value in end.items():
        if name.startswith("pools.vectors.") and name in before:
            assert torch.equal(value[kept], before[name]), name
            assert (value[added] != start[name][added]).any(1).all(), name
        elif name in before:  # a map that old prompts go through
            assert torch.equal(value, before[name]), name
        else:  # the pool and the map of a new modality
            assert (value != start[name]).reshape(len(value), -1).any(1).all(), name
    assert set(before) <= set(end)


@pytest.mark.parametrize("prompt", ["free", "shared-intra-512"])
def test_continue_starts_from_what_is_known_and_moves_all(tmp_path: Path, prompt: str) -> None:
    config = config_of(prompt=prompt, epochs=2)
    old, new = Candidates.of(OLD), Candidates.of(MORE_LABELS)
    before = run(tmp_path / "old", config, OLD).tensors(2)
    found = run(tmp_path / "new", config, MORE_LABELS, KnownRows(before, old.columns, frozen=False))
    start, end = found.tensors(0), found.tensors(2)
    kept, _ = rows_of(old, new)
    for name, value in before.items():
        rows = kept if name.startswith("pools.vectors.") else list(range(len(value)))
        assert torch.equal(start[name][rows], value), name
        assert (end[name] != start[name]).reshape(len(end[name]), -1).any(1).all(), name


def test_scratch_knows_nothing(tmp_path: Path) -> None:
    run(tmp_path / "a", config_of(epochs=1), MORE_LABELS)
    model = TaamCpt(config_of(), Candidates.of(MORE_LABELS), dict.fromkeys(MORE_LABELS, WIDTH))
    model.pools.initialise("normal", 202, {})
    start = Checkpoints(Store(tmp_path / "a").artifacts()[0]).tensors(0)
    assert all(torch.equal(start[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_parameter_in_the_optimiser_gets_a_gradient_and_nothing_else_does(prompt: str, known: bool) -> None:
    """Law 4."""
    config = config_of(prompt=prompt, weak="audio")
    old = TaamCpt(config, Candidates.of(OLD), dict.fromkeys(OLD, WIDTH))
    labels = MORE_MODALITIES if known else OLD
    model = TaamCpt(config, Candidates.of(labels), dict.fromkeys(labels, WIDTH))
    model.pools.initialise("normal", 0, {})
    frozen = {}
    if known:
        rows = KnownRows(old.state_dict(), Candidates.of(OLD).columns, frozen=True)
        frozen = take_over(model, Candidates.of(labels), rows, "pools.vectors.")
    groups = learned_of(model, config.fit, frozen).groups
    loss, _ = model(corpus_of(labels).texts)
    loss.backward()
    optimised = {id(p) for group in groups for p in group["params"]}
    names = {name: id(p) in optimised for name, p in model.named_parameters()}
    assert {name: p.grad is not None and bool(p.grad.any()) for name, p in model.named_parameters()} == names
    if known and prompt != "free":
        assert not all(names.values())
    expected = {"image": 0.05, "audio": 0.05, "video": 0.05}
    assert {group["lr"] for group in groups} == set(expected.values())


def test_learning_rates_belong_to_modalities() -> None:
    config = config_of(prompt="shared-intra-512", lr={"video": 0.1, "image": 0.2, "audio": 0.3})
    model = TaamCpt(config, Candidates.of(MORE_MODALITIES), dict.fromkeys(MORE_MODALITIES, WIDTH))
    rates = {id(p): group["lr"] for group in learned_of(model, config.fit).groups for p in group["params"]}
    for name, parameter in model.named_parameters():
        assert rates[id(parameter)] == {"video": 0.1, "image": 0.2, "audio": 0.3}[name.split(".")[2]], name


def test_init_text_starts_at_the_class_names(tmp_path: Path) -> None:
    found = run(tmp_path, config_of(init="text", epochs=1), OLD).tensors(0)
    for m, features in corpus_of(OLD).class_features.items():
        expected = features.astype(np.float32) / np.linalg.norm(features, axis=1, keepdims=True)
        torch.testing.assert_close(found[f"pools.vectors.{m}"], torch.from_numpy(expected).float())


def judged(labels: dict, wrong_names: str, wrong_texts: str) -> Corpus:
    """Texts that are their classes' directions; one modality's class names mislead, another's held-out texts half do."""
    candidates = Candidates.of(labels)
    columns = len(candidates)
    classes = {m: np.eye(columns) for m in labels}
    texts = {
        m: text_batch(
            np.repeat(np.eye(columns)[candidates.indices(m)], 4, 0), np.repeat(candidates.indices(m), 4)[:, None]
        )
        for m in candidates.modalities
    }
    held_out = dict(texts)
    own = candidates.indices(wrong_names)
    classes[wrong_names][own] = np.roll(np.eye(columns)[own], 1, axis=0)
    own = candidates.indices(wrong_texts)
    shown = np.eye(columns)[[own[0], own[0]]]  # two texts of the first direction: one says so, one is another class's
    held_out[wrong_texts] = text_batch(shown, [[own[0]], [own[1]]])
    return Corpus(texts, held_out, classes)


def test_auto_guides_the_modality_with_the_lowest_held_out_score_and_says_so(tmp_path: Path) -> None:
    out = io.StringIO()
    corpus = judged(MORE_MODALITIES, wrong_names="image", wrong_texts="audio")
    found = run(
        tmp_path, config_of(weak="auto", epochs=3, lambda_inter=0.01), MORE_MODALITIES, corpus=corpus,
        out=Console(file=out, width=200),
    )  # fmt: skip
    assert [found.notes(epoch) for epoch in range(4)] == [{}, {"weak": "image"}, {"weak": "audio"}, {"weak": "audio"}]
    said = [line for line in out.getvalue().splitlines() if line.startswith("weak")]
    assert said == [
        "weak modality from epoch 1: image (held-out top-1: video 100.0%, image 0.0%, audio 50.0%)",
        "weak modality from epoch 2: audio (held-out top-1: video 100.0%, image 100.0%, audio 50.0%)",
    ]
    parts = {name for name in found.history() if name.startswith("inter")}
    assert parts == {"inter/image->video", "inter/image->audio", "inter/audio->video", "inter/audio->image"}


def test_one_modality_is_never_weak(tmp_path: Path) -> None:
    found = run(tmp_path, config_of(weak="auto", epochs=1), {"image": ["cat", "dog"]})
    assert found.notes(1) == {}
    assert not [name for name in found.history() if name.startswith("inter")]


def test_batches_without_a_modality_leave_holes_in_the_curves(tmp_path: Path) -> None:
    history = run(tmp_path, config_of(weak=None, epochs=1, batch_size=1), OLD).history()
    assert {len(values) for values in history.values()} == {48}
    image, audio = (np.isnan(history[f"intra/{m}"]) for m in ("image", "audio"))
    assert image.sum() == audio.sum() == 24 and (image != audio).all()


def test_it_learns(tmp_path: Path) -> None:
    found = run(tmp_path, config_of(epochs=30), OLD)
    loss = found.history()["loss"]
    assert np.mean(loss[-3:]) < 0.5 * np.mean(loss[:3])
