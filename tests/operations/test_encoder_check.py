"""`encoders check`: promises of towers that are kept, and each one that is broken; names beside files, against a loop."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.cli.app import app
from pipeline.datasets.errors import DatasetError
from pipeline.encoders.cards import card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.encoders.tower import StagedTower
from pipeline.media.image import decode_image
from pipeline.miniature.world import write_images
from pipeline.operations import encoder_check
from pipeline.operations.encoder_check import check_encoder
from pipeline.operations.encoder_names import separation

NAMES = ["circle", "star", "heart"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Nine pictures in folders of their classes, and one that cannot be read."""
    home = tmp_path_factory.mktemp("drawn")
    write_images(home / "world", 5, 9, classes=NAMES)
    for i, picture in enumerate(sorted((home / "world/images").iterdir())):
        (home / "photos" / NAMES[i // 3]).mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, home / "photos" / NAMES[i // 3])
    (home / "photos/star/cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return home / "photos"


@pytest.mark.parametrize("name", ["miniature-clip", "miniature-clap", "miniature-swin", "miniature-hts-at"])
def test_ours_keep_their_promises(name):
    found, encoder = check_encoder(card(name), "cpu")
    halves = ["media", "text"] if encoder.card.texts == "own" else ["media"]
    assert found.problems == () and [tower.tower for tower in found.towers] == halves
    for tower in found.towers:
        assert tuple(tower.cuts) == getattr(encoder, tower.tower).cuts
        assert max(tower.cuts.values()) < 1e-5 and tower.rows_per_second > 0
    assert found.towers[0].notes.keys() == {"batch", "stored"}
    assert all(tower.notes["padded"] < 1e-5 for tower in found.towers[1:])


def _tower(read, cuts=("pixels", "output"), *more):
    return StagedTower(cuts, (read, *more), torch.device("cpu"), torch.float32)


def _means(acts):
    means = acts["activations"].float().mean(dim=(1, 2, 3))
    return means[:, None] * torch.ones(128) + torch.arange(128)


@pytest.mark.parametrize(
    ("media", "problem"),
    [
        (_tower(lambda acts: {"vectors": _means(acts)[:, :5]}), "makes (4, 5) of 4 rows; its card says width 128"),
        (_tower(lambda acts: {"vectors": _means(acts) * torch.nan}), "makes numbers that are not finite"),
        (_tower(lambda acts: {"vectors": _means(acts) * 0 + 1}), "makes the same of different inputs"),
        (_tower(lambda acts: {"vectors": _means(acts) * (1 + len(acts["activations"]))}), "depend on their batch: 0."),
    ],
)  # fmt: skip
def test_a_broken_promise_is_told(monkeypatch, media, problem):
    whole = load_encoder(card("miniature-clip"), "cpu")
    monkeypatch.setattr(encoder_check, "load_encoder", lambda *_: replace(whole, media=media))
    found, _ = check_encoder(card("miniature-clip"), "cpu")
    assert any(problem in told for told in found.towers[0].problems), found.problems
    assert found.towers[1].problems == ()


def test_a_cut_that_goes_on_elsewhere_is_told(monkeypatch):
    class Forgetful(StagedTower):
        def upper(self, acts, cut, prompts=None):
            return super().upper(acts, cut) * (1.01 if cut == "half" else 1)

    steps = (lambda acts: {"activations": acts["activations"].float()}, lambda acts: {"vectors": _means(acts)})
    media = Forgetful(("pixels", "half", "output"), steps, torch.device("cpu"), torch.float32)
    whole = load_encoder(card("miniature-clip"), "cpu")
    monkeypatch.setattr(encoder_check, "load_encoder", lambda *_: replace(whole, media=media))
    found, _ = check_encoder(card("miniature-clip"), "cpu")
    assert [told for told in found.problems if "cut at half goes on to other vectors, 0.01 of" in told]
    assert app(["encoders", "check", "miniature-clip", "-d", "cpu"], standalone_mode=False) == 1


def test_a_text_tower_that_reads_padding_is_told(monkeypatch):
    whole = load_encoder(card("miniature-clip"), "cpu")
    text = _tower(
        lambda acts: {"vectors": acts["activations"].float().std(dim=1)[:, None] * torch.ones(128)},
        ("tokens", "output"),
    )
    monkeypatch.setattr(encoder_check, "load_encoder", lambda *_: replace(whole, text=text))
    found, _ = check_encoder(card("miniature-clip"), "cpu")
    assert any("reads the padding of its texts" in told for told in found.towers[1].problems)


def test_names_are_judged_as_a_loop_judges_them(drawn):
    found_card = card("miniature-clip")
    encoder = load_encoder(found_card, "cpu")
    found = separation(found_card, encoder, drawn, NAMES, workers=0)
    right = {"single": 0, "ensemble": 0}

    def unit(x):
        return x / np.linalg.norm(x)

    sentences = [
        [unit(encoder.read([t.replace("{}", name)])[0].numpy()) for name in NAMES] for t in found_card.templates
    ]
    files = [file for file in sorted(drawn.rglob("*")) if file.is_file() and file.name != "cut.png"]
    for file in files:
        image = encoder.media.full(encoder.batch([decode_image(str(file), found_card.media)]))[0].numpy()
        for how, classes in (("single", sentences[0]), ("ensemble", np.mean(sentences, axis=0))):
            right[how] += NAMES[int(np.argmax([unit(x) @ image for x in classes]))] == file.parent.name
    assert (found.files, found.classes) == (9, 3)
    assert list(found.top1.values()) == [right["single"] / 9, right["ensemble"] / 9] and right["single"] > 3
    a, b, cosine = found.nearest[0]
    assert cosine == pytest.approx(float(sentences[0][NAMES.index(a)] @ sentences[0][NAMES.index(b)]), abs=1e-5)


def test_the_command_compares_on_a_few_files(drawn, capsys):
    command = ["encoders", "check", "miniature-clip", "--media", str(drawn), "--files", "6", "-d", "cpu"]
    app([*command, "--json"], standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == [] and told["names"]["files"] in (5, 6) and told["names"]["classes"] == 3
    assert {tower["tower"] for tower in told["towers"]} == {"media", "text"}
    app(command, standalone_mode=False)
    page = capsys.readouterr().out
    assert "3 classes: zero-shot (single template)" in page and page.rstrip().endswith("no problems")


def test_what_cannot_be_judged_is_told(drawn, tmp_path):
    clip = card("miniature-clip")
    mute = replace(clip, texts="none")
    with pytest.raises(EncoderError, match="has no text tower"):
        separation(mute, None, drawn, NAMES)
    (tmp_path / "star").mkdir()
    (Path(tmp_path) / "star/cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DatasetError, match="no file of .* shows one of the 1 classes and can be read"):
        separation(clip, load_encoder(clip, "cpu"), tmp_path, ["star"], workers=0)
