"""CoOp and CoCoOp: learned text prompts, the image tower as it is. Image features are all they need of an image."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig
from pipeline.methods.few_shot.context import start_context
from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers, cosines
from pipeline.methods.prompt.generators import Generator


class CoOp(nn.Module):
    """z_k = text tower on [P, class k]; P (p, c) is learned."""

    def __init__(self, config: CoOpConfig, towers: Towers, width: int, seed: int):
        """Start from the words; equal seeds make equal prompts."""
        super().__init__()
        self.config, self._towers = config, towers
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.text_prompts = start_context(towers.text, config.text_init, config.text_prompts)

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        texts = self._towers.text(self.text_prompts[None], classes.tokens, chunk=self.config.chunk)[0]
        return [self._towers.text.logit_scale * cosines(shots.features, texts.to(shots.features.dtype))]


class CoCoOp(nn.Module):
    """z_k = text tower on [P + h(x), class k], for every image x; P and the meta-net h are learned."""

    def __init__(self, config: CoCoOpConfig, towers: Towers, width: int, seed: int):
        """Start from the words; equal seeds make equal prompts and nets."""
        super().__init__()
        self.config, self._towers = config, towers
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.text_prompts = start_context(towers.text, config.text_init, config.text_prompts)
            self.meta_net = Generator(width, towers.text.width)

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        prompts = self.text_prompts + self.meta_net(F.normalize(shots.features, dim=-1))[:, None]
        texts = self._towers.text(prompts, classes.tokens, chunk=self.config.chunk)
        return [self._towers.text.logit_scale * cosines(shots.features, texts.to(shots.features.dtype))]
