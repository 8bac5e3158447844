"""`mmpt-pipeline predict`: a finished run's answers about files and texts of your own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import DeviceOption, JsonOption, WorkspaceOption, names_apart, on_this_machine

_TRACKS = ("csv", "vtt", "audacity", "masks", "overlay")
_PICTURES = ("masks", "overlay")
_FILES = (".csv", ".vtt", ".txt", ".png", ".json")
"""What names of files end with; nobody calls a folder so."""


def predict(
    run: Annotated[str, typer.Argument(help="A finished run: its recipe's name, or its folder.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Images, sounds, videos or texts, or folders of them.")
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="A list of more files, one a line; - is standard input."),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option("--texts", metavar="FILE", help="Texts to judge, one a line; - is standard input."),
    ] = None,
    ask: Annotated[
        list[str] | None,
        typer.Option(
            "--ask",
            metavar="QUESTION",
            help="A question about every clip, of a run that learned some; may be repeated.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row a file.")] = False,
    as_track: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="csv|vtt|audacity|masks|overlay",
            help="Of runs that answer second by second: events as a table, as subtitles, or as Audacity's label tracks; masks as "
            "pictures, laid over the frames, or as a table of what they cover.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            callback=on_this_machine,
            help="With --as: a file for each clip, into this folder.",
        ),
    ] = None,
    spreadsheet: Annotated[
        bool, typer.Option("--spreadsheet", help="In CSV, quote what a spreadsheet would take for a formula.")
    ] = False,
    top: Annotated[int, typer.Option(min=1, help="How many classes to show.")] = 5,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Name no class that is less probable than this.")
    ] = 0.0,
    strangers: Annotated[
        bool,
        typer.Option(
            "--none-of-these", help="Name no class where a file resembles none of those that the run was judged on."
        ),
    ] = False,
    together: Annotated[
        bool,
        typer.Option(
            "--together", help="Assign all files together: better for many files of the classes, at least 100."
        ),
    ] = False,
    labels: Annotated[
        Path | None,
        typer.Option(help="Text file of other names to choose from, one a line; of runs of labelled images or clips."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="Whose answers, instead of what the run publishes: a method, or a rung of the ladder."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="And of which seed. Default: what the recipe publishes.")] = None,
) -> None:
    """Classify your own files with a trained run.

    A folder stands for the media in it. Exit code 1 when some file could not be read.

    Example: mmpt-pipeline predict miniature picture.png sound.wav clip.mp4

    Example: mmpt-pipeline predict clips new.mp4 --as vtt > new.vtt

    Example: mmpt-pipeline predict clips new.mp4 --as overlay --out shown

    Example: mmpt-pipeline predict clips new.mp4 --ask "Which instrument sounds first?"

    Example: find photos -name '*.jpg' | mmpt-pipeline predict pets --list - --csv --threshold 0.5
    """
    from pipeline.cli.output import print_json, print_rich
    from pipeline.labels import load_labels
    from pipeline.predictions import at_least, predictions_to_csv, predictions_to_json, render_predictions
    from pipeline.printable import printable
    from pipeline.stages.predict import predict as predict_stage

    def tell(text: str) -> None:
        print(printable(text), file=sys.stderr)

    _check(files, listed, texts, as_json + as_csv + (as_track is not None) > 1, strangers and together)
    _check_track(as_track, out)
    asked = [*(files or []), *map(Path, _lines(listed))]
    if out is not None and as_track != "csv":  # before hours of judging; what folders hold is looked at behind it
        names_apart([file for file in asked if not file.is_dir()])
    names = load_labels(str(labels)) if labels is not None else []
    place = workspace or Path("workspace")
    found = predict_stage(
        run, place, asked, device, top, tell, labels=names, method=method, seed=seed, texts=_lines(texts),
        strangers=strangers, together=together, ask=[each.strip() for each in ask or []],
    )  # fmt: skip
    found = at_least(found, threshold)
    written = True
    if as_track is not None and (as_track in _PICTURES or any(each.masks is not None for each in found)):
        from pipeline.cli.mask_files import write_masks

        written = write_masks(found, as_track, out, spreadsheet)
    elif as_track is not None:
        from pipeline.cli.tracks import write_tracks

        write_tracks(found, as_track, out, spreadsheet)
    elif as_json:
        print_json(predictions_to_json(found))
    elif as_csv:
        print(predictions_to_csv(found, spreadsheet), end="")
    else:
        print_rich(render_predictions(found))
    if not written or any(prediction.error for prediction in found):
        raise typer.Exit(1)


def _check(files: list[Path] | None, listed: Path | None, texts: Path | None, shapes: bool, ways: bool) -> None:
    if shapes:
        raise typer.BadParameter("--json, --csv and --as are shapes of one answer. Give one of them.")
    if ways:
        raise typer.BadParameter("--together gives every file a class, --none-of-these does not. Give one of them.")
    if not files and listed is None and texts is None:
        raise typer.BadParameter("nothing to judge. Name files or folders, or give --list FILE, or --texts FILE.")
    if listed is not None and str(listed) == str(texts) == "-":
        raise typer.BadParameter("--list and --texts both read standard input. Let one of them read a file.")


def _check_track(track: str | None, out: Path | None) -> None:
    if track is not None and track not in _TRACKS:
        raise typer.BadParameter(f"--as {track}: known are {', '.join(_TRACKS)}.")
    if out is not None and track is None:
        raise typer.BadParameter(
            "--out is the folder of what --as writes. Give --as csv, vtt, audacity, masks or overlay."
        )
    if out is not None and (out.is_file() or (out.suffix in _FILES and not out.is_dir())):
        raise typer.BadParameter(
            f"--out is a folder, into which files go, and {out} is a file's name. Give --out FOLDER."
        )
    if track in _PICTURES and out is None:
        raise typer.BadParameter(f"--as {track} is a folder of pictures for each clip. Give --out FOLDER.")


def _lines(source: Path | None) -> list[str]:
    """The lines of a file, a pipe or standard input (-) that hold something, without blanks around them."""
    if source is None:
        return []
    try:
        content = _content(source)
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{source} is no text: it is not UTF-8. Expected one entry a line.") from None
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror or error}.") from None
    return [line.strip() for line in content.splitlines() if line.strip()]


def _content(source: Path) -> str:
    from pipeline.reading.regular import read_bytes

    if str(source) == "-":
        return sys.stdin.buffer.read().decode("utf-8-sig")
    if source.is_fifo():  # `--list <(find …)`
        return source.read_text("utf-8-sig")
    return read_bytes(source).decode("utf-8-sig")
