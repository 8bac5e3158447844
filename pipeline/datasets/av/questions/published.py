"""MUSIC-AVQA as its lists are published, for a plan before it is downloaded: as many questions, videos, words and answers."""

from pipeline.datasets.av.listed import SPLITS, Split
from pipeline.datasets.av.questions.questions import AvQuestion, AvQuestions, Kind
from pipeline.datasets.av.questions.words import PAD
from pipeline.datasets.rows import MediaRow
from pipeline.recipe.question_data import MusicAvqaData
from stores import text_key

QUESTIONS: dict[str, dict[Split, int]] = {
    "json": {"train": 32_087, "val": 4_595, "test": 9_185},
    "json_update": {"train": 31_927, "val": 4_568, "test": 9_129},
}
VIDEOS: dict[Split, int] = {"train": 9_288, "val": 4_595, "test": 6_399}
"""Of each split at most: how many of all 9,288 train and val ask about is not published. Those of test are."""
WORDS, LONGEST = 93, 14
"""Of train's questions, padding among them; and of the longest question."""
ANSWERS = (
    "two", "cello", "congas", "zero", "no", "pipa", "six", "yes", "one", "four", "three", "seven", "five", "ukulele", "right",
    "piano", "left", "accordion", "clarinet", "guzheng", "more than ten", "nine", "indoor", "saxophone", "drum", "violin",
    "middle", "outdoor", "bagpipe", "bassoon", "acoustic_guitar", "banjo", "electric_bass", "ten", "eight", "flute",
    "simultaneously", "trumpet", "erhu", "xylophone", "tuba", "suona",
)  # fmt: skip
"""In the order in which train's list has them first."""
KINDS: tuple[Kind, ...] = (
    ("Audio", "Counting"), ("Audio", "Comparative"),
    ("Visual", "Counting"), ("Visual", "Location"),
    ("Audio-Visual", "Existential"), ("Audio-Visual", "Location"), ("Audio-Visual", "Counting"),
    ("Audio-Visual", "Comparative"), ("Audio-Visual", "Temporal"),
)  # fmt: skip


def published_avqa(config: MusicAvqaData) -> AvQuestions:
    """Questions as they are published, each with a key of its number; what they ask and what is right is not known of any."""
    names = [f"{number:08d}" for number in range(VIDEOS["train"])]
    folder = str(config.root / "video")
    media = [MediaRow(text_key(f"music-avqa, {name}"), f"{folder}/{name}.mp4", ()) for name in names]
    questions: list[AvQuestion] = []
    for split in SPLITS:
        for row in range(QUESTIONS[config.version][split]):
            number = row % VIDEOS[split]
            video, kind, answer = media[number], KINDS[row % len(KINDS)], ANSWERS[row % len(ANSWERS)]
            key = f"{len(questions):032x}"
            questions.append(AvQuestion(key, video, video, names[number], str(row), "", (), kind, answer, split, row))
    words = (PAD, *(f"word {number}" for number in range(1, WORDS)))
    return AvQuestions(ANSWERS, words, LONGEST, config.version, tuple(questions))
