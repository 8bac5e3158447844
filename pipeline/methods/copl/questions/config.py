"""Options of CoPL on questions; free of torch."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.methods.copl.config import CoplOptions
from pipeline.strict import Strict


class QuestionsHeadOptions(Strict):
    """AVST's head, as LAVISH has it: question, grounding, attention over time, fusion, and beside them matching."""

    width: int = Field(512, ge=4, le=100_000)
    """d: of words, the question, and what is read of both sides."""
    heads: int = Field(4, ge=1, le=1000)
    """Of the attention by which the question reads the seconds."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Of attention's weights and in the MLPs behind it. What is dropped is a function of seed, epoch and step."""
    match: float = Field(0.5, ge=0)
    """Weight of CE_match: whether a frame belongs to the sound of its second. 0: there is no such thing, and no negatives."""
    question: Literal["lstm"] = "lstm"
    """What reads the words: an LSTM that is learned, as LAVISH has it. The paper names a pretrained encoder of text, but not
    which."""
    use: Literal["both", "visual", "audio", "question"] = "both"
    """What the answer is read from. With one side there is no grounding and no matching; with the question alone no tower is run,
    and all that can be learned is which answers are common."""

    @field_validator("question", mode="before")
    @classmethod
    def _is_there(cls, given: Any) -> Any:
        if given == "clip-text":
            raise ValueError(
                "clip-text is not there: questions are read by an LSTM that is learned. Write question: lstm"
            )
        return given

    @model_validator(mode="after")
    def _can_be_cut(self) -> "QuestionsHeadOptions":
        if self.width % 4 or self.width % self.heads:
            raise ValueError(
                f"width: {self.width} cannot be cut into {self.heads} heads and halved twice. Write a width that "
                f"{self.heads} and 4 divide, for example 512"
            )
        return self

    @property
    def matches(self) -> bool:
        """Whether frames are matched with sounds."""
        return self.use == "both" and self.match > 0


class QuestionsOptions(CoplOptions):
    """Everything that decides what CoPL learns from given clips and questions about them."""

    head: QuestionsHeadOptions = QuestionsHeadOptions()  # type: ignore[assignment]  # another task's head
    global_prompts: int = Field(30, ge=1, le=1000)
    """L_g: of each block and side, the same for all seconds (Eq. 2)."""
    interaction_prompts: int = Field(30, ge=1, le=1000)
    """L_I: rows of an entry of the bank; a block gets 2 L_I of them (Eq. 9)."""
    epochs: int = Field(30, ge=1, le=1_000_000)
    batch: int = Field(8, ge=1)
    """Questions of a step."""
    lr_head: float = Field(1e-4, gt=0)
    """The paper's for questions."""
    together: int = Field(1, ge=1, le=1000)
    """Questions of one video in a step: they share its pass through the towers. The gradients of a batch are the same; which
    questions meet in one is another choice."""
    negatives: int = Field(60, ge=1, le=10_000)
    """Points of every video's grid; for each second, a frame of another video is drawn of them. 60 are LAVISH's, and take 62 GB
    of MUSIC-AVQA; 10 take 10 GB."""

    @model_validator(mode="after")
    def _learns_what_it_reads(self) -> "QuestionsOptions":
        part = self.batch // self.accumulate
        if part % self.together:
            fitting = max(n for n in range(1, self.together) if part % n == 0)
            raise ValueError(
                f"together: {self.together} questions of a video do not divide the {part} that are run at once. Write together: "
                f"{fitting}, or another batch"
            )
        if self.head.use == "question" and self.rung != "none":
            raise ValueError("head: use: question runs no tower, so no prompt could be learned. Write rung: none")
        return self

    @property
    def videos(self) -> int:
        """Of a step's part: V."""
        return self.batch // self.accumulate // self.together
