"""Options of CoPL. The paper leaves much open; every decision is an option here, its default what we believe was meant.

k, q, b, r, L_g, L_I, lambda are the paper's letters; numbers of equations are the paper's, too.
"""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pipeline.methods.copl.heads.config import EventsHeadOptions
from pipeline.strict import Strict
from pipeline.training.fit import Adam, Fit

Rung = Literal["none", "global", "frame", "interaction", "bank", "consistency"]
RUNGS: tuple[Rung, ...] = ("none", "global", "frame", "interaction", "bank", "consistency")
"""The ladder of the paper's ablation, each rung with all before it; the last is the method whole."""
Each = Literal["auto", "one", "each"]


class PromptOptions(Strict):
    """Everything but the head that decides what CoPL learns from given clips; defaults are those of events.

    Every task's options derive from it and add their `head`.
    """

    method: Literal["copl"] = "copl"
    rung: Rung = "consistency"
    """What is there: `none`, the head on frozen towers; `global`, M^g; `frame`, M^f, too; `interaction`, I from plain learned
    prompts, the same for all inputs; `bank`, I from the bank by what the input is (PMC); `consistency`, L_con, too."""
    variant: Literal["paper", "late", "parallel"] = "paper"
    """`paper`: prompts in every block, from pixels. `late`: from `start` on; what lies below is stored. `parallel`: a light
    network reads the stored outputs of the last blocks, and no gradient passes a tower (`pipeline.methods.copl.parallel`)."""
    start: str | None = None
    """Of `late`: the cut at which prompts begin, `stage4` or `block21`; a block's number is the visual tower's, and prompts begin
    behind it. None: the last stage."""

    global_prompts: int = Field(20, ge=1, le=1000)
    """L_g: of each block and side, the same for all frames (Eq. 2). 30 for masks and questions."""
    frame_prompts: Literal["own", "all"] = "own"
    """M^f (Eq. 2). `own`: frame t has the prompt of its second, one key. `all`: Eq. 2 to the letter, every frame has those of all
    T seconds. The numbers learned are the same."""
    unpaired: Literal["plain", "prompted"] = "plain"
    """Blocks without a partner, as 12 of Swin-V2's 24 beside HTS-AT's 12: without prompts, which comes near the paper's 0.7 M; or
    with M of their own."""

    layers: int = Field(2, ge=1, le=1000)
    """k: the last pairs of blocks that get interaction prompts (Eq. 4). The paper: 2 of Swin-V2, 4 of ViT."""
    interaction_prompts: int = Field(20, ge=1, le=1000)
    """L_I: rows of an entry; a block gets 2 L_I of them (Eq. 9). 30 for masks and questions."""
    bank: int = Field(10, ge=2, le=10_000)
    """q: entries of the bank (Eq. 6)."""
    banks: Each = "auto"
    """One bank a layer for both sides, or each its own. `auto`: one where both towers are alike, else each; a bank cannot be as
    wide as both."""
    latents: int = Field(2, ge=1, le=1000)
    """b: latent tokens of each side (Eq. 5). The paper gives no number; LAVISH has 2 for events, 16 for masks, 64 for
    questions."""
    scale_reading: bool = False
    """Whether Eq. 5 divides by sqrt(d) before its softmax. The paper does not."""
    scale_similarity: bool = False
    """Whether Eq. 6 does. The paper does not. There Z' (b, d) times P_bi (L_I, d) is no number: ours is the product of both
    means, over b and over L_I."""
    bottleneck: int = Field(32, ge=1, le=100_000)
    """r: hidden width of F (Eq. 8). The paper gives no number; its totals leave room for about 32."""
    exchange_biases: bool = True
    """Whether F's two linear maps have biases."""
    exchanges: Each = "auto"
    """One F a layer for both directions, or each its own. `auto` as for banks."""

    consistency: float = Field(0.005, ge=0)
    """lambda of Eq. 11."""
    consistency_of: Literal["auto", "tokens", "pooled"] = "auto"
    """Eq. 10: of the final norm's tokens, place by place; or of their means, the audio side's through a learned linear map to the
    visual width. `auto`: tokens where both towers are alike, else pooled."""
    consistency_sum: bool = False
    """A sum of squares as Eq. 10 is written, instead of their mean; for Swin-V2-L that is lambda times 55,296."""

    last: int = Field(2, ge=1, le=1000)
    """n: of `parallel`, the pairs of blocks whose outputs are read."""
    side_width: int = Field(128, ge=1, le=100_000)
    """w: of `parallel`, the width of the light network."""

    init_std: float = Field(0.02, gt=0)
    """Prompts, banks and latents start from N(0, init_std^2). The paper: "random"."""

    epochs: int = Field(50, ge=1, le=1_000_000)
    batch: int = Field(8, ge=1)
    """Clips of a step."""
    accumulate: int = Field(1, ge=1)
    """Parts that a step's clips are run in, one after the other; for memory, at a rounding's difference."""
    lr_prompts: float = Field(1e-3, gt=0)
    """Of all but the head."""
    lr_head: float = Field(1e-5, gt=0)
    """The paper: 1e-5 for events, 5e-5 for masks, 1e-4 for questions."""
    weight_decay: float = Field(0.0, ge=0)
    schedule: Literal["constant", "cosine", "step"] = "constant"
    """`step`: after every `step_epochs` epochs both rates are multiplied by `step_factor`."""
    step_epochs: int = Field(8, ge=1, le=1_000_000)
    """LAVISH and DG-SCT: 8 for questions; DG-SCT 3 for events."""
    step_factor: float = Field(0.1, gt=0, le=1)
    """LAVISH and DG-SCT: 0.1 for questions; DG-SCT 0.35 for events."""
    patience: int | None = Field(None, ge=1, le=1_000_000)
    """Learning ends after so many epochs in a row that were no better on the validation split; None: never before `epochs`.
    LAVISH: 5."""
    keep: Literal["best", "last", "all"] = "best"
    """Which epochs stay; `best` is the best on the validation split."""
    checkpointing: bool = False
    """Whether activations inside a block are made again in the backward pass. For memory only."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.batch % self.accumulate:
            raise ValueError(
                f"batch: {self.batch} cannot be run in {self.accumulate} equal parts. Write accumulate: "
                f"{max(n for n in range(1, self.accumulate) if self.batch % n == 0)}, or another batch"
            )
        if self.start is not None and self.variant != "late":
            raise ValueError(f"start says where variant: late begins; this is variant: {self.variant}. Leave start out")
        return self

    @property
    def has_frame_prompts(self) -> bool:
        """Whether M^f is there."""
        return RUNGS.index(self.rung) >= RUNGS.index("frame")

    @property
    def has_interaction(self) -> bool:
        """Whether I is there."""
        return RUNGS.index(self.rung) >= RUNGS.index("interaction")

    @property
    def has_bank(self) -> bool:
        """Whether I depends on the input."""
        return RUNGS.index(self.rung) >= RUNGS.index("bank")

    @property
    def has_consistency(self) -> bool:
        """Whether L_con is there."""
        return self.rung == "consistency" and self.consistency > 0

    @property
    def fit(self) -> Fit:
        """Adam, a rate for prompts and one for the head. A last batch that is not full is one, too."""
        rates = {"head": self.lr_head, "prompts": self.lr_prompts}
        return Fit(
            Adam(weight_decay=self.weight_decay), rates, self.schedule, self.epochs, self.batch // self.accumulate,
            fewer=True, accumulate=self.accumulate, keep=self.keep, step_epochs=self.step_epochs,
            step_factor=self.step_factor, patience=self.patience,
        )  # fmt: skip

    def naming_fields(self) -> dict[str, Any]:
        """What names what is learned: every option but those which serve memory only, or decide nothing here."""
        silent = {"checkpointing"}
        silent |= {"step_epochs", "step_factor"} if self.schedule != "step" else set()
        silent |= {"patience"} if self.patience is None else set()
        return self.model_dump(mode="json", exclude=silent)


class CoplOptions(PromptOptions):
    """Of events."""

    head: EventsHeadOptions = EventsHeadOptions()
    """What answers."""
