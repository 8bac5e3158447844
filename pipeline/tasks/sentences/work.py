"""The work of a recipe that learns from sentences, free of torch: what is encoded, learned and judged."""

from collections.abc import Iterator, Sequence
from itertools import chain

from pipeline.caching.needs import Input, Need
from pipeline.encoders.cards import EncoderCard
from pipeline.evaluation import zero_shot_texts
from pipeline.labels import Candidates
from pipeline.runs.work import Step, Trial, Unit
from pipeline.tasks.sentences.bound import BoundSentences, Part
from pipeline.tasks.sentences.figures import NotTrained, evaluation_spec
from pipeline.tasks.sentences.judged import NotCached, judged
from pipeline.tasks.sentences.ladder import control_texts, ladder_units
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.tasks.sentences.snapshots import snapshots_planned
from pipeline.text.generate import plan_texts
from pipeline.text.spec import sentences_of_the_paper

_BYTES_A_SENTENCE = 200
_FILES: tuple[tuple[Part, str, str], ...] = (("data", "media", "media"), ("validation", "validation", "validation"))
"""Where files are named in a modality, the kind of input that they are, and what plans call them."""
_BYTES_A_NUMBER = {"float16": 2, "float32": 4}


def preparation(context: BoundSentences) -> Iterator[Step]:
    """Sentences that classes lack."""
    for modality, labels in context.labels.items():
        quota = context.recipe.generate.quota(modality)
        found = plan_texts(context.store, context.recipe.generate, modality, labels)
        if found.imported is not None:
            yield Step(
                "generate-texts", modality, found.imported, found.unread, found.unread * _BYTES_A_SENTENCE, "imported"
            )
            continue
        lacking = sum(quota - kept for kept in found.below_quota.values())
        missing = lacking if found.queries else 0
        note = f"{len(found.below_quota)} of {len(labels)} classes below their quota" if found.below_quota else ""
        note += "; rounds are used up" if lacking and not missing else ""
        note = "; ".join(each for each in (note, *_asked_otherwise(context, modality)) if each)
        yield Step("generate-texts", modality, len(labels) * quota, missing, missing * _BYTES_A_SENTENCE, note)


def notes_of_queries(context: BoundSentences) -> list[str]:
    """The same of all modalities, for the run itself."""
    return [f"{modality}: {note}" for modality in context.labels for note in _asked_otherwise(context, modality)]


def _asked_otherwise(context: BoundSentences, modality: str) -> Iterator[str]:
    """What somebody may not expect of the queries."""
    config = context.recipe.generate
    older = sentences_of_the_paper(context.store, config, modality)
    if older:
        yield f"{older:,} sentences that the paper's query once brought are kept; generate: {{query: paper}} uses them"
    if config.as_files_are_labelled and config.max_labels[modality] == 1 and modality in context.sources:
        several = sum(len(row.labels) > 1 for row in context.sources[modality].rows)
        if several:
            shown = f"{several:,} file{'s show' if several > 1 else ' shows'} several classes"
            yield f"{shown}, queries name one; generate: {{combine: always}} combines them"


def inputs(context: BoundSentences) -> Iterator[Input]:
    """Of every modality its sentences and class names, then the files that it is judged on."""
    for modality, encoder in context.cards.items():
        row_bytes = encoder.dim * _BYTES_A_NUMBER[context.recipe.cache.dtype]
        yield _texts(context, modality, encoder, row_bytes)
        for part, name, what in _FILES:
            if getattr(context.recipe.modalities[modality], part) is not None:
                yield _media(context, modality, part, f"{name}/{modality}", f"{modality} {what}", row_bytes)


def wanted_texts(context: BoundSentences, modality: str) -> list[str]:
    """The sentences of a modality, then its class names in every zero-shot template, then the control's."""
    sentences = [sentence.text for sentence in context.sentences(modality)]
    control = list(chain.from_iterable(control_texts(context, modality)))
    return sentences + class_texts(context.cards[modality], context.candidates, modality) + control


def class_texts(encoder: EncoderCard, candidates: Candidates, modality: str) -> list[str]:
    """Texts that stand for classes: the modality's own labels in all templates, everybody's in the single one."""
    (single,) = zero_shot_texts([column.label for column in candidates.columns], encoder.templates[:1])
    ensemble = zero_shot_texts(candidates.labels(modality), encoder.templates)
    return list(dict.fromkeys([*single, *chain.from_iterable(ensemble)]))


def units(context: BoundSentences) -> list[Unit]:
    """The pools of all modalities, learned together, then what is solved of each."""
    return [pools_unit(context), *ladder_units(context)]


def pools_unit(context: BoundSentences) -> Unit:
    """What TaAM-CPT learns."""
    plan, config = plan_training(context), context.learning
    size = len(context.candidates) * sum(card.dim for card in context.cards.values()) * 4
    note = f"{plan.mode}, {len(plan.added)} new columns of {len(context.candidates)}"
    note += f"; {context.guided_otherwise}" if context.guided_otherwise else ""
    name = f"train of '{context.recipe.name}'"
    return Unit(name, config.method, config, context.recipe.seed, plan.spec, config.epochs, "epochs", size, note)


def trials(context: BoundSentences) -> list[Trial]:
    """All files are judged at once, beside the zero-shot baselines."""
    files = sum(len(each.keys) + each.to_come for each in inputs(context) if each.name.startswith("media/"))
    unit = pools_unit(context)
    try:
        found = {modality: judged(context, modality) for modality in context.sources}
        spec = evaluation_spec(context, found)
    except (NotCached, NotTrained):
        spec = None
    note = "" if files else "judged on nothing: no files are given (data:)"
    return [Trial("files", "media", unit, spec, files, note=note)]


def _texts(context: BoundSentences, modality: str, encoder: EncoderCard, row_bytes: int) -> Input:
    quota = context.recipe.generate.quota(modality)
    lacking = len(context.labels[modality]) * quota - len(context.sentences(modality))
    asked = (
        lacking > 0 and plan_texts(context.store, context.recipe.generate, modality, context.labels[modality]).queries
    )
    unwritten = lacking if asked else 0
    note = f"about {unwritten:,} of them not written yet" if unwritten else ""
    texts: Sequence[str] = wanted_texts(context, modality)
    need = Need(None, encoder)
    return Input(
        f"texts/{modality}", f"{modality} texts", need, texts=texts, row_bytes=row_bytes, to_come=unwritten, note=note
    )


def _media(context: BoundSentences, modality: str, part: Part, name: str, what: str, row_bytes: int) -> Input:
    encoder, sources = context.cards[modality], context.sources if part == "data" else context.validation
    need = Need(encoder.media, encoder)
    if modality not in sources:
        undrawn = context.undrawn(modality, part)
        return Input(name, what, need, row_bytes=row_bytes, to_come=undrawn, note="not drawn yet")
    source = sources[modality]
    rows = source.rows
    if (
        encoder.media is None
    ):  # files of texts are sentences: a text is encoded once, whether it is learned from or judged
        texts = list(dict.fromkeys(row.path for row in rows))
        return Input(
            name, what, need, texts=texts, row_bytes=row_bytes, unreadable=source.unreadable, aside=source.aside,
            labelled=rows,
        )  # fmt: skip
    return Input(name, what, need, rows=rows, row_bytes=row_bytes, unreadable=source.unreadable, aside=source.aside)


def extras(context: BoundSentences) -> Iterator[Step]:
    """Pools after single steps, where the recipe asks for some."""
    unit = pools_unit(context)
    plan = plan_training(context)
    asked, lacking = snapshots_planned(context, plan, learned=unit.is_finished(context.store))
    if asked:
        yield Step("train", "snapshots", asked, lacking, lacking * unit.epoch_bytes)
