"""TaAM-CPT's objective: L_total = lambda1 * sum_m L_m + lambda2 * sum_x L_{weak->x} (section 3.3).

B_m: sentences of modality m in a batch, N: columns, d: width of the shared space.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.guidance import guided_pairs
from pipeline.methods.taam_cpt.inter_loss import inter_loss, inter_rows, profiles
from pipeline.methods.taam_cpt.pools import PromptPools
from pipeline.methods.taam_cpt.ranking_loss import ranking_loss


@dataclass(frozen=True)
class TextBatch:
    """Sentences of one modality.

    Attributes:
        features: (B_m, d) L2-normalised text features.
        positives: (B_m, P) column numbers of the labels, padded with -1.
    """

    features: Tensor
    positives: Tensor


class TaamCpt(nn.Module):
    """Prompt pools and what they learn from. Nothing of an encoder is in here."""

    def __init__(self, config: TaamCptConfig, candidates: Candidates, dims: Mapping[str, int]):
        super().__init__()
        self.config, self.candidates = config, candidates
        self.weak: tuple[str, ...] = config.weak_modalities
        self.pools = PromptPools(candidates.modalities, len(candidates), dims, config.prompt)
        self._rows: dict[tuple[str, str, torch.device], Tensor] = {}

    def scores(self, features: Tensor, prompts: Tensor) -> Tensor:
        """(B, N) similarities of normalised features (B, d) with class prompts (N, d), equation 3."""
        return self.config.logit_scale * features @ prompts.T

    def forward(self, batch: Mapping[str, TextBatch]) -> tuple[Tensor, dict[str, Tensor]]:
        """The total loss, and its parts by name (`intra/image`, `active/image`, `inter/video->image`)."""
        parts: dict[str, Tensor] = {}
        total = torch.zeros((), device=next(self.parameters()).device)
        pools = {modality: self.pools(modality) for modality in self.pools.modalities}
        units = {modality: F.normalize(prompts, dim=-1) for modality, prompts in pools.items()}
        for modality, texts in batch.items():
            prompts = (units if self.config.normalise_prompts else pools)[modality]
            scores = self.scores(texts.features, prompts)
            loss, parts[f"active/{modality}"] = ranking_loss(scores, texts.positives, self.config.margin)
            parts[f"intra/{modality}"] = loss
            total = total + self.config.lambda_intra * loss
        for name, loss in self._inter(units).items():
            parts[name] = loss
            total = total + self.config.lambda_inter * loss
        parts["loss"] = total
        return total, {name: value.detach() for name, value in parts.items()}

    def _inter(self, units: Mapping[str, Tensor]) -> dict[str, Tensor]:
        config = self.config
        if config.lambda_inter == 0:
            return {}
        losses, pairs = {}, guided_pairs(config, self.weak, self.candidates.modalities)
        if config.inter_through == "similarities":
            meet = dict.fromkeys(chain.from_iterable(pairs))
            units = {modality: profiles(units[modality], self._groups(units[modality].device)) for modality in meet}
        for weak, strong in pairs:
            rows = self._inter_rows(weak, strong)
            loss = inter_loss(units[weak], units[strong], rows, config.inter_scale, config.inter_reduction)
            losses[f"inter/{weak}->{strong}"] = config.inter_factor * loss
        return losses

    def _groups(self, device: torch.device) -> Tensor:
        """(N,) number of every column's modality, on the device; kept likewise."""
        key = "", "", device
        if key not in self._rows:
            order = self.candidates.modalities
            self._rows[key] = torch.tensor([order.index(c.modality) for c in self.candidates.columns], device=device)
        return self._rows[key]

    def _inter_rows(self, weak: str, strong: str) -> Tensor:
        """Where `inter_rows` are, on the device; kept, for a copy in every step would make a GPU wait."""
        device = self.pools.vectors[weak].device
        key = weak, strong, device
        if key not in self._rows:
            self._rows[key] = torch.tensor(
                inter_rows(self.candidates, weak, strong, self.config.inter_rows), device=device
            )
        return self._rows[key]
