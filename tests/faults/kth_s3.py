"""The k-th request to object storage fails, for every k: no traceback, nothing else published, no row and no shard that goes.

    python tests/faults/kth_s3.py FOLDER STEP [SCRIPT…]

The scripts are those of kth_fault.py. Each is done on a workspace of its own, behind a proxy that fails; then it is done again
undisturbed, and must end with what it ends with where nothing fails.
"""

import logging
import os
import shutil
import signal
import socket
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1", "MMPT_LEASE_S": "0.2",
    "AWS_MAX_ATTEMPTS": "1",  # what a library tries again by itself is not told; here all is
}  # fmt: skip

import s3fs  # noqa: E402
from faulty import Failure  # noqa: E402
from kth_proxy import BEHAVIOURS, KthProxy  # noqa: E402
from kth_scripts import FEATURES, SOUND, TOLD, TRACEBACK, publish_one, scripts  # noqa: E402

from pipeline.cli.last_words import system_error_text  # noqa: E402
from stores import MmptError, Store, objects  # noqa: E402
from stores.address import location  # noqa: E402
from stores.manifest import SHARDS  # noqa: E402

LIMIT_S = 90


class Hang(BaseException):
    """The time is over."""


def damage(place: str) -> None:
    """One shard of three is damaged, and a killed writer has left one that no manifest names."""
    part = Store(place).artifact(FEATURES).manifest.shards[1]
    folder = location(place) / "features" / FEATURES.fingerprint / SHARDS
    objects.put(folder / part.file, b"\0" + objects.read(folder / part.file)[1:])
    objects.put(folder / "000009-0123456789abcdef.h5", b"half")


SCRIPTS = scripts(damage)


def start_server() -> tuple[tuple[str, int], Any]:
    """An S3 server in threads of this process with a bucket: its address, and a client of it."""
    import boto3
    from moto.server import ThreadedMotoServer

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ThreadedMotoServer("127.0.0.1", port, verbose=False).start()
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    client.create_bucket(Bucket="bucket")
    return ("127.0.0.1", port), client


def empty(client: Any) -> None:
    """Remove what an earlier workspace left: the server looks through all of it at every listing."""
    if found := client.list_objects_v2(Bucket="bucket").get("Contents"):
        client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": each["Key"]} for each in found]})


def forget() -> None:
    """Keep no copy of what was read before, and ask anew whether a workspace is there."""
    objects._checked.clear()
    shutil.rmtree(os.environ["MMPT_CACHE"], ignore_errors=True)


def content(place: str) -> dict[str, Any]:
    """Every artifact's rows, what was rejected, and the SHA-256 of every part, which are those of the bytes that are there."""
    found: dict[str, Any] = {}
    for artifact in Store(place).artifacts():
        if worse := [problem for problem in artifact.verify() if problem.kind != "stray"]:
            raise Failure(f"{artifact.spec.name}: {worse}")
        parts = sorted(part.sha256 for part in artifact.manifest.shards)
        found[artifact.spec.fingerprint] = (parts, sorted(artifact.keys()), sorted(map(str, artifact.rejected())))
    return found


def done(work: Callable[[Store], object], place: str) -> tuple[int, str]:
    """How the work ended, and what was said."""
    signal.alarm(LIMIT_S)
    try:
        work(Store(place))
        return SOUND, ""
    except Hang:
        return TRACEBACK, "did not end"
    except Exception as error:  # as the program ends
        text = str(error) if isinstance(error, MmptError) else system_error_text(error)
        return (TRACEBACK, traceback.format_exc()) if text is None else (TOLD, text)
    finally:
        signal.alarm(0)


def _hang(*_: object) -> None:
    raise Hang


def requests_that_fail(requests: int, step: int) -> Iterator[tuple[int, str, bool]]:
    """Number, behaviour, and whether all later ones fail, too: everything for every request, or some of it for every step-th."""
    for place, k in enumerate(range(1 + step // 2, requests + 1, step)):
        both = [(BEHAVIOURS[place % 5], False), (BEHAVIOURS[(place + 2) % 5], True)]
        for behaviour, for_good in product(BEHAVIOURS, (False, True)) if step == 1 else both:
            yield k, behaviour, for_good


def begun(prepare: Callable[[str], None], client: Any) -> str:
    """A workspace for a script."""
    empty(client)
    place = f"s3://bucket/{uuid.uuid4().hex}"
    forget()
    publish_one(Store(place), 0)
    prepare(place)
    forget()
    return place


def try_one(name: str, proxy: KthProxy, client: Any, expected: Any, *fault: Any) -> bool:
    """Do a script with a fault, then without; whether the fault stopped it.

    Raises:
        Failure: it ended badly.
    """
    prepare, work = SCRIPTS[name]
    place = begun(prepare, client)
    proxy.set(*fault)
    code, said = done(work, place)
    failed = proxy.failed
    proxy.set()
    forget()
    again, said_again = done(work, place)
    if code == TRACEBACK or (code == TOLD and place not in said) or "\n" in said:
        told = "a traceback, a hang, or no URL"
    elif again or content(place) != expected:
        told = f"other content after a clean run, which ended with {again} {said_again}"
    else:
        return code == TOLD
    raise Failure(f"{name}, {fault} ({failed}): {told}\n--- exit code {code}: {said}")


def main() -> None:
    folder, step, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] or list(SCRIPTS)
    os.environ["MMPT_CACHE"] = str(folder / "cache")
    logging.getLogger("stores").setLevel(logging.ERROR)
    signal.signal(signal.SIGALRM, _hang)
    server, client = start_server()
    proxy = KthProxy(server)
    s3fs.S3FileSystem.retries = 1  # of its own, beside those of botocore
    os.environ["AWS_ENDPOINT_URL"] = proxy.address
    for name in names:
        prepare, work = SCRIPTS[name]
        place = begun(prepare, client)
        proxy.set()
        code, said = done(work, place)
        requests = proxy.requests
        if code or requests < 8:
            raise Failure(f"{name}: undisturbed it ended with {code} after {requests} requests: {said}")
        expected = content(place)
        stopped = [try_one(name, proxy, client, expected, *fault) for fault in requests_that_fail(requests, step)]
        print(f"{name} on S3: {requests} requests, {len(stopped)} faults tried, {sum(stopped)} stopped it", flush=True)
    print("OK")


if __name__ == "__main__":
    main()
