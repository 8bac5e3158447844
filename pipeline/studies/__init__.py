"""Tables of the papers as studies: a recipe, the changes that make its rows, and the paper's figures beside ours."""

from pipeline.studies.load import load_study, study_names
from pipeline.studies.run import RowResult, run_study
from pipeline.studies.schema import Row, Study

__all__ = ["Row", "RowResult", "Study", "load_study", "run_study", "study_names"]
