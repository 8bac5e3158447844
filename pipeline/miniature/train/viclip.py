"""The miniature ViCLIP: our `pipeline.encoders.viclip` model for 8 frames of 32 x 32 pixels.

Dims: b batch, t frames, n patches of a frame, c channels, k classes, d shared space.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.encoders.viclip.config import ViCLIPConfig
from pipeline.encoders.viclip.model import ViCLIP
from pipeline.media.specs import VideoSpec
from pipeline.media.video import sample_indices
from pipeline.miniature.train import export
from pipeline.miniature.train.tokenizers import write_clip_merges
from pipeline.miniature.train.trainee import Example
from pipeline.miniature.world.captions import caption_video
from pipeline.miniature.world.classes import EXTRA_VIDEO_CLASSES, VIDEO_CLASSES
from pipeline.miniature.world.motions import FRAMES, VideoScene, render_video, sample_video

SIDE, PATCH, SEEN = 32, 8, 8
MIDDLES = sample_indices(FRAMES, VideoSpec(frames=SEEN))  # the frames that the video loader will take of a file
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TEMPLATES = (
    "a video of a {}.", "a video of {}.", "a clip of {}.", "something {}.", "a shape is {}.",
    "an object {} on the screen.",
    "a thing keeps {}.", "in this video a figure is {}.",
)  # fmt: skip


class MiniatureViclip:
    """ViCLIP under training; see `trainee.Trainee`."""

    name: str = "viclip"
    modality: str = "video"
    classes: tuple[str, ...] = VIDEO_CLASSES + EXTRA_VIDEO_CLASSES
    judged: tuple[str, ...] = VIDEO_CLASSES
    templates: tuple[str, ...] = TEMPLATES
    module: nn.Module

    def __init__(self, folder: Path, texts: Sequence[str], names: Sequence[str], device: str):
        """Learns the tokeniser, writes it to `folder`, and makes fresh towers."""
        from open_clip.tokenizer import SimpleTokenizer

        self.config = model_config(write_clip_merges(folder / "bpe.txt.gz", texts, names))
        self.device = device
        self.tokenizer = SimpleTokenizer(bpe_path=str(folder / "bpe.txt.gz"))
        self.viclip = ViCLIP(self.config)
        heads = nn.ModuleDict({"class": nn.Linear(self.config.embed_dim, len(self.classes)),
                               "dense": nn.Linear(self.config.width, len(self.classes) + 1)})  # fmt: skip
        self._scale = nn.Parameter(torch.tensor(2.66))
        self.module = nn.ModuleDict({"towers": self.viclip, "heads": heads}).to(device)
        self.module.register_parameter("scale", self._scale)
        self._heads = heads
        self._weights = torch.tensor([0.3] + [1.0] * len(self.classes), device=device)

    def sample(self, rng: Generator, judged: bool, ease: float = 0.0) -> VideoScene:
        """See `trainee.Trainee`; a judged one holds one motion."""
        return sample_video(rng, self.judged, 1) if judged else sample_video(rng, self.classes, 2, ease)

    def render(self, scene: VideoScene, rng: Generator) -> Example:
        """See `trainee.Trainee`; at the size that the encoder takes."""
        film = render_video(scene, rng, frames=MIDDLES)
        small = [np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for frame in film]
        return Example(np.stack(small), self._dense(scene), scene.labels, scene)

    def caption(self, scene: VideoScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
        """See `trainee.Trainee`."""
        return caption_video(scene, rng)

    def embed_media(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """See `trainee.Trainee`; the dense head names the motion of what is under every patch of every frame."""
        frames = torch.from_numpy(np.stack([example.media for example in examples])).to(self.device)
        tower = self.viclip.vision_encoder
        tokens = tower.transformer(tower.embed(export.normalised(frames, MEAN, STD).permute(0, 1, 4, 2, 3)))
        target = torch.from_numpy(np.stack([example.dense for example in examples])).to(self.device)
        scores = self._heads["dense"](tower.ln_post(tokens[:, 1:])).flatten(0, 1)
        return tower.head(tokens), F.cross_entropy(scores, target.flatten(), weight=self._weights)

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """See `trainee.Trainee`."""
        return self.viclip.encode_text(
            export.clip_tokens(self.tokenizer, texts, self.config.context_length).to(self.device)
        )

    def class_logits(self, embeddings: Tensor) -> Tensor:
        """See `trainee.Trainee`."""
        logits: Tensor = self._heads["class"](embeddings)
        return logits

    def scale(self) -> Tensor:
        """See `trainee.Trainee`; the model keeps its inverse as `temp`."""
        scale = self._scale.clamp(max=4.0).exp()
        with torch.no_grad():
            self.viclip.temp.copy_(1 / scale)
        return scale

    def save(self, folder: Path) -> None:
        """See `trainee.Trainee`."""
        config = {
            "family": "viclip",
            "model_cfg": self.config.to_dict(),
            "mean": MEAN,
            "std": STD,
            "templates": TEMPLATES,
        }
        export.write_json(folder / "config.json", config)
        export.write_weights(folder / "model.safetensors", self.viclip)

    def _dense(self, scene: VideoScene) -> np.ndarray:
        """The motion (1-based; 0 is background) under every patch, patches before frames as in the tower, (n * t,)."""
        grid = SIDE // PATCH
        rows, columns = (np.mgrid[0:grid, 0:grid] + 0.5) / grid
        target = np.zeros((grid * grid, SEEN), dtype=np.int64)
        for mover in scene.movers:
            for at, k in enumerate(MIDDLES):
                pose = mover.poses[k]
                reach = max(mover.radius * pose.scale, 0.72 / grid)
                near = (columns - pose.x) ** 2 + (rows - pose.y) ** 2 < reach**2
                target[near.ravel(), at] = self.classes.index(mover.label) + 1
        return target.ravel()


def model_config(vocabulary: int) -> ViCLIPConfig:
    """The sizes of the miniature."""
    return ViCLIPConfig(
        image_size=SIDE, patch_size=PATCH, frames=SEEN, width=96, layers=4, heads=4, embed_dim=128,
        vocab_size=vocabulary, context_length=32, text_width=96, text_layers=2, text_heads=4,
    )  # fmt: skip
