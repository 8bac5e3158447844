"""Put the report together: one file that needs nothing else."""

from collections.abc import Sequence
from importlib.resources import files

from pipeline.labels.candidates import MODALITIES
from pipeline.licences import told
from pipeline.report.classes import class_section
from pipeline.report.curves import curves_figure
from pipeline.report.data import ReportData
from pipeline.report.html import Child, Markup, details, join, page, tag
from pipeline.report.ladder import ladder_figure
from pipeline.report.learned_from import learned_from_section
from pipeline.report.projections import prompt_figure, sample_figures
from pipeline.report.samples import sample_section
from pipeline.report.sealed_page import sealed_page
from pipeline.report.sections import (
    facts_list,
    generation_section,
    headline,
    licences_table,
    lineage_section,
    method_table,
    rejected_section,
)
from pipeline.report.surety import surety_figure
from pipeline.report.warned import warnings_section
from stores.address import Location
from stores.commit import make_folder, replace_bytes


def write_report(data: ReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all.

    Args:
        data: what it shows.
        path: the file; its folder is made.

    Returns:
        the path.
    """
    return write_whole(render_report(data), path)


def write_whole(content: Markup, path: Location) -> Location:
    """Replace a file by a page in one go; its folder is made. Returns the path."""
    make_folder(path.parent)
    replace_bytes(path, sealed_page(content))
    return path


def render_report(data: ReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None])


Section = tuple[str, str, Child]
"""Anchor, title, content."""


def put_together(name: str, sections: Sequence[Section], extra_style: str = "") -> Markup:
    """A page with a headline and links to its sections."""
    links = [tag("a", title, href=f"#{anchor}") for anchor, title, _ in sections]
    style = (files("pipeline.report") / "page.css").read_text(encoding="utf-8") + extra_style
    header = tag("header", tag("p", "mmpt-pipeline · report"), tag("h1", name), tag("nav", links))
    body = [tag("section", tag("h2", title), content, id=anchor) for anchor, title, content in sections]
    return page(f"{name}: report", style, tag("main", header, body))


def _sections(data: ReportData) -> list[Section | None]:
    return [
        warnings_section(data.warnings),
        ("results", "Results", _results(data)),
        section("learning", "Learning", _LEARNING, curves_figure(data), _guided(data)),
        section("surety", "How sure it is", _SURETY, surety_figure(data.result)),
        section("classes", "Classes", _CLASSES, *(class_section(data, m) for m in data.result.modalities)),
        section("prompts", "Prompts", _PROMPTS, prompt_figure(data)),
        section("files", "Files among the prompts", _FILES, *sample_figures(data)),
        section("samples", "Samples", _SAMPLES, *(sample_section(data, m) for m in data.result.modalities)),
        section("texts", "Texts", _texts_told(data), *_texts(data)),
        section(
            "learned-from", "Sentences of each class", _LEARNED, *map(learned_from_section, data.result.modalities)
        ),
        section("rejected", "Rejected files", _REJECTED, rejected_section(data.rejected) if data.rejected else None),
        section("lineage", "Lineage", _LINEAGE, *_lineage(data)),
        ("run", "Run", _run(data)),
    ]


def section(anchor: str, title: str, lead: str, *parts: Markup | None) -> Section | None:
    """A lead and what follows it; None where nothing does."""
    shown = [part for part in parts if part is not None]
    return (anchor, title, join([tag("p", lead, cls="lead"), *shown])) if shown else None


def _results(data: ReportData) -> Markup:
    if not data.result.modalities:
        return tag("p", "No media were judged: the recipe gives no files. Class vectors were learned from texts alone.")
    chosen = tag("p", f"{data.result.chosen_epoch}.", cls="note") if data.result.chosen_epoch else ""
    copied = tag("p", "Use it: ", tag("code", f"mmpt-pipeline predict {data.recipe_name} FILE…"), cls="note")
    figures = details("All figures as a table", method_table(data.result))
    licensed = tag("p", told(data.licences), cls="note") if data.licences else ""
    return join([headline(data.result), ladder_figure(data.result) or "", figures, chosen, licensed, copied])


def _lineage(data: ReportData) -> list[Markup]:
    found = [lineage_section(data.lineage)] if data.lineage else []
    return [*found, licences_table(data.licences)] if data.licences else found


def _guided(data: ReportData) -> Markup | None:
    return tag("p", " ".join(data.guidance), cls="note") if data.guidance else None


def _texts(data: ReportData) -> list[Markup]:
    return [generation_section(m, data.generation[m]) for m in MODALITIES if m in data.generation]


def _texts_told(data: ReportData) -> str:
    written = "; ".join(dict.fromkeys(each.written for each in data.generation.values()))
    return f"Training used only these sentences, {written}; no file was trained on."


def _run(data: ReportData) -> Markup:
    facts = facts_list(data.facts.items()) if data.facts else None
    return join([facts, details("The recipe", tag("pre", data.recipe_yaml), opened=not data.facts)])


_LEARNING = (
    "Loss over the training steps. Pairs that are ranked by more than the margin no longer push; the rest are active."
)
_SURETY = "How far what the published classifier says of its answers can be believed."
_LEARNED = (
    "Before anything learns, sentences that the encoder gives to another class are dropped. A class without sentences is known "
    "by its name only."
)
_CLASSES = "Every class with zero-shot prompts and after training, on the same files with the same frozen encoder."
_PROMPTS = (
    "t-SNE of the class prompts of all pools. Large points are a pool's own classes, small ones the classes of the "
    "other modalities, which serve it as negatives. Fewer than 16 points are not drawn: their places would mean nothing."
)
_FILES = (
    "t-SNE of the files by their similarity with the class prompts, one colour a class: groups form as prompts learn."
)
_SAMPLES = (
    "What the trained classifier says. The bars are its probabilities; the lower edge tells right (green) from wrong "
    "(red)."
)
_REJECTED = "These files could not be decoded and are in none of the figures."
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
