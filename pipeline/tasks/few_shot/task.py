"""The task: classes of images, learned from a few labelled images of each."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.caching.overlong import kept_overlong
from pipeline.printable import text_line, text_table
from pipeline.recipe.paths import absolute_path
from pipeline.recipe.workspace import from_folder
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.training import Training
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.base import Task
from pipeline.tasks.few_shot import pages, work
from pipeline.tasks.few_shot.alarms import alarms
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.fitting import require_decoded, require_fitting
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.result import (
    FewShotResult,
    entry,
    news,
    read_result,
    reasons,
)
from pipeline.tasks.few_shot.tables import few_shot_table, few_shot_values
from stores import Artifact, Store
from stores.address import Location


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


_PATHS = ("root", "file", "annotations")


def _with_absolute_root(data: Any, base: Path) -> Any:
    """The same data with the paths of its layout, or of both its parts, made absolute."""
    if not isinstance(data, dict):
        return data
    found = {
        key: absolute_path(base, said) if key in _PATHS and isinstance(said, str) else said
        for key, said in data.items()
    }
    if data.get("layout") == "parts":
        found |= {part: _with_absolute_root(data[part], base) for part in ("learn", "judge") if part in data}
        labels = data.get("labels")
        if isinstance(labels, str) and absolute_path(base, labels).is_file():
            found["labels"] = str(absolute_path(base, labels))
    return found


class FewShot(Task[BoundFewShot]):
    """Prompts and classifiers that learn from labelled files. Its parts are in the modules beside this one."""

    name, mark, shipped = "few-shot", "methods", "few-shot/"
    recipe, bound = FewShotRecipe, BoundFewShot
    words = {"cache": "cache", "train": "learn", "evaluate": "judge"}
    rejected = "rejected, which stops a run"

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        """See `Task`."""
        return with_absolute_paths(content, base)

    def check(self, bound: BoundFewShot) -> None:
        """See `Task`."""
        require_fitting(bound)

    def inputs(self, bound: BoundFewShot) -> Sequence[Input]:
        """See `Task`."""
        return list(work.inputs(bound))

    def refuse(self, bound: BoundFewShot, made: Input) -> None:
        """See `Task`."""
        require_decoded(bound, made)

    def units(self, bound: BoundFewShot) -> Sequence[Unit]:
        """See `Task`."""
        return work.units(bound)

    def learn(self, bound: BoundFewShot, unit: Unit) -> int:
        """See `Task`."""
        from pipeline.runner.worker_state import load_encoder
        from pipeline.tasks.few_shot.learn import learn

        return learn(bound, load_encoder(bound.card, bound.device, bound.recipe.cache.compute), unit)

    def learned(self, bound: BoundFewShot, epochs: Mapping[str, int]) -> Training:
        """See `Task`."""
        units = work.units(bound)
        bound.note(
            {entry(unit): unit.spec.fingerprint for unit in units},
            recipe=bound.recipe.model_dump(mode="json", exclude={"workspace"}),
        )
        return Training.of(units, epochs)

    def trials(self, bound: BoundFewShot) -> Sequence[Trial]:
        """See `Task`."""
        return work.trials(bound)

    def judge(self, bound: BoundFewShot, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`."""
        from pipeline.runner.worker_state import load_encoder
        from pipeline.tasks.few_shot.judge import judge, judge_zero_shot

        if unit is None:
            judge_zero_shot(bound, trials)
        else:
            judge(bound, load_encoder(bound.card, bound.device, bound.recipe.cache.compute), unit, trials)

    def judged(self, bound: BoundFewShot) -> FewShotResult:
        """The accuracies. What the report shows is made here, too: it makes nothing itself."""
        from pipeline.tasks.few_shot.looks import make_pictures

        result = read_result(bound)
        made: list[Unit | Trial] = [*work.units(bound), *work.trials(bound)]
        kept = {entry(each): each.spec.fingerprint for each in made if each.spec is not None}
        for each in work.inputs(bound):
            spec = each.need.spec(bound.recipe.cache)
            kept |= {each.name: spec.fingerprint} | kept_overlong(bound.store, spec, each.name)

        def keep(artifact: Artifact) -> None:
            found = artifact.spec.fingerprint
            kept[f"{artifact.spec.kind}/{found[:8]}"] = found
            bound.note({f"{artifact.spec.kind}/{found[:8]}": found})

        make_pictures(bound, keep)
        bound.keep_only(kept)
        return result

    def alarms(self, bound: BoundFewShot, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundFewShot, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(bound, stage, found)

    def tables(self, bound: BoundFewShot, stage: str, found: Any) -> list[Any]:
        """See `Task`."""
        if stage == "train":
            return [found.table()]
        title, columns, rows = few_shot_table(bound.recipe, found)
        return [text_table(columns, rows, title), *map(text_line, reasons(found))]

    def page(self, bound: BoundFewShot, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.few_shot.run_page import page

        return page(bound, stage, found)

    def values(self, bound: BoundFewShot, stage: str, found: Any) -> Any:
        """See `Task`; of a whole run the accuracies, as before there were other tasks."""
        if stage == "train":
            return {"epochs": found.epochs, "learned": [vars(each) for each in found.learned]}
        return few_shot_values(found if stage == "evaluate" else found.result)

    def entry(self, made: Unit | Trial) -> str:
        """See `Task`."""
        return entry(made)

    def shows(self, bound: BoundFewShot) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundFewShot, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        """See `Task`."""
        return (str(record.recipe.get("modality", "image")),)

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.asking import Asking
        from pipeline.tasks.few_shot.answers import answer

        return answer(store, record, Asking(files, **options))


FEW_SHOT_TASK = FewShot()
