"""What `mmpt-pipeline datasets` prints of a data set: its description, and what a check has found."""

from typing import TYPE_CHECKING, Any

from pipeline.cli.listed_pages import print_lists

if TYPE_CHECKING:
    from pipeline.datasets.check import Check
    from pipeline.datasets.layout import Layout

_LABELLING = {
    "single": "one class a file; files of classes that are not in the run are left out",
    "exhaustive": "several classes a file; a file that shows none of them counts as a negative of all",
    "open": "any number of classes a file; none means unknown",
}


def description(layout: "Layout") -> str:
    """The page of `datasets show`."""
    options = ", ".join(f"{option}: {_plain(value)}" for option, value in layout.options().items())
    parts = {
        "modality": _modality(layout),
        "label set": label_set(layout),
        "labels": _LABELLING[layout.labelling],
        "files": count(layout.count),
        "download": layout.download,
        "disk": layout.disk,
        "the paper": layout.paper,
        "options": options,
        "recipe": _snippet(layout),
    }
    lines = [f"{part + ':':<11}{text}" for part, text in parts.items() if text]
    return "\n".join([f"{layout.title}\n\n{layout.tree}\n", *lines])


def described(layout: "Layout") -> dict[str, Any]:
    """The same as values."""
    names = (
        "name", "title", "modality", "label_set", "labelling", "count", "tree", "download", "disk", "paper",
    )  # fmt: skip
    return {name: getattr(layout, name) for name in names} | {"options": layout.options(), "recipe": _snippet(layout)}


def _snippet(layout: "Layout") -> str:
    places = {
        "root": f"data/{layout.name}", "file": "media.csv", "annotations": "instances.json", "events": "events.csv",
        "masks": "masks", "questions": "qa.csv",
    }  # fmt: skip
    needed = [key for key, entry in layout.config.model_fields.items() if entry.is_required() and key != "layout"]
    return "data: {" + ", ".join([f"layout: {layout.name}", *(f"{key}: {places[key]}" for key in needed)]) + "}"


def print_check(layout: "Layout", found: "Check") -> None:
    """The page of `datasets check`."""
    from pipeline.cli.output import print_table

    rows = [[c.label, f"{c.found:,}", f"{c.missing:,}"] for c in found.classes]
    print_table(["class", "found", "missing"], rows, layout.title)
    expected = f" of {found.expected:,} in the whole data set" if found.expected is not None else ""
    print(f"{found.found:,} files found{expected}, {found.missing:,} missing, {found.unlabelled:,} unlabelled")
    empty = [c.label for c in found.classes if not c.found]
    print_lists(
        {
            "Classes without a file": [", ".join(empty)] if empty else [],
            "Names that are no class of the label set": [f"{name}: {count:,} files" for name, count in found.unknown],
            "Missing files": found.missing_files,
            "Samples that cannot be used": [f"{name}: {reason}" for name, reason in found.problems],
            "Beside them": [f"{a.count:,} {a.what}, {a.reason}: {', '.join(a.examples)}" for a in found.aside],
        }
    )


def label_set(layout: "Layout") -> str:
    """Where the class names come from."""
    from pipeline.datasets.registry import AUDIO_VISUAL

    own = layout.names or layout.name in AUDIO_VISUAL
    return layout.label_set or ("its own" if own else "yours")


def count(files: int | None) -> str:
    """A number of files; nothing where copies differ."""
    return "" if files is None else f"{files:,}"


def _modality(layout: "Layout") -> str:
    from pipeline.datasets.registry import AUDIO_VISUAL

    return "video with its sound" if layout.name in AUDIO_VISUAL else layout.modality or "video, image or audio"


def _plain(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
