"""Test clips with their questions: what is seen, what is heard, what is asked, and what each side alone would have answered."""

import numpy as np
from numpy.typing import NDArray

from pipeline.report.av_questions.data import QuestionsReportData, ShownAnswer, ShownClip, ShownQuestion
from pipeline.report.figures import CATEGORICAL
from pipeline.report.html import Markup, tag
from pipeline.report.thumbnails import picture_element

_BARS = ("both", "seen", "heard")
_TOLD = {"both": "both", "seen": "picture alone", "heard": "sound alone"}


def clips_section(data: QuestionsReportData) -> Markup | None:
    """Every clip that is shown, one below the other; None where there is none."""
    if not data.clips:
        return None
    return tag("div", [_clip(clip) for clip in data.clips], cls="asked")


def _clip(clip: ShownClip) -> Markup:
    strips = [_strip(frames, name) for frames, name in ((clip.frames, "picture"), (clip.sound, "sound"))]
    head = tag("h4", clip.name, tag("small", f" {clip.why}"))
    asked = tag("div", [_question(each) for each in clip.questions], cls="questions")
    return tag("div", head, strips, asked, cls="clip")


def _strip(frames: NDArray[np.uint8] | None, name: str) -> Markup:
    if frames is None:
        return tag("p", f"no {name}", cls="note")
    return tag("div", [picture_element(frame, "") for frame in frames], cls=f"strip {name}")


def _question(asked: ShownQuestion) -> Markup:
    verdict = "right" if asked.right else "wrong"
    told = f"{asked.kind} · right is {asked.truth}" if asked.kind else f"right is {asked.truth}"
    told += "" if asked.learned else ", which train never has"
    others = [f"{name}: {answer} ({100 * share:.0f} %)" for name, (answer, share) in asked.others.items()]
    head = tag("tr", tag("th", "answer"), [tag("th", _TOLD[name]) for name in _BARS])
    return tag(
        "div",
        tag("p", tag("b", asked.text), " ", tag("small", told)),
        tag("table", tag("thead", head), tag("tbody", [_answer(each) for each in asked.answers])),
        _read(asked),
        tag("p", "; ".join(others), cls="note") if others else None,
        cls=f"question {verdict}",
    )


def _read(asked: ShownQuestion) -> Markup | None:
    """Which seconds of each side were read, and how much each side has in the answer; None where nothing was read."""
    lines = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            [_second(share, weights.max()) for share in weights],
            _part(asked, place),
        )
        for place, (name, weights) in enumerate(asked.moments.items())
    ]
    return tag("table", tag("tbody", lines), cls="read") if lines else None


def _second(share: float, most: float) -> Markup:
    strength = round(6 + 84 * float(share) / max(float(most), 1e-9))
    style = f"background:color-mix(in srgb, {CATEGORICAL[0]} {strength}%, transparent)"
    return tag("td", style=style, title=f"{100 * float(share):.0f} %")


def _part(asked: ShownQuestion, place: int) -> Markup | None:
    if asked.shares is None:
        return None
    return tag("td", f"{100 * asked.shares[place]:.0f} % of the answer", cls="part")


def _answer(answer: ShownAnswer) -> Markup:
    name = tag("b", answer.answer) if answer.true else tag("span", answer.answer)
    bars = [tag("td", _bar(getattr(answer, side), answer.true and side == "both")) for side in _BARS]
    return tag("tr", tag("td", name), bars)


def _bar(share: float, right: bool) -> Markup:
    """A probability in percent, and as long as it is."""
    width = tag("i", style=f"width:{100 * min(max(share, 0.0), 1.0):.1f}%")
    return tag("div", width, tag("span", f"{100 * share:.0f} %"), cls="bar right" if right else "bar")
