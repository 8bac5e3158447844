"""Options of the heads; free of torch."""

from typing import Literal

from pydantic import Field

from pipeline.strict import Strict


class EventsHeadOptions(Strict):
    """The head of audio-visual events: pooled tokens of both sides -> Linear -> Linear, nothing between (LAVISH's)."""

    hidden: int = Field(512, ge=0, le=100_000)
    """Width between both layers. 0: one layer only, as the paper's section 4.1 says ("a linear layer")."""
    loss: Literal["bce", "ce"] = "bce"
    """`bce`: softmax, then binary cross entropy against the one-hot labels, as LAVISH does. `ce`: cross entropy."""
    use: Literal["both", "visual", "audio"] = "both"
    """Whose tokens it reads. With one side, what it knows of the other came through interaction prompts (Eq. 9)."""
