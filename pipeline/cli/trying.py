"""`mmpt-pipeline generate-texts --try N`: what a language model makes of a few queries, before it is asked them all."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.text.trying import Trial, TriedQuery

_SHOWN = 1200


def show_trials(bound: Any, classes: int, as_json: bool) -> None:
    """Try every modality of a recipe, and show answers, what would be kept of them, and what to change."""
    from pipeline.cli.output import print_json
    from pipeline.tasks.registry import task_of
    from pipeline.text.engines import load_engine
    from pipeline.text.errors import TextError
    from pipeline.text.trying import try_texts

    if not task_of(bound.recipe).prepares:
        raise TextError(
            f"generate-texts --try: recipe '{bound.recipe.name}' has no sentences to write. Give one that has 'modalities'"
        )
    config = bound.recipe.generate
    engine = None if config.engine == "import" else load_engine(config, device=bound.device)
    trials = [
        try_texts(config, modality, labels, classes, progress=bound.progress, engine=engine)
        for modality, labels in bound.labels.items()
    ]
    if as_json:
        print_json({trial.modality: _values(trial) for trial in trials})
    else:
        for trial in trials:
            _show(trial)


def _values(trial: "Trial") -> dict[str, Any]:
    from dataclasses import asdict

    values = asdict(trial)
    for each, query in zip(values["queries"], trial.queries, strict=True):
        each["refused"] = [{"text": text, "reason": reason} for text, reason in query.refused]
    share = trial.kept / trial.sentences if trial.sentences else 0.0
    return values | {"kept": trial.kept, "yield": share}


def _show(trial: "Trial") -> None:
    from rich.text import Text

    from pipeline.cli.output import print_rich
    from pipeline.printable import printable, text_table
    from pipeline.text.summary import advice_lines
    from pipeline.text.trying import by_class

    for query in trial.queries:
        print_rich(*(Text(printable(line), overflow="fold") for line in _lines(query)))
    columns = ["class", "queries", "kept", "refused"]
    rows = [[name, *(str(counts[each]) for each in columns[1:])] for name, counts in by_class(trial).items()]
    share = f"{trial.kept} of {trial.sentences} sentences would be kept"
    share += f" ({trial.kept / trial.sentences:.0%})" if trial.sentences else ""
    reasons = sorted(trial.rejected.items(), key=lambda item: (-item[1], item[0]))
    told = [Text(f"refused: {', '.join(f'{reason} ({count})' for reason, count in reasons)}")] if reasons else []
    print_rich(Text(f"{trial.modality}: {share}"), text_table(columns, rows), *told, Text(_cost(trial)))
    print_rich(*advice_lines(trial.advice))


def _lines(query: "TriedQuery") -> Iterator[str]:
    yield f"{query.anchor}: {query.query}"
    answer = query.answer.strip()
    for line in (answer if len(answer) <= _SHOWN else answer[:_SHOWN] + " …").splitlines():
        yield f"    | {line}"
    for text in query.kept:
        yield f"    kept     {text}"
    for text, reason in query.refused:
        yield f"    refused  {text}  ({reason})"


def _cost(trial: "Trial") -> str:
    """What all classes would cost at this yield and pace; several queries at once are faster than a few."""
    took = f"{len(trial.queries)} queries took {trial.seconds:,.1f} s here"
    if trial.to_ask is None:
        return f"{took}; at this yield no number of queries is enough. Nothing was stored."
    hours = trial.to_ask * trial.seconds / max(len(trial.queries), 1) / 3600
    time = f"{hours:,.1f} h" if hours >= 1 else f"{max(hours * 60, 1):,.0f} min"
    return f"{took}; all classes need about {trial.to_ask:,} queries, {time} at most. Nothing was stored."
