"""Masks over frames: what sounds, and what methods say of each second. Dims: T segments, S pixels along a side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.media.mask_spec import NO_MASK
from pipeline.media.overlay import painted, resized, resized_mask
from pipeline.report.av_masks.data import MasksReportData, SaidMasks, ShownClip
from pipeline.report.html import Markup, tag
from pipeline.report.thumbnails import picture_element

FOUND, TOO_MUCH, MISSED = (15, 157, 118), (224, 123, 0), (219, 39, 119)
_LEGEND = {"found": FOUND, "too much": TOO_MUCH, "missed": MISSED}
_SIDE = 96
"""Pixels of a picture; a clip has about ten rows of five."""
_SQUARE = (_SIDE, _SIDE)


def masks_over_frames(data: MasksReportData) -> Markup | None:
    """Every clip that is shown, one below the other; None where there is none."""
    if not data.clips:
        return None
    legend = tag("p", [_swatch(name, color) for name, color in _LEGEND.items()], cls="note legend")
    return tag("div", legend, [_clip(data, clip) for clip in data.clips], cls="masks")


def _clip(data: MasksReportData, clip: ShownClip) -> Markup:
    count = len(clip.truth)
    frames = clip.frames if clip.frames is not None else np.zeros((count, _SIDE, _SIDE, 3), np.uint8)
    shown = np.stack([resized(frame, _SQUARE) for frame in frames])
    lines = [_line("is seen" if clip.frames is not None else "no picture", _pictures(shown))]
    if clip.sound is not None:
        lines.append(_line("is heard", _pictures(clip.sound), cls="sound"))
    lines.append(_line("what sounds", [_true(frame, mask) for frame, mask in zip(shown, clip.truth, strict=True)]))
    lines += [_line(_named(said), _said(shown, clip.truth, said)) for said in clip.said]
    lines.append(_line("", [tag("td", f"{place * data.segment_s:g} s") for place in range(count)], cls="clock"))
    told = ", ".join(filter(None, [clip.category, clip.why]))
    head = tag("h4", clip.name, tag("small", f" {told}"))
    return tag("div", head, tag("div", tag("table", tag("tbody", lines), cls="over"), cls="scroll"))


def _line(name: str | Markup, cells: Sequence[Markup], cls: str | None = None) -> Markup:
    return tag("tr", tag("th", name, scope="row"), cells, cls=cls)


def _named(said: SaidMasks) -> Markup:
    return tag("span", said.name, tag("small", f"IoU {100 * said.iou:.1f} %"))


def _pictures(pictures: NDArray[np.uint8]) -> list[Markup]:
    return [tag("td", picture_element(picture, "")) for picture in pictures]


def _true(frame: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Markup:
    if (mask == NO_MASK).all():
        return tag("td", tag("small", "no mask is given"))
    sounding = resized_mask(mask == 1, _SQUARE)
    told = f"{sounding.mean():.1%} of the frame sounds" if sounding.any() else "nothing sounds"
    return tag("td", picture_element(painted(frame, {FOUND: sounding}, grey=True), told), title=told)


def _said(frames: NDArray[np.uint8], truth: NDArray[np.uint8], said: SaidMasks) -> list[Markup]:
    cells = []
    for frame, mask, own, iou in zip(frames, truth, said.masks, said.ious, strict=True):
        called = resized_mask(own, _SQUARE)
        if iou is None:
            cells.append(tag("td", picture_element(painted(frame, {FOUND: called}, grey=True), "no mask is given")))
            continue
        true = resized_mask(mask == 1, _SQUARE)
        layers = {FOUND: called & true, TOO_MUCH: called & ~true, MISSED: ~called & true}
        told = f"IoU {100 * iou:.0f} %"
        cells.append(
            tag(
                "td",
                picture_element(painted(frame, layers, grey=True), told),
                tag("small", f"{100 * iou:.0f}"),
                title=told,
            )
        )
    return cells


def _swatch(name: str, color: tuple[int, int, int]) -> Markup:
    return tag("span", tag("i", style=f"background:rgb{color}"), name)
