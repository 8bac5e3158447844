"""The zero-shot baseline: class names in sentence templates, through the same frozen text encoder.

Dims: T templates, C classes, d width of the embedding space.
"""

from collections.abc import Sequence

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.similarity import Floats, unit_rows

SINGLE_TEMPLATE = "zero-shot (single template)"
TEMPLATE_ENSEMBLE = "zero-shot (template ensemble)"


def zero_shot_texts(labels: Sequence[str], templates: Sequence[str]) -> list[list[str]]:
    """The texts to encode: one list a template, one text a label.

    Raises:
        EvaluationError: no template, or one without the place `{}` for the label.
    """
    if not templates:
        raise EvaluationError("zero-shot: there is no template. Expected at least one, e.g. 'a photo of a {}'.")
    for template in templates:
        if template.count("{}") != 1:
            raise EvaluationError(
                f"zero-shot: template {template!r} has {template.count('{}')} places '{{}}' for the label. "
                "Expected exactly one, e.g. 'a photo of a {}'."
            )
    return [[template.replace("{}", label) for label in labels] for template in templates]


def zero_shot_classifier(features: Floats) -> Floats:
    """Mean over templates of the unit text features, scaled to length 1 again.

    Args:
        features: (T, C, d) features of `zero_shot_texts`; T = 1 is the single template.

    Returns:
        (C, d) unit rows.
    """
    return unit_rows(unit_rows(features).mean(axis=0))


def zero_shot_classifiers(features: Floats) -> dict[str, Floats]:
    """Both baselines from one set of features (T, C, d), the first template being the single one."""
    return {
        SINGLE_TEMPLATE: zero_shot_classifier(features[:1]),
        TEMPLATE_ENSEMBLE: zero_shot_classifier(features),
    }
