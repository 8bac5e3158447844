"""The parts of the report that are words and numbers: headline, texts, rejected files, lineage."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.evaluation import EvaluationResult, MethodResult, ModalityResult
from pipeline.evaluation.tables import METRIC_NAMES, gain_over_zero_shot, marks_of
from pipeline.licences import Licensed
from pipeline.report.data import Generation, LineageEntry, RejectedFile
from pipeline.report.figures import color_of
from pipeline.report.html import Markup, details, join, table, tag

_EXAMPLES = 6
_FILES = 50
_CLIPS = 200


def headline(result: EvaluationResult) -> Markup:
    """One card a modality: the trained classifier's figure, and what it gained over zero-shot."""
    return tag("div", [_card(modality) for modality in result.modalities], cls="headline")


def method_table(result: EvaluationResult) -> Markup:
    """Methods x metrics of every modality, the best of each column in bold."""
    metrics = [
        metric for metric in METRIC_NAMES if any(metric in m.metrics for r in result.modalities for m in r.methods)
    ]
    head = ["", "method", *(METRIC_NAMES[metric] for metric in metrics), "gain over zero-shot"]
    rows: list[list[Markup | str]] = []
    for modality in result.modalities:
        best = {metric: max((m.metrics.get(metric, -1.0) for m in modality.methods), default=0.0) for metric in metrics}
        for i, method in enumerate(modality.methods):
            cells = [
                "n/a" if method.undefined else _figure(method.metrics.get(metric), best[metric]) for metric in metrics
            ]
            name = tag("b", tag("i", style=f"background:{color_of(modality.modality)}"), modality.modality, cls="dot")
            rows.append([name if i == 0 else "", method.name + marks_of(method), *cells, _gain(modality, method)])
    notes = [note for modality in result.modalities for note in _notes(modality)]
    return join([table(head, rows, numeric=range(2, len(head))), tag("ul", [tag("li", n) for n in notes], cls="note")])


def generation_section(modality: str, written: Generation) -> Markup:
    """Counts of what was written, and examples of what was kept and refused."""
    share = f"{100 * written.accepted / written.sentences:.0f} %" if written.sentences else "–"
    counts = f"{written.queries:,} queries, {written.sentences:,} sentences, {written.accepted:,} kept ({share})"
    reasons = sorted(written.rejected.items(), key=lambda item: (-item[1], item[0]))
    kept = [[sentence, ", ".join(labels)] for sentence, labels in written.examples[:_EXAMPLES]]
    refused = [[sentence, reason] for sentence, reason in written.refused[:_EXAMPLES]]
    return tag(
        "div",
        tag("h3", modality, tag("small", counts)),
        tag(
            "div",
            tag("div", table(["kept, for example", "labels"], kept)) if kept else None,
            tag("div", table(["refused because", "sentences"], [[r, f"{n:,}"] for r, n in reasons], numeric=[1]))
            if reasons
            else None,
            cls="halves wide-left",
        ),
        details("Refused, for example", table(["sentence", "reason"], refused)) if refused else None,
    )


def rejected_section(rejected: list[RejectedFile]) -> Markup:
    """Files that could not be used: reasons counted, then the files."""
    counts = Counter((file.modality, file.reason.partition(":")[0]) for file in rejected)
    by_reason = [[m, reason, str(n)] for (m, reason), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    files = [[file.modality, tag("code", file.path), file.reason] for file in rejected[:_FILES]]
    more = tag("p", f"and {len(rejected) - _FILES:,} more", cls="note") if len(rejected) > _FILES else None
    return join(
        [
            table(["modality", "reason", "files"], by_reason, numeric=[2]),
            details("The files", table(["modality", "file", "what was found"], files), more),
        ]
    )


def lineage_section(lineage: Iterable[LineageEntry]) -> Markup:
    """The artifacts behind the figures; `mmpt-pipeline store show` takes the fingerprints."""
    rows = [
        [entry.kind, tag("code", entry.fingerprint[:12], title=entry.fingerprint), entry.what,
         tag("span", [tag("code", parent[:12], title=parent) for parent in entry.parents], cls="parents"),
         f"{entry.rows:,}", _size(entry.bytes)]
        for entry in lineage
    ]  # fmt: skip
    head = ["kind", "fingerprint", "what", "made from", "rows", "size"]
    return table(head, rows, numeric=[4, 5])


def licences_table(parts: Iterable[Licensed]) -> Markup:
    """What the run stands on, and under which licence each part is, as far as that is known here."""
    return table(["stands on", "licence"], [[part.what, part.licence or "not known here"] for part in parts])


def facts_list(facts: Iterable[tuple[str, str]]) -> Markup:
    """Names and values, one beside the other."""
    return tag("dl", [[tag("dt", name), tag("dd", value)] for name, value in facts])


def _card(modality: ModalityResult) -> Markup:
    color = color_of(modality.modality)
    judged = f"{modality.rows:,} files, {len(modality.labels):,} classes"
    trained, baseline = modality.published, modality.best("zero-shot")
    if trained is None:
        unlabelled = f"{modality.unlabelled:,} files, none with a label to judge by"
        return tag("div", tag("h3", modality.modality), tag("p", unlabelled), style=f"--color:{color}")
    value = trained.metrics[modality.primary]
    gain = gain_over_zero_shot(modality, trained)
    bars = [method for method in (baseline, trained) if method is not None]
    return tag(
        "div",
        tag("h3", modality.modality, tag("small", judged)),
        tag("p", f"{100 * value:.1f}", tag("small", f"% {METRIC_NAMES[modality.primary]}"), cls="big"),
        None
        if gain is None
        else tag("p", _points(gain), " over zero-shot", cls="gain " + ("up" if gain >= 0 else "down")),
        [_bar(method, modality, method is trained) for method in bars],
        style=f"--color:{color}",
    )


def _bar(method: MethodResult, modality: ModalityResult, ours: bool) -> Markup:
    percent = f"{100 * method.metrics[modality.primary]:.1f}"
    fill = tag("i", style=f"width:{percent}%", cls="ours" if ours else None)
    return tag("div", tag("span", method.name), tag("em", percent), tag("div", fill), cls="meter")


def _points(gain: float) -> str:
    return f"{'+' if gain >= 0 else '−'}{abs(100 * gain):.1f} points"


def _figure(value: float | None, best: float) -> Markup | str:
    if value is None:
        return "–"
    text = f"{100 * value:.1f}"
    return tag("b", text) if value == best else text


def _gain(modality: ModalityResult, method: MethodResult) -> Markup | str:
    gain = gain_over_zero_shot(modality, method)
    if gain is None:
        return ""
    return tag("span", _points(gain), cls="up" if gain >= 0 else "down")


def _notes(modality: ModalityResult) -> list[str]:
    notes = [
        f"{modality.modality}: {method.name}: {method.note}" for method in modality.methods if method.kind == "external"
    ]
    if modality.unlabelled:
        notes.append(f"{modality.modality}: {modality.unlabelled:,} files without one of the labels are left out.")
    if modality.unknown_labels:
        names = ", ".join(modality.unknown_labels[:5])
        notes.append(f"{modality.modality}: labels of files that are not among the classes: {names}.")
    if modality.rows and modality.empty_classes:
        notes.append(f"{modality.modality}: {len(modality.empty_classes)} classes without a file are left out of mAP.")
    return notes


def _size(count: int) -> str:
    power = min((len(str(count)) - 1) // 3, 3)
    return f"{count / 1000**power:.{min(power, 1)}f} {('B', 'kB', 'MB', 'GB')[power]}"


def files_table(found: Sequence[tuple[str, str]]) -> Markup | None:
    """Files that cannot be used, and why; None where there are none.

    Args:
        found: (path, reason).
    """
    if not found:
        return None
    rows = [[tag("code", path), reason] for path, reason in found[:_CLIPS]]
    more = tag("p", f"and {len(found) - _CLIPS:,} more", cls="note") if len(found) > _CLIPS else None
    return join([table(["file", "what was found"], rows), more])
