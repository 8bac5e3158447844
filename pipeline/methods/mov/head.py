"""MOV's head: v and x in, v_m and x_m out (Eq. 2 to 8). Dims: B clips, F frames, T tokens of x, d width."""

from torch import Tensor, nn

from pipeline.methods.base import MethodError
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.heads import AudioMlp, Reads, ReadsOne, Temporal


class Head(nn.Module):
    """Asymmetric: the video reads what phi or the MLP made of x, x reads the backbone's v, which no learning has changed."""

    def __init__(self, options: MovOptions, width: int):
        """Make what the options ask for, and nothing that no gradient could reach.

        Raises:
            MethodError: the width is no multiple of the number of heads.
        """
        super().__init__()
        heads = options.heads or max(1, width // 64)
        if width % heads:
            raise MethodError(
                f"mov: {heads} heads do not share {width} numbers evenly. Write heads: N, a divisor of {width}"
            )
        self.frames = options.frames
        self.phi_v = Temporal(options, width, heads)
        flow = options.other == "flow"
        self.phi_x: nn.Module = Temporal(options, width, heads) if flow else AudioMlp(options, width)
        self.video_reads: nn.Module | None = None
        self.other_reads: nn.Module | None = None
        if options.fusion == "cross":
            ratio = options.mlp_ratio
            self.video_reads = ReadsOne(width, ratio) if options.one_key else Reads(width, heads, ratio)
            self.other_reads = Reads(width, heads, ratio)

    def forward(self, v: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """v_m and x_m, each (B, d), of v (B, F, d) and x (B, T, d).

        Raises:
            MethodError: a position would be needed that is not learned.
        """
        positions = getattr(self.phi_v, "positions", None)
        if positions is not None and v.shape[1] != self.frames:
            raise MethodError(
                f"mov: clips have {v.shape[1]} frames, and positions are learned for {self.frames}. Write frames: {v.shape[1]}"
            )
        v_t, x_t = self.phi_v(v), self.phi_x(x)
        if self.video_reads is None or self.other_reads is None:
            return v_t.mean(1), x_t.mean(1)
        return self.video_reads(v_t, x_t), self.other_reads(x_t, v)
