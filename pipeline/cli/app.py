"""`mmpt-pipeline`: one command a stage, a skin over the library.

Commands import what they need when they run, so `--help` never waits for torch.
"""

import io
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from pipeline.cli import (
    classes,
    compare,
    datasets,
    encoders,
    export,
    few_shot,
    miniature,
    predict,
    recipes,
    reproduce,
    stages,
    status,
    store,
    texts,
    weights,
    whole,
)

_INTERRUPTED = 130
_LONGEST_LINE = 4000

app = typer.Typer(
    name="mmpt-pipeline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": whole.demo,
    "run": whole.run,
    "plan": whole.plan,
    "status": status.status,
    "retry": status.retry,
    "generate-texts": stages.generate_texts,
    "cache-features": stages.cache_features,
    "train": stages.train,
    "evaluate": stages.evaluate,
    "report": stages.report,
    "predict": predict.predict,
    "export": export.export,
    "compare": compare.compare,
    "refresh": classes.refresh,
    "reproduce": reproduce.reproduce,
    "few-shot": few_shot.few_shot,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(recipes.app, name="recipes")
app.add_typer(classes.app, name="classes")
app.add_typer(datasets.app, name="datasets")
app.add_typer(encoders.app, name="encoders")
app.add_typer(weights.app, name="weights")
app.add_typer(texts.app, name="texts")
app.add_typer(store.app, name="store")
app.add_typer(miniature.app, name="miniature")


@app.callback()
def start(
    log_format: Annotated[
        str | None,
        typer.Option(
            "--log-format",
            metavar="human|json",
            help="Log every event on standard error, as lines or as JSON; also MMPT_LOG_FORMAT.",
        ),
    ] = None,
) -> None:
    """Multimodal prompt tuning as an offline pipeline: class names in, a classifier out.

    Start with: mmpt-pipeline demo
    """
    from pipeline.telemetry.logs import start_logs

    start_logs(log_format)


def main() -> None:
    """Run the program. Exit codes: 0 done, 1 our defect, 2 something you can mend, 130 interrupted."""
    from pipeline.cli.streams import lossy_news

    with lossy_news():
        _run()


def _run() -> None:
    from pipeline.cli.last_words import system_error_text
    from pipeline.cli.streams import ReaderGone, told_output
    from stores.errors import MmptError

    for stream in (sys.stdout, sys.stderr):  # of a terminal that cannot show a letter, or of a name that has none
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with told_output():
            app()
    except ReaderGone:  # `| head` has seen enough
        raise SystemExit(0) from None
    except MmptError as error:
        _tell(str(error))
        raise SystemExit(2) from None
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # typer's answer to Ctrl-C, which says nothing by itself
            _tell("interrupted; what was published is safe, run the same command again to go on", label="")
        raise
    except Exception as error:  # not left to typer, which would print it as it is
        if (fault := system_error_text(error)) is not None:
            _tell(fault)
            raise SystemExit(2) from None
        _tell_defect(error)
        raise SystemExit(1) from None


def _tell(text: str, label: str = "error: ") -> None:
    """The last words of a command that did not end well: a line for people, an event where the logs are JSON."""
    import logging

    from pipeline.printable import cut, printable
    from pipeline.telemetry.logs import in_json
    from pipeline.telemetry.secrets import redact

    if in_json():
        logging.getLogger("pipeline").error("stopped", extra={"fields": {"error": text}})
    else:
        lines = (cut(line, _LONGEST_LINE) for line in printable(redact(text)).split("\n"))
        print(label + "\n".join(lines), file=sys.stderr)


def _tell_defect(error: Exception) -> None:
    """A traceback like Python's own, without secrets: a library may have put a key or an address into its message."""
    import logging
    import traceback

    from pipeline.telemetry.logs import in_json
    from pipeline.telemetry.secrets import redact

    if in_json():
        logging.getLogger("pipeline").critical("defect", exc_info=error)
    else:
        sys.stderr.write(redact("".join(traceback.format_exception(error))))


if __name__ == "__main__":  # python -m pipeline.cli.app, which would otherwise do nothing and say it was done
    main()
