"""What is out: which queries stand in batch files, and the answers that came back and wait until their shard is whole.

It lies beside the manifest of the texts, in a journal of its own, so it belongs to one artifact and only the holder of its lock
changes it. Every key is written once, since lines of a journal on object storage have no order.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.text.engines.base import Answer
from pipeline.text.ledger import Ledger
from stores import Writer, text_key

__all__ = ["Asked", "Book", "Part", "custom_id", "custom_ids_of"]

_JOURNAL = "batch"
_FAILED = "failed "
_OF_FILES = ("out ", "file ", "batch ", "done ")
_FINGERPRINT, _KEY = 12, 40  # with the longest modality 59 characters; servers take 64


def custom_ids_of(modality: str, fingerprint: str) -> str:
    """What the custom ids of all queries of an artifact begin with."""
    return f"{modality}-{fingerprint[:_FINGERPRINT]}-"


def custom_id(modality: str, fingerprint: str, key: str) -> str:
    """What names a query in a batch file: modality, texts, and the query with its seed."""
    return custom_ids_of(modality, fingerprint) + key[:_KEY]


@dataclass(frozen=True)
class Asked:
    """One line of a batch file.

    Attributes:
        key: Of the query, as journals name its answer.
        anchor: The class that it is asked for.
        query: Its number.
    """

    key: str
    anchor: str
    query: int


@dataclass(frozen=True)
class Part:
    """One batch file that is out.

    Attributes:
        name: Of the file.
        path: Where it was written.
        sha256: Of its content.
        endpoint: That all its lines are for, such as "/v1/chat/completions".
        asked: Its lines.
        server: Address that it was submitted to; "" while it was not.
        file_id: What the server calls the file.
        batch_id: What the server calls the batch; "" where it is not known that there is one.
    """

    name: str
    path: str
    sha256: str
    endpoint: str
    asked: tuple[Asked, ...]
    server: str = ""
    file_id: str = ""
    batch_id: str = ""


class Book:
    """For the holder of the artifact's lock."""

    def __init__(self, writer: Writer, ledger: Ledger):
        """Open it, and forget what a killed process could not: files that are over, queries that have been published.

        Args:
            writer: Of the artifact.
            ledger: What it holds.
        """
        self._journal, self._published = writer.journal(_JOURNAL), list[str]()
        over = set() if self.parts else {key for key, _ in self._journal.items() if key.startswith(_OF_FILES)}
        stale = [
            key
            for key, value in self._journal.items()
            if key in over or (not key.startswith(_OF_FILES) and ledger.answered(value["anchor"], value["query"]))
        ]
        if stale:
            self._journal.drop(stale)
            self._journal = writer.journal(
                _JOURNAL
            )  # for a key that was dropped is not taken again, and a file may come again

    @property
    def parts(self) -> list[Part]:
        """The files that are out."""
        found = dict(self._journal.items())
        return [
            Part(
                **{**fields, "asked": tuple(Asked(*each) for each in fields["asked"])},
                **found.get(f"file {fields['name']}", {}),
                **found.get(f"batch {fields['name']}", {}),
            )
            for key, value in found.items()
            if key.startswith("out ")
            for fields in value
            if f"done {fields['name']}" not in found
        ]  # fmt: skip

    @property
    def failed(self) -> dict[Asked, str]:
        """Why queries have no answer, since the last files were written."""
        found = [(key, value) for key, value in self._journal.items() if key.startswith(_FAILED)]
        return {Asked(key.removeprefix(_FAILED), value["anchor"], value["query"]): value["why"] for key, value in found}

    def put_out(self, parts: Sequence[Part]) -> None:
        """Remember files that were just written, all at once; earlier failures are asked again in them."""
        stale = [key for key, _ in self._journal.items() if key.startswith(_FAILED)]
        if stale:
            self._journal.drop(stale)
        entry = [{**asdict(part), "asked": [[a.key, a.anchor, a.query] for a in part.asked]} for part in parts]
        for fields in entry:
            for name in ("server", "file_id", "batch_id"):
                del fields[name]
        self._keep("out " + text_key(json.dumps([part.name for part in parts])), entry)

    def uploaded(self, part: Part, server: str, file_id: str) -> None:
        """Remember what the server calls a file."""
        self._keep(f"file {part.name}", {"server": server, "file_id": file_id})

    def submitted(self, part: Part, batch_id: str) -> None:
        """Remember what the server calls a batch."""
        self._keep(f"batch {part.name}", {"batch_id": batch_id})

    def answered(self, asked: Asked, answer: Answer) -> None:
        """Keep an answer until it is published."""
        self._journal.add(asked.key, {"anchor": asked.anchor, "query": asked.query, "answer": asdict(answer)})

    def fail(self, asked: Asked, why: str) -> None:
        """Remember that a query came back without an answer."""
        self._journal.add(_FAILED + asked.key, {"anchor": asked.anchor, "query": asked.query, "why": why})

    def finish(self, parts: Iterable[Part]) -> None:
        """Take files back: what they asked and has no answer may be asked again."""
        there = {part.name for part in self.parts}
        for part in parts:
            if part.name in there:  # or another process has taken it back meanwhile
                self._keep(f"done {part.name}", True)
        if not self.parts:
            self._journal.drop([key for key, _ in self._journal.items() if key.startswith(_OF_FILES)])

    def is_answered(self, key: str) -> bool:
        """Whether the answer to a query waits here."""
        return self.get(key) is not None

    @property
    def waiting(self) -> int:
        """How many answers wait until their shard is whole."""
        return sum(_waits(key) for key, _ in self._journal.items())

    def get(self, key: str) -> Any:
        """The fields of an answer, or None."""
        found = self._journal.get(key)
        return None if found is None else found["answer"]

    def publishes(self, keys: Iterable[str]) -> None:
        """Note that answers are published; `forget_published` forgets them, for a journal is written anew each time."""
        self._published += keys

    def forget_published(self) -> None:
        """Forget the answers that were published, and that these queries once failed."""
        published = set(self._published)
        gone = [key for key, _ in self._journal.items() if key.removeprefix(_FAILED) in published]
        if gone:
            self._journal.drop(gone)
        self._published = []

    def _keep(self, key: str, value: Any) -> None:
        self._journal.add(key, value)
        self._journal.close()  # on object storage lines wait for a second; this must be there before anything else happens


def _waits(key: str) -> bool:
    """Whether this is the key of an answer, rather than of a file or a failure."""
    return " " not in key
