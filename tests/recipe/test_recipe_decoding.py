"""What a recipe's `media` and preset make of an encoder's decoding, and what `recipes new` and the shipped recipes ask for."""

from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml

from pipeline.caching.specs import media_features_spec
from pipeline.encoders.cards.preprocessing import _FIXED
from pipeline.media import AudioSpec, ImageSpec, VideoSpec
from pipeline.sources import AugmentedViewsSpec
from pipeline.studies.load import load_study
from pipeline.studies.sentences.run import SENTENCES_STUDIES
from pipeline.studies.settings import Places, Settings
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.specs import views_of
from pipeline.tasks.load import load_recipe, parse_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.new import new_recipe
from pipeline.telemetry.progress import Progress

ENCODERS = {"image": "clip-vit-b32-laion2b", "audio": "clap-htsat-unfused", "video": "viclip-b16"}


def cards(preset: str, base: Path, **media: dict[str, str]) -> dict:
    modalities = {
        m: {"labels": ["a", "b"], "encoder": encoder, "media": media.get(m, {})} for m, encoder in ENCODERS.items()
    }
    text = yaml.safe_dump({"name": "x", "modalities": modalities, "train": {"preset": preset}})
    return BoundSentences(parse_recipe(text, where="r", base=base, workspace=base), "cpu", Progress.silent()).cards


@pytest.mark.parametrize(("preset", "length"), [("recommended", "exact"), ("paper", "librosa"), ("code", "librosa")])
def test_the_authors_presets_resample_as_the_authors(tmp_path: Path, preset: str, length: str) -> None:
    found = cards(preset, tmp_path)
    assert found["audio"].media == AudioSpec(length=length)
    assert (found["image"].media, found["video"].media) == (ImageSpec(), VideoSpec())
    for other in ("exact", "librosa"):
        assert cards(preset, tmp_path, audio={"length": other})["audio"].media == AudioSpec(length=other)
    assert cards(preset, tmp_path, audio={"window": "mean"})["audio"].media == AudioSpec(window="mean", length=length)


@pytest.mark.parametrize(
    ("modality", "fields"),
    [
        ("image", {"size": 224, "resize": "shortest_edge", "interpolation": "bicubic"}),
        ("audio", {"sampling_rate": 48_000, "seconds": 10.0}),
        ("video", {"frames": 8, "size": 224, "resize": "squash", "interpolation": "bicubic", "sampler": "middle"}),
    ],
)
def test_defaults_keep_the_names_of_features_that_are_there(tmp_path: Path, modality: str, fields: dict) -> None:
    spec = media_features_spec(cards("recommended", tmp_path)[modality])
    assert spec.fields["media"] == {"kind": modality, **fields}


def contents(name: str, **settings: object) -> list[dict]:
    study = load_study(name)
    where = Settings(Places(Path("data"), Path("weights"), Path("scores"), Path("w")), **settings)
    return [SENTENCES_STUDIES.content(name, number, study, where) for number in range(1, len(study.rows) + 1)]


@pytest.mark.parametrize("name", [f"taam-cpt-table{number}" for number in range(1, 13)])
def test_every_row_of_the_papers_tables_decodes_as_its_authors(name: str) -> None:
    for content in contents(name):
        for modality, wanted in (("audio", {"length": "librosa"}), ("image", {"rgb": "first"})):
            if modality in content["modalities"]:
                media = content["modalities"][modality]["media"]
                assert wanted.items() <= media.items() and media.get("orientation", "stored") == "stored"


def test_few_shot_reads_pictures_as_dassl(tmp_path: Path) -> None:
    task = BoundFewShot(load_recipe("few-shot/miniature", tmp_path), "cpu", Progress.silent())
    test, training = views_of(task, False), views_of(task, True)
    assert isinstance(test, ImageSpec) and isinstance(training, AugmentedViewsSpec)
    assert (test.rgb, test.orientation) == ("first", "stored")


@pytest.mark.parametrize(
    ("modality", "file"), [("image", "cat/1.png"), ("video", "run/1.mp4"), ("audio", "bark/1.wav")]
)
def test_a_new_recipe_shows_pictures_as_people_see_them(tmp_path: Path, modality: str, file: str) -> None:
    path = tmp_path / "own" / file
    path.parent.mkdir(parents=True)
    path.touch()
    new_recipe({modality: tmp_path / "own"}, labels=None, encoder=None, model="miniature-llama", name=None,
               out=tmp_path / "r.yaml", force=False)  # fmt: skip
    (config,) = load_recipe(tmp_path / "r.yaml").modalities.values()
    assert config.media == ({} if modality == "audio" else {"orientation": "shown"})


def test_the_page_names_everything_that_media_can_change() -> None:
    page = (Path(__file__).parents[2] / "docs/encoders.md").read_text("utf-8")
    table = {
        row.split("|")[1].strip(" `"): row for row in page.partition("decoded: `media`")[2].splitlines() if "|" in row
    }
    for spec in (ImageSpec(), AudioSpec(), VideoSpec()):
        for field in fields(spec):
            if field.name not in _FIXED:
                values = get_args(get_type_hints(type(spec))[field.name])
                assert values and all(f"`{value}`" in table[field.name] for value in values), field.name
