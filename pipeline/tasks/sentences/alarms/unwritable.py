"""Class names that no sentence can carry: a model would write for hours, and everything would be refused.

A kept sentence holds its class's name as words and has fewer than `generate.max_words` words. So a name is tried in
the shortest sentence that says something: "there is a", and the name, or one of several names in it, as the filters
read them. It costs nothing and is told before the language model runs.
"""

import re
import unicodedata
from collections.abc import Iterator

from pipeline.alarms import Alarm, listed
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.text.config import GenerateConfig
from pipeline.text.filters import TOO_LONG, reject_reason


def unwritable(context: BoundSentences) -> Iterator[Alarm]:
    """One alarm a modality for names without words, and one for names that are too long; none where nothing is filtered."""
    config = context.recipe.generate
    if config.engine == "import" and not (config.imports and config.imports.filters):
        return
    for modality, labels in context.labels.items():
        reasons = {label: reason for label in labels if (reason := _reason(label, config)) is not None}
        wordless = tuple(label for label, reason in reasons.items() if reason != TOO_LONG)
        if wordless:
            yield _wordless(context, modality, wordless)
        long = tuple(label for label, reason in reasons.items() if reason == TOO_LONG)
        if long:
            told = (
                f"no {modality} sentence can carry {listed(long)}: a sentence has fewer than {config.max_words} words, and "
                "such a name leaves no room for others, so every sentence will be refused"
            )
            remedy = f"shorten the name in {where(context, modality)}, or allow longer sentences in the recipe: {_longer(long)}"
            yield Alarm("name-not-in-sentences", modality, long, told, remedy)


def where(context: BoundSentences, modality: str) -> str:
    """Where a modality's class names stand."""
    labels = context.recipe.modalities[modality].labels
    return labels if isinstance(labels, str) else f"modalities.{modality}.labels"


def _wordless(context: BoundSentences, modality: str, names: tuple[str, ...]) -> Alarm:
    told = (
        f"no {modality} sentence can carry {listed(names)}: there is no word in {'them' if len(names) > 1 else 'it'}, so every "
        "sentence will be refused"
    )
    said = {name: words for name in names if (words := _in_words(name))}
    example = f", e.g. {next(iter(said.values()))} for {next(iter(said))}" if said else ""
    remedy = f"write the name in words in {where(context, modality)}{example}; then: mmpt-pipeline plan RECIPE"
    return Alarm("name-not-in-sentences", modality, names, told, remedy)


def _longer(names: tuple[str, ...]) -> str:
    return f"generate: {{max_words: {max(len(name.split()) for name in names) + 15}}}"


def _reason(label: str, config: GenerateConfig) -> str | None:
    """Why no sentence can carry a name; None where one can."""
    bare = re.sub(r"\([^)]*\)", " ", label)
    names = dict.fromkeys(" ".join(name.split()) for name in (label, bare, *re.split(r"[/,]", bare)) if name.strip())
    reasons = [
        reject_reason(f"there is a {name}", [label], config.max_words, must_name=config.must_name) for name in names
    ]
    if None in reasons:
        return None
    return TOO_LONG if TOO_LONG in reasons else reasons[0] if reasons else ""


def _in_words(name: str) -> str:
    """What Unicode calls the first sign of a name, where it is a picture."""
    return next((unicodedata.name(sign, "").lower() for sign in name if unicodedata.category(sign) == "So"), "")
