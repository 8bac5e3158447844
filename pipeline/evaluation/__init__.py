"""Judging classifiers: metrics, zero-shot baselines, ensembles with external models, results and tables."""

from pipeline.evaluation.ensemble import ExternalScores, ensemble_scores, read_external_scores
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.evaluate import TAAM_CPT, evaluate_modality, judge_scores, method_scores, targets_of
from pipeline.evaluation.result import EvaluationResult, MethodResult, ModalityResult, SentencesUsed
from pipeline.evaluation.rungs import Rungs
from pipeline.evaluation.similarity import cosine_scores, softmax, unit_rows
from pipeline.evaluation.tables import render_class_table, render_ladder, render_table
from pipeline.evaluation.zero_shot import (
    SINGLE_TEMPLATE,
    TEMPLATE_ENSEMBLE,
    zero_shot_classifier,
    zero_shot_classifiers,
    zero_shot_texts,
)

__all__ = [
    "SINGLE_TEMPLATE",
    "TAAM_CPT",
    "TEMPLATE_ENSEMBLE",
    "EvaluationError",
    "EvaluationResult",
    "ExternalScores",
    "MethodResult",
    "ModalityResult",
    "Rungs",
    "SentencesUsed",
    "cosine_scores",
    "ensemble_scores",
    "evaluate_modality",
    "judge_scores",
    "method_scores",
    "read_external_scores",
    "render_class_table",
    "render_ladder",
    "render_table",
    "softmax",
    "targets_of",
    "unit_rows",
    "zero_shot_classifier",
    "zero_shot_classifiers",
    "zero_shot_texts",
]
