"""The shape of a recipe of open-vocabulary video; free of torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipeline.datasets.open_video.clips import EXAMS
from pipeline.methods.mov.config import (
    ClipAdapterOptions,
    FrozenClipOptions,
    MovOptions,
    Other,
    VideoCoOpOptions,
)
from pipeline.recipe.envelope import CacheConfig, Envelope
from pipeline.recipe.seeds import Seeds
from pipeline.recipe.video_data import ElsewhereVideos, VideoData
from pipeline.strict import Strict
from pipeline.tasks.published import is_learned

FROZEN = "frozen-clip"
"""What frozen CLIP over frames is called, which every method is shown beside."""
VideoOptions = Annotated[
    MovOptions | VideoCoOpOptions | ClipAdapterOptions | FrozenClipOptions, Field(discriminator="method")
]
LearnedOptions = MovOptions | VideoCoOpOptions | ClipAdapterOptions


class OpenVideoCacheConfig(CacheConfig):
    """How inputs are made: in float32, unless told otherwise, so that learning from the store is learning from the files."""

    dtype: Literal["float16", "float32"] = "float32"


class ViewsConfig(Strict):
    """How clips are seen: `clips` x `crops` views, the same of frames and of flow.

    Epoch e learns from view (e - 1) modulo their number; answers are means over all of them.
    """

    frames: int = Field(16, ge=1, le=1024)
    """Frames of a view."""
    stride: int = Field(4, ge=1, le=1024)
    """Frames of the file from one frame of a view to the next."""
    clips: int = Field(4, ge=1, le=100)
    """Views in time, from evenly spread starts."""
    crops: Literal[1, 3] = 3
    """Views in space, along the longer side."""
    random: int = Field(0, ge=0, le=1000)
    """Random views of a clip that are stored to learn from: a start, and a crop and flip of all frames, the same of frames and of
    flow. Epoch e learns from view (e - 1) modulo their number. 0: learn from the views that are judged."""
    short_side: int | None = Field(None, ge=16)
    """To which the shorter side is scaled before the crop; null is 8/7 of the encoder's: 256 of 224."""


class JpegConfig(Strict):
    """Flow as JPEG, a grey picture a frame."""

    quality: int = Field(90, ge=1, le=100)
    """Of the pictures; raised for frames that would be off by more than the bound."""
    bound: float = Field(1.0, gt=0)
    """Mean error of a frame, in steps of the 256 that are stored, at most."""


class FlowConfig(Strict):
    """How flow is made: of neighbouring frames of the file, at `views.short_side`."""

    algorithm: Literal["tvl1", "raft"] = "tvl1"
    """TV-L1 of OpenCV, as in the paper, seconds of a core a pair; or RAFT of torchvision, from a weights file."""
    weights: Path | None = None
    """RAFT's: the file of raft_large or raft_small, as torchvision publishes it."""
    updates: int = Field(12, ge=1, le=100)
    """Of the flow, by RAFT."""
    jpeg: JpegConfig | None = None
    """Store flow as JPEG: a fraction of the bytes, and not quite what was computed. Null: as it is."""

    bound: float = Field(20.0, gt=0)
    """Largest displacement, pixels, that is told apart: it becomes 0 or 255. Smaller pictures move less: 5 at 64 pixels."""

    @model_validator(mode="after")
    def _has_weights(self) -> "FlowConfig":
        if self.algorithm == "raft" and self.weights is None:
            raise ValueError(
                "algorithm: raft reads its weights from a file. Download raft_large_C_T_SKHT_V2 of torchvision (21 MB), or "
                "raft_small_C_T_V2, and write flow: {algorithm: raft, weights: FILE}; or write algorithm: tvl1"
            )
        if self.algorithm == "tvl1" and self.weights is not None:
            raise ValueError("weights are RAFT's; write algorithm: raft, or leave them out")
        return self


class SoundConfig(Strict):
    """How sound is made: a log mel filter bank of the whole file, cropped and masked while learning."""

    frames: int = Field(1000, ge=1)
    """Stored frames of 10 ms; what a file has less is the mean."""
    window: Literal["hamming", "hanning"] = "hamming"
    """As the paper says, or as AST's code has it."""
    mean: float = -5.081
    """Subtracted: that of the data set."""
    scale: float = Field(4.4849, gt=0)
    """Divided by: the deviation of the data set, or twice of it, as in AST's code."""
    time_mask: int = Field(192, ge=0)
    """Frames that a mask covers while learning, at most; 0: none."""
    bin_mask: int = Field(48, ge=0)
    """Bins that a mask covers while learning, at most; 0: none."""
    mask: Literal["after", "first"] = "after"
    """Masked after normalising and cropping, or before, as in AST's code."""


class PublishedVideo(Strict):
    """A method of the recipe, and a seed: its first where none is named."""

    method: str
    """One of the recipe's."""
    seed: int | None = None
    """One of the recipe's; null is its first."""


class OpenVideoRecipe(Envelope):
    """Classes of clips by any names, learned from clips of base classes and judged on base and novel ones."""

    videos: VideoData
    """The clips, and which of their classes are learned."""
    encoder: str = "clip-vit-b16-openai"
    judge_on: dict[str, ElsewhereVideos] = {}
    """Other data sets that what was learned is judged on, by the path of novel names: a name of yours -> which. UCF101 and HMDB51
    in the paper's Table 4."""
    views: ViewsConfig = ViewsConfig()
    """How clips are seen: which frames and crops make the views of a clip."""
    flow: FlowConfig = FlowConfig()
    """How optical flow is made, where a method reads it."""
    sound: SoundConfig = SoundConfig()
    """How spectrograms are made, where a method reads them."""
    cache: OpenVideoCacheConfig = OpenVideoCacheConfig()
    methods: dict[str, VideoOptions] = Field(min_length=1)
    """What is learned and compared, in order: a name of yours -> its options. Frozen CLIP is judged anyway. What is made of clips
    beside frames, flow or sound, follows from `other` of the methods."""
    seeds: Seeds = (0, 1, 2)
    """Of what is drawn; figures are means over them."""
    hold_out: float = Field(0.1, ge=0, lt=1)
    """Share of every base class's clips that nothing is learned from: the epoch that answers is chosen on them."""
    publish: PublishedVideo | None = None
    """Which of them `predict` answers by, unless it is told. Null: the method and seed that are best on the base clips that were
    held out; no clip that is judged has a say in it."""

    @field_validator("methods", mode="before")
    @classmethod
    def _named_like_their_method(cls, given: Any, info: ValidationInfo) -> Any:
        """A name that is a method's need not say `method:` again; the frames of a clip are those of its views."""
        if not isinstance(given, Mapping):
            return given
        views = info.data.get("views")
        return {name: _whole(name, options, views) for name, options in given.items()}

    @field_validator("methods")
    @classmethod
    def _frames_are_those_of_views(cls, methods: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        views = info.data.get("views")
        for name, options in methods.items():
            if isinstance(options, MovOptions) and views is not None and options.frames != views.frames:
                raise ValueError(
                    f"{name}: frames is {options.frames}, and a view has {views.frames}. Leave it out here; say it under views"
                )
            if name == FROZEN and not isinstance(options, FrozenClipOptions):
                raise ValueError(f"'{FROZEN}' is the frozen encoder, which is judged anyway; call yours otherwise")
        return methods

    @field_validator("judge_on")
    @classmethod
    def _is_of_one_half(cls, judge_on: dict[str, ElsewhereVideos], info: ValidationInfo) -> dict[str, ElsewhereVideos]:
        videos = info.data.get("videos")
        if judge_on and videos is not None and len(videos.draws) > 1:
            raise ValueError("what is judged elsewhere was learned from one half; write one draw under videos")
        if bad := [name for name in judge_on if name in EXAMS or "/" in name]:
            raise ValueError(
                f"{', '.join(bad)}: call it otherwise: base and novel are those of videos, and names hold no '/'"
            )
        return judge_on

    _is_learned = field_validator("publish")(is_learned)

    @property
    def learned(self) -> dict[str, LearnedOptions]:
        """The methods that learn something."""
        return {name: found for name, found in self.methods.items() if not isinstance(found, FrozenClipOptions)}

    @property
    def frozen(self) -> dict[str, FrozenClipOptions]:
        """Frozen CLIP as the recipe has it, in one way or several; in the usual way where it says nothing of it."""
        named = {name: found for name, found in self.methods.items() if isinstance(found, FrozenClipOptions)}
        return named or {FROZEN: FrozenClipOptions()}

    @property
    def others(self) -> tuple[Other, ...]:
        """What is read beside frames, by any method."""
        return tuple(dict.fromkeys(o.other for o in self.methods.values() if isinstance(o, MovOptions)))


def _whole(name: Any, options: Any, views: ViewsConfig | None) -> Any:
    if not (options is None or isinstance(options, Mapping)):
        return options
    found = {"method": name, **(options or {})}
    return {"frames": views.frames, **found} if found["method"] == "mov" and views is not None else found
