"""`mmpt-pipeline texts templates`: what a language model may be asked, and the sentences that are written by hand."""

from typing import Annotated

import typer

from pipeline.cli.options import JsonOption


def templates(
    modality: Annotated[
        str | None, typer.Option("--modality", "-m", help="image, audio, video or text. Default: all of them.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the shipped queries by purpose and modality, and the sentences written by hand.

    A recipe names a query, `generate: {query: looks}`, or has templates of its own; the sentences by hand are those of
    `generate: {engine: templates}`, which asks no language model.

    Example: mmpt-pipeline texts templates --modality image
    """
    from pipeline.cli.output import print_json, print_rich
    from pipeline.printable import text_table
    from pipeline.text.errors import TextError
    from pipeline.text.sentence_templates import SENTENCE_TEMPLATES
    from pipeline.text.shipped_queries import QUERIES
    from pipeline.text.template import MOST_LABELS

    if modality is not None and modality not in MOST_LABELS:
        raise TextError(f"texts: '{modality}' is no modality; there are {', '.join(MOST_LABELS)}")
    shown = [modality] if modality else list(MOST_LABELS)
    if as_json:
        queries = {
            name: {
                "about": query.about, "sentences": query.sentences, "together": query.together,
                "wordings": {m: list(query.wordings[m]) for m in shown},
            }
            for name, query in QUERIES.items()
        }  # fmt: skip
        print_json({"queries": queries, "sentences": {m: list(SENTENCE_TEMPLATES[m]) for m in shown}})
        return
    for name, query in QUERIES.items():
        together = "one label or several in a query" if query.together else "one label in a query"
        count = "1 sentence" if query.sentences == 1 else f"{query.sentences} sentences"
        rows = [[m, wording] for m in shown for wording in query.wordings[m]]
        title = f"query: {name}  {query.about}; {count} an answer, {together}"
        print_rich(title, text_table(["modality", "what is asked, in turn"], rows))
    rows = [[m, sentence] for m in shown for sentence in SENTENCE_TEMPLATES[m]]
    print_rich(
        "engine: templates  sentences written by hand, without a language model",
        text_table(["modality", "sentence"], rows),
    )
