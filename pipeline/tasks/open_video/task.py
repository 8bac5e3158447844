"""The task: classes of clips by any names, from frames with motion or sound."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.caching.overlong import kept_overlong
from pipeline.evaluation.beside import Answered
from pipeline.recipe.paths import absolute_path
from pipeline.recipe.workspace import from_folder
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.training import Training
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.base import Task
from pipeline.tasks.open_video import pages, work
from pipeline.tasks.open_video.alarms import alarms
from pipeline.tasks.open_video.answered import answered
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.fitting import require_enough, require_fitting
from pipeline.tasks.open_video.inputs import inputs
from pipeline.tasks.open_video.recipe import OpenVideoRecipe
from pipeline.tasks.open_video.result import (
    OpenVideoResult,
    entry,
    read_result,
)
from pipeline.tasks.open_video.tables import result_tables, result_values
from pipeline.tasks.open_video.words import news
from pipeline.tasks.open_video.work import VideoTrial, VideoUnit
from stores import Store
from stores.address import Location

_PATHS = ("root", "file", "annotations", "weights")
_NAMES = ("labels", "base", "novel")


def with_absolute_paths(content: dict[str, Any], base: Path) -> dict[str, Any]:
    """Paths of a recipe, relative to its folder, made absolute before anything reads them."""
    content = {**content}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = from_folder(base, content["workspace"])
    for part in ("videos", "judge_on", "flow"):
        if isinstance(content.get(part), dict):
            content[part] = _absolute(content[part], base)
    return content


def _absolute(data: dict[str, Any], base: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, said in data.items():
        if isinstance(said, dict):
            found[key] = _absolute(said, base)
        elif isinstance(said, str) and (key in _PATHS or key in _NAMES and absolute_path(base, said).is_file()):
            found[key] = str(absolute_path(base, said))
        else:
            found[key] = said
    return found


class OpenVideo(Task[BoundOpenVideo]):
    """Open-vocabulary video. Its parts are in the modules beside this one."""

    name, mark, shipped = "open-video", "videos", "mov/"
    recipe, bound = OpenVideoRecipe, BoundOpenVideo
    words = {"cache": "cache", "train": "learn", "evaluate": "judge"}

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        """See `Task`."""
        return with_absolute_paths(content, base)

    def check(self, bound: BoundOpenVideo) -> None:
        """See `Task`."""
        require_fitting(bound)

    def inputs(self, bound: BoundOpenVideo) -> Sequence[Input]:
        """See `Task`."""
        return list(inputs(bound))

    def refuse(self, bound: BoundOpenVideo, made: Input) -> None:
        """See `Task`."""
        require_enough(bound, made)

    def units(self, bound: BoundOpenVideo) -> Sequence[Unit]:
        """See `Task`."""
        return work.units(bound)

    def learn(self, bound: BoundOpenVideo, unit: Unit) -> int:
        """See `Task`."""
        assert isinstance(unit, VideoUnit)
        from pipeline.runner.worker_state import load_encoder
        from pipeline.tasks.open_video.learn import learn

        return learn(bound, load_encoder(bound.card, bound.device, bound.recipe.cache.compute), unit)

    def learned(self, bound: BoundOpenVideo, epochs: Mapping[str, int]) -> Training:
        """See `Task`."""
        units = work.units(bound)
        content = {"task": self.name, **bound.recipe.model_dump(mode="json", exclude={"workspace"})}
        bound.note({entry(unit): unit.spec.fingerprint for unit in units}, recipe=content)
        return Training.of(units, epochs)

    def trials(self, bound: BoundOpenVideo) -> Sequence[Trial]:
        """See `Task`."""
        return work.trials(bound)

    def judge(self, bound: BoundOpenVideo, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`. Frozen CLIP is judged by what is stored: no encoder is loaded for it."""
        from pipeline.runner.worker_state import load_encoder
        from pipeline.tasks.open_video.judge import judge

        assert unit is None or isinstance(unit, VideoUnit)
        encoder = load_encoder(bound.card, bound.device, bound.recipe.cache.compute) if unit is not None else None
        judge(bound, encoder, unit, [trial for trial in trials if isinstance(trial, VideoTrial)])

    def judged(self, bound: BoundOpenVideo) -> OpenVideoResult:
        """See `Task`. The record keeps what the run stands on, and nothing that an earlier recipe of its name made."""
        result = read_result(bound)
        made: list[Unit | Trial] = [*work.units(bound), *work.trials(bound)]
        kept = {entry(each): each.spec.fingerprint for each in made if each.spec is not None}
        for each in inputs(bound):
            spec = each.need.spec(bound.recipe.cache)
            kept |= {each.name: spec.fingerprint} | kept_overlong(bound.store, spec, each.name)
        bound.keep_only(kept)
        return result

    def alarms(self, bound: BoundOpenVideo, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundOpenVideo, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(bound, stage, found)

    def tables(self, bound: BoundOpenVideo, stage: str, found: Any) -> list[Any]:
        """See `Task`."""
        return [found.table()] if stage == "train" else result_tables(bound.recipe.name, found)

    def page(self, bound: BoundOpenVideo, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.open_video.run_page import page

        return page(bound, stage, found)

    def values(self, bound: BoundOpenVideo, stage: str, found: Any) -> Any:
        """See `Task`."""
        if stage == "train":
            return found.values()
        return result_values(found if stage == "evaluate" else found.result)

    def entry(self, made: Unit | Trial) -> str:
        """See `Task`."""
        return entry(made)

    def shows(self, bound: BoundOpenVideo) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundOpenVideo, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        """See `Task`."""
        return ("video",)

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.asking import Asking
        from pipeline.tasks.open_video.answers import answer

        return answer(store, record, Asking(files, **options))

    def answered(self, bound: BoundOpenVideo) -> Mapping[str, Answered]:
        """See `Task`."""
        return answered(bound)


OPEN_VIDEO_TASK = OpenVideo()
