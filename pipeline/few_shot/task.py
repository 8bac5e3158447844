"""A few-shot recipe bound to its data: which files are learned from with each seed, and which are judged."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from pipeline.datasets.few_shot import FEW_SHOT, TEMPLATES, TRAINING_TEMPLATE, Half, Split, draw_shots, half
from pipeline.datasets.file_keys import FileKeys
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import EncoderCard, card
from pipeline.few_shot.recipe import FewShotRecipe, ShapesData
from pipeline.few_shot.shapes import shapes_split
from pipeline.progress import Progress
from pipeline.runs import RunRecord, run_folder, update_run
from stores import Store
from stores.errors import MmptError

_ENTRY = "few-shot/"
HALVES: tuple[Half, Half] = ("base", "novel")


class FewShotError(MmptError):
    """A few-shot recipe cannot be run as it stands."""


@dataclass(frozen=True)
class Labelled:
    """Files with their labels.

    Attributes:
        classes: names by label.
        rows: the files; their `labels` hold the class name.
        labels: number of each row's class.
    """

    classes: tuple[str, ...]
    rows: tuple[MediaRow, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Task:
    """A recipe, a device and a place to show progress."""

    recipe: FewShotRecipe
    device: str
    progress: Progress

    @cached_property
    def store(self) -> Store:
        """The artifacts of the workspace."""
        return Store(self.recipe.workspace)

    @cached_property
    def card(self) -> EncoderCard:
        """The encoder.

        Raises:
            FewShotError: it encodes no images, or has no prompted towers.
        """
        found = card(self.recipe.encoder)
        if found.family != "clip":
            raise FewShotError(
                f"few-shot: encoder '{self.recipe.encoder}' is of the family {found.family}; prompts are learned inside "
                "CLIP's towers. Take one of CLIP, e.g. encoder: clip-vit-b16-openai, or miniature-clip to try"
            )
        return found

    def keep(self, fingerprint: str) -> None:
        """Name an artifact in the run's record at once, so that nobody takes it for garbage."""
        self._kept.append(fingerprint)
        self._note(lambda artifacts: artifacts | {_entry(fingerprint): fingerprint})

    def finish(self) -> None:
        """Leave only this run's artifacts in its record."""
        own = {_entry(kept): kept for kept in self._kept}
        self._note(lambda artifacts: {n: f for n, f in artifacts.items() if not n.startswith(_ENTRY)} | own)

    def _note(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        def write(record: RunRecord) -> None:
            record.artifacts = change(record.artifacts)

        update_run(run_folder(self.recipe.workspace, self.recipe.name), write)

    @cached_property
    def _kept(self) -> list[str]:
        return []

    def shots(self, seed: int) -> Labelled:
        """What is learned from with a seed: the drawn images of the base classes."""
        validation = self._split("val") if "val" in self._splits else None
        drawn = draw_shots(self.recipe.data.layout, self._split("train"), validation, self.recipe.shots, seed)
        return self._labelled(half(drawn.train, "base"))

    def judged(self, which: Half) -> Labelled:
        """The test images of a half, among the names of that half."""
        return self._labelled(half(self._split("test"), which))

    def prompts(self, classes: Iterable[str], own: bool) -> list[str]:
        """A hand-written sentence a class: the data set's own, or that of training."""
        template = TEMPLATES.get(self.recipe.data.layout, TRAINING_TEMPLATE) if own else TRAINING_TEMPLATE
        return [template.format(name) for name in classes]

    @cached_property
    def _keys(self) -> FileKeys:
        return FileKeys(self.recipe.workspace / "cache" / "file-keys.json")

    @cached_property
    def _known_splits(self) -> dict[str, Split]:
        return {}

    @property
    def _splits(self) -> tuple[str, ...]:
        data = self.recipe.data
        return ("train", "test") if isinstance(data, ShapesData) else FEW_SHOT[data.layout].splits

    def _split(self, name: str) -> Split:
        if name not in self._known_splits:
            data, workspace = self.recipe.data, self.recipe.workspace
            self._known_splits[name] = (
                shapes_split(data, workspace, name)
                if isinstance(data, ShapesData)
                else FEW_SHOT[data.layout].split(data.root, name)
            )
        return self._known_splits[name]

    def _labelled(self, split: Split) -> Labelled:
        rows = []
        for row in split.rows:
            path = split.file(row)
            try:
                rows.append(MediaRow(self._keys.key(path), str(path), (row.name,)))
            except OSError as error:
                raise FewShotError(
                    f"few-shot: {path} is named by the split of {self.recipe.data.layout} and cannot be read: "
                    f"{error.strerror or error}. Figures of other images could not be compared; see what is missing with: "
                    f"mmpt-pipeline datasets check {self.recipe.data.layout} --root {getattr(self.recipe.data, 'root', '.')}"
                ) from None
        self._keys.save()
        return Labelled(split.classes, tuple(rows), tuple(row.label for row in split.rows))


def _entry(fingerprint: str) -> str:
    return _ENTRY + fingerprint[:16]
