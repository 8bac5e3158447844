"""One HTML file that shows a few-shot run. Drawn again only when something it shows has changed.

What is computed for it alone, confidences and attention, is kept in artifacts, so that it is computed once.
"""

from collections.abc import Mapping

from pipeline.few_shot.files import Labelled
from pipeline.few_shot.looks import Looks, looks
from pipeline.few_shot.run import FewShotResult
from pipeline.few_shot.specs import prompts_spec
from pipeline.few_shot.task import Task
from pipeline.few_shot.timing import seconds_of
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.prompt.config import PromptConfig
from pipeline.operations.recorded import recorded_stage
from pipeline.report.few_shot import FewShotReportData, LearnedMethod
from pipeline.report.sealed_page import page_problem
from pipeline.runner.worker_state import holding_encoder
from pipeline.runs import REPORT, RunRecord, read_run, run_folder, update_run
from pipeline.stages.report import as_yaml, lineage_entry
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, fingerprint
from stores.address import Location
from stores.lock import held

REPORT_VERSION = 1
"""Raise it when the same run would be drawn otherwise."""

_ENTRY = "few-shot-report/"


@recorded_stage("report")
def write_few_shot_report(task: Task, result: FewShotResult) -> Location:
    """Draw the report of a finished run, unless it is there already; returns its path."""
    folder = run_folder(task.recipe.workspace, task.recipe.name)
    path, shows = folder / REPORT, _shows(task)
    # Two runs of one recipe that end together draw it once: they would write to one temporary file.
    with held(folder / ".report.lock", f"the report of run '{task.recipe.name}'"):
        if page_problem(path) or _record(task).report_of != shows:
            from pipeline.report.few_shot.page import write_few_shot_page

            with holding_encoder():
                found = looks(task, lambda artifact: _keep(task, [artifact], drop=False))
            with task.progress.task("report", total=1, unit="page") as bar:
                write_few_shot_page(_data(task, result, found), path)
                bar.advance()
            _keep(task, found.artifacts, drop=True, report_of=shows)
    return path


def _record(task: Task) -> RunRecord:
    return read_run(run_folder(task.recipe.workspace, task.recipe.name)) or RunRecord()


def _shows(task: Task) -> str:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    kept = sorted(found for name, found in _record(task).artifacts.items() if not name.startswith(_ENTRY))
    return fingerprint([REPORT_VERSION, kept, _recipe(task)])


def _recipe(task: Task) -> dict[str, object]:
    return task.recipe.model_dump(mode="json", exclude={"workspace"})


def _keep(task: Task, artifacts: list[Artifact], drop: bool, report_of: str | None = None) -> None:
    """Name artifacts in the run's record; with `drop` no others of a report stay there."""
    own = {_ENTRY + found.spec.fingerprint[:16]: found.spec.fingerprint for found in artifacts}

    def write(record: RunRecord) -> None:
        others = {n: f for n, f in record.artifacts.items() if not (drop and n.startswith(_ENTRY))}
        record.artifacts = others | own
        record.report_of = report_of or record.report_of

    update_run(run_folder(task.recipe.workspace, task.recipe.name), write)


def _data(task: Task, result: FewShotResult, found: Looks) -> FewShotReportData:
    shots = {seed: task.shots(seed) for seed in task.recipe.seeds}
    learned = [_learned(task, result, name, config, shots) for name, config in task.recipe.methods.items()]
    frozen = next(name for name in result.runs if name not in task.recipe.methods)
    zero_shot = LearnedMethod(frozen, 0, [run.accuracies for run in result.runs[frozen]])
    checkpoints = [
        lineage_entry(f"{name}, seed {seed}", task.store.artifact(prompts_spec(task, config, seed, shots[seed])))
        for name, config in task.recipe.methods.items()
        for seed in task.recipe.seeds
    ]
    return FewShotReportData(
        recipe_name=task.recipe.name,
        recipe_yaml=as_yaml(_recipe(task)),
        test_sets=tuple(task.test_sets),
        others=result.others,
        methods=[zero_shot, *learned],
        seen=found.seen,
        lineage=[*checkpoints, *(lineage_entry(_WHAT[each.spec.kind], each) for each in found.artifacts)],
        facts=_facts(task, shots),
    )


def losses_of(task: Task, config: FewShotTraining) -> list[list[float]]:
    """The loss of every step of a learned method, a list a seed."""
    specs = [prompts_spec(task, config, seed, task.shots(seed)) for seed in task.recipe.seeds]
    return [list(Checkpoints(task.store.artifact(spec)).history().get("loss", [])) for spec in specs]


def _learned(
    task: Task, result: FewShotResult, name: str, config: FewShotTraining, shots: Mapping[int, Labelled]
) -> LearnedMethod:
    artifacts = [task.store.artifact(prompts_spec(task, config, seed, found)) for seed, found in shots.items()]
    losses = losses_of(task, config)
    return LearnedMethod(
        name=name,
        trainable=result.trainable[name],
        accuracies=[run.accuracies for run in result.runs[name]],
        losses=losses,
        seconds=[seconds_of(task, artifact.spec.fingerprint) for artifact in artifacts],
        steps=len(losses[0]) // config.epochs,
        late=config.late if isinstance(config, PromptConfig) else None,
    )


def _facts(task: Task, shots: Mapping[int, Labelled]) -> dict[str, str]:
    learned = next(iter(shots.values()))
    judged = {name: task.judged(name) for name in task.test_sets}
    return {
        "encoder": task.recipe.encoder,
        "learned from": f"{len(learned.rows):,} images of {len(learned.classes):,} classes a seed ({learned.layout})",
        "judged": "; ".join(f"{n}: {len(x.rows):,} images of {len(x.classes):,} classes" for n, x in judged.items()),
        "seeds": ", ".join(map(str, task.recipe.seeds)),
    }


_WHAT = {
    "few-shot-confidences": "confidence of the true class by iteration",
    "few-shot-attention": "attention of the class token",
}
