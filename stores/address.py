"""Where a workspace lies: in a folder, or on object storage under a URL such as s3://bucket/prefix.

A local place is a `pathlib.Path` and nothing about it changes. A remote one is a `upath.UPath`, which joins and names
like a path; what is done with it goes through `stores.objects`. This module imports neither fsspec nor upath for a
local place, since both take a tenth of a second.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stores.errors import WorkspaceError

if TYPE_CHECKING:
    from typing_extensions import TypeIs
    from upath import UPath

    Location = Path | UPath
else:
    Location = Path | Any

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):/{1,3}")
_S3 = ("s3", "s3a")
_sides: dict[str, str] = {}


def is_url(text: object) -> bool:
    """Tell whether a workspace is given as a URL."""
    return _SCHEME.match(str(text)) is not None


def location(workspace: "str | Location") -> Location:
    """Return the place that a path or a URL means.

    Raises:
        WorkspaceError: if the URL holds a password, or nothing here can read such URLs, or a home is named that there is not.
    """
    if not isinstance(workspace, str | Path):
        return workspace
    found = _SCHEME.match(str(workspace))
    if found is None:
        try:
            return Path(workspace).expanduser()
        except RuntimeError:
            user = str(workspace).partition("/")[0]
            told = (
                f"workspace {workspace}: {user} is the home of nobody here. Write the folder in full, or ./{workspace}"
            )
            raise WorkspaceError(told) from None
    scheme, rest = found[1].lower(), str(workspace)[found.end() :]
    if scheme in ("file", "local"):
        return Path("/" + rest)
    if "@" in rest.split("/")[0]:
        raise WorkspaceError(
            f"the workspace URL {scheme}://…@{rest.split('/')[0].rpartition('@')[2]}/… holds a name or a password, which would "
            "end up in logs. Leave it out of the URL and give it by the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
            "AWS_PROFILE) or in a file under ~/.config/fsspec; docs/storage.md tells how."
        )
    if not rest.strip("/"):
        raise WorkspaceError(f"the workspace URL {scheme}:// names no bucket. Use e.g. s3://bucket/workspace")
    # pathlib makes one slash of two, so a URL that went through it is mended here.
    return _remote(scheme, rest.rstrip("/"))


def is_remote(place: Location) -> "TypeIs[UPath]":
    """Tell whether a place lies on object storage."""
    return not isinstance(place, Path)


def cache_folder() -> Path:
    """Where copies of remote files lie: $MMPT_CACHE, else `mmpt-pipeline` in the user's cache folder."""
    ours = os.environ.get("MMPT_CACHE")
    theirs = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(ours) if ours else Path(theirs) / "mmpt-pipeline").expanduser()


def local_side(workspace: "str | Location") -> Path:
    """Return the folder on this machine for what can be made again: copies, drawn media, the memory of file keys.

    For a local workspace it is the workspace.
    """
    place = location(workspace)
    if not is_remote(place):
        return place
    url = str(place)
    name = re.sub(r"[^A-Za-z0-9]+", "-", url).strip("-")[-60:]
    side = cache_folder() / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    _sides[str(side)] = url
    return side


def shown(workspace: Location) -> str:
    """Return how a user names the workspace, also where its local side is given."""
    return _sides.get(str(workspace), str(workspace))


def _remote(scheme: str, rest: str) -> "UPath":
    from fsspec import get_filesystem_class
    from upath import UPath

    try:
        get_filesystem_class(scheme)
    except (ValueError, ImportError) as error:
        extra = ' S3 comes with: pip install "mmpt-pipeline[s3]"' if scheme in _S3 else ""
        raise WorkspaceError(
            f"workspace {scheme}://{rest} cannot be opened: {error}. Use a folder, or a URL that fsspec can open.{extra}"
        ) from error
    found: UPath = UPath(f"{scheme}://{rest}", **_options(scheme))
    return found


def _options(scheme: str) -> dict[str, Any]:
    """Return what fsspec is told beside the user's own configuration, which comes first."""
    from fsspec.config import conf

    # Listings must be of this moment: another machine may have published.
    options: dict[str, Any] = {"use_listings_cache": False}
    if scheme in _S3 and "config_kwargs" not in conf.get(scheme, {}):
        retries = {"mode": "standard", "total_max_attempts": _attempts()}  # `max_attempts` would not count the first
        options["config_kwargs"] = {"connect_timeout": 5, "read_timeout": 60, "retries": retries}
    return options


def _attempts() -> int:
    """How often a request is tried in all, as AWS's own programs understand it."""
    told = os.environ.get("AWS_MAX_ATTEMPTS", "5")
    if not re.fullmatch(r"0*[1-9]\d{0,3}", told):
        raise WorkspaceError(
            f"AWS_MAX_ATTEMPTS is {told!r:.80}; it says how often a request is tried, a whole number from 1 to 9999. Set it to "
            "5, or take it out of the environment (unset AWS_MAX_ATTEMPTS)"
        )
    return int(told)
