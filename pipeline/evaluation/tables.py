"""The evaluation as tables for a terminal: percent with one decimal, the best of a column in bold."""

from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from pipeline.evaluation.held_out import SeveralClasses
from pipeline.evaluation.result import EvaluationResult, Gain, MethodResult, Metric, ModalityResult

METRIC_NAMES: dict[Metric, str] = {"top1": "top-1", "balanced": "balanced", "top5": "top-5", "mAP": "mAP"}


def render_table(result: EvaluationResult) -> Table:
    """Methods x metrics of every modality; the last column is the gain over the better zero-shot baseline."""
    table = Table(title="Evaluation, percent", title_justify="left", caption=_caption(result), caption_justify="left")
    table.add_column("modality", no_wrap=True)
    table.add_column("method", no_wrap=True)
    metrics = shown_metrics(result.modalities)
    for metric in metrics:
        table.add_column(METRIC_NAMES[metric], justify="right", no_wrap=True)
    table.add_column("vs zero-shot", justify="right", no_wrap=True)
    for modality in result.modalities:
        for i, method in enumerate(modality.methods):
            cells = [_cell(modality, method, metric) for metric in metrics]
            name = escape(method.name + marks_of(method))
            table.add_row(modality.modality if i == 0 else "", name, *cells, _gain(modality, method))
        table.add_section()
    return table


def render_ladder(result: EvaluationResult) -> Table:
    """What each rung gained over the better zero-shot baseline, and over the rung below it, with 95 % intervals."""
    table = Table(
        title="What did learning add? Points, and 95 % intervals", title_justify="left", caption_justify="left"
    )
    table.add_column("modality", no_wrap=True)
    table.add_column("method", no_wrap=True)
    for over in ("over zero-shot", "over the rung below"):
        table.add_column(over, justify="right", no_wrap=True)
    drawn = []
    for modality in result.modalities:
        shown = [method for method in modality.methods if method.over_zero_shot or method.over_below]
        for i, method in enumerate(shown):
            name = escape(method.name + marks_of(method))
            told = [_between(method.over_zero_shot), _between(method.over_below)]
            table.add_row(modality.modality if i == 0 else "", name, *told)
        table.add_section()
        if shown:
            metric = METRIC_NAMES[modality.primary]
            drawn.append(
                f"{modality.modality}: of {metric}, its {modality.rows:,} files drawn again {modality.draws:,} times"
            )
    table.caption = escape("\n".join(drawn))
    return table


def render_class_table(modality: ModalityResult) -> Table:
    """Zero-shot against what is published for every class, the largest gain first; classes without files last."""
    zero_shot, trained = modality.best("zero-shot"), modality.published
    unit = "accuracy" if modality.primary == "top1" else "average precision"
    table = Table(title=f"{modality.modality}: {unit} per class, percent", title_justify="left")
    table.add_column("class")
    table.add_column("files", justify="right")
    columns = [method for method in (zero_shot, trained) if method is not None]
    for method in columns:
        table.add_column(escape(method.name), justify="right")
    table.add_column("gain", justify="right")
    for label, support, values in class_gains(modality, columns):
        gain = values[-1] - values[0] if len(values) == 2 else None
        cells = [f"{100 * value:.1f}" for value in values] or ["-"] * len(columns)
        table.add_row(escape(label), str(support), *cells, "-" if gain is None else f"{100 * gain:+.1f}")
    return table


def class_gains(modality: ModalityResult, methods: list[MethodResult]) -> list[tuple[str, int, list[float]]]:
    """(class, files, one figure a method), largest last-minus-first first; no figures without files."""
    figures = [modality.by_class(method) for method in methods]
    rows = [
        (label, support, [value for values in figures if (value := values[c]) is not None])
        for c, (label, support) in enumerate(zip(modality.labels, modality.support, strict=True))
    ]
    return sorted(rows, key=lambda row: (not row[2], -(row[2][-1] - row[2][0]) if row[2] else 0.0, row[0]))


def gain_over_zero_shot(modality: ModalityResult, method: MethodResult) -> float | None:
    """Primary metric minus the better zero-shot baseline's; None for the baselines and without rows."""
    baseline = modality.best("zero-shot")
    if baseline is None or method.kind == "zero-shot" or not method.metrics:
        return None
    return method.metrics[modality.primary] - baseline.metrics[modality.primary]


def shown_metrics(modalities: Sequence[ModalityResult]) -> list[Metric]:
    """What tables show; the accuracy that counts every class alike only where it is another than top-1."""
    methods = [method for modality in modalities for method in modality.methods]
    told = any(abs(m.metrics.get("balanced", 0) - m.metrics["top1"]) > 5e-4 for m in methods if "balanced" in m.metrics)
    there = [metric for metric in METRIC_NAMES if any(_has(modality, metric) for modality in modalities)]
    return [metric for metric in there if told or metric != "balanced"]


def _has(modality: ModalityResult, metric: Metric) -> bool:
    return any(metric in method.metrics for method in modality.methods)


def _cell(modality: ModalityResult, method: MethodResult, metric: Metric) -> str:
    if metric not in method.metrics:
        return "n/a" if method.undefined else "-"
    text = f"{100 * method.metrics[metric]:.1f}"
    best = max(other.metrics[metric] for other in modality.methods if metric in other.metrics)
    return f"[bold]{text}[/bold]" if method.metrics[metric] == best else text


def _gain(modality: ModalityResult, method: MethodResult) -> str:
    gain = gain_over_zero_shot(modality, method)
    if gain is None:
        return ""
    return f"{100 * gain:+.1f} {METRIC_NAMES[modality.primary]}"


def _between(gain: Gain | None) -> str:
    if gain is None:
        return ""
    return f"{100 * gain.difference:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"


def marks_of(method: MethodResult) -> str:
    """What is to be known of a method beside its name: " (published)", " (transductive)", or nothing."""
    marks = ["published"] * method.published + ["transductive"] * (method.kind == "transductive")
    return f" ({', '.join(marks)})" if marks else ""


def _caption(result: EvaluationResult) -> str:
    lines = []
    for modality in result.modalities:
        parts = [f"{modality.modality}: {modality.rows} files, {len(modality.labels)} classes"]
        if modality.held_out:
            parts.append(f"{modality.held_out} more are held out")
        if modality.unlabelled:
            parts.append(f"{modality.unlabelled} files without a label left out")
        if modality.unknown_labels:
            parts.append(f"{len(modality.unknown_labels)} labels of the files are not among the classes")
        if modality.rows and modality.empty_classes:
            parts.append(f"{len(modality.empty_classes)} classes without a file left out of the mAP")
        parts += sorted({method.note for method in modality.methods if method.note})
        parts += _not_there(modality.methods)
        parts += _surety(modality)
        lines.append("; ".join(parts))
    lines += [str(result.chosen_epoch)] if result.chosen_epoch else []
    return escape("\n".join(lines))


def _not_there(methods: Iterable[MethodResult]) -> list[str]:
    """Why methods have no answer, those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for method in methods:
        if method.undefined:
            reasons.setdefault(method.undefined, []).append(method.name)
    return [f"n/a: {', '.join(names)}: {why}" for why, names in reasons.items()]


def _surety(modality: ModalityResult) -> list[str]:
    """How far the probabilities of the published method can be trusted."""
    if modality.several is not None:
        return [several_told(modality.several)]
    method = modality.published
    if method is None or method.calibration is None:
        return []
    found = method.calibration
    fitted = "not fitted" if found.fitted_to == "nothing" else f"fitted to {found.files:,} {found.fitted_to}"
    told = f"probabilities are off by {100 * found.error:.1f} points on average (temperature {found.temperature:.3g}, {fitted})"
    return [f"{told}; negative log-likelihood {found.likelihood:.2f}"]


def several_told(found: SeveralClasses) -> str:
    """What thresholds are worth where files show several classes, or why there are none."""
    if found.undefined:
        return f"no probabilities of single classes: {found.undefined}"
    lowest, highest = min(found.thresholds), max(found.thresholds)
    fitted = f"classes are named from thresholds of {lowest:.2f} to {highest:.2f} on, fitted to {found.files:,} files held out"
    if found.micro_f1 is None or found.macro_f1 is None:
        return fitted
    return f"{fitted}: F1 {100 * found.micro_f1:.1f} (micro), {100 * found.macro_f1:.1f} (macro)"
