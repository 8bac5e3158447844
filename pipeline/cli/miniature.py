"""`mmpt-pipeline miniature`: make the miniature weights again, or write the world's media to look at."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="miniature", help="The small world that ships with the package.", no_args_is_help=True)


@app.command("build")
def build(
    only: Annotated[
        str | None, typer.Option(help='Models to build, with commas: "clip,clap,viclip,llama,swin,hts-at".')
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Processor minutes for all chosen models together.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that receives one sub-folder a model.")] = Path("miniature-weights"),
    device: Annotated[str, typer.Option(help='"cpu", "cuda" or "auto".')] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of scenes, captions and initial weights.")] = 11,
) -> None:
    """Train CLIP, CLAP, ViCLIP, a LLaMA, Swin-V2 and HTS-AT for the miniature world; about 100 minutes on one core.

    Example: mmpt-pipeline miniature build --only clip --minutes 16 --out my-weights
    """
    from pipeline.miniature.train.build import CLASSIFIERS, build_miniature
    from pipeline.telemetry.progress import Progress

    names = None if only is None else [name.strip() for name in only.split(",") if name.strip()]
    progress = Progress.on_stderr()
    scores = build_miniature(out, only=names, minutes=minutes, seed=seed, device=device, progress=progress)
    for name, values in scores.items():
        told = ", ".join(f"{kind} {value:.1f} %" for kind, value in values.items())
        how = "linear probe" if name in CLASSIFIERS else "zero-shot"
        typer.echo(f"{name}: {how} on held-out scenes by {told}")
    typer.echo(f"weights and build-log.jsonl are in {out}")


@app.command("write")
def write(
    folder: Annotated[
        Path, typer.Argument(help="New folder for images, sounds, videos, and clips with events, masks and questions.")
    ],
    seed: Annotated[int, typer.Option(help="Seed of the scenes; the weights were trained on others.")] = 1,
    per_class: Annotated[int, typer.Option(help="Files for each class.", min=1)] = 4,
) -> None:
    """Write media of the miniature world as ordinary files, to look at and listen to.

    Example: mmpt-pipeline miniature write world --per-class 4
    """
    from pipeline.miniature.world import IMAGE_CLASSES, write_images, write_sounds, write_videos
    from pipeline.miniature.world.events import EVENT_CLASSES
    from pipeline.miniature.world.events_files import write_events
    from pipeline.miniature.world.masks_files import write_masks
    from pipeline.miniature.world.questions import BLOCK
    from pipeline.miniature.world.questions_files import write_questions

    typer.echo(f"images  {write_images(folder / 'images', seed, per_class * len(IMAGE_CLASSES))}")
    typer.echo(f"sounds  {write_sounds(folder / 'sounds', seed, per_class)}")
    typer.echo(f"videos  {write_videos(folder / 'videos', seed, per_class)}")
    sizes = {"train": per_class * len(EVENT_CLASSES), "val": per_class, "test": per_class}
    typer.echo(f"events  {write_events(folder / 'events', seed, sizes)}")
    twins = {"train": 2 * per_class, "val": 2, "test": 2}
    typer.echo(f"masks   {write_masks(folder / 'masks', seed, twins, 'ms3')}")
    sizes = {"train": per_class * BLOCK // 2, "val": BLOCK // 2, "test": BLOCK // 2}
    typer.echo(f"questions {write_questions(folder / 'questions', seed, sizes)}")
