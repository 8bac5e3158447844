"""The miniature CLIP: an `open_clip.CLIP` with a small patch ViT, for 48 x 48 pixels.

Dims: b batch, s tokens, g patches a side, k classes, d shared space.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.miniature.train import export
from pipeline.miniature.train.tokenizers import write_clip_merges
from pipeline.miniature.train.trainee import Example
from pipeline.miniature.world.captions import caption_image
from pipeline.miniature.world.classes import EXTRA_IMAGE_CLASSES, IMAGE_CLASSES
from pipeline.miniature.world.images import ImageScene, render_scene, sample_scene

SIDE, PATCH, WIDTH, LAYERS = 48, 8, 128, 4
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
TEMPLATES = (
    "a photo of a {}.", "a photo of the {}.", "a picture of a {}.", "an image of a {}.", "a drawing of a {}.",
    "a small {}.", "a large {}.", "there is a {} in the picture.",
)  # fmt: skip


class MiniatureClip:
    """CLIP under training; see `trainee.Trainee`."""

    name: str = "clip"
    modality: str = "image"
    classes: tuple[str, ...] = IMAGE_CLASSES + EXTRA_IMAGE_CLASSES
    judged: tuple[str, ...] = IMAGE_CLASSES
    templates: tuple[str, ...] = TEMPLATES
    module: nn.Module

    def __init__(self, folder: Path, texts: Sequence[str], names: Sequence[str], device: str):
        """Learns the tokeniser, writes it to `folder`, and makes fresh towers."""
        from open_clip import CLIP
        from open_clip.tokenizer import SimpleTokenizer

        vocabulary = write_clip_merges(folder / "bpe.txt.gz", texts, names)
        self.config = model_config(vocabulary)
        self.device = device
        self.tokenizer = SimpleTokenizer(bpe_path=str(folder / "bpe.txt.gz"))
        self.clip = CLIP(**self.config)
        self.clip.visual.output_tokens = True
        heads = nn.ModuleDict({"class": nn.Linear(self.config["embed_dim"], len(self.classes)),
                               "dense": nn.Linear(WIDTH, len(self.classes) + 1)})  # fmt: skip
        self.module = nn.ModuleDict({"towers": self.clip, "heads": heads}).to(device)
        self._heads = heads
        self._weights = torch.tensor([0.3] + [1.0] * len(self.classes), device=device)

    def sample(self, rng: Generator, judged: bool, ease: float = 0.0) -> ImageScene:
        """See `trainee.Trainee`; a judged one has no extra classes."""
        return sample_scene(rng, self.judged if judged else self.classes, ease=ease)

    def render(self, scene: ImageScene, rng: Generator) -> Example:
        """See `trainee.Trainee`; at the size that the encoder takes."""
        picture = Image.fromarray(render_scene(scene, rng)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        return Example(np.asarray(picture), self._dense(scene), scene.labels, scene)

    def caption(self, scene: ImageScene, rng: Generator) -> tuple[str, tuple[str, ...]]:
        """See `trainee.Trainee`."""
        return caption_image(scene, rng)

    def embed_media(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """See `trainee.Trainee`; the dense head names the class under every patch."""
        pixels = torch.from_numpy(np.stack([example.media for example in examples])).to(self.device)
        embeddings, tokens = self.clip.visual(export.normalised(pixels, MEAN, STD).permute(0, 3, 1, 2))
        target = torch.from_numpy(np.stack([example.dense for example in examples])).to(self.device)
        scores = self._heads["dense"](tokens).flatten(0, 1)
        return embeddings, F.cross_entropy(scores, target.flatten(), weight=self._weights)

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """See `trainee.Trainee`; only the longest text's tokens are computed, as the tower is causal."""
        ids = export.clip_tokens(self.tokenizer, texts, self.clip.context_length).to(self.device)
        length = ids.shape[1]
        x = self.clip.token_embedding(ids) + self.clip.positional_embedding[:length]
        x = self.clip.ln_final(self.clip.transformer(x, attn_mask=self.clip.attn_mask[:length, :length]))
        embeddings: Tensor = x[torch.arange(len(ids)), ids.argmax(-1)] @ self.clip.text_projection
        return embeddings

    def class_logits(self, embeddings: Tensor) -> Tensor:
        """See `trainee.Trainee`."""
        logits: Tensor = self._heads["class"](embeddings)
        return logits

    def scale(self) -> Tensor:
        """See `trainee.Trainee`."""
        scale: Tensor = self.clip.logit_scale.clamp(max=4.0).exp()
        return scale

    def save(self, folder: Path) -> None:
        """See `trainee.Trainee`."""
        config = {"family": "clip", "model_cfg": self.config, "mean": MEAN, "std": STD, "image_size": SIDE,
                  "templates": TEMPLATES}  # fmt: skip
        export.write_json(folder / "config.json", config)
        export.write_weights(folder / "model.safetensors", self.clip)

    def _dense(self, scene: ImageScene) -> np.ndarray:
        """The class (1-based; 0 is background) under the middle of every patch, (g * g,)."""
        grid = SIDE // PATCH
        rows, columns = (np.mgrid[0:grid, 0:grid] + 0.5) / grid
        target = np.zeros((grid, grid), dtype=np.int64)
        for item in scene.objects:
            near = (columns - item.x) ** 2 + (rows - item.y) ** 2 < max(item.radius, 0.75 / grid) ** 2
            target[near] = self.classes.index(item.label) + 1
        return target.ravel()


def model_config(vocabulary: int) -> dict[str, Any]:
    """The `open_clip.CLIP` configuration of the miniature."""
    return {
        "embed_dim": 128,
        "vision_cfg": {
            "image_size": SIDE,
            "patch_size": PATCH,
            "width": WIDTH,
            "layers": LAYERS,
            "head_width": 32,
        },
        "text_cfg": {"context_length": 77, "vocab_size": vocabulary, "width": 96, "heads": 4, "layers": 2},
        "quick_gelu": False,
    }
