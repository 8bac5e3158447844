"""Figures with intervals, gains class by class, clips, and what was learned."""

from matplotlib.figure import Figure

from pipeline.report.figures import CATEGORICAL, INK, MUTED, draw
from pipeline.report.html import Markup, join, table, tag
from pipeline.report.open_video.data import OpenVideoReportData, ShownClip
from pipeline.report.open_video.motion import flow_colours, spectrogram, strip
from pipeline.report.thumbnails import picture_element

_CLASSES = 60
_EXAMS = ("base", "novel")


def figures_table(data: OpenVideoReportData) -> Markup:
    """Every method with its intervals, and what must be said beside them."""
    shown = table(data.head, data.rows, numeric=range(1, len(data.head)), cls="accuracies")
    notes = tag("ul", [tag("li", line) for line in data.remarks], cls="note") if data.remarks else None
    return join([shown, notes])


def methods_picture(data: OpenVideoReportData) -> Markup:
    """Base and novel side by side: a point a method with its 95 % interval; the line is frozen CLIP."""
    methods = data.methods

    def paint(figure: Figure) -> None:
        for axes, exam in zip(figure.subplots(1, 2, sharey=True), _EXAMS, strict=True):
            axes.axvline(100 * methods[0].figures[exam].value, color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
            for place, method in enumerate(methods):
                found = method.figures[exam]
                own = CATEGORICAL[0] if method.name == data.published else MUTED
                axes.hlines(place, 100 * found.low, 100 * found.high, color=own, linewidth=2.6, alpha=0.5)
                axes.scatter([100 * found.value], [place], s=36, color=own, zorder=3)
            axes.set_yticks(range(len(methods)), [method.name for method in methods])
            axes.set_ylim(len(methods) - 0.4, -0.6)
            axes.set_title(f"{exam} classes")
            axes.set_xlabel("clips right, %")
            axes.grid(axis="y", visible=False)

    alt = "; ".join(f"{m.name} {' and '.join(f'{100 * m.figures[e].value:.1f} %' for e in _EXAMS)}" for m in methods)
    return draw(11, 1.1 + 0.3 * len(methods), paint, "open-video-methods", f"base and novel clips right: {alt}")


def class_picture(data: OpenVideoReportData) -> Markup | None:
    """A line a class from frozen CLIP's share to the published method's; of many classes those that change most."""
    shown = sorted(data.classes, key=lambda each: -abs(each.after - each.before))[:_CLASSES]
    shown = [each for each in data.classes if each in shown]
    if not shown:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for place, each in enumerate(shown):
            color = CATEGORICAL[_EXAMS.index(each.exam)]
            low, high = sorted((100 * each.before, 100 * each.after))
            axes.hlines(place, low, high, color=color, linewidth=2.2, alpha=0.5)
            axes.scatter([100 * each.before], [place], s=30, facecolors="none", edgecolors=INK, zorder=3)
            axes.scatter([100 * each.after], [place], s=30, color=color, zorder=4)
        axes.set_yticks(range(len(shown)), [f"{each.name} ({each.exam}, {each.clips})" for each in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(-3, 103)
        axes.set_xlabel("clips right, %")
        axes.grid(axis="y", visible=False)

    alt = "; ".join(f"{each.name} {100 * each.before:.0f} to {100 * each.after:.0f} %" for each in shown)
    return draw(9, 0.9 + 0.26 * len(shown), paint, "open-video-classes", f"clips right of every class: {alt}")


def clip_cards(data: OpenVideoReportData) -> Markup | None:
    """Frames, and below them flow or sound."""
    return join([_card(clip) for clip in data.clips]) if data.clips else None


def learning_table(data: OpenVideoReportData) -> Markup | None:
    """Numbers and seconds of every method that learned."""
    rows = [
        [each.name, f"{each.numbers:,}", "–" if each.seconds is None else f"{each.seconds:,.1f}"]
        for each in data.methods
        if each.numbers
    ]
    return table(["method", "numbers learned", "seconds a seed"], rows, numeric=(1, 2)) if rows else None


def _card(clip: ShownClip) -> Markup:
    pictures = [picture_element(strip(clip.frames), f"frames of {clip.name}")]
    if clip.other is not None and clip.other.ndim == 2:
        pictures.append(picture_element(spectrogram(clip.other), f"spectrogram of {clip.name}"))
    elif clip.other is not None:
        pictures.append(picture_element(strip(flow_colours(clip.other)), f"flow of {clip.name}"))
    said = [tag("p", f"{method}: {label} ", tag("small", f"{100 * share:.0f} %")) for method, label, share in clip.said]
    title = tag("h4", clip.label, " ", tag("small", f"{clip.exam}; {clip.why}"))
    return tag("div", title, *pictures, *said, tag("p", tag("small", clip.name)), cls="clip")
