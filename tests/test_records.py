"""Run records: a recipe comes back in the order in which it was written, for the order of methods says which is the first."""

from pathlib import Path

import pytest

from pipeline.records import find_run, read_run, run_folder, update_run
from pipeline.tasks.few_shot.answers import chosen
from pipeline.tasks.few_shot.recipe import FewShotRecipe

CONTENT = {
    "name": "order", "data": {"layout": "miniature-shapes"}, "seeds": [3, 1],
    "methods": {"prompt": {"depth": 2}, "coop": {}, "cocoop": {}},
}  # fmt: skip


@pytest.mark.parametrize("times", [1, 2])
def test_the_first_method_of_a_recipe_is_the_first_of_its_record(tmp_path: Path, times: int) -> None:
    folder = run_folder(tmp_path, "order")
    recipe = FewShotRecipe.model_validate(CONTENT).model_dump(mode="json", exclude={"workspace"})
    for _ in range(times):
        update_run(folder, lambda record: setattr(record, "recipe", recipe))
    _, record = find_run("order", tmp_path)
    assert list(record.recipe["methods"]) == ["prompt", "coop", "cocoop"]
    assert chosen(FewShotRecipe.model_validate(record.recipe), None, None) == ("prompt", 3)


def test_all_else_is_sorted_so_that_equal_records_are_equal_bytes(tmp_path: Path) -> None:
    for name, artifacts in (("a", {"y": "1", "x": "2"}), ("b", {"x": "2", "y": "1"})):
        update_run(run_folder(tmp_path, name), lambda record, found=artifacts: record.artifacts.update(found))
    first, second = ((run_folder(tmp_path, name) / "run.json").read_bytes() for name in "ab")
    assert first == second and read_run(run_folder(tmp_path, "a")) == read_run(run_folder(tmp_path, "b"))
