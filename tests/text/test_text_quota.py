"""One quota for all classes, or one a modality."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.stages.cache import cache
from pipeline.stages.generate import generate
from pipeline.stages.plan import plan_run
from pipeline.studies.sentences.stand_in import stand_in
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.text.config import ALL_IMPORTED, GenerateConfig

Open = Callable[..., BoundSentences]
MODALITIES = ("video", "image", "audio", "text")


@pytest.mark.parametrize(
    ("settings", "quotas"),
    [
        ({}, (100, 100, 100, 100)),
        ({"sentences_per_class": 7}, (7, 7, 7, 7)),
        ({"sentences_per_class": {"video": 250, "audio": 2000}}, (250, 100, 2000, 100)),
        ({"engine": "import", "imports": {"files": {"image": "a.txt"}}}, (ALL_IMPORTED,) * 4),
        (
            {"engine": "import", "imports": {"files": {"image": "a.txt"}}, "sentences_per_class": {"image": 3}},
            (ALL_IMPORTED, 3, ALL_IMPORTED, ALL_IMPORTED),
        ),
    ],
)
def test_a_modality_has_its_own_number_or_the_usual_one(settings: dict[str, Any], quotas: tuple[int, ...]) -> None:
    config = GenerateConfig.model_validate(settings)
    assert tuple(config.quota(modality) for modality in MODALITIES) == quotas
    assert GenerateConfig.model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "found 0; it is a number from 1, or one for each modality"),
        ("many", "found 'many'; it is a number from 1"),
        (None, "found None; it is a number from 1"),
        ({}, "it names no modality: it is a number from 1"),
        ({"vido": 3}, "vido is no modality; there are image, audio, video, text"),
        ({"video": 0}, r"found \{'video': 0\}; it is a number from 1"),
        ({"video": "some"}, "found .*'some'.*; it is a number from 1"),
        ([3], r"found \[3\]; it is a number from 1"),
    ],
)
def test_what_is_no_quota_is_told_once(value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        GenerateConfig.model_validate({"sentences_per_class": value})
    assert len(caught.value.errors()) == 1


def test_each_modality_gets_its_own_number_of_sentences(open_context: Open, tmp_path: Path) -> None:
    context = open_context(generate={"sentences_per_class": {"image": 4, "audio": 9}})
    planned = {step.what: step.wanted for step in plan_run(context) if step.stage == "generate-texts"}
    classes = {m: len(labels) for m, labels in context.labels.items()}
    assert planned == {"image": 4 * classes["image"], "audio": 9 * classes["audio"]}
    generate(context)
    for modality, quota in (("image", 4), ("audio", 9)):
        chosen = [sentence.anchor for sentence in context.sentences(modality)]
        assert [chosen.count(label) for label in context.labels[modality]] == [quota] * classes[modality]
    assert not [step for step in plan_run(context) if step.stage == "generate-texts" and step.missing]


def test_the_same_numbers_name_the_same_checkpoint_however_they_are_written(open_context: Open, finished: Path) -> None:
    published = plan_training(open_context(workspace=finished)).spec.fingerprint
    assert published == open_context(workspace=finished).record().artifacts["checkpoint"]
    same = open_context(workspace=finished, generate={"sentences_per_class": {"image": 6, "audio": 6}})
    assert plan_training(same).spec.fingerprint == published
    assert not any(step.missing for step in plan_run(same))
    fewer = open_context(workspace=finished, generate={"sentences_per_class": {"image": 6, "audio": 5}})
    generate(fewer)
    cache(fewer)
    assert plan_training(fewer).spec.fingerprint != published


def test_a_stand_in_writes_few_sentences_for_each(tmp_path: Path) -> None:
    content = {
        "modalities": {"image": {"labels": "coco"}},
        "generate": {"sentences_per_class": {"image": 1250, "audio": 3}},
    }
    found = stand_in(content, tmp_path)["generate"]
    assert found == {"engine": "deterministic", "sentences_per_class": {"image": 20, "audio": 3}}
    assert (
        stand_in({**content, "generate": {"sentences_per_class": 500}}, tmp_path)["generate"]["sentences_per_class"]
        == 20
    )
