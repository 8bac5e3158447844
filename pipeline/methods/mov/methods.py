"""MOV and what is compared with it, as a task finds them: options, the module that learns, the cut, the count. Free of torch."""

from dataclasses import dataclass
from typing import Any

from pipeline.methods.mov.config import (
    ClipAdapterOptions,
    FrozenClipOptions,
    MovOptions,
    Other,
    VideoCoOpOptions,
)
from pipeline.methods.mov.counts import TowerShape, count, first_learned
from pipeline.strict import Strict


@dataclass(frozen=True)
class VideoMethod:
    """All that a task has to know of a method, before anything heavy is imported.

    Attributes:
        options: its options; the field `method` is its name, a literal.
        module: "package.module:Class" of what learns and answers, see `pipeline.methods.mov.baselines.VideoLearner`.
        learns: whether it is trained; what is not has no `fit`.
    """

    options: type[Strict]
    module: str
    learns: bool = True

    @property
    def name(self) -> str:
        """What recipes call it."""
        return str(self.options.model_fields["method"].default)

    def reads(self, options: Any) -> Other | None:
        """What it reads beside frames; None: nothing."""
        return options.other if isinstance(options, MovOptions) else None

    def cut(self, options: Any, shape: TowerShape) -> str | None:
        """The cut of the tower of flow or sound at which its first learned tensor enters; None: it reads vectors of frames only.

        Raises:
            MethodError: the tower has fewer blocks than are to be learned.
        """
        return first_learned(options, shape) if isinstance(options, MovOptions) else None

    def count(self, options: Any, shape: TowerShape) -> int:
        """How many numbers it learns."""
        return count(options, shape) if self.learns else 0


_PACKAGE = "pipeline.methods.mov"
METHODS = {
    method.name: method
    for method in (
        VideoMethod(MovOptions, f"{_PACKAGE}.learner:MovLearner"),
        VideoMethod(VideoCoOpOptions, f"{_PACKAGE}.baselines:VideoCoOp"),
        VideoMethod(ClipAdapterOptions, f"{_PACKAGE}.baselines:ClipAdapter"),
        VideoMethod(FrozenClipOptions, f"{_PACKAGE}.baselines:FrozenClip", learns=False),
    )
}
