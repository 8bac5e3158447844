"""Options of CoPL on masks of sounding objects; free of torch."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.methods.copl.config import PromptOptions
from pipeline.strict import Strict

LEVELS = 4
"""Of the head, whatever the tower has."""


class MasksHeadOptions(Strict):
    """The head of sounding objects: AVSBench's decoder on the maps of the visual tower's stages. S is the side of a mask."""

    size: int = Field(224, ge=32, le=4096, multiple_of=32)
    """S. The head's four levels are S/4, S/8, S/16 and S/32 wide; masks are given and answered S wide."""
    width: int = Field(256, ge=8, le=8192, multiple_of=8)
    """Channels of every level behind its dilated convolutions; the answer has a half and an eighth of them."""
    level_widths: tuple[int, int, int, int] = (64, 128, 320, 512)
    """Channels that a stage's map is brought to before its dilated convolutions; those of the PVT that AVSBench had."""
    dilations: tuple[int, ...] = Field((3, 6, 12, 18), min_length=1, max_length=16)
    """Of the 3 x 3 convolutions whose sum a level is."""
    levels: Literal["stages", "last"] = "stages"
    """`stages`: a level reads the map of its stage, of a tower with fewer stages the last. `last`: all read the last map, as of
    a ViT; then `late` and `parallel` store no map of an earlier stage."""
    tpavi: tuple[int, ...] = (0, 1, 2, 3)
    """The levels at which TPAVI stands, where all seconds and places of a clip meet its sound; () for nowhere."""
    audio_width: int = Field(128, ge=1, le=100_000)
    """What the mean of the audio tokens is brought to before TPAVI; VGGish's 128."""
    audio: Literal["used", "zeroed"] = "used"
    """`zeroed`: TPAVI is given zeros in the place of sounds, so that what the masks know of them came through interaction prompts
    (Eq. 9). A yardstick."""
    frames: Literal["first", "all"] = "all"
    """Which seconds' masks are learned from, of those that there are. S4 has the first only, whatever stands here."""
    masked_av: float = Field(0.0, ge=0)
    """Weight of the masked audio-visual loss: the divergence between sounds and what is seen under the mask. AVSBench: 0.5 for
    MS3, 0 for S4."""
    masked_av_levels: tuple[int, ...] = (0, 1, 2, 3)
    """The levels whose maps it compares with what TPAVI made of the sound."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if min(*self.level_widths, *self.dilations) < 1:
            raise ValueError("level_widths and dilations are whole numbers from 1")
        for name, chosen in (("tpavi", self.tpavi), ("masked_av_levels", self.masked_av_levels)):
            if tuple(sorted({*chosen} & {*range(LEVELS)})) != tuple(chosen):
                raise ValueError(
                    f"{name}: {list(chosen)} names levels; there are 0, 1, 2 and 3. Write each once, in order"
                )
        if self.masked_av and not self.masked_av_levels:
            raise ValueError(
                "masked_av compares levels, and masked_av_levels names none. Name some, or write masked_av: 0"
            )
        if self.masked_av and not {*self.masked_av_levels} <= {*self.tpavi}:
            raise ValueError(
                f"masked_av compares levels {list(self.masked_av_levels)} with what TPAVI made of the sound, which stands at "
                f"{list(self.tpavi)}. Write masked_av_levels: {[n for n in self.masked_av_levels if n in self.tpavi]}, or "
                "masked_av: 0"
            )
        return self

    @property
    def sides(self) -> tuple[int, ...]:
        """Of the levels, largest first."""
        return tuple(self.size // 4 // 2**level for level in range(LEVELS))


class MasksOptions(PromptOptions):
    """Of masks; what is said of no option here is as of events."""

    global_prompts: int = Field(30, ge=1, le=1000)
    """L_g: as of events (Eq. 2)."""
    interaction_prompts: int = Field(30, ge=1, le=1000)
    """L_I: as of events (Eq. 9)."""
    epochs: int = Field(30, ge=1, le=1_000_000)
    lr_head: float = Field(5e-5, gt=0)
    head: MasksHeadOptions = MasksHeadOptions()
    """What answers."""
