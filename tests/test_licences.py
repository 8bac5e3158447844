"""Licences of what a run stands on: read where publishers write them, ranked, and told beside results."""

import json
import shutil
from dataclasses import replace

import pytest

from pipeline.encoders.cards import MINIATURE_WEIGHTS, card
from pipeline.licences import Licensed, licence_in, restricts, strictest, told
from pipeline.predictions import Prediction, predictions_to_json
from pipeline.runs.licences import encoder_licences, told_of
from pipeline.tasks.sentences.licences import licences, restriction


@pytest.mark.parametrize(
    ("licence", "rank"),
    [
        ("MIT", 0), ("Apache-2.0", 0), ("CC-BY-4.0", 0), ("CC0-1.0", 0), ("MS-PL", 0), ("CC-BY-SA-4.0", 1), ("GPL-3.0", 1),
        ("AGPL-3.0-only", 1), ("llama3.1", 2), ("gemma", 2), ("LicenseRef-mine", 2), ("openrail", 2), ("CC-BY-NC-4.0", 3),
        ("CC-BY-NC-SA-4.0", 3), ("LicenseRef-Apple-AMLR", 3),
    ],
)  # fmt: skip
def test_licences_are_ranked_by_what_they_ask(licence, rank):
    assert restricts(licence) == rank


def test_the_strictest_is_told_and_what_is_not_known_is_named():
    parts = [Licensed("encoder a", "MIT"), Licensed("language model b", "CC-BY-NC-4.0"), Licensed("image data", "")]
    assert strictest(parts) == parts[1] and strictest([parts[2]]) is None
    assert told(parts) == (
        "Licences: the strictest known is CC-BY-NC-4.0 of language model b (not for commercial use); not known: image data."
    )
    assert told([parts[2]]) == "Licences: no licence is known here." and told([]) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\nlicense: apache-2.0\ntags: [x]\n---\n# It", "Apache-2.0"),
        ("---\nlanguage: en\nlicense: cc-by-nc-4.0\n---\n", "CC-BY-NC-4.0"),
        ("---\nlicense: other\nlicense_name: apple-amlr\n---\n", "LicenseRef-apple-amlr"),
        ("---\nlicense: 'mit'\n---\n", "MIT"),
        ("# license: mit", ""),
        ("---\ntitle: it\n---\nlicense: mit", ""),
    ],
)
def test_a_licence_is_read_where_hubs_write_it(tmp_path, text, found):
    (tmp_path / "README.md").write_text(text)
    assert licence_in(tmp_path) == found
    assert licence_in(tmp_path / "gone") == ""


def test_weights_are_under_the_licence_that_lies_beside_them(tmp_path, monkeypatch):
    folder = tmp_path / "openai"
    shutil.copytree(MINIATURE_WEIGHTS / "clip", folder)
    assert card(f"clip:{folder}").licence == ""
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    assert card(f"clip:{folder}").licence == "CC-BY-NC-4.0"
    monkeypatch.chdir(tmp_path)  # where a folder is called as a tag is, which is none of it
    assert card("open_clip:ViT-B-32/openai").licence == "MIT"
    folder.rename(tmp_path / "laion2b_e16")
    assert card("open_clip:ViT-B-32/laion2b_e16").licence == ""


def test_every_part_of_a_recipe_is_asked(tmp_path):
    for name, licence in (("data", "cc-by-sa-4.0"), ("model", "llama3.1"), ("tables", "mit")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(f"---\nlicense: {licence}\n---\n")
    recipe = {
        "generate": {"engine": "transformers", "model": str(tmp_path / "model")},
        "modalities": {
            "image": {"data": {"layout": "folder", "root": str(tmp_path / "data")}},
            "audio": {"data": {"layout": "table", "file": str(tmp_path / "tables" / "it.csv")}},
        },
    }
    cards = {"image": card("open_clip:MobileCLIP2-S0/dfndr2b"), "audio": replace(card("miniature-clap"), licence="")}
    found = {part.what: part.licence for part in licences(recipe, cards)}
    assert found == {
        "encoder open_clip:MobileCLIP2-S0/dfndr2b": "LicenseRef-Apple-AMLR", "encoder miniature-clap": "",
        f"language model {tmp_path / 'model'}": "llama3.1", "image data": "CC-BY-SA-4.0", "audio data": "MIT",
    }  # fmt: skip
    assert restriction(recipe, cards) == "LicenseRef-Apple-AMLR"
    free = {"generate": {"engine": "deterministic"}, "modalities": {"image": {"data": {"layout": "miniature"}}}}
    assert [part.licence for part in licences(free, {"image": card("miniature-clip")})] == ["Apache-2.0"]
    assert restriction(free, {"image": card("miniature-clip")}) == ""


def test_predictions_carry_a_licence_that_restricts():
    (free,), (bound,) = (
        predictions_to_json([Prediction("a.png", "image", licence=licence)]) for licence in ("", "CC-BY-NC-4.0")
    )
    assert "licence" not in free and bound["licence"] == "CC-BY-NC-4.0"


def test_the_report_shows_them_beside_the_figures_and_in_the_lineage(open_context):
    from pipeline.stages.evaluate import evaluate
    from pipeline.stages.whole import run_recipe
    from pipeline.tasks.registry import task_of

    context = open_context({"image": ["cat", "dog", "sun"]})
    page = run_recipe(context).report.read_text("utf-8")
    assert "Licences: the strictest known is Apache-2.0 of encoder miniature-clip" in page
    assert "not known: image data." in page and "<th>licence</th>" in page
    values = task_of(context.recipe).values(context, "evaluate", evaluate(context))
    assert json.loads(json.dumps(values["licences"]))[0] == {"what": "encoder miniature-clip", "licence": "Apache-2.0"}


def test_other_tasks_tell_theirs_among_the_facts_of_their_reports(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    parts = {"layout": "parts", "learn": {"layout": "folder", "root": str(tmp_path)}, "judge": {"layout": "miniature"}}
    (found,) = told_of([card("miniature-clip")], {"data": parts, "clips": {"layout": "miniature-motion"}}).values()
    assert found == "the strictest known is CC-BY-NC-4.0 of data, learn (not for commercial use)."
    video = card("frames:open_clip:PE-Core-T-16-384/meta")
    assert [part.licence for part in encoder_licences([video])] == ["Apache-2.0", "Apache-2.0"]
