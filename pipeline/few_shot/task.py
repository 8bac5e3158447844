"""A few-shot recipe bound to its data: which files are learned from with each seed, and which are judged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.datasets.few_shot import TEMPLATES, TRAINING_TEMPLATE, Half, draw_shots, half
from pipeline.encoders.cards import EncoderCard, card, with_media
from pipeline.few_shot.errors import FewShotError
from pipeline.few_shot.files import Files, Labelled
from pipeline.few_shot.recipe import FewShotRecipe
from pipeline.progress import Progress
from pipeline.runner.base import Runner
from pipeline.runs import RunRecord, run_folder, update_run
from stores import Store
from stores.address import local_side

_ENTRY = "few-shot/"
HALVES: tuple[Half, Half] = ("base", "novel")


@dataclass(frozen=True)
class Task:
    """A recipe, a device and a place to show progress.

    Attributes:
        recipe: what is learned and judged.
        device: where models run.
        progress: shows what is done.
        draws: whether shapes that a recipe asks for are drawn; a plan only names them.
        runner: whose workers do the work; None does it here.
    """

    recipe: FewShotRecipe
    device: str
    progress: Progress
    draws: bool = True
    runner: Runner | None = field(default=None, kw_only=True)

    @cached_property
    def store(self) -> Store:
        """The artifacts of the workspace."""
        return Store(self.recipe.workspace)

    @cached_property
    def card(self) -> EncoderCard:
        """The encoder. Pictures become RGB before they are scaled, as the training crops do and as Dassl reads both.

        Raises:
            FewShotError: it encodes no images, or has no prompted towers.
        """
        found = card(self.recipe.encoder)
        if found.family != "clip":
            raise FewShotError(
                f"few-shot: encoder '{self.recipe.encoder}' is of the family {found.family}; prompts are learned inside "
                "CLIP's towers. Take one of CLIP, e.g. encoder: clip-vit-b16-openai, or miniature-clip to try"
            )
        return with_media(found, {"rgb": "first"})

    def keep(self, fingerprint: str) -> None:
        """Name an artifact in the run's record at once, so that nobody takes it for garbage."""
        self._kept.append(fingerprint)
        self._note(lambda artifacts: artifacts | {_entry(fingerprint): fingerprint})

    def kept(self) -> tuple[str, ...]:
        """What was named so far, in order."""
        return tuple(self._kept)

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
        """What is learned from with a seed: the drawn images of the classes that are learned."""
        data, files = self.recipe.data, self._files
        validation = files.split(data, "val") if "val" in files.splits(data) else None
        drawn = draw_shots(data.layout, files.split(data, "train"), validation, self.recipe.shots, seed)
        return files.labelled(data, half(drawn.train, "base") if self.recipe.classes == "base" else drawn.train)

    @property
    def test_sets(self) -> tuple[str, ...]:
        """Names of what is judged: both halves, or the data set that is learned from and then the others."""
        return HALVES if self.recipe.classes == "base" else (self.recipe.data.layout, *self.recipe.judge_on)

    def judged(self, name: str) -> Labelled:
        """The test images of one of `test_sets`, labelled among the names that they are judged by."""
        files, halved = self._files, self.recipe.classes == "base"
        data = self.recipe.judge_on.get(name, self.recipe.data)
        split = files.split(data, "test")
        return files.labelled(data, half(split, "base" if name == "base" else "novel") if halved else split)

    def prompts(self, found: Labelled, own: bool) -> list[str]:
        """A hand-written sentence a class: the data set's own, or that of training."""
        template = TEMPLATES.get(found.layout, TRAINING_TEMPLATE) if own else TRAINING_TEMPLATE
        return [template.format(name) for name in found.classes]

    @cached_property
    def _files(self) -> Files:
        return Files(local_side(self.recipe.workspace), self.draws)


def _entry(fingerprint: str) -> str:
    return _ENTRY + fingerprint[:16]
