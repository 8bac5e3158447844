"""`mmpt-pipeline`: one command a stage, a skin over the library.

Commands import what they need when they run, so `--help` never waits for torch.
"""

import sys
from collections.abc import Callable

import typer

from pipeline.cli import classes, datasets, few_shot, miniature, recipes, reproduce, stages, store, texts, whole

_INTERRUPTED = 130

app = typer.Typer(
    name="mmpt-pipeline",
    help="Multimodal prompt tuning as an offline pipeline: class names in, a classifier out.\n\n"
    "Start with: mmpt-pipeline demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": whole.demo,
    "run": whole.run,
    "plan": whole.plan,
    "generate-texts": stages.generate_texts,
    "cache-features": stages.cache_features,
    "train": stages.train,
    "evaluate": stages.evaluate,
    "report": stages.report,
    "predict": stages.predict,
    "refresh": classes.refresh,
    "reproduce": reproduce.reproduce,
    "few-shot": few_shot.few_shot,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(recipes.app, name="recipes")
app.add_typer(classes.app, name="classes")
app.add_typer(datasets.app, name="datasets")
app.add_typer(texts.app, name="texts")
app.add_typer(store.app, name="store")
app.add_typer(miniature.app, name="miniature")


def main() -> None:
    """Run the program. Exit codes: 0 done, 1 our defect, 2 something you can mend, 130 interrupted."""
    from stores.errors import MmptError

    try:
        app()
    except MmptError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # typer's answer to Ctrl-C, which says nothing by itself
            print("interrupted; what was published is safe, run the same command again to go on", file=sys.stderr)
        raise
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
