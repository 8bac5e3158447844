"""ImageNet and the four data sets of its classes: a folder a class, named for its WordNet id or its number.

`classnames.txt` (`n01440764 tench` a line) names the thousand classes; a class's label is its id's place among the sorted ids.
The protocol takes the images of a folder as the system lists them, so its shots of ImageNet cannot be drawn again from
the seed alone. We sort the file names, and can write the list that was drawn.
"""

from collections.abc import Container, Iterable
from pathlib import Path

from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.few_shot.few_shot_set import FewShotSet
from pipeline.datasets.few_shot.rows import Row, Split, spoken
from pipeline.datasets.listing import folders, media_files
from pipeline.datasets.root import require

_SPLITS = {"train": "train", "test": "val"}
"""The test labels of ImageNet are not public: its validation images are the test set."""
_BY_ID = "called by the WordNet ids of classnames.txt"


def read_imagenet(one: FewShotSet, home: Path, split: str) -> Split:
    """The images of ImageNet's train or validation folder.

    Raises:
        DatasetError: the folder or the class names are absent, or a folder is no class.
    """
    names = wordnet_names(one, home)
    found = folders(require(one.layout, home, f"images/{_SPLITS[split]}"))
    return _of_folders(home / "images", found, names, list(names))


def read_all_classes(one: FewShotSet, home: Path, split: str) -> Split:
    """ImageNet-Sketch: ImageNet's classes and labels.

    Raises:
        DatasetError: the class names are absent, or a folder is no class.
    """
    names = wordnet_names(one, home)
    return _of_folders(home / one.images, folders(home / one.images), names, list(names))


def read_own_classes(one: FewShotSet, home: Path, split: str) -> Split:
    """ImageNet-A and -R: labels are places among their own sorted ids, and they are judged among their own classes.

    Raises:
        DatasetError: the class names are absent, or a folder is no class.
    """
    found = folders(home / one.images)
    return _of_folders(home / one.images, found, wordnet_names(one, home), [folder.name for folder in found])


def read_numbered(one: FewShotSet, home: Path, split: str) -> Split:
    """ImageNetV2: folders are called by the labels, which rise as numbers do and not as names do (2 before 10).

    Raises:
        DatasetError: the class names are absent, or a folder is no number of a class.
    """
    names = wordnet_names(one, home)
    ids, found = list(names), folders(home / one.images)
    numbers = {str(label): wordnet_id for label, wordnet_id in enumerate(ids)}
    _require_known(home / one.images, found, numbers, f"called 0 to {len(ids) - 1}")
    ordered = sorted(found, key=lambda folder: int(folder.name))
    return _rows(home / one.images, ((folder, numbers[folder.name]) for folder in ordered), names, ids)


def wordnet_names(one: FewShotSet, home: Path) -> dict[str, str]:
    """WordNet id -> class name, by id; from the data set's own `classnames.txt`, or from ImageNet's beside it.

    Raises:
        DatasetError: there is none, or a line of it is no id and name.
    """
    beside = home.absolute().parent / "imagenet" / "classnames.txt"
    file = beside if beside.is_file() and not (home / "classnames.txt").is_file() else home / "classnames.txt"
    names = {}
    for number, line in enumerate(text_lines(require(one.layout, file.parent, "classnames.txt")), start=1):
        wordnet_id, _, name = line.partition(" ")
        if not name or wordnet_id in names:
            raise DatasetError(
                f"data: {file}, line {number}: a WordNet id that comes once, a blank and a class name expected, "
                f"found {line!r:.80}."
            )
        names[wordnet_id] = spoken(name)
    return dict(sorted(names.items()))


def all_classes(one: FewShotSet, home: Path) -> list[str]:
    """The names of ImageNet's classes, without a look at the images.

    Raises:
        DatasetError: the class names are absent.
    """
    return list(wordnet_names(one, home).values())


def own_classes(one: FewShotSet, home: Path) -> list[str]:
    """The names of the classes that have a folder.

    Raises:
        DatasetError: the class names are absent, or a folder is no class.
    """
    names, found = wordnet_names(one, home), folders(home / one.images)
    _require_known(home / one.images, found, names, _BY_ID)
    return [names[folder.name] for folder in found]


def _of_folders(root: Path, found: list[Path], names: dict[str, str], ids: list[str]) -> Split:
    _require_known(root, found, names, _BY_ID)
    return _rows(root, ((folder, folder.name) for folder in found), names, ids)


def _require_known(root: Path, found: list[Path], known: Container[str], expected: str) -> None:
    strange = [folder.name for folder in found if folder.name not in known]
    if strange or not found:
        told = ", ".join(strange[:4]) + (", …" if len(strange) > 4 else "")
        raise DatasetError(
            f"data: {root} holds {f'folders that are no class: {told}' if strange else 'no folder'}. "
            f"Expected: one folder a class, {expected}. Move other folders away."
        )


def _rows(root: Path, found: Iterable[tuple[Path, str]], names: dict[str, str], ids: list[str]) -> Split:
    labels = {wordnet_id: label for label, wordnet_id in enumerate(ids)}
    rows = tuple(
        Row(f"{below}/{file.name}", labels[wordnet_id], names[wordnet_id])
        for folder, wordnet_id in found
        for below in [folder.relative_to(root).as_posix()]
        for file in media_files(folder, "image")
    )
    return Split(root, tuple(names[wordnet_id] for wordnet_id in ids), rows)
