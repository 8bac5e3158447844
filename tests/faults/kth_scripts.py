"""What is done to a workspace while calls or requests fail, be it in a folder or on object storage."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from stores import ArtifactSpec, Rejection, Store, text_key

TEXTS = ArtifactSpec(kind="texts", fields={"of": "faults"}, backend="blob")
FEATURES = ArtifactSpec(kind="features", fields={"of": "faults"}, backend="hdf5", parents=(TEXTS.fingerprint,))
SOUND, TOLD, TRACEBACK = 0, 2, 1
"""How a script ends."""
Scripts = dict[str, tuple[Callable[[Any], None], Callable[[Store], object]]]


def publish_one(store: Store, number: int) -> None:
    """Publish a text and a rejection, and a shard of three features, unless they are there."""
    keys = [text_key(f"{number} {row}") for row in range(3)]
    with store.artifact(TEXTS).writer() as writer:
        if absent := store.artifact(TEXTS).missing(keys[:1]):
            refused = [Rejection(text_key(f"no {number}"), "cut", detail={"path": "a"})]
            writer.publish(absent, [f"text {number}".encode()], rejected=refused)
    with store.artifact(FEATURES).writer() as writer:
        if absent := store.artifact(FEATURES).missing(keys):
            writer.publish(absent, {"vectors": np.full((len(absent), 4), number, np.float32)})


def waste(place: str | Path) -> None:
    """An artifact that nobody needs."""
    with Store(place).artifact(ArtifactSpec(kind="texts", fields={"of": "nobody"}, backend="blob")).writer() as writer:
        writer.publish([text_key("x")], [b"x"])


def scripts(damage: Callable[[Any], None]) -> Scripts:
    """Name -> what is done before, and what is disturbed; `damage` spoils the second shard."""

    def spoil(place: Any) -> None:
        publish_one(Store(place), 1)
        damage(place)

    return {
        "publish": (lambda place: None, lambda store: publish_one(store, 1)),
        "verify": (lambda place: publish_one(Store(place), 1), lambda store: store.verify()),
        "repair": (spoil, lambda store: (store.verify(repair=True), publish_one(store, 1))),
        "gc": (waste, lambda store: store.gc([FEATURES.fingerprint], delete=True)),
    }
