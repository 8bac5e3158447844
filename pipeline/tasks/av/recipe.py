"""What recipes of clips with two frozen towers share; free of torch."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import field_validator

from pipeline.recipe.envelope import CacheConfig, Envelope
from pipeline.recipe.seeds import Seeds
from pipeline.strict import Strict
from pipeline.tasks.published import is_learned


class AvEncoders(Strict):
    """The frozen towers, by the names of their cards."""

    visual: str = "swin-v2-large-192"
    """The tower of pictures, by the name of its card (docs/encoders.md)."""
    audio: str | None = None
    """None: the visual tower reads spectrograms, too, as pictures."""

    @property
    def heard_by(self) -> str:
        """The card that reads spectrograms."""
        return self.audio or self.visual


class AvCacheConfig(CacheConfig):
    """How inputs are made: activations at a cut in float32, so that learning from the store is learning from the files."""

    dtype: Literal["float16", "float32"] = "float32"


class Published(Strict):
    """A method of the recipe, and a seed: its first where none is named."""

    method: str
    seed: int | None = None


class AvRecipe(Envelope):
    """A recipe of clips. A task adds its clips, and says which options its methods have."""

    cache: AvCacheConfig = AvCacheConfig()
    encoders: AvEncoders = AvEncoders()
    """The frozen towers that prompts are learned inside of."""
    methods: dict[str, Any]
    """What is learned and compared, in order: a name of yours -> its options. Each is shown beside the one before it."""
    seeds: Seeds = (0, 1, 2)
    """Of what is drawn; figures are means over them."""
    protocol: Literal["val", "lavish"] = "val"
    """On which clips the epoch is chosen: those of val; or, to reproduce LAVISH and DG-SCT only, those of test, whose figures
    are then too good."""
    publish: Published | None = None
    """Which of them `predict` answers by, unless it is told. Where nothing is written, the method and seed that are best on the
    clips of val: no test clip has a say in it."""

    @field_validator("methods", mode="before")
    @classmethod
    def _all_are_copl(cls, given: Any) -> Any:
        """There is one method; what the names differ in are its options."""
        if not isinstance(given, Mapping):
            return given
        return {
            name: {"method": "copl", **(options or {})} if options is None or isinstance(options, Mapping) else options
            for name, options in given.items()
        }

    @property
    def answering(self) -> list[str]:
        """The methods of which the best answers, in order."""
        return list(self.methods)

    _is_learned = field_validator("publish")(is_learned)
