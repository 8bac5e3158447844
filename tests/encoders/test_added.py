"""Encoders of other packages: who names them, what is told of those that are broken, and what their features are called."""

import logging
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.caching.media import cache_media
from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.caching.texts import cache_texts
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import added, card, card_names, packages_of, taken_names, text_card
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import parse_recipe
from pipeline.telemetry.progress import Progress
from stores import Store, file_key

MODULE = """
from dataclasses import replace
from pipeline.encoders.cards import AddedEncoder, EncoderCard, Score, card
from pipeline.media import AudioSpec, ImageSpec

def described(**changes):
    known = EncoderCard("x", "image", "mine", 4, "", "", "d1", ImageSpec(8), ("a {}.",))
    return AddedEncoder(lambda argument: replace(known, **{"weights": argument, **changes}), "mine_towers:load")

GOOD = described()
TWO = replace(GOOD, version=2)
FOLDER = replace(GOOD, takes="FOLDER")
MUTE = described(texts="none", templates=())
BORROWED = replace(GOOD, describe=lambda argument: replace(GOOD.describe(""), dim=128, texts=card("miniature-clip")))
UNEQUAL = replace(GOOD, describe=lambda argument: replace(GOOD.describe(""), texts=card("miniature-clip")))
SOUND = described(media=AudioSpec())
NAMELESS = described(digest="")
SPEECHLESS = described(templates=("a photo",))
SMELL = described(modality="smell")
FLAT = described(score=Score(scale=0))
NO_CARD = replace(GOOD, describe=lambda argument: {"dim": 4})
FAILS = replace(GOOD, describe=lambda argument: 1 / 0)
GONE = replace(GOOD, loader="mine_towers:gone")
NO_ENCODER = replace(GOOD, loader="mine_towers:nothing")
"""
TOWERS = """
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.tower import StagedTower

def load(card, device, dtype):
    def look(acts):
        means = acts["activations"].to(dtype).mean(dim=(1, 2, 3))
        return {"vectors": means[:, None].expand(-1, card.dim) + 1}
    return Encoder.of_media(card, StagedTower(("pixels", "output"), (look,), device, dtype))

def nothing(card, device, dtype):
    return None
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install packages: name -> entry points of the group. What was remembered of those that are installed is forgotten."""
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "mine_towers.py").write_text(TOWERS)
    monkeypatch.syspath_prepend(str(tmp_path))

    def forget():
        for name in ("mine", "mine_towers"):
            sys.modules.pop(name, None)
        for remembered in (added._claims, added.warn_of_taken):
            remembered.cache_clear()

    def installed(**packages: dict[str, str]) -> None:
        for package, points in packages.items():
            folder: Path = tmp_path / f"{package}-1.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
            lines = "".join(f"{name} = {value}\n" for name, value in points.items())
            (folder / "entry_points.txt").write_text(f"[mmpt_pipeline.encoders]\n{lines}")
        forget()

    forget()
    yield installed
    monkeypatch.undo()
    forget()


def refusal(name: str) -> str:
    with pytest.raises(EncoderError) as error:
        card(name)
    return str(error.value)


def test_names_are_listed_without_importing_anybody(install):
    install(theirs={"their-eyes": "mine:GOOD"})
    assert card_names()[0] == "miniature-clip" and "their-eyes" in card_names()
    assert packages_of("their-eyes") == ["theirs"] and packages_of("miniature-clip") == ["mmpt-pipeline"]
    assert "the nearest known one is 'their-eyes'" in refusal("their-eye")
    assert "mine" not in sys.modules
    assert card("their-eyes").dim == 4 and "mine_towers" not in sys.modules


def test_what_stands_behind_the_colon_is_handed_on(install):
    install(theirs={"their-eyes": "mine:GOOD", "their-files": "mine:FOLDER"})
    found = card("their-files:some/folder:here")
    assert (found.name, found.weights) == ("their-files:some/folder:here", "some/folder:here")
    assert "encoder 'their-files' of the package 'theirs' is written their-files:FOLDER" in refusal("their-files")
    assert "encoder 'their-eyes:x' of the package 'theirs' is written their-eyes" in refusal("their-eyes:x")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            "nowhere_at_all:X",
            "importing nowhere_at_all:X failed (ModuleNotFoundError: No module named 'nowhere_at_all')",
        ),
        ("mine:MISSING", "importing mine:MISSING failed (AttributeError: "),
        ("mine:described", "mine:described is a function, and has to be an AddedEncoder"),
        ("mine:NO_CARD", "it describes itself by a dict, and has to by an EncoderCard"),
        ("mine:FAILS", "describing it failed (ZeroDivisionError: division by zero)"),
        ("mine:SMELL", "its modality is 'smell'; there are image, audio, video, text"),
        ("mine:SOUND", "it takes image and says how to decode it by a AudioSpec, not ImageSpec"),
        ("mine:NAMELESS", "its card has no digest"),
        ("mine:SPEECHLESS", "its card needs templates for class names, each with one {} in it"),
        ("mine:FLAT", "its score multiplies cosines by 0, and has to by a number above 0"),
        ("mine:UNEQUAL", "its texts are encoded by 'miniature-clip' into 128 numbers, its media into 4"),
    ],
)
def test_a_broken_package_is_told_by_name_and_disturbs_no_other(install, value, problem):
    install(broken={"their-eyes": value}, fine={"other-eyes": "mine:GOOD"})
    told = refusal("their-eyes")
    assert told.startswith("encoder 'their-eyes' of the package 'broken' cannot be used: ") and problem in told
    assert told.endswith("Install it anew, or remove it: pip uninstall broken")
    assert card("other-eyes").origin.package == "fine"
    assert card("miniature-clip").origin is None
    assert {"their-eyes", "other-eyes"} <= set(card_names())


def test_two_packages_with_one_name_are_both_refused(install):
    install(one={"their-eyes": "mine:GOOD"}, another={"their-eyes": "mine:TWO", "other-eyes": "mine:GOOD"})
    told = refusal("their-eyes")
    assert "is added by the packages 'another' and 'one'" in told and "pip uninstall one" in told
    assert packages_of("their-eyes") == ["another", "one"]
    assert card("other-eyes").dim == 4


def test_a_name_of_ours_stays_ours_and_the_package_is_told(install, caplog):
    before = card("miniature-clip")
    install(greedy={"miniature-clip": "mine:GOOD", "clip": "mine:FOLDER"})
    with caplog.at_level(logging.WARNING, "pipeline"):
        assert card("miniature-clip") == card("miniature-clip") == before
        assert card_names().count("miniature-clip") == 1
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("the package greedy adds an encoder 'miniature-clip' too")
    assert taken_names() == {"clip": ["greedy"], "miniature-clip": ["greedy"]}


def test_features_are_named_after_the_package_its_code_and_the_weights(install):
    install(theirs={"their-eyes": "mine:GOOD", "newer": "mine:TWO", "alias": "mine:GOOD"})
    eyes = card("their-eyes")
    fields = dict(media_features_spec(eyes).fields)
    assert (fields["package"], fields["package_code"], fields["weights"]) == ("theirs", 1, "d1")
    names = {
        name: media_features_spec(each).fingerprint
        for name, each in {
            "this": eyes,
            "newer code": card("newer"),
            "other weights": replace(eyes, digest="d2"),
            "other package": replace(eyes, origin=replace(eyes.origin, package="mine")),
            "ours": replace(eyes, origin=None),
        }.items()
    }
    assert len(set(names.values())) == len(names)
    assert media_features_spec(card("alias")) == media_features_spec(eyes)  # how it is called changes no number
    moved = replace(eyes, origin=replace(eyes.origin, loader="mine.towers:load"))
    assert media_features_spec(moved) == media_features_spec(eyes)


def test_a_loader_that_is_none_is_told_by_its_package(install):
    install(theirs={"gone": "mine:GONE", "nothing": "mine:NO_ENCODER"})
    with pytest.raises(
        EncoderError, match=r"'gone' of the package 'theirs' cannot be loaded.*mine_towers:gone.*pip install"
    ):
        load_encoder(card("gone"), "cpu")
    with pytest.raises(
        EncoderError, match="'nothing' of the package 'theirs': its loader makes a NoneType, and has to"
    ):
        load_encoder(card("nothing"), "cpu")


def test_an_encoder_without_a_text_tower_encodes_files_and_refuses_texts(install, media, tmp_path):
    install(theirs={"mute": "mine:MUTE"})
    mute, store, options = card("mute"), Store(tmp_path / "w"), {"device": "cpu", "progress": Progress.silent()}
    files = [media / f"image/cat/{i}.png" for i in range(3)]
    rows = [MediaRow(file_key(file), str(file), ("cat",)) for file in files]
    made = cache_media(store, mute, rows, workers=0, **options)
    assert (made.encoded, made.rejected) == (3, 0)
    encoder = load_encoder(mute, "cpu")
    for ask in (
        lambda: cache_texts(store, mute, ["a dog"], **options),
        lambda: text_features_spec(mute),
        lambda: text_card(mute),
        lambda: encoder.tokenize(["a dog"]),
        lambda: encoder.text.full(torch.zeros(1, 1, dtype=torch.long)),
        lambda: encoder.text.lower(torch.zeros(1, 1, dtype=torch.long), "output"),
        lambda: encoder.text.device,
    ):
        with pytest.raises(EncoderError, match="encoder 'mute' has no text tower"):
            ask()


def test_a_recipe_that_learns_from_sentences_refuses_an_encoder_without_a_text_tower(install, tmp_path):
    install(theirs={"mute": "mine:MUTE"})
    text = "name: x\nmodalities:\n  image: {labels: [cat, dog], encoder: mute}\n"
    with pytest.raises(RecipeError) as error:
        parse_recipe(text, where="r.yaml", base=tmp_path)
    assert "modalities.image.encoder: encoder 'mute' has no text tower" in str(error.value)
    assert "mmpt-pipeline encoders ls" in str(error.value)


def test_texts_of_an_encoder_may_be_encoded_by_another_and_are_its_rows(install, tmp_path):
    install(theirs={"borrowing": "mine:BORROWED"})
    borrowing, clip = card("borrowing"), card("miniature-clip")
    assert text_features_spec(borrowing) == text_features_spec(clip)
    assert media_features_spec(borrowing) != media_features_spec(clip)
    store, options = Store(tmp_path / "w"), {"device": "cpu", "progress": Progress.silent()}
    assert cache_texts(store, borrowing, ["a dog", "a cat"], **options).encoded == 2
    assert cache_texts(store, clip, ["a cat", "a dog"], **options).encoded == 0
