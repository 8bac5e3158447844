"""Storage that fails: what passes is retried, what stays is told in our words, and nothing is half published."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stores import Artifact, ArtifactSpec, Store, objects, text_key
from stores.address import location
from stores.errors import PublishError, StorageError, WorkspaceError

KEYS = [text_key(f"row {number}") for number in range(8)]
ROWS = {"vectors": np.arange(8 * 40_000, dtype=np.float32).reshape(8, -1)}
SPEC = ArtifactSpec(kind="things", fields={}, backend="hdf5")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request is tried twice, not five times."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")


def publish(store: Store) -> Artifact:
    artifact = store.artifact(SPEC)
    with artifact.writer() as writer:
        if artifact.missing(KEYS):
            writer.publish(KEYS, ROWS)
    return artifact


def check(artifact: Artifact) -> None:
    assert artifact.keys() == KEYS
    assert np.array_equal(artifact.arrays(KEYS[::-1])["vectors"], ROWS["vectors"][::-1])
    assert artifact.verify() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("AWS_MAX_ATTEMPTS", value) for value in ("0", "-1", "many", "", "1.5", "9" * 5000)]
    + [("MMPT_LEASE_S", value) for value in ("0", "-1", "soon", "", "nan", "inf", "1e9", "9" * 5000)],
)
def test_a_variable_that_is_no_number_is_told(s3: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WorkspaceError, match=rf"^{name} is '.*unset {name}") as caught:
        publish(Store(s3))
    assert len(str(caught.value)) < 400


def test_one_attempt_is_one(
    s3: str, proxy: Any, reconnect: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    store = Store(s3)
    reconnect()
    proxy.status, proxy.times = 503, 1
    with pytest.raises(StorageError, match="The storage said"):
        store.artifact(SPEC).missing(KEYS)
    assert proxy.times == 0


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_that_passes_is_not_even_noticed(s3: str, proxy: Any, status: int) -> None:
    store = Store(s3)
    proxy.status, proxy.times = status, 2
    artifact = publish(store)
    assert proxy.times == 0
    check(artifact)


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.usefixtures("impatient")
def test_an_error_that_stays_is_told(s3: str, proxy: Any, status: int) -> None:
    store = Store(s3)
    proxy.status, proxy.times, proxy.method = status, -1, b"PUT"
    began = time.monotonic()
    with pytest.raises(
        StorageError, match=rf"^could not create {s3}/\.locks/.*\. The storage said: .* then run the same"
    ):
        publish(store)
    assert time.monotonic() - began < 60
    proxy.times = 0
    check(publish(store))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("after", [1, 1_200_000])
def test_an_upload_cut_in_the_middle_publishes_nothing(s3: str, proxy: Any, after: int) -> None:
    store, artifact = Store(s3), Store(s3).artifact(SPEC)
    with pytest.raises(StorageError, match="could not upload"), artifact.writer() as writer:
        proxy.cut_after, proxy.times, proxy.method = after, -1, f"PUT /{location(s3).path}/things".encode()
        try:
            writer.publish(KEYS, ROWS)
        finally:
            proxy.times = 0
    assert not artifact.exists and artifact.keys() == []
    assert not [path for path in objects.below(location(s3)) if "/things/" in str(path)]
    check(publish(store))


def test_a_create_whose_answer_is_lost_is_ours(s3: str, proxy: Any) -> None:
    """The library tries again and is told that the object is there; it is the one that we created."""
    store = Store(s3)
    artifact = store.artifact(SPEC)
    with artifact.writer() as writer:
        proxy.lose_answer, proxy.times = True, 1
        proxy.method = f"PUT /{location(s3).path}/things/{SPEC.fingerprint}/manifest".encode()
        writer.publish(KEYS, ROWS)
        assert proxy.times == 0
    check(artifact)


def test_a_damaged_download_is_not_kept(s3: str, proxy: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    publish(Store(s3))
    monkeypatch.setenv("MMPT_CACHE", str(tmp_path))
    proxy.times, proxy.method, proxy.cut_after = (
        2,
        f"GET /{location(s3).path}/things/{SPEC.fingerprint}/shards".encode(),
        1,
    )
    check(Store(s3).artifact(SPEC))
    assert proxy.times == 0
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        Store(s3).artifact(SPEC).manifest.shards[0].file
    ]


@pytest.mark.usefixtures("impatient")
def test_nobody_at_the_address(s3: str, monkeypatch: pytest.MonkeyPatch, reconnect: Callable[[], None]) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    reconnect()
    began = time.monotonic()
    with pytest.raises(StorageError, match=r"could not list .* Nobody answers there: check AWS_ENDPOINT_URL"):
        Store(s3)
    assert time.monotonic() - began < 60


def test_credentials_are_missing(s3: str, monkeypatch: pytest.MonkeyPatch, reconnect: Callable[[], None]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    reconnect()
    with pytest.raises(
        StorageError, match="Give credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    ):
        Store(s3)


def test_a_bucket_that_is_not_there(s3_server: str) -> None:
    with pytest.raises(StorageError, match=r"s3://no-such-bucket/x\..*Make the bucket first, or correct the URL"):
        Store("s3://no-such-bucket/x")


@pytest.mark.parametrize("url", ["s3://AKIA:secret@bucket/x", "s3:/AKIA:secret@bucket/x", "sftp://me:secret@host/x"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(WorkspaceError, match="holds a name or a password") as error:
        Store(url)
    assert "secret" not in str(error.value) and "AKIA" not in str(error.value)


def test_urls_that_nothing_here_can_open() -> None:
    for url in ("nosuch://bucket/x", "s3://", "s3:///"):
        with pytest.raises(WorkspaceError):
            Store(url)
    assert Store("file:///data/x").workspace == Path("/data/x")
    assert str(location(Path("memory://bucket/x"))) == "memory://bucket/x"  # pathlib has made one slash of two


def test_who_reads_a_version_that_was_left_behind_is_told(s3: str) -> None:
    """The heart of publishing without rename: two who read the same manifest, one publishes, the other is told."""
    store = Store(s3)
    first = publish(store)
    stale = first.manifest
    with first.writer() as writer:
        more = [text_key("more")]
        writer.publish(more, {"vectors": ROWS["vectors"][:1]})
    with pytest.raises(PublishError, match=r"manifest-000002\.json was published by another process"):
        stale.write(first.path)
    for number in range(2):
        with first.writer() as writer:
            writer.publish([text_key(f"yet {number}")], {"vectors": ROWS["vectors"][:1]})
    # Version 2 is gone now, so creating it succeeds, and is undone.
    before = objects.names(location(str(first.path)))
    assert [name for name in before if "manifest" in name] == ["manifest-000003.json", "manifest-000004.json"]
    with pytest.raises(PublishError, match=r"manifest-000002\.json was published by another process"):
        stale.write(first.path)
    assert objects.names(location(str(first.path))) == before
    assert first.manifest.rows == 11
