"""`texts batch collect`: what it does modality by modality, and what it tells."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.text.batch.send import PartStanding
    from pipeline.text.batch.take import Taken
    from pipeline.text.summary import GenerateSummary

_SHOWN = 10


@dataclass
class Collected:
    """What a collection came to.

    Attributes:
        taken: Of all lines.
        looked: Files at the server, and how far each is.
        out: Files that are still out, with the number of their queries without an answer.
        waiting: Answers that wait until their shard is whole.
        given_up: Queries that now count as answered without a sentence.
        summaries: What was published, by modality.
        to_ask: Queries of the next round, those that are out included.
    """

    taken: "Taken"
    looked: "list[PartStanding]" = field(default_factory=list)
    out: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    given_up: int = 0
    summaries: "dict[str, GenerateSummary]" = field(default_factory=dict)
    to_ask: int = 0


def queries_told(count: int) -> str:
    """So many queries, in words."""
    return f"{count:,} quer{'y' if count == 1 else 'ies'}"


def take_in(bound: Any, files: list[Path], give_up: bool) -> Collected:
    """Take in files, or what the server has; give up what failed where that is wanted; publish whole shards."""
    from pipeline.text.batch.send import collect_batch
    from pipeline.text.batch.server import BatchServer
    from pipeline.text.batch.take import Taken, take_files
    from pipeline.text.batch.take import give_up as give_up_failed
    from pipeline.text.batch.write import check_engine, opened_book
    from pipeline.text.generate import generate_texts, plan_texts

    config, store = bound.recipe.generate, bound.store
    check_engine(config)
    found = Collected(take_files(store, config, bound.labels, files) if files else Taken())
    server = None if files else BatchServer(config.server)
    for modality, labels in bound.labels.items():
        if server is not None:
            found.looked += collect_batch(store, config, modality, server, found.taken)
        if give_up:
            found.given_up += give_up_failed(store, config, modality)
        found.summaries[modality] = generate_texts(
            store, config, modality, labels, progress=bound.progress, only_collected=True
        )
        with opened_book(store, config, modality) as (book, _, _):
            found.out |= {p.name: sum(not book.is_answered(each.key) for each in p.asked) for p in book.parts}
            found.waiting += book.waiting
        found.to_ask += plan_texts(store, config, modality, labels).queries
    return found


def show_collected(found: Collected, recipe: str, as_json: bool) -> None:
    """Tell it, and what to type next."""
    from pipeline.cli.output import print_json, print_rich, print_table, say
    from pipeline.text.summary import render_summary

    taken = found.taken
    if as_json:
        print_json(_values(found))
        return
    rows = [
        [each.part.name, each.part.batch_id or "-", each.standing.status, f"{each.standing.completed:,}",
         f"{each.standing.failed:,}", f"{each.standing.total:,}"]
        if each.standing
        else [each.part.name, "-", "not submitted", "-", "-", f"{len(each.part.asked):,}"]
        for each in found.looked
    ]  # fmt: skip
    if rows:
        print_table(["file", "batch", "status", "answered", "failed", "queries"], rows)
    say(
        f"Taken in: {taken.answered:,} answers"
        + (f"; {found.waiting:,} wait until their shard is whole" * bool(found.waiting))
    )
    if taken.late:
        say(f"Passed over: lines about queries that are not out, but were taken in before or cancelled: {taken.late:,}")
    for line in _first(taken.unknown, "lines that are none of this recipe's"):
        say(line)
    for why, count in Counter(taken.failed.values()).most_common(_SHOWN):
        say(f"Failed: {queries_told(count)} ({why})")
    for modality, summary in found.summaries.items():
        if summary.queries:
            print_rich(render_summary(found.summaries[modality]))
    say(*_next(found, recipe))


def _next(found: Collected, recipe: str) -> list[str]:
    command = "mmpt-pipeline texts batch"
    out = [f"Still out: {name}, {queries_told(count)} without an answer" for name, count in found.out.items()]
    if out:
        unsent = any(each.standing is None for each in found.looked)
        ways = f"Submit: {command} submit {recipe}. " if unsent else ""
        rest = f"have the rest asked anew: {command} cancel {recipe}, then {command} write {recipe}"
        return [*out, f"{ways}Take in more: {command} collect {recipe} (--from OUTPUT.jsonl of a tool); {rest}"]
    if not found.to_ask:
        return [f"Nothing more is to be asked. Go on: mmpt-pipeline run {recipe}"]
    told = [f"Next: {command} write {recipe}; or ask the rest one by one: mmpt-pipeline generate-texts {recipe}"]
    if found.taken.failed:
        told.append(
            f"It asks what failed again. What fails every time can be given up: {command} collect {recipe} --give-up"
        )
    return told


def _first(lines: list[str], what: str) -> list[str]:
    more = [f"  … and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
    return [f"Passed over: {what}: {len(lines):,}", *(f"  {line}" for line in lines[:_SHOWN]), *more] if lines else []


def _values(found: Collected) -> dict[str, Any]:
    return {
        "answered": found.taken.answered,
        "failed": found.taken.failed,
        "late": found.taken.late,
        "unknown": found.taken.unknown,
        "given_up": found.given_up,
        "batches": [
            {"file": each.part.name, "batch": each.part.batch_id, **(asdict(each.standing) if each.standing else {})}
            for each in found.looked
        ],
        "out": found.out,
        "waiting": found.waiting,
        "to_ask": found.to_ask,
        "texts": {modality: asdict(summary) for modality, summary in found.summaries.items()},
    }
