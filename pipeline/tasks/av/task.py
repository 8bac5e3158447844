"""What tasks of clips with two frozen towers share as tasks: a task adds its recipe, its figures and its words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pipeline.caching.needs import Input
from pipeline.encoders.cards import EncoderCard
from pipeline.recipe.paths import absolute_path
from pipeline.recipe.workspace import from_folder
from pipeline.records import RunRecord
from pipeline.runs.training import Training
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av import work
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.fitting import require_enough, require_fitting
from pipeline.tasks.base import Task

B = TypeVar("B", bound=BoundAv[Any, Any])


class AvTask(Task[B]):
    """A task of clips.

    Attributes:
        paths: keys under its mark that are paths.
    """

    shipped = "copl/"
    words = {"cache": "cache", "train": "learn", "evaluate": "judge"}
    paths: ClassVar[Sequence[str]]

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        """See `Task`."""
        content = {**content}
        if isinstance(content.get("workspace"), str):
            content["workspace"] = from_folder(base, content["workspace"])
        if isinstance(content.get(self.mark), dict):
            content[self.mark] = {
                key: absolute_path(base, said) if key in self.paths and isinstance(said, str) else said
                for key, said in content[self.mark].items()
            }
        return content

    def check(self, bound: B) -> None:
        """See `Task`."""
        require_fitting(bound)

    def inputs(self, bound: B) -> Sequence[Input]:
        """See `Task`."""
        return list(work.inputs(bound))

    def encoders(self, bound: B) -> Sequence[EncoderCard]:
        """See `Task`: both towers, also where prompts stand in every block and nothing of them is stored."""
        return list(dict.fromkeys(bound.towers.cards.values()))

    def refuse(self, bound: B, made: Input) -> None:
        """See `Task`."""
        require_enough(bound, made)

    def units(self, bound: B) -> Sequence[Unit]:
        """See `Task`."""
        return work.units(bound)

    def learned(self, bound: B, epochs: Mapping[str, int]) -> Training:
        """See `Task`."""
        units = self.units(bound)
        content = {"task": self.name, **bound.recipe.model_dump(mode="json", exclude={"workspace"})}
        bound.note({self.entry(unit): unit.spec.fingerprint for unit in units}, recipe=content)
        return Training.of(units, epochs)

    def trials(self, bound: B) -> Sequence[Trial]:
        """See `Task`."""
        return work.trials(bound)

    def read_result(self, bound: B) -> Any:
        """What was judged, read back from the store."""
        raise NotImplementedError

    def judged(self, bound: B) -> Any:
        """See `Task`. The record keeps what the run stands on, and nothing that an earlier recipe of its name made."""
        result = self.read_result(bound)
        bound.keep_only(self.kept(bound))
        return result

    def kept(self, bound: B) -> dict[str, str]:
        """Name -> fingerprint of all that a judged run stands on."""
        made: list[Unit | Trial] = [*self.units(bound), *self.trials(bound)]
        kept = {self.entry(each): each.spec.fingerprint for each in made if each.spec is not None}
        return kept | {each.name: each.need.spec(bound.recipe.cache).fingerprint for each in self.inputs(bound)}

    def result_tables(self, name: str, found: Any) -> list[Any]:
        """The figures as tables for people."""
        raise NotImplementedError

    def result_values(self, found: Any) -> dict[str, Any]:
        """The same as plain values."""
        raise NotImplementedError

    def tables(self, bound: B, stage: str, found: Any) -> list[Any]:
        """See `Task`."""
        return [found.table()] if stage == "train" else self.result_tables(bound.recipe.name, found)

    def values(self, bound: B, stage: str, found: Any) -> Any:
        """See `Task`."""
        if stage == "train":
            return found.values()
        return self.result_values(found if stage == "evaluate" else found.result)

    def entry(self, made: Unit | Trial) -> str:
        """See `Task`."""
        return work.entry_of(self.mark, made)

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        """See `Task`."""
        return ("video", "audio")
