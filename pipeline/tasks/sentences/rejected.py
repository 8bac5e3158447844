"""Files that were rejected, and queries of which nothing was kept."""

from pipeline.caching.needs import Input
from pipeline.runs.work import Failure, Item
from pipeline.tasks.base import Failures
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
    if kind not in ("media", "validation"):
        return
    sources = context.sources if kind == "media" else context.validation
    source, limit = sources[modality], context.recipe.cache.max_rejected
    if source.left_out:
        names = ", ".join(source.left_out[:6]) + (", …" if len(source.left_out) > 6 else "")
        context.progress.say(f"{modality}: {len(source.left_out)} folders are no class of this run: {names}")
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


def fruitless(context: BoundSentences) -> Failures:
    """Queries of which no sentence was kept, and why."""
    found: dict[Item, Failure] = {}
    for modality, labels in context.labels.items():
        config = context.recipe.generate
        asked_in_vain = set(fruitless_queries(context.store, config, modality, labels))
        if asked_in_vain:
            for row in context.store.artifact(texts_spec(config, modality)).rejected():
                asked = row.detail["anchor"], int(row.detail["query"])
                if asked in asked_in_vain:
                    item = f"texts/{modality}", f"{asked[0]} {asked[1]}"
                    tried = found[item].attempts if item in found else 0
                    found[item] = Failure(row.reason, tried + row.attempts)
    return found
