"""Bytes as people read them."""


def size_text(count: float) -> str:
    """`0 B`, `12.3 kB`, `1.0 GB`: thousands, one digit after the point."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
