"""Class names: label sets that ship with the package or come from a file, and the candidate set of a run."""

from pipeline.labels.candidates import MODALITIES, Candidates, Column
from pipeline.labels.errors import AmbiguousName, LabelError
from pipeline.labels.label_set import load_labels, shipped_label_sets

__all__ = ["MODALITIES", "AmbiguousName", "Candidates", "Column", "LabelError", "load_labels", "shipped_label_sets"]
