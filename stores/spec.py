"""What an artifact is: everything besides the rows' content that can change its bytes, and nothing else."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from stores.errors import SpecError
from stores.fingerprint import KEY_LENGTH, canonical_json, fingerprint

FORMAT_VERSION = 1
"""Of the folder layout, the manifest and the shards; part of every fingerprint."""

BackendName = Literal["parquet", "hdf5", "blob"]


@dataclass(frozen=True, kw_only=True)
class ArtifactSpec:
    """Description of an artifact, named by its fingerprint.

    Attributes:
        kind: what the rows are, e.g. "texts", "features", "runs"; also the folder's name.
        fields: everything that can change the bytes of a row, in JSON's types.
        parents: fingerprints of the artifacts this one is made from, in a meaningful order.
        backend: "parquet" for tables, "hdf5" for arrays, "blob" for one file a key.
        fingerprint: 32 hexadecimal digits over all of the above and the store's format version.

    Raises:
        SpecError: if a part is malformed or has no stable fingerprint.
    """

    kind: str
    fields: Mapping[str, Any]
    parents: tuple[str, ...] = ()
    backend: BackendName
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        """Check every part, then name the whole."""
        _check_kind(self.kind)
        _check_parents(self.parents)
        if self.backend not in get_args(BackendName):
            raise SpecError(
                f"spec of kind {self.kind!r} asks for backend {self.backend!r}; "
                f"use one of {', '.join(get_args(BackendName))}."
            )
        if not isinstance(self.fields, Mapping):
            raise SpecError(f"fields of kind {self.kind!r} must be a dict, found {self.fields!r}.")
        object.__setattr__(self, "parents", tuple(self.parents))
        # Sorted at all depths, so that a manifest's bytes do not tell in which order a dict was filled.
        object.__setattr__(self, "fields", json.loads(canonical_json(self.fields)))
        object.__setattr__(self, "fingerprint", fingerprint({"format": FORMAT_VERSION, **self.as_json()}))

    def __hash__(self) -> int:
        """Agree with equality, which compares everything the fingerprint is made from."""
        return hash(self.fingerprint)

    @property
    def name(self) -> str:
        """Short name for messages: kind and the first digits of the fingerprint."""
        return f"{self.kind}/{self.fingerprint[:12]}"

    def as_json(self) -> dict[str, Any]:
        """Return the four parts in JSON's types; `ArtifactSpec(**parts)` makes an equal spec."""
        return {
            "kind": self.kind,
            "fields": dict(self.fields),
            "parents": list(self.parents),
            "backend": self.backend,
        }


def _check_kind(kind: object) -> None:
    if not isinstance(kind, str) or not re.fullmatch(r"[a-z][a-z0-9_-]*", kind):
        raise SpecError(
            f"{kind!r} is not a kind of artifact: it names a folder, so use a word of lower-case letters, "
            "digits, hyphens and underscores that starts with a letter, e.g. 'features'."
        )


def _check_parents(parents: object) -> None:
    if not isinstance(parents, tuple | list):
        raise SpecError(
            f"parents must be a tuple of fingerprints, found {parents!r}; use (artifact.spec.fingerprint,)."
        )
    for parent in parents:
        if not isinstance(parent, str) or not re.fullmatch(f"[0-9a-f]{{{KEY_LENGTH}}}", parent):
            raise SpecError(
                f"parent {parent!r} is not a fingerprint of {KEY_LENGTH} hexadecimal digits; "
                "use artifact.spec.fingerprint."
            )
