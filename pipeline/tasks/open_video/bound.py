"""A recipe of open-vocabulary video bound to its clips and its encoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.datasets.open_video import Clips, VideoSets, read_sets
from pipeline.datasets.open_video.elsewhere import Elsewhere, read_elsewhere
from pipeline.datasets.open_video.miniature import motions_root
from pipeline.datasets.open_video.published import is_to_come
from pipeline.encoders.cards import EncoderCard, card
from pipeline.encoders.cards.clip import clip_sizes
from pipeline.media.specs import ImageSpec
from pipeline.methods.mov.counts import TowerShape
from pipeline.recipe.video_data import MiniatureVideos, PartsOfVideos
from pipeline.records import RunRecord, update_run
from pipeline.runs.bound import Bound
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.recipe import OpenVideoRecipe
from stores.address import local_side


@dataclass(frozen=True)
class BoundOpenVideo(Bound[OpenVideoRecipe]):
    """A recipe bound to its encoder and its clips."""

    @cached_property
    def card(self) -> EncoderCard:
        """See `encoder_card`."""
        return encoder_card(self.recipe)

    @cached_property
    def shape(self) -> TowerShape:
        """Sizes of the image tower."""
        return TowerShape.of_clip(clip_sizes(self.card))

    @cached_property
    def halves(self) -> dict[int, VideoSets]:
        """Draw -> the clips, where base classes are those of that half; those of the miniature world are written first.

        A plan does without what is not there, see `to_come`.
        """
        videos, workspace = self.recipe.videos, local_side(self.recipe.workspace)
        return {draw: read_sets(videos, workspace, self.draws, draw) for draw in videos.draws}

    @property
    def sets(self) -> VideoSets:
        """The clips, of the first half where there are several."""
        return next(iter(self.halves.values()))

    @cached_property
    def elsewhere(self) -> dict[str, Elsewhere]:
        """Other data sets that are judged, by their names in the recipe."""
        workspace = local_side(self.recipe.workspace)
        return {name: read_elsewhere(name, data, workspace, self.draws) for name, data in self.recipe.judge_on.items()}

    @cached_property
    def exams(self) -> dict[str, Clips]:
        """Exams on other data sets -> their clips."""
        return {exam: clips for found in self.elsewhere.values() for exam, clips in found.exams.items()}

    @property
    def parts(self) -> list[Clips]:
        """What is learned from and what is judged, of all halves and elsewhere."""
        halves = [part for sets in self.halves.values() for part in (sets.learn, *sets.judged.values())]
        return [*halves, *(found.whole for found in self.elsewhere.values())]

    @property
    def to_come(self) -> str:
        """Why a plan is of clips that are not there; empty where they are."""
        videos = self.recipe.videos
        if self.draws:
            return ""
        if isinstance(videos, MiniatureVideos):
            return "" if motions_root(videos, local_side(self.recipe.workspace)).exists() else "not drawn yet"
        return "not downloaded yet: as published" if is_to_come(videos) else ""

    @property
    def checked(self) -> str:
        """What tells which clips are there: a command to type."""
        videos = self.recipe.videos
        part = videos.judge if isinstance(videos, PartsOfVideos) else videos
        layout = "ucf101" if isinstance(videos, MiniatureVideos) else part.layout
        return f"mmpt-pipeline datasets check {layout} --root {getattr(part, 'root', 'FOLDER')}"

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What was worked out once: units."""
        return {}

    def keep_only(self, artifacts: Mapping[str, str]) -> None:
        """Leave only these artifacts in the run's record: what an earlier recipe of this name made is garbage then."""

        def write(record: RunRecord) -> None:
            record.artifacts = dict(artifacts)

        update_run(self.folder, write)


def encoder_card(recipe: OpenVideoRecipe) -> EncoderCard:
    """A recipe's encoder.

    Raises:
        OpenVideoError: it is no CLIP of pictures.
        EncoderError: there is no such encoder.
    """
    found = card(recipe.encoder)
    if found.family != "clip" or found.origin is not None or not isinstance(found.media, ImageSpec):
        raise OpenVideoError(
            f"open-video: encoder '{recipe.encoder}' is of the family {found.family}, modality {found.modality}; frames, flow "
            "and sound are read by CLIP's image tower. Take e.g. encoder: clip-vit-b16-openai, or miniature-clip to try"
        )
    return found
