"""Readers of questions about clips: MUSIC-AVQA as it is published, own questions, and the miniature world's."""

from pipeline.datasets.av.questions.questions import AvQuestion, AvQuestions, Kind, kind_name
from pipeline.datasets.av.questions.read import read_questions
from pipeline.datasets.av.questions.table import NO_KIND
from pipeline.datasets.av.questions.words import PAD, cut_free, encoded, unknown_words

__all__ = [
    "NO_KIND",
    "PAD",
    "AvQuestion",
    "AvQuestions",
    "Kind",
    "cut_free",
    "encoded",
    "kind_name",
    "read_questions",
    "unknown_words",
]
