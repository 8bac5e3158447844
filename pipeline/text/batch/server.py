"""A server's interface of batches: files up, batches made, looked at, cancelled, and their output down."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import httpx

from pipeline.printable import cut
from pipeline.text.batch.book import Part
from pipeline.text.engines.bounded import Reply, fetch
from pipeline.text.engines.protocol import api_key, said_by_server
from pipeline.text.engines.retry import ask_again
from pipeline.text.errors import EngineError
from pipeline.text.settings import ServerConfig

__all__ = ["BatchServer", "Standing"]

_JSON_BYTES = 16 << 20
_LINE_BYTES, _TOKEN_BYTES = 16 << 10, 64
_FILE_TIME = 10  # a file takes longer than one answer
_PAGES, _A_PAGE = 50, 100
_AT_WORK = ("validating", "in_progress", "finalizing", "cancelling")
_OVER = ("completed", "failed", "expired", "cancelled")


@dataclass(frozen=True)
class Standing:
    """How far a batch is.

    Attributes:
        status: As the server tells it, in small letters.
        total: Its lines.
        completed: Those that are answered.
        failed: Those that failed.
        files: Ids of the files with answers and with errors, if there are some.
        said: What is wrong with the whole batch; "" if nothing is.
    """

    status: str
    total: int
    completed: int
    failed: int
    files: tuple[str, ...]
    said: str

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _OVER


class BatchServer:
    """One server; every call opens a connection of its own, for between two of them hours may pass."""

    def __init__(self, server: ServerConfig):
        """Take the API key from the environment.

        Raises:
            EngineError: The variable that should hold it is not set.
        """
        self._server, self.key = server, api_key(server)

    def upload(self, name: str, content: bytes) -> str:
        """Hand a file over; what the server calls it."""
        form = {"data": {"purpose": "batch"}, "files": {"file": (name, content, "application/jsonl")}}
        return self._id(self._call("POST", "files", form=form, slow=True), "files")

    def create(self, part: Part) -> str:
        """Start a batch; sent once only, for a server may have started it although its answer was lost."""
        body = {
            "input_file_id": part.file_id,
            "endpoint": part.endpoint,
            "completion_window": "24h",
            "metadata": {"file": part.name},
        }
        return self._id(self._call("POST", "batches", body=body, once=True), "batches")

    def find(self, file_id: str) -> str:
        """The batch that was made of a file; "" if there is none."""
        after = ""
        for _ in range(_PAGES):
            path = f"batches?limit={_A_PAGE}" + (f"&after={after}" if after else "")
            content = self._call("GET", path)
            found = content.get("data") if isinstance(content, dict) else None
            rows = [row for row in found or () if isinstance(row, dict) and _is_id(row.get("id"))]
            match = next((row["id"] for row in rows if row.get("input_file_id") == file_id), "")
            if match or not content.get("has_more") or not rows:
                return str(match)
            after = rows[-1]["id"]
        return ""

    def look(self, batch_id: str) -> Standing:
        """How far a batch is."""
        content = self._call("GET", f"batches/{batch_id}")
        status = str(content.get("status", "")).lower() if isinstance(content, dict) else ""
        if status not in (*_AT_WORK, *_OVER):
            raise EngineError(
                f"texts batch: {self._server.url}/batches/{batch_id} says nothing that is known about the batch: "
                f"{self._shown(content)} Known are {', '.join((*_AT_WORK, *_OVER))}. Is generate.server.url right?"
            )
        counts = content.get("request_counts")
        counts = counts if isinstance(counts, dict) else {}
        errors = content.get("errors")
        listed = errors.get("data") if isinstance(errors, dict) else None
        files = [content.get(name) for name in ("output_file_id", "error_file_id")]
        total, completed, failed = (_number(counts.get(name)) for name in ("total", "completed", "failed"))
        said = " ".join(self._shown(each) for each in (listed if isinstance(listed, list) else [])[:3])
        return Standing(status, total, completed, failed, tuple(str(name) for name in files if _is_id(name)), said)

    def cancel(self, batch_id: str) -> None:
        """Ask for a batch to be ended; what it has answered stays."""
        self._call("POST", f"batches/{batch_id}/cancel", over_is_fine=True)

    def content(self, file_id: str, lines: int, max_new_tokens: int) -> bytes:
        """An output file of so many lines."""
        most = _JSON_BYTES + lines * (_LINE_BYTES + _TOKEN_BYTES * max_new_tokens)
        found = self._call("GET", f"files/{file_id}/content", most=most, as_bytes=True, slow=True)
        return bytes(found)

    def _call(
        self, method: str, path: str, *, body: Any = None, form: dict[str, Any] | None = None, most: int = _JSON_BYTES,
        as_bytes: bool = False, slow: bool = False, once: bool = False, over_is_fine: bool = False,
    ) -> Any:  # fmt: skip
        limit_s = self._server.timeout_s * (_FILE_TIME if slow else 1)
        told = self._server.model_copy(update={"attempts": 1}) if once else self._server

        async def asked() -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
            address = self._server.url + "/"
            async with httpx.AsyncClient(base_url=address, headers=headers, timeout=limit_s) as client:

                async def send() -> Reply:
                    return await fetch(
                        client, method, path, body=body, form=form, most=most, limit_s=limit_s, as_bytes=as_bytes
                    )

                return await ask_again(told, send)

        status, content = asyncio.run(asked())
        if not httpx.codes.is_success(status) and not (over_is_fine and status in (400, 409)):
            raise EngineError(self._refused(path, status, content))
        return content

    def _id(self, content: Any, path: str) -> str:
        found = content.get("id") if isinstance(content, dict) else None
        if not _is_id(found):
            raise EngineError(
                f"texts batch: {self._server.url}/{path} gave no id: {self._shown(content)} Is generate.server.url the address "
                "of a server with OpenAI's interface of batches? It mostly ends in /v1"
            )
        return str(found)

    def _refused(self, path: str, status: int, content: Any) -> str:
        said = f"texts batch: the server at {self._server.url} refused {cut(path, 60)} with status {status}: "
        said += f"{self._shown(content)} "
        if status in (401, 403):
            held = f"the key in {self._server.key_env} was sent" if self.key else "no key was sent"
            return said + f"Here {held}; set generate.server.key_env to the variable that holds a valid one"
        if status in (404, 405, 501) and path.split("?")[0] in ("files", "batches"):
            return said + (
                "It may have no interface of batches. Run the files elsewhere, e.g. vllm run-batch -i FILE -o results.jsonl "
                "--model MODEL, and give the output to: mmpt-pipeline texts batch collect RECIPE --from results.jsonl"
            )
        if status == 404:
            return said + (
                "Is it the server that the batch was submitted to, and the same account? If it has forgotten the batch, take the "
                "file back: mmpt-pipeline texts batch cancel RECIPE --forget, and write it anew"
            )
        return said + "Mend what it says, and run the same command again; what is out stays out until it is collected"

    def _shown(self, content: Any) -> str:
        return said_by_server(content, self.key)


def _is_id(found: Any) -> bool:
    """Whether it can stand in an address as it is."""
    return (
        isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_.:-]{1,200}", found) is not None and found.strip(".") != ""
    )


def _number(found: Any) -> int:
    return found if isinstance(found, int) else 0
