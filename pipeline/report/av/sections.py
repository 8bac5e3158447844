"""The sections that reports of runs of clips share."""

from pipeline.report.av.data import AvReportData
from pipeline.report.av.ladder import cost_table, figures_table, ladder_picture
from pipeline.report.html import Markup, details, join, tag
from pipeline.report.loss_panels import loss_panels
from pipeline.report.page import Section, section
from pipeline.report.sections import facts_list, files_table, lineage_section
from pipeline.report.warned import warnings_section


def first_sections(data: AvReportData, about: str, figure: str, used: str) -> list[Section | None]:
    """Warnings, and the results.

    Args:
        data: of the run.
        about: how the figures are to be read.
        figure: what methods are compared by, as people call it.
        used: what is typed to use the run, behind the program's name.
    """
    return [
        warnings_section(data.warnings),
        section("results", "Results", about, figures_table(data), ladder_picture(data, figure), _used(data, used)),
    ]


def last_sections(data: AvReportData, losses: str) -> list[Section | None]:
    """Costs, learning, what cannot be used, lineage, and the run.

    Args:
        data: of the run.
        losses: name of the picture of losses.
    """
    return [
        section("cost", "What it costs", _COST, cost_table(data)),
        section("learning", "Learning", _LEARNING, loss_panels(data.methods, losses)),
        section("rejected", "Clips that cannot be used", _REJECTED, files_table(data.rejected)),
        section("lineage", "Lineage", _LINEAGE, lineage_section(data.lineage) if data.lineage else None),
        ("run", "Run", join([facts_list(data.facts.items()), details("The recipe", tag("pre", data.recipe_yaml))])),
    ]


def _used(data: AvReportData, used: str) -> Markup:
    typed = tag("code", f"mmpt-pipeline predict {data.recipe_name} {used}")
    return tag("p", "Use it: ", typed, f" ('{data.published}' answers)", cls="note")


_COST = "Numbers learned by formula, what is read of the store for all clips, and the time of a step as this run measured it."
_LEARNING = "Loss over the training steps, a thin line a seed and their mean."
_REJECTED = "The data set names these clips. They are in none of the figures, and nothing stands in for them."
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
