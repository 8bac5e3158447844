"""Readers of media as it lies on disk: every layout becomes a list of `MediaRow`."""

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.read import read_rows
from pipeline.datasets.rows import MediaRow

__all__ = ["DatasetError", "MediaRow", "read_rows"]
