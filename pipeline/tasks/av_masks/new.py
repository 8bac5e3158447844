"""A recipe for own clips and masks of what sounds in them, written beside them."""

from pathlib import Path

from pipeline.tasks.av.new import write_new

_HEAD = """\
# Masks of what sounds in the clips of {clips}/, second by second
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} CLIP… --as overlay --out shown     (or masks)
#   clips are divided by a hash of their bytes: 70 % train, 15 % val, 15 % test
#   a mask is called after its second, from 1: 0003.png is of the third; seconds without one are neither learned from nor judged
"""
_METHODS = """\
methods:                     # each is shown beside the one before it; the best on val answers in predict
  no sound: {rung: none, head: DEAF, lr_head: 0.0003, epochs: 20}  # who only sees: what hearing brings is more than this
  head-only: {rung: none, head: HEAD, lr_head: 0.0003, epochs: 20}
  parallel: {variant: parallel, head: HEAD, lr_head: 0.0003, epochs: 20}  # beside the towers, which do not run while it learns
  late: {variant: late, head: HEAD, lr_head: 0.0003, epochs: 20}          # prompts in the last stage; what lies below is stored
  # copl: {head: HEAD, lr_head: 0.0003, epochs: 20}                       # prompts in every block, as in the paper: slow
seeds: [0]
"""


def new_masks_recipe(
    clips: Path, masks: Path, *, encoder: str | None, name: str | None, out: Path, force: bool
) -> list[Path]:
    """Write a recipe for a folder of clips and a folder of their masks; see `write_new`.

    Args:
        clips: folder of the clips.
        masks: folder with a folder of masks for each clip, called as the clip is.
        encoder: the tower of pictures and sound; None takes the miniature one.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Raises:
        RecipeError: one of the folders is not there, or `out` is.
        MmptError: the encoder cannot be used.
    """
    there = "is no folder; give that with a folder of masks for each clip: clips/a.mp4 has masks/a/0003.png"
    head = "{size: 64, width: 64, level_widths: [16, 32, 64, 64]}" if encoder is None else "{size: 224}"
    deaf = head.replace("}", ", tpavi: []}")
    return write_new(
        clips, [] if masks.is_dir() else [f"--masks {masks} {there}"], _HEAD,
        lambda written: {"masks": {"layout": "masks", "root": written(clips), "masks": written(masks)}},
        _METHODS.replace("HEAD", head).replace("DEAF", deaf),
        encoder=encoder, name=name, out=out, force=force,
    )  # fmt: skip
