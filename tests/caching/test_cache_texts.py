import numpy as np
import pytest
import torch

from pipeline.caching import texts as caching_texts
from pipeline.caching.specs import text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.encoders.load import load_encoder
from pipeline.telemetry.progress import Progress
from stores import Store, text_key

WORDS = ["dog", "cat", "rain", "table", "red", "photo", "person", "two", "running"]
TEXTS = [" ".join(WORDS[: 1 + index % 9]) + f" {index}" for index in range(23)]
SILENT = Progress.silent()


def run(store, card, texts, **options):
    return cache_texts(store, card, texts, device="cpu", progress=SILENT, **options)


def bytes_of(store):
    return {path.relative_to(store): path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.mark.parametrize("family", ["clip", "clap", "viclip"])
def test_rows_are_the_features_of_their_own_text(store, cards, family):
    summary = run(store, cards[family], TEXTS, shard_rows=10, batch_size=4)
    assert (summary.wanted, summary.encoded, summary.rejected) == (23, 23, 0)
    artifact = store.artifact(text_features_spec(cards[family]))
    assert summary.fingerprint == artifact.spec.fingerprint
    assert artifact.keys() == [text_key(text) for text in TEXTS]
    vectors = artifact.arrays([text_key(text) for text in TEXTS])["vectors"]
    assert vectors.dtype == np.float16
    encoder = load_encoder(cards[family], "cpu")
    alone = torch.cat([encoder.text.full(encoder.collate(encoder.tokenize([text]))) for text in TEXTS])
    np.testing.assert_allclose(vectors, alone.numpy(), atol=4e-3, rtol=2e-3)


def test_equal_sentences_are_one_row(store, cards):
    summary = run(store, cards["clip"], ["a dog", "a cat", "a dog", "a dog"])
    assert (summary.wanted, summary.encoded) == (2, 2)
    assert store.artifact(text_features_spec(cards["clip"])).keys() == [text_key("a dog"), text_key("a cat")]


def test_a_second_run_encodes_nothing_and_loads_nothing(store, cards, monkeypatch):
    run(store, cards["clip"], TEXTS)
    monkeypatch.setattr(caching_texts, "load_encoder", None)
    summary = run(store, cards["clip"], TEXTS)
    assert (summary.wanted, summary.encoded, summary.encode_s) == (23, 0, 0.0)


def test_two_new_sentences_encode_two(store, cards):
    run(store, cards["clip"], TEXTS)
    shards = set((store.artifact(text_features_spec(cards["clip"])).path / "shards").iterdir())
    summary = run(store, cards["clip"], [*TEXTS[:5], "new rain", *TEXTS[5:], "new cat"])
    assert (summary.wanted, summary.encoded) == (25, 2)
    artifact = store.artifact(text_features_spec(cards["clip"]))
    assert artifact.keys()[-2:] == [text_key("new rain"), text_key("new cat")]
    assert shards < set((artifact.path / "shards").iterdir())


def test_an_interrupted_run_ends_in_the_same_bytes(tmp_path, cards):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(Store(whole), cards["clip"], TEXTS, shard_rows=5, batch_size=2)
    # A run over the first shards only is what a kill leaves: shards are published whole and in order.
    run(Store(broken), cards["clip"], TEXTS[:10], shard_rows=5, batch_size=2)
    run(Store(broken), cards["clip"], TEXTS, shard_rows=5, batch_size=2)
    assert bytes_of(broken) == bytes_of(whole)


def test_the_batch_size_does_not_move_a_feature(tmp_path, cards):
    vectors = []
    for batch_size in (1, 3, 256):
        store = Store(tmp_path / str(batch_size))
        run(store, cards["clip"], TEXTS, batch_size=batch_size, dtype="float32")
        artifact = store.artifact(text_features_spec(cards["clip"], dtype="float32"))
        vectors.append(artifact.arrays(artifact.keys())["vectors"])
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-5)
    np.testing.assert_allclose(vectors[1], vectors[2], atol=1e-5)


@pytest.mark.parametrize("family", ["clip", "clap", "viclip"])
@pytest.mark.parametrize("cut", ["tokens", "block00"])
def test_rows_of_a_lower_cut_go_on_to_the_same_output(store, cards, family, cut):
    run(store, cards[family], TEXTS, cut=cut, dtype="float32", shard_rows=7, batch_size=3)
    keys = [text_key(text) for text in TEXTS]
    acts = store.artifact(text_features_spec(cards[family], cut, "float32")).arrays(keys)
    encoder = load_encoder(cards[family], "cpu")
    assert acts["activations"].shape[1] == encoder.context_length
    full = encoder.text.full(encoder.collate(encoder.tokenize(TEXTS)))
    torch.testing.assert_close(encoder.text.upper(acts, cut), full, atol=1e-5, rtol=1e-5)
