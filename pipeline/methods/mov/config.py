"""Options of MOV (Qian et al., 2022) and of what it is compared with, free of torch.

Every decision that the paper leaves open is an option; its default is what we believe was meant. v, f, a, x, B, N, alpha, beta
and tau are the paper's letters; x stands for the other modality, flow or sound. What is made of files once (pairs of frames for
flow, windows, normalisation and masks of spectrograms, views) is said by the specs of sources, not here.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from pipeline.strict import Strict
from pipeline.training.fit import AdamW, Fit

Other = Literal["flow", "sound"]


class VideoTraining(Strict):
    """How MOV and its baselines are learned, section 4.2; the paper trains all of them alike."""

    epochs: int = Field(100, ge=1, le=1_000_000)
    """100 on Kinetics-700; 20 on VGGSound, where the audio overfits."""
    batch_size: int = Field(1024, ge=1)
    """Clips of a step."""
    micro_batch: int | None = Field(None, ge=1)
    """Clips in memory at a time; a step adds up their gradients, which is exact, because the negatives are class names. For
    memory only. None: all at once."""
    lr: float = Field(1e-4, gt=0)
    """Before the half-cosine."""
    scale_lr: bool = False
    """Whether `lr` is that of 1024 clips, so that a step of B takes lr * B / 1024."""
    weight_decay: float = Field(0.05, ge=0)
    """Of every number that is learned; biases and norms are not left out, as nothing says that they are."""
    betas: tuple[float, float] = (0.9, 0.999)
    """How slowly AdamW forgets gradients, and their squares."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """None is stated; nor are dropout, clipping of gradients, or a warm-up, which do not exist here."""
    keep: Literal["best", "last"] = "best"
    """Whether the epoch that is best on held-out clips stays beside the last one and answers, or the last alone."""
    tau: float = Field(0.01, gt=0)
    """tau of Eq. 9, "pre-defined": CLIP's."""
    video_mean: Literal["plain", "unit"] = "plain"
    """AvgPool(v) of Eq. 11: the mean of the frames' vectors as they are, or of length one, as CLIP's users take it."""
    template_mean: Literal["unit", "plain"] = "unit"
    """Whether a sentence's vector has length one before the mean over the 28 templates."""
    average: Literal["probabilities", "cosines"] = "probabilities"
    """What is averaged over the views of a clip: "the final score"."""

    @property
    def rates(self) -> dict[str, float]:
        """A part of a parameter's name -> its rate."""
        return {"": self.lr * self._scale}

    @property
    def _scale(self) -> float:
        return self.batch_size / 1024 if self.scale_lr else 1.0

    @property
    def micro(self) -> int:
        """Clips in memory at a time."""
        return min(self.micro_batch or self.batch_size, self.batch_size)

    @property
    def fit(self) -> Fit:
        """AdamW and a half-cosine; a step of `batch_size` is made of batches of `micro`, see `batches.slices`."""
        accumulate = -(-self.batch_size // self.micro)
        how = AdamW(betas=self.betas, weight_decay=self.weight_decay)
        return Fit(how, self.rates, "cosine", self.epochs, self.micro, True, accumulate, self.keep)

    def naming_fields(self) -> dict[str, Any]:
        """What names what is learned: every option but those that serve memory only, and the cut, which its inputs' names say."""
        return self.model_dump(mode="json", exclude={"micro_batch", "recompute", "cut"})


class MovOptions(VideoTraining):
    """Everything that decides what MOV learns and answers."""

    method: Literal["mov"] = "mov"
    other: Other = "flow"
    """x: what the frames are fused with."""

    train_layers: Literal["all"] | int = "all"
    """Blocks of h_f or h_a that are learned, from the top (Table 6: all, 9, 6, 3, 1), with the norm and the projection behind
    them; `all` learns patches, class token and positions, too. Below them the copy is CLIP's, and nothing of it is stored."""
    cut: Literal["pixels", "late"] = "pixels"
    """Where flow or sound is read while learning: from its pixels, or from activations stored just below the first block that is
    learned, so that nothing frozen is run again. Of sound a crop is stored for every epoch. `plan` tells what either takes."""
    recompute: bool = False
    """Make a block's activations again in the backward pass instead of keeping them. For memory only; exact."""
    tower_lr: float | None = Field(None, gt=0)
    """The rate of h_f or h_a; None is `lr`, as in the paper."""

    flow_third: Literal["shifted", "zero"] = "shifted"
    """The third channel: zeros that are shifted and scaled like the others, so 127.5 everywhere (section 4.1), or 0."""
    flow_normalised: bool = True
    """Whether flow pictures pass CLIP's mean and deviation, like frames; 127.5 becomes 0.333 in blue."""
    sound_bins: int = Field(128, ge=1)
    """Mel bins of a spectrogram."""
    sound_frames: int = Field(800, ge=1)
    """Its frames, 10 ms each, after the crop; patches of 16 make 8 x 50 of them."""
    sound_positions: Literal["bilinear", "ast"] = "bilinear"
    """CLIP's 14 x 14 position vectors for 8 x 50 patches: both sides interpolated, as the paper says, or as AST's code: a side
    that shrinks is cut to its middle (rows 3 to 10), a side that grows is interpolated."""
    audio_tokens: Literal["patches", "one"] = "patches"
    """a: the vectors of all patches (400 keys), through the last norm and the projection; or the class token alone. With one key
    the softmax is 1, so that v' = v_t + W LN(a_t); what cannot matter then (W_q, W_k, LN_q) does not exist."""

    layers: int = Field(2, ge=1, le=1000)
    """L of Eq. 2 and 3."""
    heads: int | None = Field(None, ge=1)
    """Of attention; None is one for every 64 numbers: 8 at B/16, 12 at L/14."""
    mlp_ratio: int = Field(4, ge=1)
    """Hidden numbers of every MLP of the head, in widths; its activation is GELU."""
    audio_residual: bool = False
    """Whether a_t = MLP(a) + a."""
    positions: Literal["none", "learned"] = "none"
    """Of time, in phi. Eq. 2 to 8 have none, so the order of frames does not matter. `learned` adds vectors that start at 0."""
    frames: int = Field(16, ge=1)
    """Of a clip; learned positions are so many."""
    fusion: Literal["cross", "scores"] = "cross"
    """Eq. 5 to 8, or the rows of Table 5 without them: v_m and x_m are the means of v_t and x_t, whose probabilities are
    averaged on base names."""

    alpha: float = Field(0.5, ge=0, le=1)
    """Weight of the loss of v_m in Eq. 9; that of x_m is the rest."""
    distillation: float = Field(0.0, ge=0)
    """lambda: weight of 1 - cos(v_m, AvgPool(v)) in the loss, which keeps the tuned video vector near frozen CLIP's. Not of the
    paper; the idea is FROSTER's, the formula ours."""

    beta: float = Field(0.25, ge=0, le=1)
    """Weight of x_m in Eq. 12; that of frozen frames is the rest."""
    tau_base: float | None = Field(None, gt=0)
    """tau of Eq. 10; None is that of Eq. 9."""
    tau_other: float = Field(0.01, gt=0)
    """tau_f and tau_a of Eq. 11."""
    tau_video: float = Field(0.003, gt=0)
    """tau_v of Eq. 11 (Table 7)."""

    @property
    def rates(self) -> dict[str, float]:
        """The tower may have its own."""
        own = {} if self.tower_lr is None else {"tower": self.tower_lr * self._scale}
        return {**own, **super().rates}

    @property
    def one_key(self) -> bool:
        """Whether the video reads a single vector."""
        return self.other == "sound" and self.audio_tokens == "one"

    @model_validator(mode="after")
    def _fits_together(self) -> "MovOptions":
        if isinstance(self.train_layers, int) and self.train_layers < 1:
            raise ValueError("train_layers is 'all' or a number of blocks from 1: below that h_f and h_a learn nothing")
        if self.cut == "late" and self.train_layers == "all":
            raise ValueError(
                "cut: late stores what lies below the first learned block, and train_layers: all has none. Write pixels"
            )
        if self.fusion == "scores" and self.alpha in (0, 1):
            raise ValueError(
                f"fusion: scores with alpha: {self.alpha:g} leaves one modality untrained. Write alpha: 0.5"
            )
        return self


class VideoCoOpOptions(VideoTraining):
    """CoOp (Zhou et al., IJCV 2022) on the mean of a clip's frames, with MOV's training."""

    method: Literal["coop"] = "coop"
    text_prompts: int = Field(16, ge=1, le=1000)
    text_init: str = ""
    """What the last prompts start from; the others, or all where it is empty, are drawn from N(0, 0.02^2)."""
    chunk: int | None = Field(None, ge=1)
    """Class names at a time in the text tower. For memory only."""

    def naming_fields(self) -> dict[str, Any]:
        """Without `chunk`."""
        return {name: value for name, value in super().naming_fields().items() if name != "chunk"}


class ClipAdapterOptions(VideoTraining):
    """CLIP-Adapter (Gao et al., 2021) on the mean of a clip's frames and on the class vectors, with MOV's training."""

    method: Literal["clip-adapter"] = "clip-adapter"
    reduction: int = Field(4, ge=1)
    """Widths over hidden numbers."""
    video_ratio: float = Field(0.2, ge=0, le=1)
    """Share of the adapter in the clip's vector; 0: there is none of that side."""
    text_ratio: float = Field(0.2, ge=0, le=1)
    """Share of the adapter in the class vectors. The authors' code has 0, their paper and MOV's text have both sides."""

    @model_validator(mode="after")
    def _something_is_learned(self) -> "ClipAdapterOptions":
        if not self.video_ratio and not self.text_ratio:
            raise ValueError("clip-adapter: with both ratios 0 nothing is learned, which is the frozen encoder")
        return self


class FrozenClipOptions(Strict):
    """CLIP itself: the mean of a clip's frames with class vectors of 28 templates. Nothing is learned."""

    method: Literal["frozen-clip"] = "frozen-clip"
    tau: float = Field(0.01, gt=0)
    """What cosines are divided by: CLIP's."""
    video_mean: Literal["plain", "unit"] = "plain"
    """The mean of the frames' vectors as they are, or of length one."""
    template_mean: Literal["unit", "plain"] = "unit"
    """Whether a sentence's vector has length one before the mean over the 28 templates."""
    average: Literal["probabilities", "cosines"] = "probabilities"
    """What is averaged over the views of a clip."""
