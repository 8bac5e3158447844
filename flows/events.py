"""The event that says that a recipe got new class names; the trigger of `refresh` in prefect.yaml waits for it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from prefect.events import Event
from prefect.events.clients import get_events_client
from prefect.settings import get_current_settings
from websockets.exceptions import WebSocketException

from pipeline.tasks.load import load_recipe
from stores.errors import MmptError

CLASSES_ADDED = "mmpt.classes.added"


class NotSent(MmptError):
    """No server took the event."""


def classes_added(recipe: Path, modality: str, names: Sequence[str]) -> None:
    """Send the event to the server that PREFECT_API_URL names; returns when the server has it.

    Raises:
        NotSent: no server is named, or it does not answer.
    """
    url = get_current_settings().api.url
    if url is None:
        raise NotSent("PREFECT_API_URL is not set; for a server on this machine: http://127.0.0.1:4200/api")
    event = Event(
        event=CLASSES_ADDED,
        resource={"prefect.resource.id": f"mmpt.classes.{load_recipe(recipe).name}"},
        payload={"recipe": str(recipe), "modality": modality, "names": list(names)},
    )
    try:
        asyncio.run(_send(event))
    except (OSError, WebSocketException) as error:
        raise NotSent(f"the server at {url} did not take the event: {error or type(error).__name__}") from error


async def _send(event: Event) -> None:
    async with get_events_client(reconnection_attempts=1, checkpoint_every=1) as client:
        await client.emit(event)
