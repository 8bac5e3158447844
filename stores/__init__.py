"""Artifacts on disk: rows with keys, described by a spec, named by a fingerprint, published shard by shard.

    store = Store("workspace")
    artifact = store.artifact(ArtifactSpec(kind="features", fields={"model": "clip"}, backend="hdf5"))
    with artifact.writer() as writer:
        keys = artifact.missing(wanted)
        writer.publish(keys, {"vectors": encode(keys)})
    artifact.arrays(wanted)["vectors"]

Importing this package imports neither numpy, pyarrow nor h5py; they come with the first row read or written.
"""

from stores.artifact import Artifact
from stores.errors import MmptError
from stores.fingerprint import bytes_key, file_key, fingerprint, text_key
from stores.gc import Removal
from stores.rejection import Rejection
from stores.spec import ArtifactSpec
from stores.store import Store
from stores.verify import Problem
from stores.writer import Writer

__all__ = [
    "Artifact",
    "ArtifactSpec",
    "MmptError",
    "Problem",
    "Rejection",
    "Removal",
    "Store",
    "Writer",
    "bytes_key",
    "file_key",
    "fingerprint",
    "text_key",
]
