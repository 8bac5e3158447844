"""What a retry set out to try, kept beside the run record until it ends, so that one that was killed is gone on with.

Whatever fails again is rejected once more, with one attempt more. Without a note, who repeats the command after a kill would try
once more what had been tried already, and the workspace would depend on the kill.
"""

import json
from collections.abc import Mapping

from pipeline.runs.work import Failure, Item
from stores.address import Location
from stores.commit import make_folder, replace_bytes
from stores.entries import is_file, read_bytes, remove
from stores.sealed import sealed, unsealed

NOTE = "retry.json"


def begin(folder: Location, found: Mapping[Item, Failure]) -> Mapping[Item, Failure]:
    """What the retry sets out to try: what a killed one had set out to, else what is found, of which a note is made.

    Args:
        folder: of the run's record.
        found: everything that failed, as of now.
    """
    kept = _read(folder)
    if kept is None and found:
        make_folder(folder)
        rows = [[what, key, failure.reason, failure.attempts] for (what, key), failure in found.items()]
        replace_bytes(folder / NOTE, sealed(json.dumps({"failed": rows})))
    return found if kept is None else kept


def untried(before: Mapping[Item, Failure], now: Mapping[Item, Failure]) -> frozenset[Item]:
    """What of all that a retry set out to try has not been tried since."""
    return frozenset(item for item, each in before.items() if item in now and now[item].attempts == each.attempts)


def end(folder: Location) -> None:
    """Forget what the retry had set out to try."""
    remove([folder / NOTE])


def _read(folder: Location) -> Mapping[Item, Failure] | None:
    if not is_file(folder / NOTE):
        return None
    try:
        rows = unsealed(read_bytes(folder / NOTE))["failed"]
        return {(str(what), str(key)): Failure(str(reason), int(attempts)) for what, key, reason, attempts in rows}
    except (ValueError, KeyError, TypeError):
        return None  # damaged: the retry begins anew
