"""Options of CoPL for masks of sounding objects; free of torch."""

from pydantic import Field

from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.heads.config import MasksHeadOptions


class MasksOptions(PromptOptions):
    """Of masks; what is said of no option here is as of events."""

    global_prompts: int = Field(30, ge=1, le=1000)
    """L_g."""
    interaction_prompts: int = Field(30, ge=1, le=1000)
    """L_I."""
    epochs: int = Field(30, ge=1, le=1_000_000)
    lr_head: float = Field(5e-5, gt=0)
    head: MasksHeadOptions = MasksHeadOptions()
    """What answers."""
