"""From the `data` part of a recipe to rows with keys."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.aside import Aside, Tally
from pipeline.datasets.class_names import ClassNames
from pipeline.datasets.coco import read_coco
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_keys import FileKeys
from pipeline.datasets.folder import read_folder, unknown_folders
from pipeline.datasets.layout import LabelledFile, Labelling
from pipeline.datasets.listed_paths import why_absent
from pipeline.datasets.registry import LAYOUTS
from pipeline.datasets.rows import MediaRow
from pipeline.datasets.tables import read_table
from pipeline.datasets.texts import read_texts
from pipeline.datasets.webdataset import read_webdataset
from pipeline.labels import load_labels
from pipeline.reading import patiently
from pipeline.recipe.data import AnyData, CocoData, FolderData, MiniatureData, TableData, WebdatasetData
from stores import text_key
from stores.address import Location, local_side

Config = AnyData


@dataclass(frozen=True)
class Source:
    """What a reader found.

    Attributes:
        rows: readable files, in the layout's order; a file that lies twice is two rows with one key.
        unreadable: (path, reason) of files that are named but cannot be opened, those that are not there included.
        unknown: (name, files) of classes of the data set that are no class of the run, the most frequent first.
        exhaustive: whether every row is annotated for every class, so that a row without labels shows none of them;
            otherwise its classes are unknown.
        aside: counts of what else was found and is not judged, and of what `unreadable` has that is not there.
    """

    rows: tuple[MediaRow, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    exhaustive: bool = False
    aside: tuple[Aside, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of the data set's classes that are no class of the run."""
        return tuple(name for name, _ in self.unknown)


@dataclass
class Files:
    """The files that a data set names, with their classes in the run; `unknown` and `problems` grow while they are read.

    Attributes:
        files: (path, labels); of data sets with one class a file, only files of the run's classes.
        unknown: name -> files of the data set's classes that are no class of the run.
        problems: (sample, reason) of what names no file at all.
        tally: counts of what lies beside the files, which grows, too.
        of_others: files that have labels, none of them a class of the run.
    """

    files: Iterator[LabelledFile]
    unknown: Counter[str]
    problems: list[tuple[str, str]]
    tally: Tally
    of_others: set[Path]


def read_rows(config: Config, modality: str, labels: Sequence[str], workspace: Location) -> Source:
    """Read a modality's media.

    Labels that are not among `labels` are dropped from the rows; media of the miniature world is written first, and
    those of tars are copied out.

    Raises:
        DatasetError: the root does not hold the layout, or the data set is of another modality.
        MachineFault: the machine failed while it was read, or took too long.
    """
    if isinstance(config, MiniatureData):  # drawn here, by this process
        return _read_rows(config, modality, labels, workspace)
    return patiently(lambda: _read_rows(config, modality, labels, workspace))


def _read_rows(config: Config, modality: str, labels: Sequence[str], workspace: Location) -> Source:
    if modality == "text":
        return _texts(config, labels)
    keys = FileKeys(local_side(workspace) / "cache" / "file-keys.json")
    found = open_files(config, modality, labels, workspace)
    rows, unreadable = [], []
    for path, names in found.files:
        try:
            key = keys.key(path)
        except OSError as error:
            reason = why_absent(path) if isinstance(error, FileNotFoundError) else error.strerror or str(error)
            unreadable.append((str(path), reason))
            if isinstance(error, FileNotFoundError) and not path.is_symlink():  # a link is there, and leads nowhere
                found.tally.add("absent", reason, str(path))
            continue
        rows.append(MediaRow(key, str(path), names))
    keys.save()
    labelling = LAYOUTS[config.layout].labelling if config.layout in LAYOUTS else "open"
    _count_unlabelled(rows, found, labelling)
    return Source(
        tuple(rows), (*unreadable, *found.problems), tuple(found.unknown.most_common()), labelling == "exhaustive",
        found.tally.told(),
    )  # fmt: skip


def _count_unlabelled(rows: Sequence[MediaRow], found: Files, labelling: Labelling) -> None:
    """Files that nobody can be judged by: of a list, those with no label at all and those with labels of other classes."""
    if labelling == "exhaustive":
        return
    for row in rows:
        if not row.labels:
            other = Path(row.path) in found.of_others
            none = "named for no class" if labelling == "single" else "no label"
            found.tally.add("unlabelled", "labels that are no class of the run" if other else none, row.path)


def _texts(config: Config, labels: Sequence[str]) -> Source:
    classes, unknown = _names(labels, getattr(config, "file", config.layout)), Counter[str]()
    if isinstance(config, FolderData):
        unknown.update(unknown_folders(config.root, labels))
    rows, problems, tally = [], [], Tally()
    for found in read_texts(config, labels, tally):
        names = {name: classes.label(name) for name in found.labels}
        unknown.update(name for name, label in names.items() if label is None)
        if found.problem:
            problems.append((found.where, found.problem))
        else:
            known = tuple(dict.fromkeys(label for label in names.values() if label is not None))
            rows.append(MediaRow(text_key(found.text), found.text, known))
            if not known:
                tally.add("unlabelled", "labels that are no class of the run" if names else "no label", found.where)
    return Source(tuple(rows), tuple(problems), tuple(unknown.most_common()), aside=tally.told())


def open_files(config: Config, modality: str, labels: Sequence[str], workspace: Location) -> Files:
    """The files that a data set names, there or not, without reading them.

    Raises:
        DatasetError: the root does not hold the layout (some only as the files are read), or the data set is of
            another modality.
    """
    _check_modality(config, modality)
    found = Files(iter(()), Counter(), [], Tally(), set())
    match config:
        case FolderData():
            found.files = read_folder(config.root, modality, labels, found.tally)
            found.unknown.update(unknown_folders(config.root, labels))
        case MiniatureData():
            from pipeline.datasets.miniature import read_miniature

            found.files = read_miniature(config, modality, labels, local_side(workspace))
        case TableData():
            found.files = _named(_table_files(config, found), _names(labels, config.file), found)
        case CocoData():
            found.files = _named(read_coco(config.annotations, config.root), _names(labels, config.annotations), found)
        case WebdatasetData():
            classes = ClassNames(labels, where=str(config.root))
            files = _tar_files(config, modality, labels, classes, local_side(workspace), found)
            found.files = _named(files, classes, found)
        case _:
            found.files = _published(config, labels, found)
    return found


def _names(labels: Sequence[str], where: object) -> ClassNames:
    """How the labels of somebody's own files are matched."""
    return ClassNames(labels, loose=False, where=str(where))


def _published(config: Config, labels: Sequence[str], found: Files) -> Iterator[LabelledFile]:
    layout = LAYOUTS[config.layout]
    assert layout.files is not None, "a published data set has its reader"
    own = load_labels(layout.label_set) if layout.label_set else ()
    files = _named(layout.files(config), ClassNames(labels, layout.aliases, own=own, where=layout.title), found)
    if layout.labelling == "single":
        return ((path, names) for path, names in files if names)
    return files


def _named(files: Iterator[LabelledFile], classes: ClassNames, found: Files) -> Iterator[LabelledFile]:
    """The same files with the run's class names."""
    for path, names in files:
        labels = {name: classes.label(name) for name in names}
        found.unknown.update(name for name, label in labels.items() if label is None)
        known = tuple(dict.fromkeys(label for label in labels.values() if label is not None))
        if names and not known:
            found.of_others.add(path)
        yield path, known


def _table_files(config: TableData, found: Files) -> Iterator[LabelledFile]:
    for number, (path, names) in enumerate(read_table(config.file), start=1):
        if path == config.file.parent:
            found.problems.append((f"{config.file}, row {number}", "no path in this row"))
        else:
            yield path, names


def _tar_files(
    config: WebdatasetData, modality: str, labels: Sequence[str], classes: ClassNames, workspace: Path, found: Files
) -> Iterator[LabelledFile]:
    by_number = {str(number): label for number, label in enumerate(labels)}
    for sample in read_webdataset(config, modality, workspace):
        for what, reason, name in sample.beside:
            found.tally.add(what, reason, name)
        if sample.problem or not sample.file:
            found.problems += [(sample.name, sample.problem)] if sample.problem else []
            continue
        yield Path(sample.file), tuple(classes.exact(name) or by_number.get(name, name) for name in sample.labels)


def _check_modality(config: Config, modality: str) -> None:
    layout = LAYOUTS.get(config.layout)
    if layout is not None and layout.modality not in (None, modality):
        others = [name for name, other in LAYOUTS.items() if other.modality in (None, modality)]
        raise DatasetError(
            f"data: layout '{layout.name}' holds {layout.modality}, not {modality}. Put it under modalities."
            f"{layout.modality}, or take one of: {', '.join(others)}"
        )
