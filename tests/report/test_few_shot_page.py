"""The few-shot page as a browser would read it, drawn from made-up figures."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from page_reader import EVIL, Page
from PIL import Image

from pipeline.report import LineageEntry
from pipeline.report.few_shot import AttentionRow, Confidences, FewShotReportData, LearnedMethod, Seen
from pipeline.report.few_shot.attention import heat
from pipeline.report.few_shot.page import render_few_shot, write_few_shot_page
from pipeline.report.html import Markup
from pipeline.report.sealed_page import page_problem, sealed_page

HALVES = ("base", "novel")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> FewShotReportData:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (48, 48, 3), np.uint8)
    path = tmp_path_factory.mktemp("media") / "one.png"
    Image.fromarray(picture).save(path)
    maps = {title: rng.dirichlet(np.ones(17))[:16].reshape(4, 4).astype(np.float32) for title in ("no prompts", "deep")}
    return FewShotReportData(
        recipe_name="made-up", recipe_yaml="name: made-up", test_sets=HALVES, others=(),
        methods=[
            LearnedMethod("zero-shot", 0, [{"base": (0.5,), "novel": (0.75,)}]),
            LearnedMethod("deep", 1234, [{"base": (0.6, 0.7), "novel": (0.5, 0.8)}, {"base": (0.6, 0.9), "novel": (0.5, 0.6)}],
                          [[2.0, 1.0], [3.0, 1.0]], [[1.0, 3.0], [2.0, 2.0]], steps=10, late=False),
            LearnedMethod("low", 77, [{"base": (0.6,), "novel": (0.8,)}, {"base": (0.8,), "novel": (0.8,)}],
                          [[2.0, 1.0], [3.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]], steps=10, late=True),
        ],
        seen=Seen(
            1, {"deep": {half: confidences(str(path), rng) for half in HALVES}},
            [AttentionRow("base", "hen", picture, maps)], {"hen": [str(path)] * 3, "tench": ["/gone.png"]},
        ),
        lineage=[LineageEntry("prompts", "ab" * 16, "deep, seed 1", (), 2, 1000)], facts={"encoder": "miniature-clip"},
    )  # fmt: skip


def confidences(path: str, rng: np.random.Generator) -> Confidences:
    labels = np.array([0, 1, 1, 0])
    predicted = np.array([[1, 0, 0], [1, 1, 1], [1, 0, 0], [1, 1, 1]])
    return Confidences(("hen", "tench"), (path,) * 4, labels, rng.random((4, 3)), predicted)


@pytest.fixture(scope="module")
def rendered(data: FewShotReportData) -> Markup:
    return render_few_shot(data)


def table_rows(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in rows]


def test_the_page_is_whole_and_asks_for_nothing(rendered: Markup) -> None:
    page = Page(rendered)
    assert {a for a in page.addresses if not a.startswith(("data:", "#"))} == set()
    assert "://" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", rendered)
    assert {a[1:] for a in page.addresses if a.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids)) and "script" not in page.tags
    titles = ("Results", "Iterations", "Confidence", "Attention", "Learning", "Labelled images", "Lineage", "Run")
    assert all(f" {title} " in " ".join(page.text) for title in titles)


def test_the_table_has_means_spreads_counts_and_seconds(rendered: Markup) -> None:
    rows = table_rows(rendered)
    assert rows[:4] == [
        ["method", "base", "novel", "H", "numbers learned", "seconds to learn", "ms a step"],
        ["zero-shot", "50.0", "75.0", "60.0", "–", "–", "–"],
        # H is of the means 80 and 70; its spread is that of 2 * 70 * 80 / 150 and 2 * 90 * 60 / 150.
        ["deep", "80.0 ± 14.1", "70.0 ± 14.1", "74.7 ± 1.9", "1,234", "4.0", "200.0"],
        ["low", "70.0 ± 14.1", "80.0 ± 0.0", "74.7 ± 8.1", "77", "1.0", "50.0"],
    ]
    beside = "low has its prompts in the last blocks only. Beside deep: a step takes 0.25 of its time; base −10.0, novel +10.0"
    assert beside in rendered


def test_moves_of_confidence_are_counted(data: FewShotReportData, rendered: Markup) -> None:
    found = data.seen.confidences["deep"]["novel"]
    first, second = [False, True, True], [True, True, True]
    assert found.right.tolist() == [first, second, [True, False, False], [False, False, False]]
    means = " → ".join(f"{100 * found.confidence[:, n].mean():.1f}" for n in range(3))
    assert ["deep", "novel", "4", means, "1", "1"] in table_rows(rendered)


def test_heat_is_the_map_on_the_picture(data: FewShotReportData, rendered: Markup) -> None:
    row, most = data.seen.attention[0], 0.5
    flat = replace(row, maps={"even": np.full((4, 4), 0.25, np.float32), "none": np.zeros((4, 4), np.float32)})
    nothing, half = heat(flat, "none", most).astype(float), heat(flat, "even", most)
    np.testing.assert_allclose(half, (nothing + np.array([224, 70, 0])) / 2, atol=1)
    assert np.ptp(nothing, axis=2).max() == 0  # gray
    hot = replace(row, maps={"hot": np.eye(4, dtype=np.float32) * 0.5})
    assert heat(hot, "hot", most)[0, 0].tolist() == [224, 70, 0] and np.ptp(heat(hot, "hot", most)[0, -1]) == 0
    assert f"{100 * row.maps['deep'].sum():.0f} % on the picture" in rendered
    most_shown = max(one.max() for one in row.maps.values())
    assert f"{100 * most_shown:.1f} % of the attention on one patch" in rendered
    pictures = [base64.b64decode(found) for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", rendered)]
    shown = [np.asarray(Image.open(io.BytesIO(found)), float) for found in pictures]
    wanted = heat(row, "deep", most_shown)
    assert min(np.abs(x - wanted).mean() for x in shown if x.shape == wanted.shape) < 6  # JPEG


def test_equal_data_give_an_equal_page_that_is_written_whole(data: FewShotReportData, tmp_path: Path) -> None:
    path = write_few_shot_page(data, tmp_path / "deep" / "report.html")
    assert path.read_bytes() == sealed_page(render_few_shot(data)) and page_problem(path) == ""
    assert render_few_shot(data).removesuffix("</html>\n") == path.read_text("utf-8").partition("<!-- checksum ")[0]
    assert [found.name for found in path.parent.iterdir()] == ["report.html"]


def test_untrusted_names_stay_text(data: FewShotReportData) -> None:
    seen = replace(
        data.seen,
        confidences={EVIL: {h: replace(c, classes=(EVIL, EVIL)) for h, c in data.seen.confidences["deep"].items()}},
        attention=[replace(row, label=EVIL, maps={EVIL: row.maps["deep"]}) for row in data.seen.attention],
        shots={EVIL: ["/gone/" + EVIL]},
    )
    methods = [replace(method, name=EVIL) for method in data.methods]
    page = Page(render_few_shot(replace(data, recipe_name=EVIL, recipe_yaml=EVIL, methods=methods, seen=seen)))
    assert "script" not in page.tags
    assert sum(EVIL in text for text in page.text) > 10


def test_a_tower_that_does_not_tell_its_attention_is_told(data: FewShotReportData) -> None:
    seen = replace(data.seen, attention=[], no_attention="None can be shown: <why>.")
    page = Page(render_few_shot(replace(data, seen=seen)))
    assert "None can be shown: <why>." in page.text and "attention" in page.ids


def test_data_sets_have_an_average_of_those_that_nothing_was_learned_of(data: FewShotReportData) -> None:
    names = ("source", "one", "two")
    methods = [
        LearnedMethod(name, 0, [{n: (0.1 * i + 0.2,) for i, n in enumerate(names)}]) for name in ("zero-shot", "x")
    ]
    seen = replace(data.seen, confidences={}, attention=[])
    rows = table_rows(render_few_shot(replace(data, test_sets=names, others=names[1:], methods=methods, seen=seen)))
    assert rows[0][1:5] == ["source", "one", "two", "average of the others"] and rows[1][1:5] == [
        "20.0",
        "30.0",
        "40.0",
        "35.0",
    ]
