"""Put the report together: one file that needs nothing else."""

import os
from importlib.resources import files
from pathlib import Path

from pipeline.labels.candidates import MODALITIES
from pipeline.report.classes import class_section
from pipeline.report.curves import curves_figure
from pipeline.report.data import ReportData
from pipeline.report.html import Child, Markup, details, join, page, tag
from pipeline.report.projections import prompt_figure, sample_figures
from pipeline.report.samples import sample_section
from pipeline.report.sections import (
    facts_list,
    generation_section,
    headline,
    lineage_section,
    method_table,
    rejected_section,
)


def write_report(data: ReportData, path: Path) -> Path:
    """Write the report as one HTML file, whole or not at all.

    Args:
        data: what it shows.
        path: the file; its folder is made.

    Returns:
        the path.
    """
    content = render_report(data).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{path.name}")
    temporary.write_bytes(content)
    os.replace(temporary, path)
    return path


def render_report(data: ReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    sections = [section for section in _sections(data) if section is not None]
    links = [tag("a", title, href=f"#{anchor}") for anchor, title, _ in sections]
    style = (files("pipeline.report") / "page.css").read_text(encoding="utf-8")
    header = tag("header", tag("p", "mmpt-pipeline · report"), tag("h1", data.recipe_name), tag("nav", links))
    body = [tag("section", tag("h2", title), content, id=anchor) for anchor, title, content in sections]
    return page(f"{data.recipe_name}: report", style, tag("main", header, body))


_Section = tuple[str, str, Child]


def _sections(data: ReportData) -> list[_Section | None]:
    return [
        ("results", "Results", _results(data)),
        _section("learning", "Learning", _LEARNING, curves_figure(data)),
        _section("classes", "Classes", _CLASSES, *(class_section(data, m) for m in data.result.modalities)),
        _section("prompts", "Prompts", _PROMPTS, prompt_figure(data)),
        _section("files", "Files among the prompts", _FILES, *sample_figures(data)),
        _section("samples", "Samples", _SAMPLES, *(sample_section(data, m) for m in data.result.modalities)),
        _section("texts", "Texts", _TEXTS, *_texts(data)),
        _section("rejected", "Rejected files", _REJECTED, rejected_section(data.rejected) if data.rejected else None),
        _section("lineage", "Lineage", _LINEAGE, lineage_section(data) if data.lineage else None),
        ("run", "Run", _run(data)),
    ]


def _section(anchor: str, title: str, lead: str, *parts: Markup | None) -> _Section | None:
    shown = [part for part in parts if part is not None]
    return (anchor, title, join([tag("p", lead, cls="lead"), *shown])) if shown else None


def _results(data: ReportData) -> Markup:
    if not data.result.modalities:
        return tag("p", "No media were judged: the recipe gives no files. Class vectors were learned from texts alone.")
    return join([headline(data.result), method_table(data.result)])


def _texts(data: ReportData) -> list[Markup]:
    return [generation_section(m, data.generation[m]) for m in MODALITIES if m in data.generation]


def _run(data: ReportData) -> Markup:
    facts = facts_list(data.facts.items()) if data.facts else None
    return join([facts, details("The recipe", tag("pre", data.recipe_yaml), opened=not data.facts)])


_LEARNING = (
    "Loss over the training steps. Pairs that are ranked by more than the margin no longer push; the rest are active."
)
_CLASSES = "Every class with zero-shot prompts and after training, on the same files with the same frozen encoder."
_PROMPTS = (
    "t-SNE of the class prompts of all pools. Large points are a pool's own classes, small ones the classes of the "
    "other modalities, which serve it as negatives."
)
_FILES = (
    "t-SNE of the files by their similarity with the class prompts, one colour a class: groups form as prompts learn."
)
_SAMPLES = (
    "What the trained classifier says. The bars are its probabilities; the lower edge tells right (green) from wrong "
    "(red)."
)
_TEXTS = "Training used only these sentences, written by a language model from the class names; no file was trained on."
_REJECTED = "These files could not be decoded and are in none of the figures."
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
