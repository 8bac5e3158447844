"""Which files of a modality are judged, and which are not because their labels are used. Free of torch."""

from collections.abc import Mapping, Sequence

from pipeline.datasets import MediaRow
from pipeline.datasets.held_out import split_rows
from pipeline.datasets.read import Source
from pipeline.tasks.sentences.bound import BoundSentences
from stores import fingerprint


def halves(context: BoundSentences, modality: str) -> tuple[list[MediaRow], list[MediaRow]]:
    """Rows to judge, and rows that are held out of that; without those that were rejected.

    A file that lies in both places of the recipe is held out: what was chosen on it says nothing about it. Those that are held
    out are in the order of their keys, so that what is fitted to them does not depend on how a folder is listed.

    Args:
        context: the recipe.
        modality: one with files, or without; then there are none.
    """
    reasons = {rejection.key for rejection in context.media_features(modality).rejected()}

    def usable(sources: Mapping[str, Source]) -> list[MediaRow]:
        return [row for row in sources[modality].rows if row.key not in reasons] if modality in sources else []

    kept, held = split_rows(usable(context.sources), context.held_share(modality))
    beside = usable(context.validation)
    taken = {row.key for row in beside}
    return [row for row in kept if row.key not in taken], sorted([*held, *beside], key=lambda row: row.key)


def labelled(rows: Sequence[MediaRow], labels: Sequence[str]) -> list[MediaRow]:
    """Those that show a class of the run."""
    known = set(labels)
    return [row for row in rows if known.intersection(row.labels)]


def chosen_on(context: BoundSentences) -> dict[str, str]:
    """Modality -> fingerprint of the held-out files and labels that its epoch is chosen on; those without any are left out."""
    found = {}
    for modality in context.candidates.modalities:
        config = context.recipe.modalities[modality]
        if config.validation is not None or context.held_share(modality):
            rows = labelled(halves(context, modality)[1], context.labels[modality])
            if rows:
                found[modality] = fingerprint([[row.key, sorted(row.labels)] for row in rows])
    return found
