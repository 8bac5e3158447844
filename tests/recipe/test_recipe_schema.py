"""The schema of recipes and the page of options: whole, as the sources are, and as strict as an editor needs."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pipeline.cli.recipes import options, schema
from pipeline.recipe.reference import options_page
from pipeline.recipe.schema import recipe_schema
from pipeline.tasks.load import load_recipe, recipe_text, shipped_recipes
from pipeline.tasks.registry import tasks

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return recipe_schema({name: task.recipe for name, task in tasks().items()})


def errors(found: dict[str, Any], text: str) -> list[str]:
    return [each.message for each in jsonschema.Draft202012Validator(found).iter_errors(yaml.safe_load(text))]


def test_every_option_has_a_meaning(found: dict[str, Any]) -> None:
    options = [
        (task, model, name, option.get("description", ""))
        for task, shape in found["$defs"].items()
        for model, part in (("", shape), *shape["$defs"].items())
        for name, option in part.get("properties", {}).items()
    ]
    assert len(options) > 300
    assert [option[:3] for option in options if len(option[3]) < 10] == []


def test_shipped_recipes_are_right_by_it(found: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(found)
    for name in shipped_recipes():
        assert errors(found, recipe_text(name)) == [], name


@pytest.mark.parametrize(
    "text",
    [
        "name: a\nmodalities: {image: {labels: [a], encoder: miniature-clip, wrong: 1}}",
        "name: a\nmodalities: {image: {labels: [a], encoder: miniature-clip}}\nsed: 1",
        "name: a\nmodalities: {image: {labels: [a], encoder: miniature-clip}}\ntrain: {epochs: zero}",
        "name: a\nmodalities: {image: {labels: [a], encoder: c, data: {layout: nowhere, root: x}}}",
        "modalities: {image: {labels: [a], encoder: miniature-clip}}",
        "name: a\ndata: {layout: dtd, root: x}\nmethods: {coop: {epochs: -1}}",
    ],
)
def test_mistakes_are_shown(found: dict[str, Any], text: str) -> None:
    assert errors(found, text)


def test_what_has_a_name_need_not_say_it_again_and_presets_fill_in(found: dict[str, Any], tmp_path: Path) -> None:
    for text in (
        f"name: a\ndata: {{layout: dtd, root: {tmp_path}}}\nmethods: {{coop: {{epochs: 3}}, mine: {{method: coop}}, gda: }}",
        "name: a\nmodalities: {image: {labels: [a, b], encoder: miniature-clip}}\ntrain: {preset: code, weak: null}",
    ):
        (tmp_path / "recipe.yaml").write_text(text)
        load_recipe(tmp_path / "recipe.yaml")
        assert errors(found, text) == []


def test_the_page_is_as_the_sources_are() -> None:
    own = {name: task.recipe for name, task in tasks().items() if type(task).__module__.startswith("pipeline.")}
    assert {"sentences", "few-shot", "av-events", "av-masks", "open-video"} <= set(own)
    ours = recipe_schema(own)
    assert (ROOT / "docs/recipe-options.md").read_text("utf-8") == options_page(ours), (
        "make it anew: mmpt-pipeline recipes options > docs/recipe-options.md"
    )


def test_the_commands_print_both(capsys: pytest.CaptureFixture[str], found: dict[str, Any]) -> None:
    schema()
    assert json.loads(capsys.readouterr().out) == found
    options()
    page = capsys.readouterr().out
    assert "| `epochs` | whole number from 1 to 1,000,000 | `10` |" in page and "### `methods`: `coop`" in page
