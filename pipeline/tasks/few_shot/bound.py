"""A few-shot recipe bound to its data: which files are learned from with each seed, and which are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.datasets.few_shot import TEMPLATES, TRAINING_TEMPLATE, Half, draw_shots, half
from pipeline.encoders.cards import EncoderCard, card, text_card, with_media
from pipeline.records import RunRecord, update_run
from pipeline.runs.bound import Bound
from pipeline.runs.work import Unit
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.files import Files, Labelled
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from stores.address import local_side

HALVES: tuple[Half, Half] = ("base", "novel")


@dataclass(frozen=True)
class BoundFewShot(Bound[FewShotRecipe]):
    """A few-shot recipe bound to its encoder and its files."""

    @cached_property
    def card(self) -> EncoderCard:
        """The encoder, see `encoder_card`."""
        return encoder_card(self.recipe)

    @property
    def files(self) -> str:
        """What people call what is learned from and judged."""
        return {"image": "images", "text": "texts"}.get(self.recipe.modality, "files")

    def keep_only(self, artifacts: Mapping[str, str]) -> None:
        """Leave only these artifacts in the run's record: what an earlier recipe of this name made is garbage then."""

        def write(record: RunRecord) -> None:
            record.artifacts = dict(artifacts)

        update_run(self.folder, write)

    @cached_property
    def units(self) -> dict[tuple[str, int], Unit]:
        """What is learned, by method and seed, as far as it was asked for."""
        return {}

    def shots(self, seed: int) -> Labelled:
        """What is learned from with a seed: the drawn images of the classes that are learned; drawn once."""
        if seed not in self._drawn:
            self._drawn[seed] = self._draw(seed)
        return self._drawn[seed]

    def _draw(self, seed: int) -> Labelled:
        data, files = self.recipe.data, self._files
        validation = files.split(data, "val") if "val" in files.splits(data) else None
        drawn = draw_shots(data.layout, files.split(data, "train"), validation, self.recipe.shots, seed)
        return files.labelled(data, half(drawn.train, "base") if self.recipe.classes == "base" else drawn.train)

    @property
    def test_sets(self) -> tuple[str, ...]:
        """Names of what is judged: both halves, or the data set that is learned from and then the others."""
        return HALVES if self.recipe.classes == "base" else (self.recipe.data.layout, *self.recipe.judge_on)

    def judged(self, name: str) -> Labelled:
        """The test images of one of `test_sets`, labelled among the names that they are judged by; read once."""
        if name not in self._judged:
            self._judged[name] = self._look_up(name)
        return self._judged[name]

    @cached_property
    def _drawn(self) -> dict[int, Labelled]:
        return {}

    @cached_property
    def _judged(self) -> dict[str, Labelled]:
        return {}

    def _look_up(self, name: str) -> Labelled:
        files, halved = self._files, self.recipe.classes == "base"
        data = self.recipe.judge_on.get(name, self.recipe.data)
        split = files.split(data, "test")
        return files.labelled(data, half(split, "base" if name == "base" else "novel") if halved else split)

    def prompts(self, found: Labelled, own: bool) -> list[str]:
        """A hand-written sentence a class: the data set's own, or that of training."""
        template = template_of(self.recipe.modality, self.card, found.layout, own)
        return [template.format(name) for name in found.classes]

    @cached_property
    def _files(self) -> Files:
        return Files(local_side(self.recipe.workspace), self.draws, self.recipe.modality)


def template_of(modality: str, card: EncoderCard, layout: str, own: bool) -> str:
    """The sentence that stands for a class: of images the data set's own or that of training, of all else the encoder's."""
    if modality != "image":
        return card.templates[0]
    return TEMPLATES.get(layout, TRAINING_TEMPLATE) if own else TRAINING_TEMPLATE


def encoder_card(recipe: FewShotRecipe) -> EncoderCard:
    """A recipe's encoder. Pictures become RGB before they are scaled, as the training crops do and as Dassl reads both.

    Raises:
        FewShotError: it encodes another modality, or none of its towers takes prompts.
        EncoderError: nothing encodes its texts.
    """
    found = card(recipe.encoder)
    if recipe.modality != "image":
        if found.modality != recipe.modality:
            raise FewShotError(
                f"few-shot: encoder '{recipe.encoder}' is of {found.modality}, the recipe's modality is {recipe.modality}. Take "
                "another encoder (mmpt-pipeline encoders ls), or write the other modality"
            )
        text_card(found)
        return found
    if found.family != "clip" or found.origin is not None:
        raise FewShotError(
            f"few-shot: encoder '{recipe.encoder}' is of the family {found.family}; prompts are learned inside "
            "CLIP's towers. Take one of CLIP, e.g. encoder: clip-vit-b16-openai, or miniature-clip to try"
        )
    if found.padding != "longest":
        raise FewShotError(
            f"few-shot: the text tower of encoder '{recipe.encoder}' is not causal up to an end token that is read, so it reads "
            "the padding of texts; prompts are learned before class names in towers that are. "
            "Take one of CLIP, e.g. encoder: clip-vit-b16-openai, or miniature-clip to try"
        )
    return with_media(found, {"rgb": "first"})
