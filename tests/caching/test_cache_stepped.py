"""Towers that are run block by block behind the caching stage: stored frames and spectrograms, up to any cut."""

import numpy as np
import pytest
import soundfile
import torch

from pipeline.caching.make import make_input
from pipeline.caching.needs import Input, Need
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import card
from pipeline.encoders.stepped.base import resume, run
from pipeline.encoders.stepped.load import load_stepped
from pipeline.encoders.stepped.of_card import shape_of
from pipeline.media import ImageSpec
from pipeline.recipe.envelope import Envelope
from pipeline.runs.bound import Bound
from pipeline.sources.presets import PRESETS
from pipeline.telemetry.progress import Progress
from stores import file_key

CUTS = ("patches", "block01", "stage2", "stage4", "block07", "output")


@pytest.fixture
def bound(tmp_path):
    recipe = Envelope(name="cut", workspace=tmp_path / "workspace", cache={"workers": 0, "dtype": "float32"})
    return Bound(recipe, "cpu", Progress.silent())


@pytest.fixture
def clips(tmp_path):
    rows = []
    for index in range(3):
        path = tmp_path / f"{index}.wav"
        hum = np.sin(np.arange(160_000) / (4 + 3 * index)) * np.linspace(0.05, 0.6, 160_000)
        soundfile.write(path, hum + np.random.default_rng(index).normal(0, 0.02, 160_000), 16_000)
        rows.append(MediaRow(file_key(path), str(path), ("x",)))
    return rows


def stored(bound, need, rows):
    make_input(bound, Input("it", "it", need, rows, stored=need.card is not None and need.source != need.card.media))
    artifact = bound.store.artifact(need.spec(bound.recipe.cache))
    return next(iter(artifact.arrays([row.key for row in rows]).values()))


@pytest.mark.parametrize(
    ("encoder", "preset"), [("miniature-swin", "copl-miniature"), ("miniature-hts-at", "copl-miniature-hts-at")]
)
def test_segments_of_a_sound_are_stored_at_any_cut_and_go_on_to_the_same(bound, clips, encoder, preset):
    source, found = PRESETS[preset], card(encoder)
    spectrograms = stored(bound, Need(source, None), clips)
    tower, shape = load_stepped(found, "cpu"), shape_of(found)
    assert spectrograms.shape == (3, 10, *shape.input[:2]) and spectrograms.dtype == np.float16
    flat = torch.tensor(spectrograms.astype(np.float32)).flatten(0, 1)
    with torch.no_grad():
        whole = tower.leave(run(tower, tower.enter(flat)))
    for cut in CUTS:
        kept = stored(bound, Need(source, found, cut), clips)
        if cut == "output":
            assert kept.shape == (3, 10, shape.width)
            torch.testing.assert_close(torch.tensor(kept).flatten(0, 1), whole.mean(dim=1), atol=1e-5, rtol=0)
            continue
        assert kept.shape == (3, 10, *shape.map_at(cut)) and kept.dtype == np.float32
        with torch.no_grad():
            start, tokens = resume(tower, torch.tensor(kept).flatten(0, 1), cut)
            tokens = run(tower, tokens, start)
        torch.testing.assert_close(tower.leave(tokens), whole, atol=1e-5, rtol=0)


def test_pictures_are_stored_at_a_cut_from_their_files_or_from_stored_pixels(bound, images):
    found, rows = card("miniature-swin"), images(3)
    assert found.media == ImageSpec(64, "squash", "bicubic")
    pixels = stored(bound, Need(found.media, None), rows)
    kept = stored(bound, Need(found.media, found, "stage3"), rows)
    assert pixels.shape == (3, 64, 64, 3) and kept.shape == (3, *shape_of(found).map_at("stage3"))
    tower = load_stepped(found, "cpu")
    with torch.no_grad():
        wanted = tower.between(4, run(tower, tower.enter(torch.tensor(pixels)), stop=4))
    torch.testing.assert_close(torch.tensor(kept), wanted, atol=1e-5, rtol=0)
