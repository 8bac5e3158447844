"""Files of the MP4 family (ISO base media): the brands of the `ftyp` box tell a film from a sound and from a picture."""

_AVIF = {"avif": "AVIF", "avis": "AVIF sequence"}
_HEIC = {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "jpeg", "jpgs", "avci", "avcs"}
_STILL = {"mif1", "msf1", "mif2", "mif3", "miaf", "1pic"}
_SOUND = {"M4A ", "M4B ", "M4P ", "F4A ", "F4B "}
_RAW = {"crx "}


def iso_format(head: bytes) -> str | None:
    """What a file is: "AVIF", "AVIF sequence", "HEIC", "raw photo", "sound" or "film"; None if it is not of this family.

    The first brand counts, which says how the file is best read. Where that is one that only tells a still picture (`mif1`), or
    none that is known, the brands that it is compatible with say more.
    """
    if head[4:8] != b"ftyp" or len(head) < 12:
        return None
    size = int.from_bytes(head[:4], "big")
    end = min(len(head), size) if size >= 16 else 16
    first, *others = [head[start : start + 4].decode("latin-1") for start in (8, *range(16, end - 3, 4))]
    found = _named(first)
    if found is not None:
        return found
    still = first in _STILL
    named = [
        kind for brand in others if (kind := _named(brand)) is not None and (not still or kind not in ("sound", "film"))
    ]
    pictures = [kind for kind in named if kind not in ("sound", "film")]
    if still or (pictures and _STILL & {*others}):
        return pictures[0] if pictures else "HEIC"  # some other coding inside HEIF, which is read as little
    return named[0] if named else "film"


def _named(brand: str) -> str | None:
    if brand in _AVIF:
        return _AVIF[brand]
    if brand in _HEIC:
        return "HEIC"
    if brand in _RAW:
        return "raw photo"
    if brand in _SOUND:
        return "sound"
    known = ("iso", "mp4", "qt", "M4V", "avc1", "3g", "dash", "f4v", "F4V", "MSNV", "mmp4", "ndxc", "hvc1", "cmf")
    return "film" if brand.startswith(known) else None
