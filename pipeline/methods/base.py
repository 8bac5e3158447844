"""All that the spine knows of a method, free of torch: its options, what it learns and where, and which module learns it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pipeline.strict import Strict
from pipeline.training.fit import Fit, Solved
from stores.errors import MmptError

C = TypeVar("C", bound=Strict)
Unlearned = Literal["among", "apart", "never"]
"""What a method does with a class that it did not learn: it answers among learned ones, too, since it knows every class by its
text; or where no class was learned, by the texts alone; or it does not answer at all."""


class MethodError(MmptError):
    """A method does not fit the encoder, or the cut that it is given."""


@dataclass(frozen=True)
class Sizes:
    """What a method is told of a frozen encoder.

    Attributes:
        encoder: its name.
        width: of the shared space.
        image_width: of the image tower's tokens.
        text_width: of the text tower's tokens.
        blocks: of the image tower.
        classes: that are learned.
        images: labelled ones, of all classes.
    """

    encoder: str
    width: int
    image_width: int
    text_width: int
    blocks: int
    classes: int = 0
    images: int = 0

    @property
    def cuts(self) -> tuple[str, ...]:
        """Cuts of the image tower, lowest first."""
        return ("pixels", "patches", *(f"block{number:02}" for number in range(self.blocks)), "output")


@dataclass(frozen=True)
class Method(Generic[C]):
    """A method that learns from labelled images; one of your own is an entry point of the group `mmpt_pipeline.methods`.

    Attributes:
        config: its options; the field `method` is its name, a literal.
        module: "package.module:Class" of what learns, an `nn.Module` made of (config, towers, width, seed) and called with
            (shots, classes), see `pipeline.methods.few_shot.task`; imported to learn, to judge and to predict.
        learns: tower ("image", "text") -> the cut at which its first learned tensor enters; a tower that is left out is not run.
        count: how many numbers it learns.
        fit: how: its optimiser, rates, schedule, batches and what is kept of its epochs; or that it is solved at once. Where
            nothing is given here, its options say so themselves.
        own_sentences: whether it begins with each data set's own sentence.
        full_stop: whether class names end with one.
        loss_decay: weight of each iteration's loss beside that of the next.
        each_class: whether it needs a labelled image of every class.
        unlearned: what it does with classes that it did not learn.
        iterates: whether it answers several times, so that the report tells how its confidence grows.
    """

    config: type[C]
    module: str
    learns: Callable[[C, Sizes], Mapping[str, str]]
    count: Callable[[C, Sizes], int]
    fit: Callable[[C], Fit | Solved] = lambda config: config.fit  # type: ignore[attr-defined]
    own_sentences: Callable[[C], bool] = lambda config: False
    full_stop: Callable[[C], bool] = lambda config: True
    loss_decay: Callable[[C], float] = lambda config: 1.0
    each_class: bool = False
    unlearned: Unlearned = "among"
    iterates: bool = False

    @property
    def name(self) -> str:
        """What recipes call it."""
        return str(self.config.model_fields["method"].default)


def entering(config: Any, depth: int, sizes: Sizes, late: bool = False) -> str:
    """The cut at which prompts of so many blocks enter the image tower: before the first block, or before the last `depth`.

    Raises:
        MethodError: the tower has fewer blocks.
    """
    if depth > sizes.blocks:
        raise MethodError(
            f"few-shot: {config.method} asks for prompts in {depth} blocks; the image tower of '{sizes.encoder}' has "
            f"{sizes.blocks}. Write depth: {sizes.blocks} or less"
        )
    first = sizes.blocks - depth if late else 0
    return f"block{first - 1:02}" if first else "patches"


def why_not(method: Method[Any], learned: Sequence[str], asked: Sequence[str]) -> str:
    """Why a method cannot choose among some classes; empty where it can.

    Args:
        method: that learned.
        learned: names of the classes that it learned.
        asked: names of those to choose from.
    """
    new = [name for name in asked if name not in set(learned)]
    if not new or method.unlearned == "among" or method.unlearned == "apart" and len(new) == len(asked):
        return ""
    shown = f"'{new[0]}'" + (f" and {len(new) - 1} more" if len(new) > 1 else "")
    if method.unlearned == "never":
        return f"{method.name} has learned nothing of {shown}, and reads no texts"
    return f"{method.name} has learned some of these classes and not {shown}; what it says of both cannot be compared"


def require_below(method: str, cut: str, first_learned: str, cuts: Sequence[str]) -> None:
    """Refuse to read a tower above the place where something is learned: that would not be learned (law 2).

    Args:
        method: its name.
        cut: where the loop reads.
        first_learned: where the first learned tensor enters.
        cuts: of the tower, lowest first.

    Raises:
        MethodError: the cut lies above, or the tower has no such cut.
    """
    if cut not in cuts or cuts.index(cut) > cuts.index(first_learned):
        allowed = ", ".join(cuts[: cuts.index(first_learned) + 1])
        raise MethodError(
            f"{method} learns from '{first_learned}' on, so what is stored at '{cut}' cannot feed it; allowed are {allowed}. "
            "Write inputs: auto"
        )
