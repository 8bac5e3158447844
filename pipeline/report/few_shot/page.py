"""Put the few-shot report together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.few_shot.attention import attention_section
from pipeline.report.few_shot.confidence import confidence_section
from pipeline.report.few_shot.data import FewShotReportData
from pipeline.report.few_shot.learning import shots_section
from pipeline.report.few_shot.results import accuracy_bars, accuracy_table, iteration_figure
from pipeline.report.html import Markup, details, join, tag
from pipeline.report.loss_panels import loss_panels
from pipeline.report.page import Section, put_together, section, write_whole
from pipeline.report.sections import facts_list, lineage_section
from pipeline.report.warned import warnings_section
from stores.address import Location


def write_few_shot_page(data: FewShotReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all; returns its path."""
    return write_whole(render_few_shot(data), path)


def render_few_shot(data: FewShotReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    extra = (files("pipeline.report.few_shot") / "page.css").read_text(encoding="utf-8")
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None], extra)


def _sections(data: FewShotReportData) -> list[Section | None]:
    seen, seed = data.seen, f"Seed {data.seen.seed}."
    return [
        warnings_section(data.warnings),
        section("results", "Results", _HALVES if data.halved else _SETS, accuracy_table(data), accuracy_bars(data)),
        section("iterations", "Iterations", _ITERATIONS, iteration_figure(data)),
        section("confidence", "Confidence", f"{_CONFIDENCE} {seed}", confidence_section(seen.confidences)),
        section("attention", "Attention", f"{_ATTENTION} {seed}", attention_section(seen.attention, seen.no_attention)),
        section("learning", "Learning", _LEARNING, loss_panels(data.methods, "losses")),
        section("shots", *_about_shots(seen.modality, seed), shots_section(seen.shots, seen.modality)),
        section("lineage", "Lineage", _LINEAGE, lineage_section(data.lineage) if data.lineage else None),
        ("run", "Run", _run(data)),
    ]


def _about_shots(modality: str, seed: str) -> tuple[str, str]:
    """Title and introduction; only images are cropped."""
    if modality == "image":
        return "Labelled images", f"{_SHOTS}; every epoch sees one random crop of each. {seed}"
    return "Labelled files" if modality != "text" else "Labelled texts", f"{_SHOTS}. {seed}"


def _run(data: FewShotReportData) -> Markup:
    recipe = details("The recipe", tag("pre", data.recipe_yaml), opened=not data.facts)
    return join([facts_list(data.facts.items()) if data.facts else None, recipe])


_HALVES = (
    "Accuracy in percent: base classes among base names, novel classes, of which nothing was learned, among novel names, and the "
    "harmonic mean H of the two means. Means and standard deviations over the seeds. Seconds are those of this run on its "
    "machine, epochs only."
)
_SETS = (
    "Accuracy in percent on every data set among all of its own names. Means and standard deviations over the seeds. Seconds "
    "are those of this run on its machine, epochs only."
)
_ITERATIONS = (
    "Accuracy after every iteration; 0 is zero-shot with the data set's own sentence. A thin line is a seed, the thick one their "
    "mean."
)
_CONFIDENCE = (
    "Probability of the true class after every iteration, on test images from all over the list; 0 is the frozen encoder "
    "with the sentence that the method begins with. The bands hold half and four fifths of the images."
)
_ATTENTION = (
    "How much the class token attends to every patch in the last block, mean over the heads, without prompts and with those of "
    "every method; a number behind a method is its iteration. What is missing to 100 % goes to the class token itself and to "
    "the prompts."
)
_LEARNING = "Loss over the training steps; a thin line is a seed. Losses of several iterations are summed."
_SHOTS = "All that was learned from"
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
