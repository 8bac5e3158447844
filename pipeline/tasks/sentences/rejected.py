"""Files that were rejected, and queries of which nothing was kept."""

from pipeline.caching.needs import Input
from pipeline.tasks.base import Failed
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.text.generate import fruitless_queries
from pipeline.text.spec import texts_spec
from stores.errors import MmptError


class TooManyRejected(MmptError):
    """More files of a modality were rejected than the recipe allows."""


def check_rejected(context: BoundSentences, made: Input) -> None:
    """Stop where the files of a modality are mostly unreadable.

    Raises:
        TooManyRejected: more of them were rejected than the recipe allows.
    """
    kind, _, modality = made.name.partition("/")
    if kind != "media":
        return
    source, limit = context.sources[modality], context.recipe.cache.max_rejected
    artifact = context.media_features(modality)
    reasons = {r.key: r.reason for r in artifact.rejected()}
    bad = [(row.path, reasons[row.key]) for row in source.rows if row.key in reasons] + list(source.unreadable)
    total = len(source.rows) + len(source.unreadable)
    if bad and len(bad) > limit * total:
        shown = "\n".join(f"  {path}: {reason}" for path, reason in bad[:5])
        raise TooManyRejected(
            f"{modality}: {len(bad)} of {total} files were rejected, more than cache.max_rejected ({limit:.0%}) allows.\n"
            f"{shown}\nAll of them: mmpt-pipeline store show {artifact.spec.fingerprint[:12]} --rejected "
            f"-w {context.recipe.workspace}\n"
            "Mend the files, or raise cache.max_rejected."
        )


def fruitless(context: BoundSentences) -> Failed:
    """Queries of which no sentence was kept, and why."""
    found: dict[tuple[str, str], str] = {}
    for modality, labels in context.labels.items():
        config = context.recipe.generate
        asked_in_vain = set(fruitless_queries(context.store, config, modality, labels))
        if asked_in_vain:
            for row in context.store.artifact(texts_spec(config, modality)).rejected():
                asked = row.detail["anchor"], int(row.detail["query"])
                if asked in asked_in_vain:
                    found[f"texts/{modality}", f"{asked[0]} {asked[1]}"] = row.reason
    return found
