"""What is decoded and encoded once for a recipe of open-vocabulary video: frames, flow, sound, sentences. Free of torch."""

from collections.abc import Iterator, Sequence

from pipeline.caching.needs import Input, Need
from pipeline.datasets.held_out import split_rows
from pipeline.datasets.open_video.published import published_counts
from pipeline.datasets.rows import MediaRow
from pipeline.methods.mov.config import MovOptions
from pipeline.recipe.video_data import PublishedVideos
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import late_note, making_note
from pipeline.tasks.open_video.specs import (
    frames_spec,
    late_needs,
    learn_frames_spec,
    other_need,
    row_bytes,
    sentences_need,
    sentences_of,
    vectors_need,
)

SENTENCES = "sentences"


def inputs(bound: BoundOpenVideo) -> Iterator[Input]:
    """Frames, what the encoder makes of them, flow, sound, and the sentences of all classes."""
    recipe, card, parts = bound.recipe, bound.card, bound.parts
    rows: dict[str, MediaRow] = {}
    for row in (row for part in parts for row in part.rows):
        rows.setdefault(row.key, row)
    bad = tuple(dict.fromkeys(each for part in parts for each in part.rejected))
    coming = _coming(bound)
    learned, judged = _sides(bound, list(rows.values()))
    for name, need, wanted in _needs(bound, list(rows.values()), learned, judged):
        told = [bound.to_come if name == "frames" else "", making_note(bound, need, len(wanted) + coming)]
        yield Input(
            name, name, need, wanted, row_bytes=row_bytes(need, recipe), to_come=coming,
            note="; ".join(filter(None, told)),
            stored=need.card is not None, unreadable=bad if name == "frames" else (),
        )  # fmt: skip
    yield from _late_inputs(bound, learned, judged, coming)
    names = list(dict.fromkeys(name for part in parts for name in part.classes))
    need = sentences_need(card)
    yield Input(SENTENCES, SENTENCES, need, texts=sentences_of(names), row_bytes=row_bytes(need, recipe))


def _sides(bound: BoundOpenVideo, rows: Sequence[MediaRow]) -> tuple[list[MediaRow], list[MediaRow]]:
    """What is learned from, and what is judged or held out; not apart where both are read alike."""
    learned = {row.key for sets in bound.halves.values() for row in sets.learn.rows}
    held = {row.key for sets in bound.halves.values() for row in split_rows(sets.learn.rows, bound.recipe.hold_out)[1]}
    exams = [clips for sets in bound.halves.values() for clips in sets.judged.values()]
    others = {row.key for clips in (*exams, *bound.exams.values()) for row in clips.rows}
    return [row for row in rows if row.key in learned], [row for row in rows if row.key in held | others]


def _needs(
    bound: BoundOpenVideo, rows: list[MediaRow], learned: list[MediaRow], judged: list[MediaRow]
) -> Iterator[tuple[str, Need, list[MediaRow]]]:
    """What is decoded and encoded of clips: once for all, or random views to learn from and even ones to judge."""
    recipe, card, apart = bound.recipe, bound.card, bound.recipe.views.random > 0
    even = judged if apart else rows
    yield "frames", Need(frames_spec(recipe, card), None), even
    yield "frames, output", vectors_need(recipe, card), even
    for other in recipe.others:
        yield other, other_need(recipe, card, other), even if other == "flow" else rows
    if apart:
        yield "random frames", Need(learn_frames_spec(recipe, card), None), learned
        yield "random frames, output", vectors_need(recipe, card, learn=True), learned
        if "flow" in recipe.others:
            yield "random flow", other_need(recipe, card, "flow", learn=True), learned


def _late_inputs(
    bound: BoundOpenVideo, learned: list[MediaRow], judged: list[MediaRow], coming: int
) -> Iterator[Input]:
    """Flow and sound up to where methods begin to learn; once for those that read the same."""
    known: set[Need] = set()
    together = list({row.key: row for row in (*learned, *judged)}.values())
    for method, options in bound.recipe.learned.items():
        if not isinstance(options, MovOptions) or options.cut != "late":
            continue
        needs = late_needs(bound.recipe, bound.card, options)
        for need, part in zip(needs, ("learned", "judged"), strict=True):
            if need in known:
                continue
            known.add(need)
            several = needs[0] != needs[1]
            name = f"{options.other} of {method}, {need.cut}" + (f", {part}" if several else "")
            wanted = (learned if part == "learned" else judged) if several else together
            yield Input(
                name, name, need, wanted, row_bytes=row_bytes(need, bound.recipe), to_come=coming, stored=True,
                note=late_note(bound, options, need),
            )  # fmt: skip


def _coming(bound: BoundOpenVideo) -> int:
    """Clips to come, each once: those of classes that are base in some half, and all that are judged, elsewhere too."""
    videos, judged = bound.recipe.videos, bound.sets.judged.values()
    sizes = {str(bound.recipe.judge_on[name].data): found.whole.to_come for name, found in bound.elsewhere.items()}
    elsewhere = sum(sizes.values())
    if not isinstance(videos, PublishedVideos) or not bound.sets.learn.to_come:
        return elsewhere
    learned = len({name for sets in bound.halves.values() for name in sets.learn.classes})
    whole = sum(len(clips.classes) for clips in judged)
    return round(published_counts(videos)[0] * learned / whole) + sum(clips.to_come for clips in judged) + elsewhere
