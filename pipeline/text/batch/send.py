"""Batches at a server: submitted once, looked at until they are over, and cancelled."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pipeline.text.batch.book import Book, Part
from pipeline.text.batch.lines import read_lines
from pipeline.text.batch.server import BatchServer, Standing
from pipeline.text.batch.take import Taken, enter
from pipeline.text.batch.write import opened_book
from pipeline.text.config import GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.spec import texts_spec
from stores import Store
from stores.reading import reading

__all__ = ["PartStanding", "cancel_batch", "collect_batch", "submit_batch"]


@dataclass(frozen=True)
class PartStanding:
    """A file that is out, or was until now.

    Attributes:
        part: The file.
        standing: Of its batch at the server; None where it was not submitted.
    """

    part: Part
    standing: Standing | None


def submit_batch(store: Store, config: GenerateConfig, modality: str, server: BatchServer) -> list[Part]:
    """Submit the files of a modality that are out and were not; the lock is held meanwhile, so that nobody else does.

    Each step is remembered when it is done. What a killed run started and could not remember is looked for at the server.

    Raises:
        TextError: A file is gone, or is not what was written.
        EngineError: The server refuses, or fails for good.
    """
    submitted = []
    with opened_book(store, config, modality) as (book, _, _):
        for part in book.parts:
            _check_address(part, config)
            if part.batch_id:
                continue
            batch_id = ""
            if part.file_id:
                batch_id = server.find(part.file_id)
            else:
                part = replace(part, file_id=server.upload(part.name, _content(part)))
                book.uploaded(part, config.server.url, part.file_id)
            batch_id = batch_id or server.create(part)
            book.submitted(part, batch_id)
            submitted.append(replace(part, server=config.server.url, batch_id=batch_id))
    return submitted


def collect_batch(
    store: Store, config: GenerateConfig, modality: str, server: BatchServer, taken: Taken
) -> list[PartStanding]:
    """Take in what batches that are over have answered. The lock is not held while the server is asked."""
    with opened_book(store, config, modality) as (book, _, _):
        parts = book.parts
    found = []
    for part in parts:
        _check_address(part, config)
        standing = server.look(part.batch_id) if part.batch_id else None
        found.append(PartStanding(part, standing))
        if standing is None or not standing.over:
            continue
        contents = [server.content(file_id, len(part.asked), config.max_new_tokens) for file_id in standing.files]
        lines = [
            line
            for content in contents
            for line in read_lines(content, chat=config.prompt_format != "raw", key=server.key)
        ]
        with opened_book(store, config, modality) as (book, _, _):
            enter(book, modality, texts_spec(config, modality).fingerprint, [part], lines, taken)
            _fail_the_rest(book, part, standing, taken)
            book.finish([part])
    return found


def cancel_batch(
    store: Store, config: GenerateConfig, modality: str, server: BatchServer | None
) -> tuple[list[Part], list[Part]]:
    """End what is out.

    Args:
        store: Where the texts are.
        config: What is asked.
        modality: Of the queries.
        server: To be told; None forgets what it has.

    Returns:
        Files whose batches the server was asked to end, which stay out until they are collected, and those taken back.
    """
    ending, back = [], []
    with opened_book(store, config, modality) as (book, _, _):
        for part in book.parts:
            if server is not None and part.file_id:
                _check_address(part, config)
                if not part.batch_id and (batch_id := server.find(part.file_id)):
                    book.submitted(part, batch_id)
                    part = replace(part, batch_id=batch_id)
            if server is not None and part.batch_id:
                server.cancel(part.batch_id)
                ending.append(part)
            else:
                back.append(part)
        book.finish(back)
    return ending, back


def _fail_the_rest(book: Book, part: Part, standing: Standing, taken: Taken) -> None:
    """Queries of which a batch that is over says nothing."""
    failed = {asked.key for asked in book.failed}
    rest = [each for each in part.asked if not book.is_answered(each.key) and each.key not in failed]
    why = f"no line about it in a batch that is {standing.status}" + (f": {standing.said}" if standing.said else "")
    for each in rest:
        book.fail(each, why)
        taken.failed[f"{each.anchor} {each.query}"] = why


def _check_address(part: Part, config: GenerateConfig) -> None:
    if part.server and part.server != config.server.url:
        raise TextError(
            f"texts batch: {part.name} was submitted to {part.server}, and generate.server.url is {config.server.url}. Set it "
            "back until the answers are collected; or forget that batch: mmpt-pipeline texts batch cancel RECIPE --forget"
        )


def _content(part: Part) -> bytes:
    path = Path(part.path)
    try:
        with reading(path):
            content = path.read_bytes()
    except OSError as error:
        raise TextError(f"texts batch: {path} cannot be read: {error.strerror}. {_ANEW}") from error
    if sha256(content).hexdigest() != part.sha256:
        raise TextError(f"texts batch: {path} is not what was written there. {_ANEW}")
    return content


_ANEW = "Take it back and write it anew: mmpt-pipeline texts batch cancel RECIPE, then mmpt-pipeline texts batch write RECIPE"
