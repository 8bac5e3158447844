"""The page as a browser would read it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from page_reader import EVIL, Page

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import SINGLE_TEMPLATE, EvaluationResult
from pipeline.evaluation.result import Calibration, ChosenEpoch, ClassSentences, Gain, SentencesUsed, SeveralClasses
from pipeline.labels.candidates import Column
from pipeline.report import ReportData
from pipeline.report.html import Markup
from pipeline.report.page import render_report, write_report


@pytest.fixture(scope="module")
def rendered(small: ReportData) -> Markup:
    return render_report(small)


def test_the_page_is_whole_and_asks_for_nothing(rendered: Markup) -> None:
    page = Page(rendered)
    assert {a for a in page.addresses if not a.startswith(("data:", "#"))} == set()
    assert "://" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", rendered)
    assert {a[1:] for a in page.addresses if a.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert "script" not in page.tags
    assert {"svg", "audio", "img", "table"} <= page.tags
    assert len(rendered) < 6_000_000


def test_every_part_is_there_with_the_figures_of_the_result(small: ReportData, rendered: Markup) -> None:
    text = " ".join(Page(rendered).text)
    for title in ("Results", "Learning", "Classes", "Prompts", "Files among the prompts", "Samples", "Texts",
                  "Rejected files", "Lineage", "Run"):  # fmt: skip
        assert f" {title} " in text
    for modality in small.result.modalities:
        for method in modality.methods:
            for value in method.metrics.values():
                assert f" {100 * value:.1f} " in text
    assert "861 kept (72 %)" in text and "abababababab" in text and "# <b>not bold</b>" in text
    assert "their points lie on each other" in text
    assert "Look: <script>alert('sentence')</script> & a circle." in text
    assert "clips/<img src=x>.mp4" in text


def test_equal_data_give_an_equal_page(small: ReportData, rendered: Markup) -> None:
    assert render_report(small) == rendered


def test_untrusted_names_stay_text(small: ReportData) -> None:
    labels = [EVIL, *small.result.modalities[0].labels[1:]]
    first = small.result.modalities[0].model_copy(update={"labels": tuple(labels)})
    data = replace(
        small,
        recipe_name=EVIL,
        recipe_yaml=EVIL,
        result=EvaluationResult(modalities=(first,)),
        columns=[Column("video", EVIL), *small.columns[1:]],
        media={"video": [MediaRow(row.key, f"/gone/{EVIL}", row.labels) for row in small.media["video"]]},
        facts={EVIL: EVIL},
    )
    page = Page(render_report(data))
    assert "script" not in page.tags
    # name in title and headline, the recipe, a fact's name and value, and at least: one card, the class table, the
    # dumbbells, the matrix's row and column, the legend of the files
    assert sum(EVIL in text for text in page.text) > 10


def test_one_modality_without_any_data_is_a_page(small: ReportData) -> None:
    bare = ReportData("bare", "name: bare\n", EvaluationResult(modalities=small.result.modalities[:1]))
    page = Page(render_report(bare))
    assert [i for i in page.ids if i in ("results", "classes", "prompts", "samples", "run")] == [
        "results",
        "classes",
        "run",
    ]


def test_no_media_at_all_is_a_page(small: ReportData) -> None:
    text_only = replace(small, result=EvaluationResult(modalities=()), media={}, features={}, targets={}, scores={})
    page = Page(render_report(text_only))
    assert "No media were judged: the recipe gives no files. Class vectors were learned from texts alone." in page.text
    assert "prompts" in page.ids and "samples" not in page.ids


def test_unlabelled_files_are_shown_without_a_verdict(small: ReportData) -> None:
    from pipeline.evaluation import judge_scores

    rows = [MediaRow(row.key, row.path, ()) for row in small.media["audio"]]
    result = judge_scores("audio", rows, small.result.modalities[2].labels, small.scores["audio"])
    data = replace(
        small, result=EvaluationResult(modalities=(result,)), media={"audio": rows},
        targets={"audio": np.zeros_like(small.targets["audio"])},
    )  # fmt: skip
    rendered = render_report(data)
    text = Page(rendered).text
    assert f"{len(rows)} files, none with a label to judge by" in text
    assert text.count("unlabelled") == 8
    assert 'class="right"' not in rendered and 'class="wrong"' not in rendered


@pytest.mark.parametrize(("classes", "shown"), [(15, False), (16, True)])
def test_prompts_are_mapped_with_names_from_sixteen_points_on(
    maker: Callable[..., ReportData], tmp_path: Path, classes: int, shown: bool
) -> None:
    data = maker(tmp_path, classes=classes, per_class=1, modalities=("audio",))
    rendered = render_report(data)
    page = Page(rendered)
    assert ("prompts" in page.ids) == shown == ("Where they end, by name" in rendered)
    written = [text for text in rendered.split("<text")[1:] if 'id="named-prompts' in rendered]
    names = [column.label for column in data.columns]
    map_of_names = rendered[rendered.index("Where they end, by name") :] if shown else ""
    assert bool(written) == shown
    assert sum(f">{name}<" in map_of_names for name in names) >= 12 * shown


def test_pools_of_unequal_width_are_mapped_by_what_resembles_what(small: ReportData) -> None:
    cut = [
        (step, {m: pool[:, : 10 + 4 * i] for i, (m, pool) in enumerate(pools.items())})
        for step, pools in small.snapshots
    ]
    page = Page(render_report(replace(small, snapshots=cut, features={}, scores={})))
    assert "The pools differ in width, so a point is how a class resembles the others in its pool." in " ".join(
        page.text
    )
    assert "prompts" in page.ids


def test_the_page_says_whether_guidance_helped_and_which_epoch_answers(small: ReportData) -> None:
    chosen = ChosenEpoch(epoch=7, epochs=20, files={"image": 12, "audio": 1_200})
    result = small.result.model_copy(update={"chosen_epoch": chosen})
    page = render_report(replace(small, result=result, guidance=["The others guide audio.", "It does not help audio."]))
    assert "The others guide audio. It does not help audio." in page
    assert "TaAM-CPT answers with epoch 7 of 20, the best on 12 image and 1,200 audio files held out." in page


def test_files_of_several_classes_alone_have_thresholds_on_the_page(small: ReportData) -> None:
    image = small.result.modality("image")
    assert image is not None and not image.single_label
    count = len(image.labels)
    told = SeveralClasses(
        files=9, thresholds=(0.25,) * count, f1=(0.5, None, *(0.75,) * (count - 2)), micro_f1=0.7, macro_f1=0.65
    )
    result = EvaluationResult(modalities=(image.model_copy(update={"several": told, "held_out": 9}),))
    page = render_report(replace(small, result=result))
    assert 'id="surety"' in page and "F1 70.0 (micro), 65.0 (macro)" in page
    assert page.count("0.25") >= count and "threshold and F1 of every class" in page


@pytest.mark.parametrize("classes", [1, 2])
def test_too_few_points_make_no_picture(maker: Callable[..., ReportData], tmp_path: Path, classes: int) -> None:
    data = maker(tmp_path, classes=classes, per_class=2, modalities=("audio",))
    page = Page(render_report(data))
    assert "prompts" not in page.ids and "files" not in page.ids
    assert "samples" in page.ids and "classes" in page.ids


def test_many_classes_are_cut_to_the_telling_ones() -> None:
    from pipeline.datasets.rows import MediaRow as Row
    from pipeline.evaluation import SINGLE_TEMPLATE, TAAM_CPT, judge_scores, targets_of

    labels = [f"class {i:03d}" for i in range(120)]
    rows = [Row(str(i), f"{i}.png", (labels[i % 120],)) for i in range(240)]
    rng = np.random.default_rng(0)
    targets = targets_of(rows, labels)
    scores = {
        name: (targets + s * rng.normal(size=targets.shape)) for name, s in ((SINGLE_TEMPLATE, 0.6), (TAAM_CPT, 0.3))
    }
    result = judge_scores("image", rows, labels, scores)
    data = ReportData(
        "many", "", EvaluationResult(modalities=(result,)), targets={"image": targets}, scores={"image": scores}
    )
    text = Page(render_report(data)).text
    assert " The 20 largest gains and the 20 largest losses." in text
    assert set(labels) <= set(text)  # all of them in the table


def test_the_file_appears_whole_or_not_at_all(small: ReportData, tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    assert write_report(small, path) == path
    before = path.read_bytes()
    assert before.startswith(b"<!doctype html>") and before.rstrip().endswith(b"</html>")
    with pytest.raises(TypeError, match="not iterable"):
        write_report(replace(small, facts={"seconds": 3}), path)  # type: ignore[dict-item]
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_modality_whose_files_were_all_rejected_is_a_page(small: ReportData) -> None:
    from pipeline.evaluation import judge_scores

    none = {name: values[:0] for name, values in small.scores["audio"].items()}
    data = replace(
        small,
        result=EvaluationResult(modalities=(judge_scores("audio", [], small.result.modalities[2].labels, none),)),
        media={"audio": []},
        features={"audio": small.features["audio"][:0]},
        targets={"audio": small.targets["audio"][:0]},
        scores={"audio": none},
    )
    page = Page(render_report(data))
    assert "rejected" in page.ids and "samples" not in page.ids and "files" not in page.ids


def gained(low: float, high: float) -> Gain:
    return Gain(over=SINGLE_TEMPLATE, difference=(low + high) / 2, low=low, high=high)


def with_ladder(data: ReportData) -> ReportData:
    """The same run with a published classifier, intervals, probabilities, and what became of the sentences."""
    shown = []
    for result in data.result.modalities:
        bins = ((4, 0.3, 0.25), (0, 0.0, 0.0), (6, 0.9, 1.0))
        sure = Calibration(
            temperature=0.05, fitted_to="labels held out", files=7, error=0.08, likelihood=0.5, bins=bins
        )
        methods = [
            method
            if method.kind == "zero-shot"
            else method.model_copy(
                update={"over_zero_shot": gained(-0.02, 0.1), "published": True, "calibration": sure}
            )
            for method in result.methods
        ]
        classes = tuple(
            ClassSentences(label=label, sentences=5 * (i > 0), dropped=i, examples=(("<b>so</b>", "other"),) * (i > 0))
            for i, label in enumerate(result.labels[:2])
        )
        used = SentencesUsed(
            sentences=5, dropped=1, filtered=True, recognised=0.8, gained=0, error=0, fewest=0, classes=classes
        )
        shown.append(result.model_copy(update={"methods": tuple(methods), "learned_from": used}))
    return replace(data, result=EvaluationResult(modalities=tuple(shown)))


def test_the_ladder_is_the_first_picture_then_come_sureness_and_sentences(small: ReportData) -> None:
    page = render_report(with_ladder(small))
    order = ["What did learning add?", "All figures as a table", 'id="surety"', 'id="classes"', 'id="learned-from"']
    assert [page.index(text) for text in order] == sorted(page.index(text) for text in order)
    assert page.index("<svg") > page.index("What did learning add?"), "no picture comes before it"
    assert "mmpt-pipeline predict made-up FILE…" in page
    for modality in small.result.modalities:
        assert f"{modality.modality}, points over zero-shot: TaAM-CPT +4.0" in page
        told = f"{modality.modality}: temperature 0.05, fitted to 7 labels held out; off by 8.0 points on average"
        assert told in page
    for modality in small.result.modalities:
        untold = f"{modality.modality}: files show several classes, so what `predict` ranks by is no probability"
        assert (untold in page) == (not modality.single_label)
    assert {modality.single_label for modality in small.result.modalities} == {True, False}
    assert "4 of 5 sentences are learned from; the names alone find 80 % of their classes" in page
    assert "&lt;b&gt;so&lt;/b&gt; → other" in page


def test_a_run_without_intervals_has_no_such_pictures(small: ReportData) -> None:
    bare = [m.model_copy(update={"over_zero_shot": None}) for m in small.result.modalities[0].methods]
    result = small.result.modalities[0].model_copy(update={"methods": tuple(bare)})
    page = render_report(replace(small, result=EvaluationResult(modalities=(result,))))
    assert "What did learning add?" not in page and 'id="surety"' not in page and 'id="learned-from"' not in page
