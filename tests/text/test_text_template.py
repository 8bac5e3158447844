import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.text.config import GenerateConfig
from pipeline.text.template import MAX_LABELS, MOST_LABELS, PAPER_TEMPLATE, labels_text, render_query


def test_the_paper_template_word_by_word():
    assert render_query(PAPER_TEMPLATE, "video", ["playing chess", "dog"]) == (
        "Making several English sentences to describe a video. Requirements: Generate 5 English sentences! "
        "Each sentence should be less than 25 words and includes: playing chess, dog."
    )


def test_two_labels_for_video_and_three_for_image_and_audio():
    assert MAX_LABELS == {"image": 3, "audio": 3, "video": 2}
    assert MOST_LABELS == {"image": 3, "audio": 3, "video": 2, "text": 2}


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_labels_go_in_as_they_are_and_come_out_again(labels):
    for template in (PAPER_TEMPLATE, "{labels}", "For a {modality}: {labels}", "{labels} in a {modality}?"):
        prompt = render_query(template, "image", labels)
        assert ", ".join(labels) in prompt
        assert labels_text(template, "image", prompt) == ", ".join(labels)


def test_another_query_has_no_labels():
    assert labels_text(PAPER_TEMPLATE, "image", "Tell me about dogs.") is None
    assert labels_text(PAPER_TEMPLATE, "image", render_query(PAPER_TEMPLATE, "video", ["dog"])) is None


@pytest.mark.parametrize("template", ["Write sentences.", "{labels} and {labels}"])
def test_a_template_without_exactly_one_place_for_labels_is_refused(template):
    with pytest.raises(ValidationError, match="a template holds {labels} exactly once, where the class names go"):
        GenerateConfig(template=template)


def test_unknown_settings_are_refused():
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        GenerateConfig(temprature=1.0)


def test_a_part_of_the_modalities_may_be_set():
    config = GenerateConfig(max_labels={"image": 1}, modality_words={"audio": "sound"})
    assert config.max_labels == {"image": 1, "audio": 3, "video": 2, "text": 2}
    assert config.modality_words == {"image": "image", "audio": "sound", "video": "video", "text": "text"}
    with pytest.raises(ValidationError, match="at least 1 label"):
        GenerateConfig(max_labels={"image": 0})
