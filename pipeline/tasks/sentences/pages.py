"""What the report of a run shows that learned from sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.evaluation import EvaluationResult, method_scores, targets_of
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.report.data import Generation, LineageEntry, RejectedFile, ReportData, as_yaml, lineage_entry
from pipeline.runs.measured import shown
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import RESULT, evaluation_spec, external_scores, trained_checkpoint
from pipeline.tasks.sentences.guided import compared_with, guidance
from pipeline.tasks.sentences.judged import Judged, classifiers, judged, rungs
from pipeline.tasks.sentences.ladder import ASSIGNMENTS, CLASSIFIERS, ladder_units, modality_of
from pipeline.tasks.sentences.licences import licences
from pipeline.tasks.sentences.shown import shown_probabilities
from pipeline.tasks.sentences.snapshots import steps_learned
from pipeline.text.asking import written_told
from pipeline.text.spec import texts_spec
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.snapshots import Snapshots, snapshots_spec
from stores import Artifact
from stores.address import Location

REPORT_VERSION = 6
"""Raise it when the same run would be drawn otherwise."""

_SNAPSHOTS = 4
_EXAMPLES = 6
_SOLVED = {CLASSIFIERS: "{} classifiers, solved", ASSIGNMENTS: "{} files, assigned together"}


def shows(context: BoundSentences) -> list[Any]:
    """Everything that the report shows: the figures, and the recipe."""
    _, evaluation = _judged(context)
    shown = [REPORT_VERSION, evaluation.spec.fingerprint, context.recipe.model_dump(mode="json")]
    kept = _kept(context, trained_checkpoint(context))
    if context.recipe.generate.engine not in (
        "transformers",
        "vllm",
        "openai",
    ):  # whose reports say what they always said
        shown.append(written_told(context.recipe.generate))
    shown.append(compared_with(context))
    shown.append([vars(part) for part in licences(context.recipe.model_dump(mode="json"), context.cards)])
    return [*shown, list(kept)] if kept else shown


def draw(context: BoundSentences, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.page import write_report

    write_report(_data(context, *_judged(context)), path)


def _judged(context: BoundSentences) -> tuple[dict[str, Judged], Artifact]:
    trained_checkpoint(context)
    files = {modality: judged(context, modality) for modality in context.sources}
    return files, context.store.artifact(evaluation_spec(context, files))


def _data(context: BoundSentences, files: Mapping[str, Judged], evaluation: Artifact) -> ReportData:
    checkpoints = Checkpoints(trained_checkpoint(context))
    result = EvaluationResult.from_json(evaluation.blob(RESULT).decode())
    scores = {m: _scores(context, m, f, checkpoints) for m, f in files.items()}
    return ReportData(
        recipe_name=context.recipe.name,
        recipe_yaml=as_yaml(context.recipe.model_dump(mode="json")),
        result=result,
        curves=checkpoints.history(),
        snapshots=_snapshots(context, checkpoints),
        pictures=max(_SNAPSHOTS, len(context.recipe.train.snapshots) + 2),
        columns=list(context.candidates.columns),
        media={m: list(f.rows) for m, f in files.items()},
        features={m: f.features for m, f in files.items()},
        targets={m: targets_of(f.rows, context.candidates.labels(m)) for m, f in files.items()},
        scores=scores,
        shares={m.modality: shown_probabilities(context, m, scores[m.modality], evaluation) for m in result.modalities},
        generation={m: _generation(context, m) for m in context.candidates.modalities},
        rejected=[RejectedFile(m, path, reason) for m, f in files.items() for path, reason in f.rejected],
        lineage=_lineage(context, evaluation),
        facts=shown(context.record().facts),
        turned=turned_modalities(context),
        warnings=context.warnings(),
        guidance=guidance(context),
        licences=licences(context.recipe.model_dump(mode="json"), context.cards),
    )


def turned_modalities(context: BoundSentences) -> frozenset[str]:
    """Modalities whose pictures are decoded as they are meant to be shown."""
    shown = [m for m, encoder in context.cards.items() if getattr(encoder.media, "orientation", "stored") == "shown"]
    return frozenset(shown)


def _scores(context: BoundSentences, modality: str, found: Judged, checkpoints: Checkpoints) -> dict:
    return method_scores(
        found.features, classifiers(context, modality, checkpoints),
        external=external_scores(context, modality, found), temperature=context.recipe.evaluate.temperature,
        rungs=rungs(context, modality),
    )  # fmt: skip


def _kept(context: BoundSentences, trained: Artifact) -> tuple[int, ...]:
    """The steps that the recipe asks for, as far as their pools are kept."""
    snapshots = Snapshots(context.store.artifact(snapshots_spec(trained.spec.fingerprint)))
    return snapshots.there(context.recipe.train.snapshots)


def _snapshots(context: BoundSentences, checkpoints: Checkpoints) -> list:
    """(step, pools) at the start, the end, and the steps that the recipe asks for.

    Where it asks for none: of a few epochs between, denser where learning is fast.
    """
    epochs, trained = context.recipe.train.epochs, trained_checkpoint(context)
    kept = _kept(context, trained)
    if kept:
        snapshots = Snapshots(context.store.artifact(snapshots_spec(trained.spec.fingerprint)))
        last = steps_learned(checkpoints)
        inside = [(step, class_prompts(snapshots.arrays(step))) for step in kept if step < last]
        ends = [(step, class_prompts(checkpoints.arrays(epoch))) for step, epoch in ((0, 0), (last, epochs))]
        return [ends[0], *inside, ends[1]]
    chosen = sorted({round(epochs * (i / (_SNAPSHOTS - 1)) ** 2) for i in range(_SNAPSHOTS)})
    steps = len(checkpoints.history().get("step", [])) // epochs
    return [(epoch * steps, class_prompts(checkpoints.arrays(epoch))) for epoch in chosen]


def _generation(context: BoundSentences, modality: str) -> Generation:
    artifact = context.store.artifact(texts_spec(context.recipe.generate, modality))
    kept, refused = context.sentences(modality), artifact.rejected()
    queries = artifact.table(["anchor", "query"]).to_pylist()
    return Generation(
        queries=len({(row["anchor"], row["query"]) for row in queries}),
        sentences=len(queries) + len(refused),
        accepted=len(queries),
        rejected=dict(Counter(rejection.reason for rejection in refused).most_common()),
        examples=[(s.text, s.labels) for s in _spread(kept)],
        refused=[(r.detail.get("text", ""), r.reason) for r in _spread(refused)],
        written=written_told(context.recipe.generate),
    )


def _spread(items: Sequence) -> list:
    """A few items from all over a list."""
    step = max(len(items) // _EXAMPLES, 1)
    return list(items[::step][:_EXAMPLES])


def _lineage(context: BoundSentences, evaluation: Artifact) -> list[LineageEntry]:
    store = context.store
    found: list[tuple[str, Artifact]] = []
    for m, encoder in context.cards.items():
        found.append((f"{m} sentences", store.artifact(texts_spec(context.recipe.generate, m))))
        found.append((f"{encoder.name} text features", context.text_features(m)))
        if m in context.sources and encoder.media is not None:
            found.append((f"{encoder.name} {m} features", context.media_features(m)))
    trained = trained_checkpoint(context)
    found += [
        (_SOLVED[unit.what].format(modality_of(unit.spec)), store.artifact(unit.spec)) for unit in ladder_units(context)
    ]
    found.append(("prompt pools, one row an epoch", trained))
    if _kept(context, trained):
        found.append(("prompt pools after single steps", store.artifact(snapshots_spec(trained.spec.fingerprint))))
    found.append(("the figures of this report", evaluation))
    return [lineage_entry(what, artifact) for what, artifact in found]
