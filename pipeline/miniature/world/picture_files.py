"""Pictures as files, of the kind that their name says."""

from io import BytesIO
from pathlib import Path

from PIL import Image

_FORMATS = {".jpg": "JPEG", ".png": "PNG"}


def write_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture, all of it or with an error: PIL itself takes no notice of a disk that takes only the beginning.

    Raises:
        OSError: the disk does not take it.
    """
    content = BytesIO()
    picture.save(content, _FORMATS[path.suffix], quality=92)
    path.write_bytes(content.getvalue())
