"""Texts to be judged: a table with columns `text` and `labels`, or `root/<class name>/…/file`, one text a file.

A text is its own location: `MediaRow.path` holds it, and two equal texts are one row of a store wherever they lie.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.aside import Tally
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.folder import read_folder
from pipeline.datasets.tables import read_labelled
from pipeline.reading import reading
from pipeline.reading.regular import read_bytes, require_regular
from pipeline.recipe.data import AnyData, FolderData, TableData

MOST_BYTES = 1_000_000
"""Largest file that is taken for one text."""


@dataclass(frozen=True)
class LabelledText:
    """One row of a source of texts.

    Attributes:
        where: file, or row of a table, for messages.
        text: without blanks around it; empty if there is none.
        labels: classes as the source spells them.
        problem: why there is no text; empty if there is one.
    """

    where: str
    text: str
    labels: tuple[str, ...]
    problem: str


def read_texts(config: AnyData, labels: Sequence[str], tally: Tally | None = None) -> Iterator[LabelledText]:
    """Every row, in the source's order; what lies beside texts in folders is counted in `tally`.

    Raises:
        DatasetError: the data set holds no texts, or not the layout.
    """
    match config:
        case TableData():
            for number, (value, names) in enumerate(read_labelled(config.file, "text"), start=1):
                text = value.strip()
                yield LabelledText(f"{config.file}, row {number}", text, names, "" if text else "no text")
        case FolderData():
            for path, names in read_folder(config.root, "text", labels, tally):
                text, problem = read_text_file(path)
                yield LabelledText(str(path), text, names, problem)
        case _:
            raise DatasetError(
                f"data: layout '{config.layout}' holds no texts. For modality text write data: {{layout: table, file: "
                "FILE.csv} with columns text,labels, or data: {layout: folder, root: DIR} with one text a file"
            )


def read_text_file(path: Path) -> tuple[str, str]:
    """The text of a file, and why there is none; one of the two is empty.

    Raises:
        MachineFault: the machine failed while it was read.
    """
    try:
        with reading(path):
            if require_regular(path).st_size > MOST_BYTES:
                return "", f"too large for a text: more than {MOST_BYTES:,} bytes"
            content = read_bytes(path)
        text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig").read().strip()
    except UnicodeDecodeError:
        return "", "not a text in UTF-8"
    except FileNotFoundError:
        return "", "no such file"
    except OSError as error:
        return "", error.strerror or str(error)
    return text, "" if text and "\0" not in text else "not a text: it has zero bytes" if text else "empty file"
