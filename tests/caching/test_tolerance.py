"""What half precision and batches do to features, as measured and kept with them; and what happens when numbers overflow."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline.caching.media import cache_media
from pipeline.caching.rows import NotFinite, to_arrays
from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.caching.tolerance import ROWS, _rounded_up, measure
from pipeline.encoders.load import load_encoder
from pipeline.telemetry.progress import Progress
from stores import Store
from stores.manifest import read_manifest

TEXTS = ["a dog", "two red cats on the table", "rain", "a photo of a person running", "dog dog", "table"]
OPTIONS = {"device": "cpu", "progress": Progress.silent()}


def distance(found, wanted):
    """The largest relative distance of a row, one row after the other."""
    return max(
        sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) ** 0.5 / sum(b**2 for b in y) ** 0.5
        for x, y in zip(found.tolist(), wanted.tolist(), strict=True)
    )


def embed(encoder, texts):
    return encoder.text.lower(encoder.collate(encoder.tokenize(texts)), "output")["vectors"].double()


@pytest.mark.parametrize("family", ["clip", "clap", "viclip"])
@pytest.mark.parametrize("compute", ["float16", "bfloat16"])
def test_notes_are_the_distances_of_their_definition(cards, family, compute):
    half, full = load_encoder(cards[family], "cpu", compute), load_encoder(cards[family], "cpu")
    notes = measure(half, "text", TEXTS, "output", "float16", full)
    first = TEXTS[:ROWS]
    together, alone = embed(half, first), torch.cat([embed(half, [text]) for text in first])
    exact = torch.cat([embed(full, [text]) for text in first])
    wanted = {
        "batch": distance(together, alone),
        "compute": distance(alone, exact),
        "stored": distance(alone.half().double(), alone),
    }
    assert notes.keys() == wanted.keys()
    for name, value in wanted.items():
        assert value <= notes[name] <= 2 * value + 1e-12, name
    assert 1e-5 < notes["compute"] < 0.1
    # What float16 computed, float16 holds; bfloat16 has fewer digits than float16, so that nothing is lost either.
    assert notes["stored"] == 0


def test_float32_has_no_distance_from_itself(cards):
    encoder = load_encoder(cards["clip"], "cpu")
    assert measure(encoder, "text", TEXTS, "output", "float32").keys() == {"batch"}
    notes = measure(encoder, "text", TEXTS, "output", "float16")
    assert notes.keys() == {"batch", "stored"} and notes["batch"] < 1e-5 and 0 < notes["stored"] < 2**-10


@pytest.mark.parametrize("cut", ["block00", "output"])
def test_padding_is_not_measured(cards, cut):
    """At a lower cut a short text has rubbish behind its end when longer ones stand beside it."""
    assert measure(load_encoder(cards["clip"], "cpu"), "text", TEXTS, cut, "float32")["batch"] < 1e-5


def test_whole_numbers_are_not_measured(cards):
    assert measure(load_encoder(cards["clip"], "cpu"), "text", TEXTS, "tokens", "float16") == {}


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_the_manifest_keeps_them_whatever_comes_later(tmp_path, cards, images, compute):
    store, card, rows = Store(tmp_path / "w"), cards["clip"], images(7, bad={0, 1})
    kept: list[dict[str, float]] = []
    specs = text_features_spec(card, compute=compute), media_features_spec(card, compute=compute)
    for first in (True, False):
        cache_texts(store, card, TEXTS[:5] if first else TEXTS, compute=compute, **OPTIONS)
        # The first shard holds broken files only: there is nothing to measure yet.
        cache_media(store, card, rows[:4] if first else rows, compute=compute, workers=0, shard_rows=2, **OPTIONS)
        found = [dict(store.artifact(spec).manifest.notes) for spec in specs]
        kept = found if first else kept
        assert found == kept
    expected = {"batch", "stored"} | ({"compute"} if compute != "float32" else set())
    assert (kept[0].keys(), kept[1].keys()) == (expected | {"padded"}, expected)
    assert kept[0]["padded"] < 1e-5
    on_disk = json.loads((store.artifact(specs[0]).path / "manifest.json").read_text())
    assert on_disk["notes"] == kept[0]
    assert read_manifest(store.artifact(specs[0]).path).notes == kept[0]


def test_computing_names_the_features_only_where_it_is_not_float32(cards):
    for spec in (text_features_spec, media_features_spec):
        plain = spec(cards["clip"])
        assert spec(cards["clip"], compute="float32") == plain
        assert "compute" not in plain.fields
        assert len({plain, spec(cards["clip"], compute="float16"), spec(cards["clip"], compute="bfloat16")}) == 3


def test_bfloat16_is_stored_as_it_was_computed(tmp_path, cards):
    store = Store(tmp_path)
    cache_texts(store, cards["clip"], TEXTS, compute="bfloat16", dtype="float32", batch_size=8, **OPTIONS)
    artifact = store.artifact(text_features_spec(cards["clip"], dtype="float32", compute="bfloat16"))
    encoder = load_encoder(cards["clip"], "cpu", "bfloat16")
    wanted = encoder.text.lower(encoder.collate(encoder.tokenize(TEXTS)), "output")["vectors"]
    assert wanted.dtype == torch.bfloat16
    order = np.argsort(artifact.keys())
    np.testing.assert_allclose(
        artifact.arrays(artifact.keys())["vectors"][order], wanted.float().numpy()[order], atol=0.02
    )


@pytest.mark.parametrize(
    ("computed", "stored", "message"),
    [
        (torch.tensor([[1.0], [7e4]]), "float16", "1 of 2 rows are not finite in float16, in which they are stored. Write "
         "cache: {dtype: float32}"),
        (torch.tensor([[float("nan")], [1.0]]).half(), "float32", "1 of 2 rows are not finite in float16, in which they are "
         "computed. Write cache: {compute: float32}"),
    ],
)  # fmt: skip
def test_numbers_that_overflow_are_refused(computed, stored, message):
    with pytest.raises(NotFinite) as error:
        to_arrays({"vectors": computed, "ids": torch.ones(2, 3, dtype=torch.int64)}, stored)
    assert str(error.value) == f"cache: the features of {message}"


@pytest.mark.parametrize(("value", "shown"), [(3.1e-7, 4e-7), (9.9e-4, 1e-3), (0.02, 0.02), (0.0, 0.0), (1.0, 1.0)])
def test_one_digit_upwards(value, shown):
    assert _rounded_up(value) == shown


def test_an_encoder_of_other_weights_is_measured_for_itself(cards):
    """Sanity of the measure: against other weights the distance is large."""
    encoder = load_encoder(cards["clip"], "cpu")
    other = replace(encoder, text=load_encoder(cards["viclip"], "cpu").text)
    assert measure(encoder, "text", TEXTS, "output", "float32", exact=other)["compute"] > 0.3
