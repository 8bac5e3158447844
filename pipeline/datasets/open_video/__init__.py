"""Clips with base and novel classes: which are learned from, and which are judged among which names."""

from pipeline.datasets.open_video.clips import EXAMS, Clips, Exam, VideoSets
from pipeline.datasets.open_video.read import read_sets

__all__ = ["EXAMS", "Clips", "Exam", "VideoSets", "read_sets"]
