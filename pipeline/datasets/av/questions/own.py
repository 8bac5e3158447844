"""Own clips with questions: a folder of videos, and what is asked of them.

Questions about one file, and about copies of it, are of one split: nothing is judged on a video that was learned from.
"""

from pathlib import Path

from pipeline.datasets.av.leaks import leaks_of
from pipeline.datasets.av.listed import RejectedClip, Split
from pipeline.datasets.av.own_files import look_at, splits_of_files, strange_videos
from pipeline.datasets.av.questions.gather import gathered
from pipeline.datasets.av.questions.lists import ListedQuestion
from pipeline.datasets.av.questions.music_avqa import question_of
from pipeline.datasets.av.questions.questions import AvQuestion, AvQuestions
from pipeline.datasets.av.questions.table import read_table
from pipeline.datasets.av.spans import Spans
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.layout import Layout
from pipeline.datasets.rows import MediaRow
from pipeline.recipe.question_data import QuestionsData

_APART = 0.1
"""Share of a file that may have pictures or sound only, at its beginning and at its end."""


def read_own_questions(config: QuestionsData, workspace: Path) -> AvQuestions:
    """Questions about own clips, in the order of the table.

    Args:
        config: where clips and questions lie.
        workspace: where the memory of files' keys lies.

    Raises:
        DatasetError: there is no such table or folder, it is written otherwise, or none of its questions is train's.
        MachineFault: the machine failed while a file was read.
    """
    if not config.root.is_dir():
        raise DatasetError(f"data: there is no folder {config.root}. Give the folder of the clips: root: DIR")
    table = read_table(config.questions)
    given: dict[str, Split | None] = {}
    for one in table:
        given[one.file] = given.get(one.file) or one.split
    spans = Spans(workspace)
    found = {name: look_at(config.root, name, config.questions, spans, _APART, share=True) for name in given}
    spans.save()
    splits = splits_of_files(given, found, config.seed)
    listed = [
        ListedQuestion(splits[one.file], row, one.file, str(row), one.kind, one.text, one.tokens, one.answer, False)
        for row, one in enumerate(table)
    ]
    if "train" not in splits.values():
        raise DatasetError(
            f"data: no file of {config.questions} is in train, so there is nothing to learn from. Leave the column split empty"
            " for some files, or write train there."
        )
    questions: list[AvQuestion] = []
    refused: list[RejectedClip] = []
    for question in listed:
        usable = found[question.video]
        if isinstance(usable, str):
            refused.append(RejectedClip(question.row, question.split, str(config.root / question.video), usable))
        else:
            media = MediaRow(usable.key, str(usable.path), ())
            questions.append(question_of(question, media, media))
    first: dict[str, str] = {}  # copies of a file are one video, under the name that comes first
    names = {
        name: name if isinstance(usable, str) else first.setdefault(usable.key, name) for name, usable in found.items()
    }
    return gathered(
        listed, questions, refused,
        leaks=leaks_of([names[question.video] for question in listed], [question.split for question in listed]),
        strange=strange_videos(config.root, given),
    )  # fmt: skip


QUESTIONS = Layout(
    name="questions",
    title="Clips with a table of questions",
    modality=None,
    label_set=None,
    config=QuestionsData,
    labelling="open",
    tree="""ROOT/
  a.mp4                        (a video with sound, of any length)
qa.csv                           (file,question,answer and, if wanted, kind and split; several questions a file)""",
)
