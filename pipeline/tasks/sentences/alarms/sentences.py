"""Alarms about the sentences that there are, before anything is encoded."""

from collections import Counter
from collections.abc import Iterator

from pipeline.alarms import Alarm
from pipeline.alarms.few_sentences import few_sentences
from pipeline.tasks.sentences.alarms.unwritable import unwritable
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.text.config import ALL_IMPORTED


def of_sentences(context: BoundSentences) -> Iterator[Alarm]:
    """Classes with no or few sentences; what no sentence can carry is told by itself."""
    told = {(alarm.modality, name) for alarm in unwritable(context) for name in alarm.classes}
    for modality, labels in context.labels.items():
        counts = Counter(name for sentence in context.sentences(modality) for name in sentence.labels)
        kept = {label: counts[label] for label in labels if (modality, label) not in told}
        quota = context.recipe.generate.quota(modality)
        yield from few_sentences(
            modality, kept, None if quota == ALL_IMPORTED else quota, more_sentences(context, modality)
        )


def more_sentences(context: BoundSentences, modality: str) -> str:
    """What to type for more sentences about a class."""
    config = context.recipe.generate
    if config.engine == "import":
        assert config.imports is not None
        return (
            f"add sentences about what lacks them to {config.imports.files[modality]}, then: mmpt-pipeline run RECIPE"
        )
    if config.engine == "templates":
        return (
            "let a language model write, e.g. generate: {engine: transformers, query: definitions}, or add sentences of your own "
            "under generate: {template: […]}; then: mmpt-pipeline run RECIPE"
        )
    return (
        f"ask on, with generate: {{max_rounds: {2 * config.max_rounds}}} in the recipe, or call the class what people write; "
        "then: mmpt-pipeline run RECIPE"
    )
