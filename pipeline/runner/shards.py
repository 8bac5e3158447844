"""The shards of one artifact, made here or by a runner's workers, published in order by the holder of its lock.

Here, a shard's rows go from the encoder straight to the writer. A worker writes the shard's file into the artifact's folder and
sends back what it is called; the file is then adopted. Both make the same bytes: rows are cut into shards before anybody starts,
and a batch never straddles two.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from pipeline.runner.base import Runner
from pipeline.runner.errors import RunnerError
from pipeline.telemetry.progress import Progress, ProgressTask
from stores import Artifact, Rejection, Writer
from stores.errors import ShardError
from stores.staged import Ordinals, StagedRows, stage_rows

Row = TypeVar("Row")
Row_contra = TypeVar("Row_contra", contravariant=True)


@dataclass(frozen=True)
class Shard:
    """One shard, made.

    Attributes:
        keys: of its rows.
        data: the rows, see `Writer.publish`.
        rejected: rows that could not be made.
        measure: measures the notes of the artifact's first rows; called for the first shard only.
        decode_s: seconds that went into decoding, or tokenising.
        encode_s: seconds that went into the encoder.
        remark: what else is to be known of the rows; small, and picklable.
    """

    keys: Sequence[str]
    data: Any
    rejected: Sequence[Rejection] = ()
    measure: Callable[[], Mapping[str, float]] = dict
    decode_s: float = 0.0
    encode_s: float = 0.0
    remark: Any = None


@dataclass(frozen=True)
class Published:
    """What became of one shard: rows stored, rows rejected, seconds of decoding and encoding, and the shard's remark."""

    rows: int
    rejected: int
    decode_s: float
    encode_s: float
    remark: Any = None


Before = Callable[[Published], None]


class ShardWork(Protocol[Row_contra]):
    """How the shards of one artifact are made; small, and picklable with its rows."""

    @property
    def name(self) -> str:
        """What people call it, e.g. "cache image"."""
        ...

    @property
    def device(self) -> str:
        """Where it computes."""
        ...

    def files(self, rows: Sequence[Row_contra]) -> Sequence[str]:
        """What is read for these rows."""
        ...

    def keys(self, rows: Sequence[Row_contra]) -> Sequence[str]:
        """Under which keys they are stored, or rejected."""
        ...

    def make(self, shards: Sequence[Sequence[Row_contra]], task: ProgressTask) -> Iterator[Shard]:
        """Make shards in order; `task` is advanced by every row. What is set up is shared by all shards of a call."""
        ...


@dataclass(frozen=True)
class Staged:
    """What a worker sends back: no rows, only what the file is called and what there is to count."""

    rows: StagedRows
    published: Published


@dataclass(frozen=True)
class MakeShard(Generic[Row]):
    """The unit: make one shard and leave it in the artifact's folder.

    Attributes:
        work: how.
        artifact: where it belongs.
        rows: what of.
        number: its place among the shards that are made now, from 0.
        ordinals: see `stage_rows`.
        first: whether notes are measured.
    """

    work: ShardWork[Row]
    artifact: Artifact
    rows: Sequence[Row]
    number: int
    ordinals: Ordinals
    first: bool
    talks: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.work.name}, shard {self.number + 1} ({len(self.rows)} rows)"

    @property
    def files(self) -> Sequence[str]:
        """What it reads."""
        return self.work.files(self.rows)

    @property
    def device(self) -> str:
        """Where it computes."""
        return self.work.device

    def run(self, progress: Progress) -> Staged:
        """Make it and stage it."""
        with progress.task(self.name, total=len(self.rows)) as task:
            (shard,) = self.work.make([self.rows], task)
        notes = shard.measure() if self.first and shard.keys else {}
        rows = stage_rows(
            self.artifact.path, self.artifact.spec.backend, shard.keys, shard.data, shard.rejected, notes, self.ordinals
        )
        return Staged(rows, _counted(shard))


def publish_shards(
    work: ShardWork[Row],
    artifact: Artifact,
    writer: Writer,
    shards: Sequence[Sequence[Row]],
    runner: Runner | None,
    task: ProgressTask,
    before: Before = lambda shard: None,
) -> Iterator[Published]:
    """Make every shard and publish it, in order; yields what became of each.

    Args:
        work: how a shard is made.
        artifact: where they go.
        writer: of the artifact.
        shards: the rows of each.
        runner: whose workers make them; None makes them here.
        task: advanced by every row: as it is made here, or when a worker's shard is published.
        before: called for every shard that is made, before it is published: what it keeps is there when the rows are.
    """
    if not shards:
        return  # another run made them while this one waited for the artifact: no encoder is loaded for that
    if runner is None:
        yield from _made_here(work, artifact, writer, shards, task, before)
        return
    try:
        yield from _made_elsewhere(work, artifact, writer, shards, runner, task, before)
    finally:
        writer.remove_strays()


def in_shards(rows: Sequence[Row], count: int) -> list[Sequence[Row]]:
    """Cut rows into shards."""
    return [rows[start : start + count] for start in range(0, len(rows), count)]


def _made_here(
    work: ShardWork[Row],
    artifact: Artifact,
    writer: Writer,
    shards: Sequence[Sequence[Row]],
    task: ProgressTask,
    before: Before,
) -> Iterator[Published]:
    for shard in work.make(shards, task):
        before(_counted(shard))
        notes = shard.measure() if shard.keys and not artifact.manifest.rows else {}
        writer.publish(shard.keys, shard.data, rejected=shard.rejected, notes=notes)
        yield _counted(shard)


def _made_elsewhere(
    work: ShardWork[Row],
    artifact: Artifact,
    writer: Writer,
    shards: Sequence[Sequence[Row]],
    runner: Runner,
    task: ProgressTask,
    before: Before,
) -> Iterator[Published]:
    start, empty = writer.ordinals(), not artifact.manifest.rows
    units = [
        MakeShard(work, artifact, rows, number, Ordinals(start.shard + number, start.rejected), empty and number == 0)
        for number, rows in enumerate(shards)
    ]
    for number, staged in runner.run_all(units):
        if empty and staged.published.rows and not artifact.manifest.rows and not units[number].first:
            # Every shard before it held nothing but broken files, so this is the one whose rows are measured.
            ((_, staged),) = runner.run_all([replace(units[number], first=True)])
        before(staged.published)
        _adopt(writer, staged, work.keys(shards[number]), artifact)
        task.advance(len(shards[number]))
        yield staged.published


def _adopt(writer: Writer, staged: Staged, made_of: Sequence[str], artifact: Artifact) -> None:
    try:
        writer.adopt(staged.rows, made_of)
    except ShardError as error:
        raise RunnerError(
            f"a worker wrote a shard of {artifact.spec.name}, but here it {error.found}: {artifact.path}. The workspace must be "
            "one folder that this machine and all workers see under the same path; name such a one with --workspace."
        ) from error


def _counted(shard: Shard) -> Published:
    return Published(len(shard.keys), len(shard.rejected), shard.decode_s, shard.encode_s, shard.remark)
