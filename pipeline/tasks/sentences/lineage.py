"""What a checkpoint stands on: which texts, which features, and which earlier checkpoint it extends.

Everything here is free of torch, so `plan` can tell what training would do on any laptop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.labels import Column
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.records import RunRecord
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.carried import CARRIED, Kept, kept
from pipeline.tasks.sentences.halves import chosen_on
from pipeline.text.spec import texts_spec
from pipeline.training.checkpoint import Checkpoints
from stores import ArtifactSpec, Store

METHOD_VERSION = 2
"""Raise it when the same texts and options would give other pools."""

_CHOSEN_ON = "chosen_on"
"""Field of the files that the answering epoch is chosen on; left out where the last one answers."""


@dataclass(frozen=True)
class Plan:
    """What the train stage will do.

    Attributes:
        spec: of the checkpoint artifact.
        mode: "scratch", "frozen" or "continue"; "carried" where classes only left or were renamed, and nothing is learned.
        base: fingerprint of the checkpoint that is extended, or None.
        kept: its rows that are wanted still; None when there is no base.
        added: columns that it lacks; all of them when there is no base.
        sentences: modality -> sentences to learn from.
    """

    spec: ArtifactSpec
    mode: str
    base: str | None
    kept: Kept | None
    added: tuple[Column, ...]
    sentences: Mapping[str, list]


def plan_training(context: BoundSentences) -> Plan:
    """Decide between what is there, an extension of the last run, and a fresh start.

    The last run is extended when nothing but labels or modalities were added since, or labels left or were renamed. When nothing
    was changed at all, its own plan comes out again, so a finished run is found and not learned twice. It is made once for as
    long as texts and record stay.
    """
    data = {m: context.sentences_print(m) for m in context.candidates.modalities}
    record = context.record()
    renamed = tuple(map(tuple, record.renamed))
    key = (
        record.artifacts.get("checkpoint"),
        record.mode,
        record.base,
        renamed,
        *data.values(),
        *chosen_on(context).items(),
    )
    if key not in context.plans:
        context.plans[key] = _plan(context, data, record)
    return context.plans[key]


def _plan(context: BoundSentences, data: Mapping[str, str], record: RunRecord) -> Plan:
    sentences, columns = {m: context.sentences(m) for m in data}, context.candidates.columns
    last = record.artifacts.get("checkpoint")
    for wanted, base in _possible(record, context):
        was = _columns(context.store.find(base).spec) if base else ()
        rows = kept(was, columns, record.renamed) if base else None
        before = set(rows.columns) if rows else set[Column]()
        added = tuple(column for column in columns if column not in before)
        mode = CARRIED if rows and not added else wanted
        spec = _spec(context, data, mode, base, renamed=rows.renamed if rows else ())
        recorded = (mode, base) == (record.mode, record.base) and _alike(spec, last, context.store)
        if rows is None or recorded or (base == last and (added or columns != was)):
            return Plan(spec, mode, base, rows, added, sentences)
    raise AssertionError("a fresh start is always possible")


def _alike(spec: ArtifactSpec, last: str | None, store: Store) -> bool:
    """Whether the last run's checkpoint is this one, or differs only in the files that its epoch was chosen on."""
    if spec.fingerprint == last:
        return True
    found = {artifact.spec.fingerprint: artifact.spec for artifact in store.artifacts("checkpoints")}.get(last or "")
    return found is not None and found.parents == spec.parents and _learned_by(found) == _learned_by(spec)


def _learned_by(spec: ArtifactSpec) -> dict[str, Any]:
    return {name: value for name, value in spec.fields.items() if name != _CHOSEN_ON}


def checkpoint_spec(found: str, store: Store) -> ArtifactSpec:
    """The spec of a stored checkpoint."""
    return store.find(found).spec


def _possible(record: RunRecord, context: BoundSentences) -> list[tuple[str, str | None]]:
    """(mode, base) in the order of preference: the recorded one, an extension of it, a fresh start."""
    wanted = context.recipe.train.new_classes
    snapshots = bool(context.recipe.train.snapshots)  # of steps, which rows that are only carried have not
    there = {artifact.spec.fingerprint: artifact.spec for artifact in context.store.artifacts("checkpoints")}
    trained = there.get(record.artifacts.get("checkpoint", ""))
    ways: list[tuple[str, str | None]] = []
    if trained is not None and wanted != "scratch" and _same_but_labels(trained, context, record, snapshots):
        ways += [(record.mode, record.base)] if record.base in there else []
        finished = Checkpoints(context.store.artifact(trained)).is_finished(context.recipe.train.epochs)
        ways += [(wanted, trained.fingerprint)] if finished else []
    return [*ways, ("scratch", None)]


def _same_but_labels(trained: ArtifactSpec, context: BoundSentences, record: RunRecord, all_stay: bool) -> bool:
    """Whether a checkpoint learned with the options, seed, encoders and, for its labels, texts of the recipe.

    Some of its classes may have left or be called otherwise, unless `all_stay`; none of its modalities may be without classes.

    Its own spec is asked, not the run record: earlier stages of this very run have changed that already.
    """
    columns = _columns(trained)
    rows = kept(columns, context.candidates.columns, record.renamed)
    if (rows.changed and all_stay) or {c.modality for c in columns} != {c.modality for c in rows.columns}:
        return False
    labels: dict[str, list[str]] = {}
    for column in columns:
        labels.setdefault(column.modality, []).append(column.label)
    data = {m: context.sentences_print(m, names) for m, names in labels.items()}
    now = _spec(context, data, "scratch", None).fields
    parts = ("method_version", "options", "seed", "texts")
    return all(trained.fields[part] == now[part] for part in parts) and set(trained.parents) >= set(
        _parents(context, labels)
    )


def _columns(checkpoint: ArtifactSpec) -> tuple[Column, ...]:
    return tuple(Column(modality, label) for modality, label in checkpoint.fields["columns"])


def _parents(context: BoundSentences, modalities: Iterable[str]) -> list[str]:
    modalities = list(modalities)
    texts = [texts_spec(context.recipe.generate, m).fingerprint for m in modalities]
    return texts + [context.text_features(m).spec.fingerprint for m in modalities]


def unguided_spec(context: BoundSentences) -> ArtifactSpec:
    """Of the same learning from scratch with a weight of 0 for inter-modal learning."""
    data = {m: context.sentences_print(m) for m in context.candidates.modalities}
    alone = context.recipe.train.model_copy(update={"lambda_inter": 0.0})
    return _spec(context, data, "scratch", None, alone)


def _spec(
    context: BoundSentences,
    data: Mapping[str, str],
    mode: str,
    base: str | None,
    config: TaamCptConfig | None = None,
    renamed: Sequence[Sequence[str]] = (),
) -> ArtifactSpec:
    options = (config or context.learning).naming_fields()
    if "text" not in data:  # checkpoints of runs without texts keep the names they had before there were any
        del options["lr"]["text"]
    fields: dict[str, Any] = {
        "method_version": METHOD_VERSION,
        "options": options,
        "seed": context.recipe.seed,
        "columns": [[c.modality, c.label] for c in context.candidates.columns],
        "texts": dict(data),
        "mode": mode,
    }
    fields |= {"renamed": [list(each) for each in renamed]} if renamed else {}
    if files := chosen_on(context):
        fields[_CHOSEN_ON] = files
    parents = (*_parents(context, data), *([base] if base else []))
    return ArtifactSpec(kind="checkpoints", fields=fields, parents=parents, backend="blob")
