"""A recipe for own clips and a table of questions about them, written beside them."""

from pathlib import Path

from pipeline.tasks.av.new import write_new

_HEAD = """\
# Questions about the clips in {clips}/
# Written by: mmpt-pipeline recipes new
#
#   run it:      mmpt-pipeline run {file}
#   then:        mmpt-pipeline predict {name} CLIP… --ask "…"
#   files of the table without a split are divided by a hash of their bytes: 70 % train, 15 % val, 15 % test
#   What can be asked are the words of train's questions, and what can be answered are its answers.
"""
_METHODS = """\
methods:                     # each is shown beside the one before it; the best on val answers in predict
  question only: {rung: none, head: {use: question}, lr_head: 0.001, epochs: 20}     # what needs no clip at all
  head-only: {rung: none, lr_head: 0.001, epochs: 20, negatives: 10}
  late: {variant: late, lr_head: 0.001, epochs: 20, negatives: 10}    # prompts in the last stage; what lies below is stored
  # copl: {lr_head: 0.001, epochs: 20, negatives: 10, together: 4}    # prompts in every block, as in the paper: many times slower
seeds: [0]
"""


def new_questions_recipe(
    clips: Path, questions: Path, *, encoder: str | None, name: str | None, out: Path, force: bool
) -> list[Path]:
    """Write a recipe for a folder of clips and a table of questions; see `write_new`.

    Args:
        clips: folder of the clips.
        questions: the table.
        encoder: the tower of pictures and sound; None takes the miniature one.
        name: of the run; None takes the folder's.
        out: the file to write.
        force: replace what is there.

    Raises:
        RecipeError: folder or table are not there, or `out` is.
        MmptError: the encoder cannot be used.
    """
    there = "is no file; give a table with the columns file,question,answer (and kind and split, if wanted)"
    return write_new(
        clips, [] if questions.is_file() else [f"--questions {questions} {there}"], _HEAD,
        lambda written: {
            "questions": {"layout": "questions", "root": written(clips), "questions": written(questions)}
        }, _METHODS, encoder=encoder, name=name, out=out, force=force,
    )  # fmt: skip
