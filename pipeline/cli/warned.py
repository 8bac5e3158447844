"""How alarms reach people on a terminal, and programs in JSON.

They are told last and on standard error: no table stands below them, and nothing that reads standard output trips over them.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.alarms import Alarm, as_values


def tell_warnings(alarms: Sequence[Alarm], recipe: str, done: str = "Done") -> None:
    """Every alarm with its remedy, and a last line that says how many there are, or that there is none.

    Args:
        alarms: what to tell.
        recipe: what to type for RECIPE in the remedies.
        done: what the last line begins with.
    """
    from pipeline.telemetry.logs import in_json

    if in_json():
        _log(alarms)
        return
    import sys

    from rich.console import Console
    from rich.text import Text

    from pipeline.printable import printable

    sys.stdout.flush()  # what stands above comes first also where both go into one file
    out = Console(file=sys.stderr, soft_wrap=True, highlight=False)
    for number, alarm in enumerate(alarms, start=1):
        out.print(
            Text(printable(f"Warning {number} of {len(alarms)} ({alarm.code}): {alarm.problem}."), style="yellow")
        )
        out.print(Text(printable(f"    What to do: {for_recipe(alarm.remedy, recipe)}")))
    out.print(Text(f"{done}, {count(alarms)}.", style="bold yellow" if alarms else "bold green"))


def count(alarms: Sequence[Alarm]) -> str:
    """How many there are, in words."""
    return f"with {len(alarms)} warning{'s' * (len(alarms) > 1)}, see above" if alarms else "no warnings"


def for_recipe(remedy: str, recipe: str) -> str:
    """A remedy for the recipe at hand."""
    return remedy.replace("RECIPE", shlex.quote(recipe))


def with_warnings(values: Mapping[str, Any], alarms: Sequence[Alarm]) -> dict[str, Any]:
    """What a command came to, for programs, with its alarms."""
    return {**values, "warnings": as_values(alarms)}


def whole_with_warnings(values: Mapping[str, Any], alarms: Sequence[Alarm]) -> dict[str, Any]:
    """The same of a whole run; its result, where it has one, is what `evaluate` prints."""
    result = {"result": with_warnings(values["result"], alarms)} if "result" in values else {}
    return with_warnings({**values, **result}, alarms)


def _log(alarms: Sequence[Alarm]) -> None:
    import logging

    for values in as_values(alarms):
        logging.getLogger("pipeline").warning("warning", extra={"fields": values})
