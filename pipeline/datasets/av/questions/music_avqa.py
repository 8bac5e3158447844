"""MUSIC-AVQA, questions about music in videos, as it is published.

The questions are the list's, whatever of their videos is left: one about a video that is gone or broken cannot be used, and no
other takes its place. The lists divide questions, not videos: 2,296 of the 6,399 videos of test are also in val.
"""

from pathlib import Path

from pipeline.datasets.av.leaks import leaks_of, rows_given_up
from pipeline.datasets.av.listed import Leak, RejectedClip
from pipeline.datasets.av.questions.gather import gathered
from pipeline.datasets.av.questions.lists import ListedQuestion, read_lists
from pipeline.datasets.av.questions.media import finder_of
from pipeline.datasets.av.questions.questions import AvQuestion, AvQuestions
from pipeline.datasets.layout import Layout
from pipeline.datasets.root import require
from pipeline.datasets.rows import MediaRow
from pipeline.recipe.question_data import MusicAvqaData
from stores import text_key


def read_music_avqa(config: MusicAvqaData, workspace: Path) -> AvQuestions:
    """The questions of MUSIC-AVQA's layout, in the order of its lists, train's first.

    Args:
        config: where it lies.
        workspace: where the memory of files' keys lies.

    Raises:
        DatasetError: the root does not hold the layout, or a list is none.
        MachineFault: the machine failed while a file was read.
    """
    name = f"{config.version}/avqa-train.json"
    lists = require(MUSIC_AVQA, config.root, name, f"data/{name}").parent
    everything = read_lists(lists)
    listed = [question for question in everything if not question.deleted]
    left_out = [f"{_told(question)}: deleted by its publisher" for question in everything if question.deleted]
    leaks = leaks_of([question.video for question in listed], [question.split for question in listed])
    shown = tuple(Leak(leak.name, tuple((split, listed[row].row) for split, row in leak.rows)) for leak in leaks)
    if config.disjoint:
        dropped = rows_given_up(leaks)
        left_out += [f"{_told(listed[row])}: a later split has its video" for row in sorted(dropped)]
        listed = [question for row, question in enumerate(listed) if row not in dropped]
    finder = finder_of(MUSIC_AVQA, config.media, lists.parent, workspace)
    questions: list[AvQuestion] = []
    refused: list[RejectedClip] = []
    for question in listed:
        found = finder.find(question.video, ())
        if isinstance(found, str):
            refused.append(RejectedClip(question.row, question.split, str(finder.expected(question.video)), found))
        else:
            questions.append(question_of(question, *found))
    finder.save()
    return gathered(
        listed, questions, refused,
        version=config.version, leaks=shown, left_out=left_out,
        strange=finder.strange({question.video for question in everything}),
    )  # fmt: skip


def question_of(listed: ListedQuestion, video: MediaRow, sound: MediaRow) -> AvQuestion:
    """A listed question whose media are there."""
    return AvQuestion(
        key=text_key(f"{listed.split} question {listed.row} of {listed.video}"),
        video=video,
        sound=sound,
        name=listed.video,
        question_id=listed.question_id,
        text=listed.text,
        tokens=listed.tokens,
        kind=listed.kind,
        answer=listed.answer,
        split=listed.split,
        row=listed.row,
    )


def _told(question: ListedQuestion) -> str:
    return f"{question.split}, question {question.row}"


MUSIC_AVQA = Layout(
    name="music-avqa",
    title="MUSIC-AVQA, questions about music in videos",
    modality=None,
    label_set=None,
    config=MusicAvqaData,
    labelling="single",
    tree="""ROOT/                            (data/ of the authors' repository, or the folder above it)
  json/
    avqa-train.json            (and avqa-val.json, avqa-test.json)
  json_update/                 (instead of json/, with version: json_update)
    avqa-train.json
  video/
    00000093.mp4
or instead of video/, as the authors' scripts take videos apart:
  frames/00000093/000001.jpg
  audio/00000093.wav
or LAVISH's folders:
  video_frames/00000093/0001.jpg
  raw_audio/00000093.wav""",
    download="the lists and the videos, as github.com/GeWu-Lab/MUSIC-AVQA links to them; in ROOT/json and ROOT/video",
    disk="37 GB",
    paper="CoPL: 32,087 questions to learn from, 4,595 to choose by, 9,185 to judge by",
    count=9_288,
)
