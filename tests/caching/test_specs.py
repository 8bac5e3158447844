from dataclasses import fields, replace

import pytest

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.encoders.cards import card
from pipeline.media import AudioSpec, ImageSpec, VideoSpec

CARD = card("clip-vit-b32-laion2b")


def test_text_and_media_of_an_encoder_are_two_artifacts():
    text, media = text_features_spec(CARD), media_features_spec(CARD)
    assert text.kind == media.kind == "features"
    assert text.backend == media.backend == "hdf5"
    assert text.fingerprint != media.fingerprint


def test_the_fingerprint_changes_with_what_changes_the_bytes():
    for spec in (text_features_spec, media_features_spec):
        fingerprints = {
            spec(CARD).fingerprint,
            spec(CARD, cut="block10").fingerprint,
            spec(CARD, dtype="float32").fingerprint,
            spec(replace(CARD, digest="0" * 64)).fingerprint,
        }
        assert len(fingerprints) == 4


def test_the_fingerprint_does_not_change_with_what_does_not():
    same = replace(CARD, name="other", weights="elsewhere", templates=("a {}.",))
    assert media_features_spec(same) == media_features_spec(CARD)
    assert text_features_spec(same) == text_features_spec(CARD)


@pytest.mark.parametrize("media", [ImageSpec(), AudioSpec(), VideoSpec()])
def test_every_field_of_a_media_spec_names_media_but_not_texts(media):
    base = replace(CARD, media=media)
    other = {int: 7, float: 3.0, "resize": "squash", "interpolation": "bilinear", "sampler": "stride", "window": "mean",
             "length": "librosa", "rgb": "first", "orientation": "shown"}  # fmt: skip
    for field in fields(media):
        value = getattr(media, field.name)
        changed = "shortest_edge" if value == "squash" else other.get(type(value), other.get(field.name))
        assert changed != value
        card_changed = replace(base, media=replace(media, **{field.name: changed}))
        assert media_features_spec(card_changed) != media_features_spec(base)
        assert text_features_spec(card_changed) == text_features_spec(base)
