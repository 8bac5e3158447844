"""A recipe for own clips and a table of their events, written beside them."""

from pathlib import Path

from pipeline.tasks.av.new import write_new

_HEAD = """\
# Events of the clips in {clips}/, second by second
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} CLIP… --as vtt      (or csv, audacity)
#   files of the table without a split are divided by a hash of their bytes: 70 % train, 15 % val, 15 % test
"""
_METHODS = """\
methods:                     # each is shown beside the one before it; the last one answers in predict
  head-only: {rung: none, lr_head: 0.001, epochs: 20}
  parallel: {variant: parallel, lr_head: 0.001, epochs: 20}     # reads stored outputs: no tower runs while it learns
  late: {variant: late, lr_head: 0.001, epochs: 20}             # prompts in the last stage; what lies below is stored
  # copl: {lr_head: 0.001, epochs: 20}                          # prompts in every block, as in the paper: many times slower
seeds: [0]
"""


def new_events_recipe(
    clips: Path, events: Path, *, encoder: str | None, name: str | None, out: Path, force: bool
) -> list[Path]:
    """Write a recipe for a folder of clips and a table of their events, or a folder of label tracks; see `write_new`.

    Args:
        clips: folder of the clips.
        events: the table, or the folder of label tracks.
        encoder: the tower of pictures and sound; None takes the miniature one.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Raises:
        RecipeError: folder or table are not there, or `out` is.
        MmptError: the encoder cannot be used.
    """
    there = "is not there; give a table with the columns file,label,start_s,end_s"
    return write_new(
        clips, [] if events.exists() else [f"--events {events} {there}"], _HEAD,
        lambda written: {"events": {"layout": "events", "root": written(clips), "events": written(events)}}, _METHODS,
        encoder=encoder, name=name, out=out, force=force,
    )  # fmt: skip
