"""Writing batch files: what `generate-texts` would ask next, in its order, with its seeds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pipeline.text.asking import query_text
from pipeline.text.batch.book import Asked, Book, Part, custom_id
from pipeline.text.batch.lines import request_line
from pipeline.text.config import GenerateConfig
from pipeline.text.engines.ahead import request_key
from pipeline.text.engines.base import Request
from pipeline.text.engines.load import sampling_and_form
from pipeline.text.errors import TextError
from pipeline.text.generate import generate_texts
from pipeline.text.ledger import Ledger
from pipeline.text.queries import Query
from pipeline.text.rounds import rounds_of
from pipeline.text.spec import texts_spec
from stores import Store, Writer
from stores.commit import make_folder, replace_bytes

__all__ = ["Written", "check_engine", "opened_book", "write_batch"]


@dataclass(frozen=True)
class Written:
    """What `write` did about a modality.

    Attributes:
        modality: Of the queries.
        parts: Files that were written now.
        out: Files that were out already; then nothing was written.
    """

    modality: str
    parts: tuple[Part, ...] = ()
    out: tuple[Part, ...] = ()


def check_engine(config: GenerateConfig) -> None:
    """Refuse a recipe whose sentences no server writes.

    Raises:
        TextError: So it is.
    """
    if config.engine != "openai":
        raise TextError(
            f"texts batch: this recipe has generate.engine: {config.engine}, and batch files are of servers that speak OpenAI's "
            "protocol, or of tools that read such files. Set generate.engine: openai, and generate.model to what the server, or "
            "`vllm run-batch --model`, calls the model"
        )


@contextmanager
def opened_book(store: Store, config: GenerateConfig, modality: str) -> Iterator[tuple[Book, Ledger, Writer]]:
    """The book of a modality's texts, as long as their lock is held."""
    check_engine(config)
    artifact = store.artifact(texts_spec(config, modality))
    with artifact.writer() as writer:
        ledger = Ledger.read(artifact, config.max_similarity)
        yield Book(writer, ledger), ledger, writer


def write_batch(
    store: Store, config: GenerateConfig, modality: str, labels: Sequence[str], folder: Path, most: int
) -> Written:
    """Write the queries of the next round that have no answer yet.

    Args:
        store: Where the texts are.
        config: What is asked.
        modality: Of the label set.
        labels: Class names.
        folder: Where the files go; each is named after its content.
        most: Lines of a file.

    Raises:
        TextError: The recipe asks no server.
        DiskError: The files cannot be written.
    """
    check_engine(config)
    generate_texts(store, config, modality, labels, only_collected=True)
    with opened_book(store, config, modality) as (book, ledger, writer):
        if book.parts:
            return Written(modality, out=tuple(book.parts))
        rounds, answered = rounds_of(config, modality, labels), writer.journal()
        missing = next(filter(None, (rounds.missing(ledger, number) for number in range(config.max_rounds))), [])
        requests = {request_key(each): (query, each) for query, each in _requests(config, missing)}
        asked = {
            key: each
            for key, each in requests.items()
            if not book.is_answered(key)
            and answered.get(key) is None  # of a run that was killed before it published them
        }
        keys = list(asked)
        fingerprint = texts_spec(config, modality).fingerprint
        parts = [
            _write(config, modality, fingerprint, {key: asked[key] for key in keys[start : start + most]}, folder)
            for start in range(0, len(keys), most)
        ]
        if parts:
            book.put_out(parts)  # all at once, and after the files: a kill before this has asked nothing
        return Written(modality, tuple(parts))


def _requests(config: GenerateConfig, queries: Sequence[Query]) -> Iterator[tuple[Query, Request]]:
    return ((each, Request(query_text(config, each), each.seed)) for each in queries)


def _write(
    config: GenerateConfig, modality: str, fingerprint: str, asked: dict[str, tuple[Query, Request]], folder: Path
) -> Part:
    sampling, form = sampling_and_form(config)
    lines = [
        request_line(custom_id(modality, fingerprint, key), config.model, sampling, form, request)
        for key, (_, request) in asked.items()
    ]
    content = "".join(line + "\n" for _, line in lines).encode()
    digest = sha256(content).hexdigest()
    path = folder.absolute() / f"{modality}-{digest[:8]}.jsonl"
    make_folder(path.parent)
    replace_bytes(path, content)
    rows = tuple(Asked(key, query.anchor, query.number) for key, (query, _) in asked.items())
    return Part(path.name, str(path), digest, lines[0][0], rows)
