"""What a configuration asks about a class, and how often: resolved from its query, its template and its engine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.text.models import MINIATURE_LLAMA
from pipeline.text.sentence_templates import JOINED_BY, SENTENCE_TEMPLATES
from pipeline.text.shipped_queries import PAPER, QUERIES, QueryName, ShippedQuery
from pipeline.text.template import PAPER_TEMPLATE, render_query

if TYPE_CHECKING:
    from pipeline.text.config import GenerateConfig
    from pipeline.text.queries import Query

__all__ = [
    "answer_size",
    "labels_together",
    "query_name",
    "query_text",
    "shipped_query",
    "template_for",
    "wordings",
    "written_told",
]

_PAPER_ANSWER = QUERIES[PAPER].sentences


def query_name(config: "GenerateConfig", modality: str) -> QueryName | None:
    """The shipped query that is asked; None where the recipe has a template of its own, or no language model.

    The paper has no texts, and what it asks about the other media makes small models talk about their task. So texts are asked
    for definitions, unless by the shipped miniature model, which has only ever learned to answer the paper's query.
    """
    if config.engine in ("templates", "import") or config.template != PAPER_TEMPLATE:
        return None
    if config.query is not None:
        return config.query
    asks_a_model = config.engine != "deterministic" and config.model != MINIATURE_LLAMA
    return "definitions" if modality == "text" and asks_a_model else PAPER


def shipped_query(config: "GenerateConfig", modality: str) -> ShippedQuery | None:
    """The same with all that belongs to it."""
    name = query_name(config, modality)
    return None if name is None else QUERIES[name]


def wordings(config: "GenerateConfig", modality: str) -> tuple[str, ...]:
    """The templates that the queries of a class take in turn."""
    if config.template != PAPER_TEMPLATE:
        return (config.template,) if isinstance(config.template, str) else config.template
    if config.engine == "templates":
        return SENTENCE_TEMPLATES[modality]
    query = shipped_query(config, modality)
    return (PAPER_TEMPLATE,) if query is None else query.wordings[modality]


def labels_together(config: "GenerateConfig", modality: str) -> int:
    """Most labels in one query."""
    query = shipped_query(config, modality)
    apart = config.combine == "never" or (query is not None and not query.together)
    return 1 if apart else config.max_labels[modality]


def answer_size(config: "GenerateConfig", modality: str) -> int:
    """How many sentences one answer should have."""
    if config.engine == "templates":
        return 1
    query = shipped_query(config, modality)
    return _PAPER_ANSWER if query is None else query.sentences


def template_for(config: "GenerateConfig", asked: "Query") -> str:
    """The template of a query: combinations of one, two, … labels have the same, then comes the next."""
    found = wordings(config, asked.modality)
    return found[asked.number // labels_together(config, asked.modality) % len(found)]


def query_text(config: "GenerateConfig", asked: "Query") -> str:
    """What the language model is asked; of the engine "templates", the sentence itself."""
    labels: Sequence[str] = asked.labels
    if config.engine == "templates":
        labels = [JOINED_BY.join(labels)]
    return render_query(template_for(config, asked), config.modality_words[asked.modality], labels)


def written_told(config: "GenerateConfig") -> str:
    """Where the sentences of a recipe come from, in words that go on after "these sentences, "."""
    return _WRITTEN.get(config.engine, "written by a language model from the class names")


_WRITTEN = {
    "templates": "written by hand, the same for every class but for its name, without a language model",
    "import": "read from the files that the recipe names",
    "deterministic": "put together from a list of words, without a language model, for trying and testing",
}
