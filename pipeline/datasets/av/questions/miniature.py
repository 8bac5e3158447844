"""Questions of the miniature world, written on demand into the workspace in MUSIC-AVQA's own layout and read by its reader."""

from pathlib import Path

from pipeline.datasets.av.listed import SPLITS
from pipeline.datasets.av.questions.gather import gathered
from pipeline.datasets.av.questions.lists import ListedQuestion
from pipeline.datasets.av.questions.music_avqa import question_of
from pipeline.datasets.av.questions.questions import AvQuestions
from pipeline.datasets.av.questions.words import cut, filled
from pipeline.datasets.rows import MediaRow
from pipeline.miniature.world.classes import WORLD_VERSION
from pipeline.miniature.world.questions import QUESTIONS_VERSION
from pipeline.recipe.question_data import MiniatureQuestionsData, MusicAvqaData
from stores import fingerprint, text_key


def miniature_avqa(config: MiniatureQuestionsData, workspace: Path) -> MusicAvqaData:
    """Where the clips lie; written first where they are not there yet.

    Raises:
        MiniatureError: the folder holds something else.
    """
    from pipeline.miniature.world.questions_files import write_questions

    root = write_questions(miniature_root(config, workspace), config.seed, _sizes(config))
    return MusicAvqaData(layout="music-avqa", root=root)


def miniature_root(config: MiniatureQuestionsData, workspace: Path) -> Path:
    """The folder of the clips, written or not."""
    version = [WORLD_VERSION, QUESTIONS_VERSION, config.seed, _sizes(config)]
    return workspace / "media" / f"questions-{fingerprint(version)[:8]}"


def undrawn_questions(config: MiniatureQuestionsData, workspace: Path) -> AvQuestions:
    """The questions that there will be, for a plan: no clip is drawn, and the keys of its files are those of their names."""
    from pipeline.miniature.world.questions_files import asked_of, clip_name

    root, listed = miniature_root(config, workspace), list[ListedQuestion]()
    for split, asked in zip(SPLITS, asked_of(config.seed, _sizes(config)).values(), strict=True):
        for row, one in enumerate(asked):
            content, values = one.template.content, one.values
            tokens, text = cut(content, values), filled(content, values)
            name, number = clip_name(split, one.clip), str(len(listed))
            listed.append(ListedQuestion(split, row, name, number, one.template.kind, text, tokens, one.answer, False))
    questions = []
    for question in listed:
        path = root / "video" / f"{question.video}.mp4"
        media = MediaRow(text_key(f"{root.name}/{question.video}"), str(path), ())
        questions.append(question_of(question, media, media))
    return gathered(listed, questions, (), version="json")


def _sizes(config: MiniatureQuestionsData) -> dict[str, int]:
    return {"train": config.train, "val": config.val, "test": config.test}
