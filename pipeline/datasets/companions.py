"""What a file in a folder of media is: media to be taken, a companion that others leave beside media, or something strange.

Names tell most of it. A file with a suffix that says nothing is opened, and taken if its content is of the modality.
"""

import os
import re
from pathlib import Path

from pipeline.datasets.aside import What
from pipeline.media.formats import ALSO, EXTENSIONS
from pipeline.media.kinds import fits, media_kind, named_kind
from pipeline.reading import reading
from pipeline.reading.regular import require_regular

_COMPANIONS = frozenset(
    # captions, transcripts, subtitles and other data about a file, as img2dataset, yt-dlp and cameras write them
    ".txt .json .jsonl .ndjson .xml .csv .tsv .yaml .yml .toml .ini .cfg .parquet .pkl .npy .npz .pt .pth .h5 .cls .caption "
    ".captions .tags .description .vtt .srt .ass .ssa .sub .sbv .ttml .lrc .textgrid .lab .nfo .xmp .aae .thm .cue .m3u .m3u8 "
    ".pls .md .rst .html .htm .url .lnk .webloc .log .md5 .sha1 .sha256 .sfv .idx .index "
    # what downloads, editors and systems leave behind
    ".part .ytdl .crdownload .download .tmp .temp .bak .old .lock .db .ds_store .pyc .gitignore".split()
)
_NAMES = frozenset(("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"))
_FOLDERS = ("/@eaDir/", "/#recycle/", "/__MACOSX/", "/$RECYCLE.BIN/", "/System Volume Information/", "/lost+found/")
_ABOUT = re.compile(
    r"(?:readme|license|licence|copying|changelog|attribution|credits|notice)(?:[._-].*)?$", re.IGNORECASE
)
_ARTICLES = {"image": "an image", "audio": "a sound", "video": "a video", "text": "a text"}


def sorted_out(path: Path, modality: str, shown: str | None = None) -> tuple[What, str] | None:
    """Why a file is no row of the modality; None if it is one.

    A file that cannot be opened is a row: the reader of its bytes tells what is wrong with it.

    Args:
        path: the file.
        modality: that is asked for.
        shown: its path below the folder that is read, if that has more parts than the name: `.cache/a.png` is hidden.
    """
    name, suffix = path.name.lower(), os.path.splitext(path.name)[1].lower()
    below = f"/{shown or path.name}"
    if "/." in below:
        return "passed over", "hidden"
    if any(folder in below for folder in _FOLDERS):
        return "passed over", "left by systems"
    if name in _NAMES or name.endswith("~"):
        return "passed over", path.name.strip()
    if suffix in EXTENSIONS[modality] and not (modality == "text" and _ABOUT.match(name)):
        return None
    if _ABOUT.match(name) and media_kind(path) in (None, "text"):
        return "passed over", "about the data"
    if modality == "text":  # any file may be a text
        return None
    if suffix in _COMPANIONS:
        return "passed over", suffix
    if suffix in ALSO[modality] or not _opens(path) or fits(path, modality):
        return None
    kind = media_kind(path)
    return "strange", _ARTICLES[kind] if kind else f"no known format ({suffix or 'no suffix'})"


def _opens(path: Path) -> bool:
    try:
        with reading(path):
            require_regular(path)
    except OSError:
        return False
    return True


def of_no_sample(name: str) -> str | None:
    """Why a file belongs to no sample of a tar, by its name: systems leave `._a.jpg` and `Thumbs.db`, people a README."""
    if name.startswith("._") or name in (".DS_Store", ".gitkeep") or name.lower() in _NAMES:
        return "left by systems"
    return "about the data" if _ABOUT.match(name) and named_kind(name) in (None, "text") else None


def is_companion(suffix: str) -> bool:
    """Whether files with this suffix (with its dot, in lower case) are known to lie beside media."""
    return suffix in _COMPANIONS
