"""Stage 2: the frozen encoders see every sentence, class name and media file once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from pipeline.caching.summary import CacheSummary, total_counts
from pipeline.encoders.cards import EncoderCard
from pipeline.evaluation import zero_shot_texts
from pipeline.labels import Candidates
from pipeline.operations.recorded import recorded_stage
from pipeline.stages.context import Context
from stores.errors import MmptError


class TooManyRejected(MmptError):
    """More files of a modality were rejected than the recipe allows."""


@recorded_stage("cache", total_counts)
def cache(context: Context) -> dict[str, CacheSummary]:
    """Encode what is missing; returns a summary for each source ("texts/image", "media/image", …).

    Raises:
        TooManyRejected: more files of a modality were rejected than the recipe allows.
    """
    summaries = {f"texts/{m}": _texts(context, m, wanted_texts(context, m)) for m in context.cards}
    for modality, source in context.sources.items():
        summaries[f"media/{modality}"] = replace(
            _media(context, modality), unreadable=source.unreadable, aside=source.aside
        )
    context.note({f"features/{source}": summary.fingerprint for source, summary in summaries.items()})
    for modality in context.sources:
        _check_rejected(context, modality)
    return summaries


def _texts(context: Context, modality: str, texts: Sequence[str]) -> CacheSummary:
    from pipeline.caching.texts import TEXTS_A_SHARD, cache_texts

    return cache_texts(
        context.store,
        context.cards[modality],
        texts,
        shard_rows=context.recipe.cache.shard_rows or TEXTS_A_SHARD,
        dtype=context.recipe.cache.dtype,
        compute=context.recipe.cache.compute,
        device=context.device,
        progress=context.progress,
        runner=context.runner,
    )


def _media(context: Context, modality: str) -> CacheSummary:
    from pipeline.caching.media import FILES_A_SHARD, cache_media

    config, source = context.recipe.cache, context.sources[modality]
    if source.left_out:
        names = ", ".join(source.left_out[:6]) + (", …" if len(source.left_out) > 6 else "")
        context.progress.say(f"{modality}: {len(source.left_out)} folders are no class of this run: {names}")
    if context.cards[modality].media is None:
        return _texts(context, modality, [row.path for row in source.rows])
    return cache_media(
        context.store,
        context.cards[modality],
        source.rows,
        dtype=config.dtype,
        compute=config.compute,
        device=context.device,
        progress=context.progress,
        runner=context.runner,
        workers=config.workers,
        timeout_s=config.timeout_s,
        retry_rejected=context.retried(f"media/{modality}"),
        shard_rows=config.shard_rows or FILES_A_SHARD,
    )


def wanted_texts(context: Context, modality: str) -> list[str]:
    """The sentences of a modality, then its class names in every zero-shot template."""
    sentences = [sentence.text for sentence in context.sentences(modality)]
    return sentences + class_texts(context.cards[modality], context.candidates, modality)


def class_texts(encoder: EncoderCard, candidates: Candidates, modality: str) -> list[str]:
    """Texts that stand for classes: the modality's own labels in all templates, everybody's in the single one."""
    (single,) = zero_shot_texts([column.label for column in candidates.columns], encoder.templates[:1])
    ensemble = zero_shot_texts(candidates.labels(modality), encoder.templates)
    return list(dict.fromkeys([*single, *chain.from_iterable(ensemble)]))


def _check_rejected(context: Context, modality: str) -> None:
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
