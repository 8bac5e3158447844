"""The task: classes of images, learned from a few labelled images of each."""

from pathlib import Path
from typing import Any

from pipeline.recipe.workspace import from_folder
from pipeline.tasks.base import Task
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.recipe import FewShotRecipe


def with_absolute_paths(content: dict[str, Any], base: Path) -> dict[str, Any]:
    """Paths of a recipe, relative to its folder, made absolute before anything reads them."""
    content = {**content}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = from_folder(base, content["workspace"])
    if "data" in content:
        content["data"] = _with_absolute_root(content["data"], base)
    if isinstance(content.get("judge_on"), dict):
        content["judge_on"] = {name: _with_absolute_root(data, base) for name, data in content["judge_on"].items()}
    return content


def _with_absolute_root(data: Any, base: Path) -> Any:
    if not isinstance(data, dict) or not isinstance(data.get("root"), str):
        return data
    return {**data, "root": base / Path(data["root"]).expanduser()}


FEW_SHOT_TASK = Task("few-shot", FewShotRecipe, BoundFewShot, "methods", with_absolute_paths, shipped="few-shot/")
