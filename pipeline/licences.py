"""Under which licences what a run stands on may be used, and which of them is the strictest.

Nothing here is legal advice: it tells what publishers say, and says where they say nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LONGEST_README = 1 << 20
_CLASSES = (
    "as is, with attribution", "derived works under the same licence", "terms of its own: read them",
    "not for commercial use",
)  # fmt: skip
_RANKS = (
    (3, r"(?i)-NC\b|\bAMLR\b|research|non-?commercial"),
    (2, r"(?i)^LicenseRef-|^llama|^gemma|^other$|openrail|community"),
    (1, r"(?i)^[AL]*GPL|-SA\b|-SA-|^MPL|^EUPL|^ODbL"),
)
_SPELLED = {
    "mit": "MIT",
    "apache-2.0": "Apache-2.0",
    "ms-pl": "MS-PL",
    "unlicense": "Unlicense",
    "openrail": "openrail",
}


@dataclass(frozen=True)
class Licensed:
    """A part of a run.

    Attributes:
        what: in words.
        licence: SPDX name, or the publisher's; empty where it is not known here.
    """

    what: str
    licence: str


def restricts(licence: str) -> int:
    """How much a licence asks: 0 attribution, 1 the same licence, 2 its own terms, 3 no commercial use."""
    return next((rank for rank, pattern in _RANKS if re.search(pattern, licence)), 0)


def strictest(parts: Sequence[Licensed]) -> Licensed | None:
    """The part whose licence asks most; None where nothing is known."""
    known = [part for part in parts if part.licence]
    return max(known, key=lambda part: restricts(part.licence), default=None)


def told(parts: Sequence[Licensed]) -> str:
    """One sentence on all of them, to stand beside figures."""
    if not parts:
        return ""
    unknown = ", ".join(part.what for part in parts if not part.licence)
    found = strictest(parts)
    beginning = "no licence is known here"
    if found is not None:
        beginning = f"the strictest known is {found.licence} of {found.what} ({_CLASSES[restricts(found.licence)]})"
    return f"Licences: {beginning}" + (f"; not known: {unknown}" if unknown and found else "") + "."


def licence_in(folder: Path) -> str:
    """The licence that the README.md of a folder names in its first lines, as hubs write it; empty if none does."""
    try:
        with open(folder / "README.md", encoding="utf-8") as file:
            text = file.read(_LONGEST_README)
    except (OSError, ValueError):
        return ""
    head = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    values = dict(re.findall(r"^(license(?:_name)?):[ \t]*['\"]?([\w.+-]+)", head[1], re.MULTILINE)) if head else {}
    named = str(values.get("license", ""))
    if named == "other" and values.get("license_name"):
        return f"LicenseRef-{values['license_name']}"
    return _SPELLED.get(named.lower()) or (
        named.upper() if named.lower().startswith(("cc", "gpl", "bsd", "ms-")) else named
    )
