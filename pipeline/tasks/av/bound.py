"""A recipe of clips bound to its towers: what a task adds is its clips, and what names and prices what is learned of them."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pipeline.caching.needs import Need
from pipeline.datasets.av import Split
from pipeline.datasets.av.clips import Leak
from pipeline.datasets.av.listed import RejectedClip
from pipeline.records import RunRecord, update_run
from pipeline.runs.bound import Bound
from pipeline.tasks.av.recipe import AvRecipe
from pipeline.tasks.av.sides import Sided
from pipeline.tasks.av.sources import Form, needs_of
from pipeline.tasks.av.towers import Towers, towers_of

C = TypeVar("C", bound=Sided)
Out = TypeVar("Out", bound=Sided, covariant=True)
R = TypeVar("R", bound=AvRecipe)


class Listed(Protocol[Out]):
    """What a reader found: clips, or questions about clips, and what became of the rows that a data set names."""

    @property
    def segments(self) -> int:
        """T."""

    @property
    def segment_s(self) -> float:
        """Seconds of a segment."""

    @property
    def rejected(self) -> Sequence[tuple[str, str]]:
        """(path, reason) of the rows that cannot be used."""

    @property
    def refused(self) -> Sequence[RejectedClip]:
        """The same rows, each with its number and its split."""

    @property
    def leaks(self) -> Sequence[Leak]:
        """Videos that lie in more than one split."""

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the figures must know, a sentence each."""

    def of(self, *splits: Split) -> "tuple[Out, ...]":
        """Those of some splits, in the order of the list."""

    def partial(self, split: Split) -> str:
        """Where rows of a split cannot be used "398 of 402", else nothing."""

    def listed(self, split: Split) -> int:
        """Rows that the list names for a split."""


@dataclass(frozen=True)
class Price:
    """What learning a method costs, counted.

    Attributes:
        macs: multiplications of an epoch.
        kept: bytes that a step keeps for the backward pass.
        steps: of an epoch.
    """

    macs: float
    kept: int
    steps: int


@dataclass(frozen=True)
class BoundAv(Bound[R], Generic[R, C]):
    """A recipe bound to its towers and its clips.

    Attributes:
        part: the part of the recipe that names its clips.
        kind: what the artifacts of prompts and results are called: `<kind>-prompts`, `<kind>-results`.
        method_version: raised when the same clips and options would give other prompts.
        result_version: raised when the same prompts and clips would give other figures.
        examples: what people call what is judged.
    """

    part: ClassVar[str]
    kind: ClassVar[str]
    method_version: ClassVar[int] = 1
    result_version: ClassVar[int] = 1
    examples: ClassVar[str] = "clips"

    @property
    def clips(self) -> Listed[C]:
        """What is learned from, chosen on and judged; what the miniature world draws is written first, see `to_come`."""
        raise NotImplementedError

    @property
    def decoded_a_second(self) -> Mapping[str, float]:
        """Role -> clips whose frames, or spectrograms, one core makes in a second, about.

        Measured on clips of ten seconds, 640 x 360 at 30 frames a second.
        """
        return {"visual": 1.5, "audio": 20.0}

    @property
    def to_come(self) -> str:
        """Why a plan is of clips that are not there; empty where they are."""
        return ""

    def print_of(self, clips: Sequence[C]) -> str:
        """Fingerprint of clips with what is known of them."""
        raise NotImplementedError

    def knows(self) -> Mapping[str, object]:
        """What names what is learned, beside clips and options: the classes, or the answers."""
        return {}

    def reads(self, role: str, options: Any) -> tuple[Need, ...]:
        """What a method reads of every clip in a role."""
        return needs_of(self.towers, role, options, self.form)

    def more_of(self, options: Any) -> tuple[Need, ...]:
        """What it reads beside that of the pictures of clips that it learns from."""
        return ()

    def numbers_of(self, options: Any) -> Mapping[str, int]:
        """Part -> how many numbers are learned, the head among them."""
        raise NotImplementedError

    def price_of(self, options: Any, clips: int) -> Price:
        """What a method costs with a number of clips to learn from; no torch."""
        raise NotImplementedError

    def answer_bytes(self) -> int:
        """About what a result holds of one that is judged."""
        raise NotImplementedError

    @cached_property
    def towers(self) -> Towers:
        """See `towers_of`."""
        return towers_of(self.recipe.encoders)

    @property
    def form(self) -> Form:
        """How the clips are read."""
        return Form(self.clips.segments, self.clips.segment_s)

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What was worked out once: units, and fingerprints of clips."""
        return {}

    @property
    def check_command(self) -> str:
        """What to type to see what the data set holds."""
        data = getattr(self.recipe, self.part)
        words = ["mmpt-pipeline", "datasets", "check", data.layout]
        for name, value in self.places().items():
            words += ["--root", str(value)] if name == "root" else ["-o", f"{name}={value}"]
        return shlex.join(words)

    def places(self) -> dict[str, Any]:
        """Folders and files that the recipe names for its data."""
        data = getattr(self.recipe, self.part)
        return {name: value for name in self.path_keys() if (value := getattr(data, name, None)) is not None}

    @classmethod
    def path_keys(cls) -> Iterable[str]:
        """Keys of `part` that are paths."""
        return ("root", cls.part)

    def of(self, *splits: Split) -> tuple[C, ...]:
        """Those of some splits, in the order of the list."""
        return self.clips.of(*splits)

    @property
    def chooses_on(self) -> Split:
        """The split that the epoch is chosen on."""
        return "test" if self.recipe.protocol == "lavish" else "val"

    def keep_only(self, artifacts: Mapping[str, str]) -> None:
        """Leave only these artifacts in the run's record: what an earlier recipe of this name made is garbage then."""

        def write(record: RunRecord) -> None:
            record.artifacts = dict(artifacts)

        update_run(self.folder, write)
