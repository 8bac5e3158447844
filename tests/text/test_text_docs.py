"""docs/texts.md: every recipe part in it is valid and names only settings that exist, every engine and format is in it."""

import re
from pathlib import Path
from typing import get_args

import yaml

from pipeline.text.config import GenerateConfig
from pipeline.text.settings import FORMATS, ImportConfig, ServerConfig, VllmConfig
from pipeline.text.shipped_queries import QUERIES

TEXT = (Path(__file__).parents[2] / "docs" / "texts.md").read_text("utf-8")


def test_every_part_of_a_recipe_is_valid() -> None:
    parts = [yaml.safe_load(block)["generate"] for block in re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)]
    engines = [GenerateConfig.model_validate(part).engine for part in parts]
    assert engines == ["transformers", "transformers", "vllm", "openai", "vllm", "openai", "import"]
    assert set(parts[5]["server"]) == set(ServerConfig.model_fields)
    assert set(parts[4]["vllm"]) < set(VllmConfig.model_fields)
    assert set(parts[6]["imports"]) == set(ImportConfig.model_fields) - {"format"}


def test_every_engine_and_format_has_its_row() -> None:
    engines = get_args(GenerateConfig.model_fields["engine"].annotation)
    assert sorted(re.findall(r"^\| `([a-z]+)` \|", TEXT, flags=re.MULTILINE)) == sorted([*engines, *FORMATS, *QUERIES])
