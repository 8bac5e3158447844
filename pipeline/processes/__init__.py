"""Processes that work for this one: decoders of files, workers of a run."""

from pipeline.processes.pool import ProcessPool
from pipeline.processes.process import ProcessEnded

__all__ = ["ProcessEnded", "ProcessPool"]
