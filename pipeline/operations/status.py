"""What a workspace holds, lacks, has refused and is held up by, in values; found without torch, nothing is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipeline.alarms import Alarm, as_values
from pipeline.operations.hindrances import Held, Leftover, disk, leftovers, locks
from pipeline.records import read_run, run_folder
from pipeline.runs.bound import kept_warnings
from pipeline.telemetry.history import RunEntry, last_runs
from stores.address import Location
from stores.artifact import Artifact
from stores.entries import names
from stores.store import Store

if TYPE_CHECKING:  # a whole workspace is told of without the tasks
    from pipeline.runs.bound import Bound
    from pipeline.runs.work import Step

_RUNS = 5


@dataclass(frozen=True)
class Kind:
    """All artifacts of a kind: how many, their rows, rejected rows and bytes."""

    kind: str
    artifacts: int
    rows: int
    rejected: int
    bytes: int


@dataclass(frozen=True)
class Failure:
    """Rows of an artifact that were rejected for one reason.

    Attributes:
        what: which artifact, as its run calls it ("features/media/image"), else its kind.
        artifact: the start of its fingerprint.
        kind: of the artifact.
        reason: why.
        count: how many rows.
        example: what the first of them was.
    """

    what: str
    artifact: str
    kind: str
    reason: str
    count: int
    example: str


@dataclass(frozen=True)
class Status:
    """The state of a workspace, or of one recipe in it.

    Attributes:
        workspace: where.
        recipe: whose artifacts these are; None: all.
        stored: by kind.
        missing: what the next run has to do; empty without a recipe.
        failed: rejected rows by artifact and reason, the most frequent first.
        locks: held now, in the whole workspace.
        leftovers: journals, in the whole workspace.
        disk_free: bytes, where the workspace is a folder.
        disk_total: the same, of the file system.
        runs: the newest runs, the newest first.
        warnings: (recipe, alarm): what is wrong with what runs have made, though nothing failed.
    """

    workspace: str
    recipe: str | None
    stored: Sequence[Kind]
    missing: "Sequence[Step]"
    failed: Sequence[Failure]
    locks: Sequence[Held]
    leftovers: Sequence[Leftover]
    disk_free: int | None
    disk_total: int | None
    runs: Sequence[RunEntry] = field(default=())
    warnings: Sequence[tuple[str, Alarm]] = field(default=())


def recipe_status(bound: "Bound[Any]") -> Status:
    """The state of a recipe: its artifacts, what its next run has to do, its last runs."""
    from pipeline.stages.plan import foreseen, plan_run

    bound = bound.without_drawing()
    found = status_of(bound.store, bound.recipe.name, _of_recipe(bound), plan_run(bound))
    alarms = [*foreseen(bound), *bound.warnings(since="generate")]  # what was foreseen once may be mended by now
    return replace(found, warnings=[(bound.recipe.name, alarm) for alarm in alarms])


def workspace_status(workspace: str | Location) -> Status:
    """The state of a whole workspace."""
    store = Store(workspace)
    called: dict[str, str] = {}
    runs = names(store.workspace / "runs")
    for name in runs:
        called |= called_by(store.workspace, name)
    found = status_of(store, None, [(artifact, _name(artifact, called)) for artifact in store.artifacts()], [])
    return replace(found, warnings=[(run, alarm) for run in runs for alarm in _warnings(store.workspace, run)])


def status_values(found: Status) -> dict[str, Any]:
    """The same for programs: what JSON can hold."""
    from pipeline.stages.plan import of_step

    runs = [asdict(run) | {"state": run.state, "seconds": run.seconds} for run in found.runs]
    alarms = [alarm for _, alarm in found.warnings]
    warnings = [{"recipe": name, **values} for name, alarm in found.warnings for values in as_values([alarm])]
    missing = [{**asdict(step), "warnings": as_values(of_step(step, alarms))} for step in found.missing]
    return asdict(found) | {"missing": missing, "runs": runs, "warnings": warnings}


def status_of(
    store: Store, recipe: str | None, artifacts: Sequence[tuple[Artifact, str]], missing: "Sequence[Step]"
) -> Status:
    """The state of a workspace with respect to these artifacts, each with the name that its run has for it."""
    failures = sorted(
        (f for a, name in artifacts for f in _failures(a, name)), key=lambda f: (-f.count, f.what, f.reason)
    )
    free, total = disk(store.workspace)
    held = list(locks(store.workspace))
    return Status(
        workspace=str(store.workspace), recipe=recipe, stored=_kinds([artifact for artifact, _ in artifacts]),
        missing=missing, failed=failures, locks=held, leftovers=list(leftovers(store, held)),
        disk_free=free, disk_total=total, runs=last_runs(store.workspace, recipe, _RUNS),
    )  # fmt: skip


def _of_recipe(bound: "Bound[Any]") -> list[tuple[Artifact, str]]:
    """The published artifacts that the recipe, as it is now, works on, and those that its last run stands on."""
    from pipeline.tasks.registry import task_of

    task = task_of(bound.recipe)
    wanted = dict(task.named(bound))
    wanted |= {each.need.spec(bound.recipe.cache).fingerprint: each.what for each in task.inputs(bound)}
    wanted |= {unit.spec.fingerprint: unit.method for unit in task.units(bound)}
    wanted |= {trial.spec.fingerprint: trial.what for trial in task.trials(bound) if trial.spec is not None}
    wanted |= called_by(bound.store.workspace, bound.recipe.name)
    return [(a, wanted[a.spec.fingerprint]) for a in bound.store.artifacts() if a.spec.fingerprint in wanted]


def called_by(workspace: Location, run: str) -> dict[str, str]:
    """Fingerprint of every artifact that a run stands on -> what the run calls it."""
    record = read_run(run_folder(workspace, run))
    return {fingerprint: what for what, fingerprint in record.artifacts.items()} if record else {}


def _warnings(workspace: Location, run: str) -> list[Alarm]:
    record = read_run(run_folder(workspace, run))
    return kept_warnings(record) if record else []


def _name(artifact: Artifact, called: dict[str, str]) -> str:
    return called.get(artifact.spec.fingerprint, artifact.spec.kind)


def _kinds(artifacts: Sequence[Artifact]) -> list[Kind]:
    found: dict[str, list[tuple[int, int, int]]] = {}
    for artifact in artifacts:
        manifest = artifact.manifest
        rejected = len(artifact.rejected()) if manifest.rejected else 0
        found.setdefault(artifact.spec.kind, []).append((manifest.rows, rejected, manifest.size))
    return [Kind(kind, len(same), *map(sum, zip(*same, strict=True))) for kind, same in sorted(found.items())]


def _failures(artifact: Artifact, name: str) -> Iterator[Failure]:
    rows = artifact.rejected() if artifact.manifest.rejected else []
    first = {row.reason: row for row in reversed(rows)}
    for reason, count in Counter(row.reason for row in rows).items():
        detail = first[reason].detail
        example = next((detail[key] for key in ("path", "text") if detail.get(key)), first[reason].key)
        yield Failure(name, artifact.spec.fingerprint[:12], artifact.spec.kind, reason, count, example)
