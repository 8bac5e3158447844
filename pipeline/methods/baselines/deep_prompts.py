"""Prompts in many blocks that no image changes: of the image tower, or of both towers."""

import torch
from torch import Tensor, nn

from pipeline.methods.baselines.config import IndependentConfig, VisualPromptConfig
from pipeline.methods.few_shot.context import start_context
from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers, cosines


class VisualPrompts(nn.Module):
    """x = image tower with O_1 .. O_J; texts are hand-written. O (J, a, c) is learned."""

    def __init__(self, config: VisualPromptConfig, towers: Towers, width: int, seed: int):
        """Draw prompts from N(0, 0.02^2); equal seeds make equal ones."""
        super().__init__()
        self._towers = towers
        self.vision_prompts = _drawn(config.depth, config.vision_prompts, towers.image.width, seed=seed)

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        images = self._towers.image.upper(shots.activations, self._towers.cut, prompts=self.vision_prompts[None])
        return [self._towers.text.logit_scale * cosines(images.to(classes.features.dtype), classes.features)]


class IndependentPrompts(nn.Module):
    """Prompts of the first J blocks of both towers: O (J, a, c) and P (J, p, c), with nothing between them."""

    def __init__(self, config: IndependentConfig, towers: Towers, width: int, seed: int):
        """Start the first text prompts from the words and draw all others from N(0, 0.02^2)."""
        super().__init__()
        self.config, self._towers = config, towers
        self.vision_prompts = _drawn(config.depth, config.vision_prompts, towers.image.width, seed=seed)
        deeper = _drawn(config.depth, config.text_prompts, towers.text.width, seed=seed + 1).data
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            deeper[0] = start_context(towers.text, config.text_init, config.text_prompts).data
        self.text_prompts = nn.Parameter(deeper)

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        towers = self._towers
        images = towers.image.upper(shots.activations, towers.cut, prompts=self.vision_prompts[None])
        texts = towers.text(self.text_prompts[None], classes.tokens, chunk=self.config.chunk)[0]
        return [towers.text.logit_scale * cosines(images.to(shots.features.dtype), texts.to(shots.features.dtype))]


def _drawn(*shape: int, seed: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape).normal_(std=0.02, generator=torch.Generator().manual_seed(seed)))
