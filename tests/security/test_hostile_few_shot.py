"""The few-shot report with hostile names in every place: all of it is shown, none of it is markup."""

from pathlib import Path

import numpy as np
import pytest
from hostile import XSS, Seen
from PIL import Image

from pipeline.report.data import LineageEntry
from pipeline.report.few_shot import AttentionRow, Confidences, FewShotReportData, LearnedMethod
from pipeline.report.few_shot import Seen as Looks
from pipeline.report.few_shot.page import render_few_shot

PLACES = (
    "recipe_name", "recipe_yaml", "method", "test set", "class", "file", "shot class", "title", "fact", "lineage",
)  # fmt: skip


def hostile(text: str, folder: Path, place: str = "") -> FewShotReportData:
    """A report with the text in one place, or in all of them where none is named."""

    def at(name: str, harmless: str) -> str:
        return text if place in ("", name) else harmless

    # A file may be called anything but what holds a slash or a NUL.
    name = at("file", "a").replace("/", "∕").replace("\0", "")[:80]
    picture = folder / f"{name}.png"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(picture)
    gone = str(folder / f"{name}-gone.png")
    test_set, method, label = at("test set", "own"), at("method", "prompt"), at("class", "cat")
    shares = {test_set: (0.5, 1.0), "other": (0.5, 0.5)}
    confidences = Confidences(
        (label, f"{label}2"), (str(picture), gone), np.array([0, 1]), np.array([[0.2, 0.9], [0.8, 0.1]]),
        np.array([[1, 0], [1, 0]]),
    )  # fmt: skip
    row = AttentionRow(
        test_set, label, np.zeros((8, 8, 3), np.uint8), {at("title", "without"): np.full((2, 2), 0.2, np.float32)}
    )
    return FewShotReportData(
        recipe_name=at("recipe_name", "run"),
        recipe_yaml=at("recipe_yaml", "name: run"),
        test_sets=(test_set, "other"),
        others=("other",),
        methods=[
            LearnedMethod("zero-shot", 0, [{test_set: (0.5,), "other": (0.5,)}]),
            LearnedMethod(method, 5, [shares], [[1.0, 0.5]], [[0.1]], 2, late=False),
            LearnedMethod(f"{method} late", 5, [shares], [[1.0, 0.5]], [[0.1]], 2, late=True),
        ],
        seen=Looks(
            1,
            {method: {test_set: confidences, "other": confidences}},
            [row],
            {at("shot class", "cat"): [str(picture), gone]},
        ),
        lineage=[LineageEntry("prompts", "0" * 32, at("lineage", "prompt, seed 1"), (), 1, 10)],
        facts={at("fact", "encoder"): at("fact", "miniature-clip")},
    )


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return Seen(render_few_shot(hostile("plain", tmp_path_factory.mktemp("harmless"))))


@pytest.mark.parametrize("text", [text for text in XSS if "\0" not in text])  # NUL cannot be drawn, which is a warning
def test_the_page_has_the_tags_of_a_harmless_one(text: str, harmless: Seen, tmp_path: Path) -> None:
    built = render_few_shot(hostile(text, tmp_path))
    seen = Seen(built)
    assert [tag for tag in seen.tags if tag not in ("path", "use", "g", "defs")] == [
        tag for tag in harmless.tags if tag not in ("path", "use", "g", "defs")
    ]  # letters that pictures draw are paths of their own
    assert {name for name, _ in seen.attributes} == {name for name, _ in harmless.attributes}
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("srcdoc", "formaction")]
    sources = [value or "" for name, value in seen.attributes if name in ("src", "href", "xlink:href")]
    assert all(value.startswith(("data:image/", "#")) for value in sources)
    assert "script" not in seen.tags and "base" not in seen.tags


@pytest.mark.parametrize("place", PLACES)
def test_what_is_hostile_is_shown_as_it_is(place: str, tmp_path: Path) -> None:
    text = '<b onclick="x">&amp; "quoted"'
    seen = Seen(render_few_shot(hostile(text, tmp_path, place)))
    assert "b" not in seen.tags or not [name for name, _ in seen.attributes if name == "onclick"]
    shown = seen.text + "".join(value or "" for _, value in seen.attributes)
    if place != "file":  # names of files stand nowhere but in what is opened
        assert text in shown
