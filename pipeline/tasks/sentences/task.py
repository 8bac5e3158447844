"""The task: classes of any modality, learned from sentences about them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.evaluation import EvaluationResult, render_ladder, render_table
from pipeline.evaluation.beside import Answered
from pipeline.evaluation.readout import Readout
from pipeline.licences import Licensed, told
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.work import RESULT, Step, Trial, Unit
from pipeline.tasks.base import Failures, Task
from pipeline.tasks.sentences import figures, ladder, pages, work
from pipeline.tasks.sentences.alarms import alarms
from pipeline.tasks.sentences.answered import answered
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.fitting import check
from pipeline.tasks.sentences.growth import SentencesGrowth
from pipeline.tasks.sentences.judged import judged, solved_here
from pipeline.tasks.sentences.licences import licences
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.tasks.sentences.news import TrainSummary, judged_on_nothing, news, train_table
from pipeline.tasks.sentences.read import problems_of, with_absolute_paths
from pipeline.tasks.sentences.readouts import readouts
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.tasks.sentences.rejected import check_rejected, fruitless
from pipeline.tasks.sentences.snapshots import NAME as SNAPSHOTS
from pipeline.tasks.sentences.snapshots import kept_snapshots
from pipeline.text.select import Sentence
from pipeline.text.spec import texts_spec
from pipeline.text.summary import GenerateSummary
from pipeline.training.checkpoint import Checkpoints
from stores import Store
from stores.address import Location


class Sentences(Task[BoundSentences]):
    """TaAM-CPT's task. Its parts are in the modules beside this one."""

    name, mark, shipped = "sentences", "modalities", ""
    recipe, bound = Recipe, BoundSentences
    prepares, entries, judges_on = "texts", "features/", "cpu"  # what compares vectors needs no GPU
    growth = SentencesGrowth()

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        """See `Task`."""
        return with_absolute_paths(content, base)

    def problems(self, content: dict[str, Any], base: Path) -> Iterable[str]:
        """See `Task`."""
        return problems_of(content, base)

    def check(self, bound: BoundSentences) -> None:
        """See `Task`."""
        check(bound)

    def preparation(self, bound: BoundSentences) -> Iterator[Step]:
        """See `Task`."""
        return work.preparation(bound)

    def prepare(self, bound: BoundSentences) -> dict[str, GenerateSummary]:
        """Let the language model write, modality by modality; it is loaded once, and only when there is something to ask."""
        from pipeline.text.engines.load import load_engine
        from pipeline.text.generate import generate_texts, plan_texts

        config, labels = bound.recipe.generate, bound.labels
        asked = any(plan_texts(bound.store, config, m, names).queries for m, names in labels.items())
        engine = load_engine(config, device=bound.device) if asked else None
        for note in work.notes_of_queries(bound) if asked else ():
            bound.progress.say(note)
        return {
            m: generate_texts(
                bound.store, config, m, names,
                device=bound.device, progress=bound.progress, engine=engine, retry_fruitless=bound.retried(f"texts/{m}"),
            )
            for m, names in labels.items()
        }  # fmt: skip

    def written(self, bound: BoundSentences) -> Mapping[str, Sequence[Sentence]]:
        """See `Task`."""
        return {modality: bound.sentences(modality) for modality in bound.labels}

    def inputs(self, bound: BoundSentences) -> Sequence[Input]:
        """See `Task`."""
        return list(work.inputs(bound))

    def refuse(self, bound: BoundSentences, made: Input) -> None:
        """See `Task`."""
        check_rejected(bound, made)

    def units(self, bound: BoundSentences) -> Sequence[Unit]:
        """See `Task`."""
        return work.units(bound)

    def lacking(self, bound: BoundSentences) -> Sequence[Unit]:
        """See `Task`; of a finished run, where snapshots are asked for that are not kept."""
        pools, *solved = work.units(bound)
        again = not pools.is_finished(bound.store) or any(step.missing for step in work.extras(bound))
        return [pools] * again + [unit for unit in solved if not unit.is_finished(bound.store)]

    def extras(self, bound: BoundSentences) -> Iterator[Step]:
        """See `Task`."""
        return work.extras(bound)

    def learn(self, bound: BoundSentences, unit: Unit) -> int:
        """See `Task`."""
        from pipeline.tasks.sentences.learn import learn_pools
        from pipeline.tasks.sentences.solve import solve

        return solve(bound, unit) if unit.method == ladder.METHOD else learn_pools(bound)

    def learned(self, bound: BoundSentences, epochs: Mapping[str, int]) -> TrainSummary:
        """See `Task`."""
        plan, columns = plan_training(bound), bound.candidates.columns
        made, kept = {"checkpoint": plan.spec.fingerprint}, kept_snapshots(bound, plan)
        if kept is not None or SNAPSHOTS in bound.record().artifacts:
            made[SNAPSHOTS] = kept or plan.spec.fingerprint  # those of pools that are no longer this run's are let go
        solved = {name: unit.spec.fingerprint for unit in ladder.ladder_units(bound) if (name := ladder.entry(unit))}
        bound.note(
            made | solved, recipe=bound.recipe.model_dump(mode="json"),
            columns=[[c.modality, c.label] for c in columns], mode=plan.mode, base=plan.base,
        )  # fmt: skip
        checkpoints = Checkpoints(bound.store.artifact(plan.spec))
        weak = checkpoints.notes(checkpoints.answer()).get("weak")
        now = epochs.get(work.pools_unit(bound).name, 0)
        used = {m: found.used for m in bound.candidates.modalities if (found := solved_here(bound, m)) is not None}
        dropped = {m: each.dropped for m, each in used.items() if each.filtered}
        return TrainSummary(plan.spec.fingerprint, now, plan.mode, plan.added, weak, dropped)

    def trials(self, bound: BoundSentences) -> Sequence[Trial]:
        """See `Task`."""
        return work.trials(bound)

    def judge(self, bound: BoundSentences, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`."""
        figures.publish_figures(bound)

    def judged(self, bound: BoundSentences) -> EvaluationResult:
        """See `Task`."""
        files = {modality: judged(bound, modality) for modality in bound.sources}
        artifact = bound.store.artifact(figures.evaluation_spec(bound, files))
        bound.note({"evaluation": artifact.spec.fingerprint})
        return EvaluationResult.from_json(artifact.blob(RESULT).decode())

    def alarms(self, bound: BoundSentences, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundSentences, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(bound, stage, found)

    def tables(self, bound: BoundSentences, stage: str, found: Any) -> list[Any]:
        """See `Task`."""
        if stage == "train":
            return [train_table(found)]
        if not any(modality.rows for modality in found.modalities):
            return [judged_on_nothing(found)]
        return [render_table(found), render_ladder(found), escape(told(_licences(bound)))]

    def page(self, bound: BoundSentences, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.sentences.run_page import page

        return page(bound, stage, found)

    def values(self, bound: BoundSentences, stage: str, found: Any) -> Any:
        """See `Task`."""
        if stage == "train":
            return {**vars(found), "added": [vars(column) for column in found.added]}
        if stage == "evaluate":
            return _result(bound, found)
        aside = {modality: list(map(asdict, each)) for modality, each in found.aside.items()}
        values = {"report": str(found.report), "result": _result(bound, found.result)}
        return values | {"unreadable": found.unreadable, "aside": aside}

    def shows(self, bound: BoundSentences) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundSentences, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def entry(self, made: Unit | Trial) -> str | None:
        """What is solved is named as soon as it is there; pools are when all of a run is learned."""
        return ladder.entry(made) if isinstance(made, Unit) else None

    def failed(self, bound: BoundSentences) -> Failures:
        """Queries of which no sentence was kept, in classes that lack some."""
        return fruitless(bound)

    def named(self, bound: BoundSentences) -> Mapping[str, str]:
        """See `Task`."""
        return {texts_spec(bound.recipe.generate, m).fingerprint: f"texts/{m}" for m in bound.labels}

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        """See `Task`."""
        return list(dict.fromkeys(modality for modality, _ in record.columns))

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.asking import Asking
        from pipeline.tasks.sentences.answers import answer

        return answer(store, record, Asking(files, **options))

    def readouts(self, store: Store, record: RunRecord, method: str | None = None) -> Mapping[str, Readout]:
        """See `Task`."""
        return readouts(store, record, method)

    def answered(self, bound: BoundSentences) -> Mapping[str, Answered]:
        """See `Task`."""
        return answered(bound)


SENTENCES_TASK = Sentences()


def _licences(bound: BoundSentences) -> list[Licensed]:
    return licences(bound.recipe.model_dump(mode="json"), bound.cards)


def _result(bound: BoundSentences, found: EvaluationResult) -> dict[str, Any]:
    """The figures, and under which licences what they stand on is."""
    values: dict[str, Any] = json.loads(found.to_json())
    return values | {"licences": [asdict(part) for part in _licences(bound)]}
