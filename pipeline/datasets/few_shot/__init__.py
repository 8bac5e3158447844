"""The few-shot protocol of CoOp, CoCoOp, MaPLe and ProMPT: its data sets, splits, shots, halves and sentences."""

from pipeline.datasets.few_shot.drawing import Shots, draw_shots
from pipeline.datasets.few_shot.drawn_lists import read_shots, write_shots
from pipeline.datasets.few_shot.eleven import ELEVEN
from pipeline.datasets.few_shot.few_shot_set import FewShotSet
from pipeline.datasets.few_shot.halves import Half, half
from pipeline.datasets.few_shot.rows import Row, Split
from pipeline.datasets.few_shot.shifted import SHIFTED
from pipeline.datasets.few_shot.templates import TEMPLATES, TRAINING_TEMPLATE

FEW_SHOT = ELEVEN | SHIFTED
"""Name -> data set of the protocol."""

__all__ = [
    "ELEVEN",
    "FEW_SHOT",
    "SHIFTED",
    "TEMPLATES",
    "TRAINING_TEMPLATE",
    "FewShotSet",
    "Half",
    "Row",
    "Shots",
    "Split",
    "draw_shots",
    "half",
    "read_shots",
    "write_shots",
]
