"""What a user asks of a finished run: about which files, by which of its methods, and what else. No torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipeline.predictions import Prediction
from stores import MmptError

X = TypeVar("X")


@dataclass(frozen=True)
class Asking:
    """The options of `stages.predict`, as a task takes them; no run knows what to do with all of them.

    Attributes:
        files: to be answered about.
        device: where encoders run.
        top: classes a file, or answers a question.
        labels: names to choose from instead of the run's own.
        method: whose answers these are; None takes what the run publishes.
        seed: and of which seed; None is the same.
        texts: that are judged as they are; their answers come after those of the files.
        strangers: whether files that resemble none of the run's own get no class.
        together: whether files of a modality are assigned together instead of one by one.
        ask: questions about every file.
    """

    files: Sequence[Path]
    device: str
    top: int
    labels: Sequence[str] = ()
    method: str | None = None
    seed: int | None = None
    texts: Sequence[str] = ()
    strangers: bool = False
    together: bool = False
    ask: Sequence[str] = ()

    def refuse_sentences(self, error: type[MmptError], learned_from: str) -> None:
        """Stop where something is asked for that only runs can do that learn from sentences.

        Args:
            error: what to raise.
            learned_from: what the run learned from instead.

        Raises:
            MmptError: as asked for.
        """
        if self.strangers or self.together:
            raise error(
                "predict: --none-of-these and --together are of runs that learn from sentences; this run learned from "
                f"{learned_from}. Leave them out; --threshold names no class that is less probable than a number"
            )

    def refuse_names(self, error: type[MmptError], does: str) -> None:
        """Stop where something is asked for that only runs can do that know classes by their names.

        Args:
            error: what to raise.
            does: what the run learned or does instead, with its verb.

        Raises:
            MmptError: as asked for.
        """
        if self.labels or self.strangers or self.together:
            raise error(
                "predict: --labels, --none-of-these and --together are of runs that know classes by their names; this run "
                f"{does}. Leave them out"
            )


def of_clips(asking: Asking, about: Callable[[str], Sequence[Prediction]]) -> list[Prediction]:
    """What is said of each clip, in the order in which they were given; one given twice is looked at once. A text is no clip.

    Args:
        asking: of which files and texts.
        about: what is said of the clip at a path.
    """
    found = {path: about(path) for path in dict.fromkeys(map(str, asking.files))}
    return [each for path in asking.files for each in found[str(path)]] + [
        Prediction(text, "text", error="a text is no clip") for text in asking.texts
    ]


def when_needed(make: Callable[[], X]) -> Callable[[], X]:
    """Something that is made once, when it is first asked for: a method with its towers, for the first file that can be read."""
    ready: list[X] = []

    def read() -> X:
        if not ready:
            ready.append(make())
        return ready[0]

    return read
