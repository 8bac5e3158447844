"""How the picture of a mask becomes bytes. Free of every decoder."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Foreground = Literal["nonzero", "half"]

NO_MASK = 255
"""What stands for every pixel of a segment whose mask nobody has given; 0 and 1 are those of masks."""


@dataclass(frozen=True)
class MaskSpec:
    """A mask, scaled to a square by taking the nearest pixels: uint8 (size, size), 1 where something sounds, 0 elsewhere.

    Attributes:
        size: side, pixels.
        foreground: which pixels count. "nonzero": those that are not 0, and not transparent, as AVSBench reads the masks of
            several sources (mode P: by number, not by colour). "half": those as bright as 128 of 255 or brighter, which is what
            one bit keeps of them, as it reads those of single sources.
    """

    name: ClassVar = "mask"
    size: int = 224
    foreground: Foreground = "nonzero"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.size, self.size)
