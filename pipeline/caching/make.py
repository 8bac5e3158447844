"""What is missing of an input, made: decoded, encoded, or both."""

from typing import Any

from pipeline.caching.needs import Input
from pipeline.caching.summary import CacheSummary
from pipeline.runs.bound import Bound


def make_input(bound: Bound[Any], wanted: Input) -> CacheSummary:
    """Make what is missing of an input in a bound recipe's workspace; here, or by the workers of its runner.

    Rows that failed before are tried again where the bound recipe says so.
    """
    if wanted.need.source is None:
        return _texts(bound, wanted)
    if wanted.need.card is None:
        return _source(bound, wanted)
    return _encoded(bound, wanted) if wanted.stored else _media(bound, wanted)


def _texts(bound: Bound[Any], wanted: Input) -> CacheSummary:
    from pipeline.caching.texts import TEXTS_A_SHARD, cache_texts

    config, card = bound.recipe.cache, wanted.need.card
    assert card is not None, "sentences are read by an encoder"
    return cache_texts(
        bound.store, card, wanted.texts,
        cut=wanted.need.cut, dtype=config.dtype, compute=config.compute, shard_rows=config.shard_rows or TEXTS_A_SHARD,
        device=bound.device, progress=bound.progress, runner=bound.runner,
    )  # fmt: skip


def _media(bound: Bound[Any], wanted: Input) -> CacheSummary:
    from pipeline.caching.media import FILES_A_SHARD, cache_media

    config, card = bound.recipe.cache, wanted.need.card
    assert card is not None, "files are read by an encoder"
    return cache_media(
        bound.store, card, wanted.rows,
        cut=wanted.need.cut, dtype=config.dtype, compute=config.compute, shard_rows=config.shard_rows or FILES_A_SHARD,
        device=bound.device, progress=bound.progress, runner=bound.runner,
        workers=config.workers, timeout_s=config.timeout_s, retry_rejected=bound.retried(wanted.name),
    )  # fmt: skip


def _source(bound: Bound[Any], wanted: Input) -> CacheSummary:
    from pipeline.sources.cache import cache_source

    config, source = bound.recipe.cache, wanted.need.source
    assert source is not None
    made = cache_source(
        bound.store, source, wanted.rows,
        progress=bound.progress, workers=config.workers, timeout_s=config.timeout_s, runner=bound.runner,
        retry_rejected=bound.retried(wanted.name),
    )  # fmt: skip
    return CacheSummary(made.wanted, made.made, made.rejected, 0.0, 0.0, made.fingerprint)


def _encoded(bound: Bound[Any], wanted: Input) -> CacheSummary:
    from pipeline.caching.encode import encode_stored

    return encode_stored(bound, wanted)
