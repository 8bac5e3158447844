"""ProMPT's iterations (section 3.4).

Dims: B images, K classes, J layers, a vision prompts, b text prompts, c widths of the towers, d width of the shared space.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.methods.few_shot.context import start_context
from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers, cosines
from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.prompt.feature_filter import filter_features
from pipeline.methods.prompt.generators import Generator, LayeredGenerator


class ProMPT(nn.Module):
    """For n = 1..N: vision prompts from the most similar classes, text prompts from the image, logits from both.

        O_j^n = G_j^V(Z~^(n-1)) + O_j^(n-1)        Eq. 8
        x^n   = image tower with O_1^n .. O_J^n    Eq. 9
        P^n   = G^T(x^n) + P^(n-1)                 Eq. 10
        Z^n   = text tower on [P^n, class name]    Eq. 11

    Its parameters are O^0, P^0, G^V and G^T; the towers are not part of it.
    """

    def __init__(self, config: PromptConfig, towers: Towers, width: int, seed: int):
        """Draw the start values; equal seeds make equal ones.

        Args:
            config: the options.
            towers: frozen.
            width: d.
            seed: of what is drawn.
        """
        super().__init__()
        self.config, self._towers = config, towers
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.vision_prompts: nn.Parameter | None = None
            if config.vision_prompts:
                self.vision_prompts = nn.Parameter(torch.zeros(config.depth, config.vision_prompts, towers.image.width))
                if config.vision_init == "normal":
                    nn.init.normal_(self.vision_prompts, std=0.02)
            learned_start = config.text_start == "learned"
            self.text_prompts: nn.Parameter | None = None
            if config.text_prompts:
                self.text_prompts = start_context(towers.text, config.text_init, config.text_prompts, learned_start)
            own_biases = config.layer_biases == "both"
            self.vision_generator = (
                LayeredGenerator(width, towers.image.width, config.depth, own_biases)
                if config.vision_generator
                else None
            )
            self.text_generator = Generator(width, towers.text.width) if config.text_generator else None
        if config.generator_init == "zero-output":
            self._silence()

    def forward(self, shots: Shots, classes: ClassTexts, iterations: int | None = None) -> list[Tensor]:
        """Logits (B, K) of iterations 1..N, or of as many as asked."""
        config, towers = self.config, self._towers
        dtype = next(self.parameters()).dtype
        vision = None if self.vision_prompts is None else self.vision_prompts[None]
        text = None if self.text_prompts is None else self.text_prompts[None]
        image, texts = shots.features.to(dtype), classes.features.to(dtype)
        logits = []
        for _ in range(iterations or config.iterations):
            if vision is not None:
                vision = self._vision_prompts(vision, image, texts)
                image = towers.image.upper(shots.activations, towers.cut, prompts=self._entering(vision)).to(dtype)
            if text is not None:
                prompts = text + self._shift(image)
                texts = towers.text(prompts, classes.tokens, chunk=config.chunk, start=config.text_start == "fixed")
                texts = texts.to(dtype)
                text = text + self._shift(image.detach()) if config.detach else prompts
            logits.append(towers.text.logit_scale * cosines(image, texts))
        return logits

    def _vision_prompts(self, before: Tensor, image: Tensor, texts: Tensor) -> Tensor:
        """O^n (B, J, a, c) from O^(n-1)."""
        chosen = filter_features(image, texts, self.config)
        slots = chosen.shape[1]
        if self.vision_generator is None:
            return before[:, :, :slots]
        if slots <= before.shape[2]:
            before = before[:, :, :slots]
        else:  # more features than rows of O^0: they serve again
            before = before[:, :, torch.arange(slots, device=before.device) % before.shape[2]]
        return before + self.vision_generator(self._condition(chosen.detach() if self.config.detach else chosen))

    def _shift(self, image: Tensor) -> Tensor:
        """G^T(x): one vector (B, 1, c) for all text prompts of an image."""
        if self.text_generator is None:
            return torch.zeros((), device=image.device)
        return self.text_generator(self._condition(image))[:, None]

    def _condition(self, features: Tensor) -> Tensor:
        return F.normalize(features, dim=-1) if self.config.normalise_conditions else features

    def _entering(self, vision: Tensor) -> Tensor:
        if not self.config.maple_ln_pre:
            return vision
        return torch.cat([self._towers.image.ln_pre(vision[:, :1]), vision[:, 1:]], dim=1)

    def _silence(self) -> None:
        if self.vision_generator is not None:
            self.vision_generator.silence()
        if self.text_generator is not None:
            self.text_generator.silence()
