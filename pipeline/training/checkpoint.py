"""Checkpoints: one safetensors blob an epoch, in an artifact that names its parents. The last one is where training resumes.

Which epoch was the last, and which one answers, are notes of the artifact; older ones have none and are read as they were.
Reading needs no torch; only `save` and `tensors` bring it in.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.training.fit import Keep, Solved
from pipeline.training.patience import Waited
from stores import Artifact, text_key
from stores.writer import Writer

if TYPE_CHECKING:
    from torch import Tensor

History = dict[str, list[float]]
_FINISHED, _NEWEST, _BEST = "finished", "newest epoch", "best epoch"


class Checkpoints:
    """The epochs of one training run. Epoch 0 is the state before the first step.

    Args:
        artifact: where they are.
        writer: the artifact's writer, for who wants to `save`.
    """

    def __init__(self, artifact: Artifact, writer: Writer | None = None):
        self._artifact, self._writer = artifact, writer

    def last_epoch(self) -> int | None:
        """The newest epoch that was published, or None; one that a repair dropped is no longer there, nor what followed it."""
        done, notes = set(self._artifact.keys()), self._notes
        if _NEWEST in notes:
            kept = {int(notes[name]) for name in (_NEWEST, _BEST) if name in notes}
            return int(notes[_NEWEST]) if all(_key(epoch) in done for epoch in kept) else None
        epochs = 0
        while _key(epochs) in done:
            epochs += 1
        return epochs - 1 if epochs else None

    def is_finished(self, epochs: int) -> bool:
        """Whether nothing is left to learn.

        Args:
            epochs: after which checkpoints are finished that say nothing of it: those of older versions.
        """
        last = self.last_epoch()
        return last is not None and last == self._notes.get(_FINISHED, epochs)

    def answer(self) -> int:
        """The epoch that answers: the best by its figure where one is kept, else the newest; 0 where there is none."""
        return int(self._notes.get(_BEST, self.last_epoch() or 0))

    def figure(self) -> float | None:
        """How good the epoch that answers is on what was held out; None where nothing was, or nothing is learned."""
        last = self.last_epoch()
        told = self._metadata(self.answer()).get("figure") if last else None
        return None if told is None else float(told)

    def save(
        self,
        epoch: int,
        tensors: "Mapping[str, Tensor]",
        history: History,
        notes: Mapping[str, str],
        *,
        keep: Keep = "all",
        figure: float | None = None,
        finished: bool = False,
        waited: Waited | None = None,
    ) -> None:
        """Publish one epoch: the learned tensors, the losses of its steps, and what was decided in it.

        An epoch that is there stays: a repair may have dropped an earlier one, and what is learned again leads to it.

        Args:
            epoch: its number.
            tensors: by name.
            history: of this epoch alone.
            notes: what was decided.
            keep: whether earlier epochs stay. Those that do not are gone as soon as this one is there, and no sooner.
            figure: how good it is on examples that were held out; the more the better. The best answers, also where all stay.
            finished: whether this is the last.
            waited: how long a better epoch has been waited for, where that decides which epoch is the last.
        """
        from safetensors.torch import save

        assert self._writer is not None, "these checkpoints are for reading"
        before = self._before(epoch) if keep != "all" else None
        if before is not None:
            history = _joined([self._metadata(before)["history"], history])
        told: dict[str, Any] = {"epoch": epoch, "history": history, "notes": dict(notes)}
        told |= {} if figure is None else {"figure": figure}
        told |= {} if waited is None else {"waited": [waited.best, waited.epochs]}
        content = {name: value.detach().cpu().contiguous() for name, value in sorted(tensors.items())}
        # One entry only: safetensors writes several in an order that changes from process to process.
        blob = save(content, metadata={"mmpt": json.dumps(told, sort_keys=True)})
        facts = {_FINISHED: float(epoch)} if finished else {}
        kept = {epoch}
        if keep != "all":
            best = self._best(before, epoch, figure) if keep == "best" else epoch
            kept |= {best}
            facts |= {_NEWEST: float(epoch)} | ({_BEST: float(best)} if keep == "best" else {})
        elif figure is not None:
            facts |= {_BEST: float(self._best_of_all(epoch, figure))}
        new, keys = self._artifact.missing([_key(epoch)]), {_key(each) for each in kept}
        dropped = [key for key in self._artifact.keys() if key not in keys] if keep != "all" else []
        if new or dropped or facts.items() - self._notes.items():
            self._writer.publish(new, [blob] if new else None, notes=facts, dropped=dropped)

    def save_solution(self, tensors: "Mapping[str, Tensor]", notes: Mapping[str, str]) -> None:
        """Publish what a method that is solved at once has found: epoch 1, the last, of which there is no history."""
        self.save(Solved.epochs, tensors, {}, notes, keep="last", finished=True)

    def tensors(self, epoch: int) -> "dict[str, Tensor]":
        """The learned tensors after `epoch`."""
        from safetensors.torch import load

        return load(self._artifact.blob(_key(epoch)))

    def arrays(self, epoch: int) -> dict[str, np.ndarray]:
        """The learned tensors after `epoch`, as numpy arrays."""
        from safetensors.numpy import load

        return load(self._artifact.blob(_key(epoch)))

    def notes(self, epoch: int) -> dict[str, str]:
        """What was decided in `epoch` (for example the weak modality)."""
        return dict(self._metadata(epoch)["notes"])

    def waited(self) -> Waited:
        """How long a better epoch than the newest had been waited for behind it."""
        last = self.last_epoch()
        return Waited(*self._metadata(last).get("waited", ())) if last else Waited()

    def history(self) -> History:
        """The losses of every step of every epoch, joined; a part that an epoch lacks is NaN there."""
        last = self.last_epoch() or 0
        epochs: Sequence[int] = [last] if last and _NEWEST in self._notes else range(1, last + 1)
        return _joined([self._metadata(epoch)["history"] for epoch in epochs])

    def save_as(self, other: "Checkpoints", change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]) -> None:
        """Publish every epoch that others have kept, their tensors changed; the last is the last here, too."""
        import torch

        last = other.last_epoch() or 0
        for epoch in range(last + 1) if _NEWEST not in other._notes else sorted({other.answer(), last}):
            told, arrays = other._metadata(epoch), change(other.arrays(epoch))
            self.save(
                epoch, {name: torch.from_numpy(value) for name, value in arrays.items()}, told["history"], told["notes"],
                figure=told.get("figure"), finished=epoch == last,
            )  # fmt: skip

    @property
    def _notes(self) -> Mapping[str, float]:
        return self._artifact.manifest.notes

    def _before(self, epoch: int) -> int | None:
        """The epoch that this one follows, whose history holds all before it; the first has none."""
        return epoch - 1 if epoch > 1 and self.last_epoch() == epoch - 1 else None

    def _best(self, before: int | None, epoch: int, figure: float | None) -> int:
        """The epoch with the best figure so far; of equal ones the first."""
        if before is None or _BEST not in self._notes:
            return epoch
        best = int(self._notes[_BEST])
        rival = self._metadata(best).get("figure")
        return epoch if figure is not None and (rival is None or math.isnan(rival) or figure > rival) else best

    def _best_of_all(self, epoch: int, figure: float) -> int:
        """Where all epochs stay: the one with the best figure; of equal ones the latest, for without figures the last answers.

        After a repair, what is learned again comes before epochs that are there; then all of them are asked.
        """
        known = int(self._notes.get(_BEST, epoch))
        there, end = set(self._artifact.keys()), int(self._notes.get(_FINISHED, known))
        others = [each for each in range(1, end + 1) if each != epoch and _key(each) in there]
        rivals = [known] if known < epoch else others
        figures = {each: self._metadata(each).get("figure", math.nan) for each in rivals} | {epoch: figure}
        return max(figures, key=lambda each: (-math.inf if math.isnan(figures[each]) else figures[each], each))

    def _metadata(self, epoch: int) -> dict:
        blob = self._artifact.blob(_key(epoch))
        size = int.from_bytes(blob[:8], "little")  # safetensors: header length, then the header as JSON
        return json.loads(json.loads(blob[8 : 8 + size])["__metadata__"]["mmpt"])


def _joined(epochs: list[History]) -> History:
    names = sorted({name for epoch in epochs for name in epoch})
    return {n: [v for e in epochs for v in e.get(n, [float("nan")] * len(e["step"]))] for n in names}


def _key(epoch: int) -> str:
    return text_key(f"epoch-{epoch:06d}")
