"""How texts reach a tower: padding that is read, padding that is not, and texts that are cleaned first.

The tower that reads its padding is SigLIP's, of transformers, with random weights of normal size.
"""

from dataclasses import replace

import pytest
import torch
from open_clip.tokenizer import canonicalize_text
from transformers import SiglipTextConfig, SiglipTextModel

from pipeline.caching import texts as caching
from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.caching.tolerance import padded_distance
from pipeline.encoders.cards import EncoderCard, card, card_names
from pipeline.encoders.cleaning import canonical
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.tower import StagedTower
from pipeline.media import ImageSpec
from pipeline.telemetry.progress import Progress
from stores import Store, text_key

CONTEXT, PAD = 16, 1
TEXTS = ["a dog", "two red cats on the table", "rain", "A photo, of a: person"]
OPTIONS = {"device": "cpu", "progress": Progress.silent()}
CARD = EncoderCard("siglip", "image", "siglip", 32, "", "", "random", ImageSpec(8), ("a {}.",))


def tokenize(texts):
    """A number a letter; no two letters share one."""
    return [[2 + ord(letter) % 60 for letter in text][:CONTEXT] for text in texts]


@pytest.fixture(scope="module")
def siglip():
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = SiglipTextConfig(vocab_size=64, max_position_embeddings=CONTEXT, projection_size=32, **sizes)
    model = SiglipTextModel(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        if parameter.dim() == 2:
            torch.nn.init.normal_(parameter, std=0.3)
    return model


def encoder_of(model, **changes):
    def read(acts):
        return {"vectors": model(input_ids=acts["activations"]).pooler_output}

    tower = StagedTower(("tokens", "output"), (read,), torch.device("cpu"), torch.float32)
    return Encoder(replace(CARD, **changes), tower, tower, tokenize, PAD, CONTEXT)


def published(model, texts):
    """As its authors run it: every text padded to the context."""
    ids = [[*row, *[PAD] * (CONTEXT - len(row))] for row in tokenize(texts)]
    return model(input_ids=torch.tensor(ids)).pooler_output


def test_a_tower_that_reads_padding_is_refused_when_texts_are_trimmed(siglip, tmp_path, monkeypatch):
    trimming, store = encoder_of(siglip), Store(tmp_path)
    monkeypatch.setattr(caching, "load_encoder", lambda *_: trimming)
    with pytest.raises(EncoderError) as error:
        cache_texts(store, trimming.card, TEXTS, **OPTIONS)
    told = str(error.value)
    assert "encoder 'siglip' reads the padding of its texts" in told and "padding='context'" in told
    assert store.artifact(text_features_spec(trimming.card)).manifest.rows == 0


def test_padded_to_the_context_it_answers_as_published(siglip, tmp_path, monkeypatch):
    padding, store = encoder_of(siglip, padding="context"), Store(tmp_path)
    monkeypatch.setattr(caching, "load_encoder", lambda *_: padding)
    cache_texts(store, padding.card, TEXTS, dtype="float32", batch_size=3, **OPTIONS)
    artifact = store.artifact(text_features_spec(padding.card, dtype="float32"))
    found = torch.from_numpy(artifact.arrays([text_key(text) for text in TEXTS])["vectors"])
    wanted = published(siglip, TEXTS)
    assert (wanted[0] - wanted[1]).abs().max() > 0.1
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)
    assert "padded" not in artifact.manifest.notes
    trimmed = encoder_of(siglip).text.full(torch.tensor(tokenize(TEXTS[:1])))
    assert (trimmed - wanted[:1]).norm() / wanted[:1].norm() > 0.1  # what the refusal saves from


@pytest.mark.parametrize("family", ["clip", "clap", "viclip"])
def test_ours_do_not_read_padding(encoders, family):
    assert padded_distance(encoders[family], TEXTS) < 1e-5


def test_a_tower_whose_numbers_are_none_is_refused_too(siglip):
    encoder = encoder_of(siglip)
    nothing = StagedTower(
        ("tokens", "output"), (lambda acts: {"vectors": torch.full((len(acts["activations"]), 4), torch.nan)},),
        torch.device("cpu"), torch.float32,
    )  # fmt: skip
    with pytest.raises(EncoderError, match="reads the padding"):
        padded_distance(replace(encoder, text=nothing), TEXTS[:2])


@pytest.mark.parametrize(
    "text",
    [
        "A Photo, of a: cat!", "  under_score__twice ", "don't (really)", "ÄÖ — “quoted” …", "", "...", "tab\tnew\nline",
        "100 % C++ & C#", "MiXeD_cAsE",
    ],
)  # fmt: skip
def test_canonical_texts_are_open_clips(text):
    assert canonical(text) == canonicalize_text(text)


def test_texts_are_cleaned_before_they_are_cut_into_tokens(siglip):
    plain, cleaning = encoder_of(siglip), encoder_of(siglip, cleaning="canonical")
    assert plain.tokenize(TEXTS) == tokenize(TEXTS)
    assert cleaning.tokenize(TEXTS) == tokenize([*TEXTS[:3], "a photo of a person"])


def test_padding_and_cleaning_name_the_features_of_texts_only(siglip):
    cards = [CARD, replace(CARD, padding="context"), replace(CARD, cleaning="canonical")]
    assert len({text_features_spec(card).fingerprint for card in cards}) == 3
    assert not {"padding", "cleaning"} & set(text_features_spec(CARD).fields)
    assert len({media_features_spec(card).fingerprint for card in cards}) == 1


def test_licences_are_told_where_they_are_known():
    known = {name: card(name).licence for name in card_names()[:18]}
    assert known["miniature-clip"] == known["clap-htsat-fused"] == known["all-minilm-l6-v2"] == "Apache-2.0"
    assert known["miniature-swin"] == known["vit-l16"] == "Apache-2.0" and known["swin-v2-large-192"] == "MIT"
    assert known["clip-vit-b32-laion2b"] == known["clip-vit-l14-openai"] == "MIT"
    assert known["viclip-b16"] == card("open_clip:ViT-B-32/laion2b_e16").licence == ""
