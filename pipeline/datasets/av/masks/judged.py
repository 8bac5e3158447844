"""Whether the masks of a clip can be used with its frames, and what is odd about those that are. Dims: T = segments."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.av.masks.looks import Looks
from pipeline.datasets.file_keys import FileKeys
from pipeline.datasets.rows import MediaRow
from pipeline.media.mask_spec import Foreground
from pipeline.media.masks import Values

Size = tuple[int, int]
"""Width and height, pixels."""

_COUNTED = {"nonzero": "what is not 0", "half": "what is 128 or more"}


class MaskJudge:
    """Tells masks that fit, and keeps count of what is odd.

    Args:
        keys: of the files.
        looks: what they hold; it has learned of all masks that are asked for.
    """

    def __init__(self, keys: FileKeys, looks: Looks):
        self._keys, self._looks = keys, looks
        self._odd: dict[Values, int] = {"ones": 0, "odd": 0}
        self._scaled = 0

    def rows(self, frame: Size, masks: Sequence[Path | None]) -> tuple[MediaRow | None, ...] | str:
        """The rows of a clip's masks (T,), or why one of them cannot be used: the clip is rejected as a whole.

        A mask smaller or larger than the frame is used, if it has its shape; another shape is of another picture.

        Args:
            frame: size of the clip's frames.
            masks: of every segment; None where none is given.
        """
        rows: list[MediaRow | None] = []
        odd, scaled = [], 0
        for number, path in enumerate(masks, 1):
            if path is None:
                rows.append(None)
                continue
            look = self._looks.of(path)
            if isinstance(look, str):
                return f"mask {number} of {len(masks)}, {path.name}: {look}"
            if look.width * frame[1] != look.height * frame[0]:
                sizes = f"{look.width} x {look.height} pixels, its frame has {frame[0]} x {frame[1]}"
                return f"mask {number} of {len(masks)}, {path.name}: {sizes}"
            odd.append(look.values)
            scaled += (look.width, look.height) != frame
            rows.append(MediaRow(self._keys.key(path), str(path), ()))
        for values in self._odd:
            self._odd[values] += odd.count(values)
        self._scaled += scaled
        return tuple(rows)

    def remarks(self, foreground: Foreground) -> tuple[str, ...]:
        """What is odd about the masks that are used, a sentence each."""
        told = []
        if self._scaled:
            told.append(f"{self._scaled:,} masks have another size than their frames; they are scaled to it")
        if self._odd["odd"]:
            told.append(
                f"{self._odd['odd']:,} masks hold other values than 0 and 255; {_COUNTED[foreground]} counts as sounding"
            )
        if self._odd["ones"] and foreground == "half":
            told.append(
                f"{self._odd['ones']:,} masks hold 0 and 1 alone; read as one bit, as these are, they are empty"
            )
        return tuple(told)
