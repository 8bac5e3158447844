"""What the report of a run of sounding objects shows. Free of torch, and nothing is made for it."""

from typing import Any

from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.report.av_masks import MasksReportData
from pipeline.report.data import as_yaml
from pipeline.tasks.av.pages import facts_of, lineage_of, recipe_values, shown_method, shown_things, told
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import MasksResult, read_result
from pipeline.tasks.av_masks.shown import shown_clips
from pipeline.tasks.av_masks.tables import result_rows
from pipeline.tasks.av_masks.words import all_remarks
from pipeline.tasks.av_masks.work import PRIORS, priors_trial
from stores.address import Location

REPORT_VERSION = 1
"""Raise it when the same run would be drawn otherwise."""


def shows(bound: BoundAvMasks) -> list[Any]:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    priors = priors_trial(bound).spec
    assert priors is not None
    return [*shown_things(bound, REPORT_VERSION), priors.fingerprint]


def draw(bound: BoundAvMasks, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.av_masks.page import write_masks_page

    write_masks_page(_data(bound, read_result(bound)), path)


def _data(bound: BoundAvMasks, result: MasksResult) -> MasksReportData:
    head, rows = result_rows(result)
    clips, methods, spec = bound.clips, bound.recipe.methods, bound.mask_spec
    masks = f"{len(clips.masks):,}, {spec.size} pixels a side; {clips.segments} seconds a clip"
    more = [(PRIORS, priors_trial(bound).spec), ("masks", bound.mask_input.need.spec(bound.recipe.cache))]
    return MasksReportData(
        recipe_name=bound.recipe.name,
        recipe_yaml=as_yaml(recipe_values(bound)),
        head=head,
        rows=rows,
        remarks=all_remarks(result),
        methods=[shown_method(bound, each, told_of_head(methods[each.name])) for each in result.methods],
        clips=shown_clips(bound),
        curves={name: result.curves[name] for name in (*methods, *result.beside)},
        segment_s=clips.segment_s,
        published=result.published,
        lineage=lineage_of(bound, [(what, made) for what, made in more if made is not None]),
        facts=facts_of(bound, result, {"masks": masks}),
        warnings=bound.warnings(),
        rejected=clips.rejected,
    )


def told_of_head(options: MasksOptions) -> str:
    """What tells a method from the others, in words."""
    head, parts = options.head, [told(options)]
    if not head.tpavi:
        parts.append("the head is given no sound")
    elif head.audio == "zeroed":
        parts.append("the head is given zeros for sounds")
    elif head.tpavi != (0, 1, 2, 3):
        parts.append(f"TPAVI at levels {', '.join(map(str, head.tpavi))}")
    if head.masked_av:
        parts.append(f"masked audio-visual loss {head.masked_av:g}")
    if head.frames == "first":
        parts.append("learned from first seconds")
    return "; ".join(parts)
