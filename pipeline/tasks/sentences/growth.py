"""How classes that are learned from sentences grow: new names in a label file, old ones compared with the published pools."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from pipeline.evaluation import EvaluationResult
from pipeline.labels import Column, shipped_label_sets
from pipeline.recipe.errors import RecipeError
from pipeline.records import RunRecord, update_run
from pipeline.tasks.growth import ClassFigure, Growth
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.carried import kept
from pipeline.tasks.sentences.comparison import compare
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.text.rewriting import rewrite_texts


class SentencesGrowth(Growth[BoundSentences]):
    """Pools grow by a row a class."""

    def tolerance(self, bound: BoundSentences) -> float:
        """See `Growth`."""
        return bound.recipe.refresh.tolerance

    def hindrance(self, bound: BoundSentences, published: RunRecord) -> str:
        """See `Growth`; an encoder that was exchanged."""
        before = {m: config["encoder"] for m, config in published.recipe.get("modalities", {}).items()}
        now = {m: config.encoder for m, config in bound.recipe.modalities.items()}
        changed = [f"{m}: {before[m]} -> {now[m]}" for m in before if m in now and before[m] != now[m]]
        if not changed:
            return ""
        return (
            f"the recipe has another encoder than the published pools ({', '.join(changed)}), so their classes cannot be "
            "compared. Take the new encoder without comparison: mmpt-pipeline run RECIPE. Or give the recipe another name."
        )

    def added(self, bound: BoundSentences, published: RunRecord) -> Sequence[tuple[str, str]]:
        """See `Growth`."""
        columns = [Column(modality, label) for modality, label in published.columns]
        known = {*columns, *kept(columns, bound.candidates.columns, published.renamed).columns}
        return [(c.modality, c.label) for c in bound.candidates.columns if c not in known]

    def compare(self, bound: BoundSentences, published: RunRecord, result: EvaluationResult) -> Sequence[ClassFigure]:
        """See `Growth`."""
        return compare(bound, published, result)

    def rename(self, bound: BoundSentences, modality: str, old: str, new: str) -> tuple[int, int]:
        """See `Growth`: sentences are rewritten, and the run's record tells whose learned row it is."""
        found = rewrite_texts(bound.store, bound.recipe.generate, modality, old, new)
        told = [modality, old, new]

        def note(record: RunRecord) -> None:
            if record.renamed[-1:] != [told]:
                record.renamed.append(told)

        if bound.record().artifacts:
            update_run(bound.folder, note)
        return found.sentences, found.left

    def label_file(self, recipe: Recipe, source: str, modality: str | None) -> tuple[str, Path]:
        """See `Growth`."""
        modalities = recipe.modalities
        files = {
            name: Path(config.labels)
            for name, config in modalities.items()
            if isinstance(config.labels, str) and config.labels not in shipped_label_sets()
        }
        if modality is None and len(files) == 1:
            ((modality, file),) = files.items()
            return modality, file
        if modality is None:
            modality = next(iter(modalities)) if len(modalities) == 1 else None
        if modality is None:
            problem = f"tell which modality the classes are of: --modality {' or '.join(files or modalities)}"
            raise RecipeError(source, [problem])
        if modality not in modalities:
            raise RecipeError(source, [f"--modality {modality}: the recipe has {', '.join(modalities)}"])
        if modality not in files:
            raise RecipeError(source, [_elsewhere(modality, modalities[modality].labels)])
        return modality, files[modality]


def _elsewhere(modality: str, labels: str | list[str]) -> str:
    if isinstance(labels, str):
        return (
            f"modalities.{modality}.labels is the shipped set '{labels}', which is not yours to change. Write its names and "
            "yours to a text file, one a line, and name that file there"
        )
    shown = yaml.safe_dump(labels[:3], default_flow_style=True, allow_unicode=True).strip()
    return (
        f"modalities.{modality}.labels is a list in the recipe itself ({shown[:60]}). Add the names there; or write them to a "
        "text file, one a line, and name that file there: then 'classes add' can"
    )
