"""Answers of batches beside those of a killed run, and an engine that asks nobody: how batches become texts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.text.batch.book import Book
from pipeline.text.engines.base import Answer, Request
from stores.journal import Journal

__all__ = ["AnswersOfBatches", "KeptOrCollected", "NotAnsweredYet"]


class NotAnsweredYet(Exception):
    """A shard has queries whose answers are not here; what was published before it stays."""


class KeptOrCollected:
    """The artifact's journal, and behind it the answers that came in batches."""

    def __init__(self, journal: Journal, book: Book):
        """Change neither yet."""
        self._journal, self._book = journal, book

    def get(self, key: str) -> Any:
        """Return the fields of an answer, or None."""
        found = self._journal.get(key)
        return self._book.get(key) if found is None else found

    def add(self, key: str, value: Any) -> None:
        """Keep an answer that did not come in a batch."""
        self._journal.add(key, value)

    def drop(self, keys: Iterable[str]) -> None:
        """Forget what has been published."""
        keys = list(keys)
        self._journal.drop(keys)
        self._book.publishes(keys)

    def clear(self) -> None:
        """Forget what belongs to nobody; what came in a batch was paid for, and waits for the labels it was asked with."""
        self._journal.clear()


class AnswersOfBatches:
    """An engine that answers nothing by itself: what is not in a journal has not come yet."""

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests.

        Raises:
            NotAnsweredYet: There are any.
        """
        return [answer for _, answer in self.answers(requests)]

    def answers(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        """Every answer with its place; those that wait in a journal are not asked for.

        Raises:
            NotAnsweredYet: There are any.
        """
        if requests:
            raise NotAnsweredYet(f"{len(requests)} queries have no answer yet")
        return iter(())
