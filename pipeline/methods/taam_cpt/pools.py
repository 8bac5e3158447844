"""Prompt pools: one free vector for each (modality, label), equation 1; and the projected variants of Table 10.

N: columns of the candidate set, d: width of the shared space, D: width of the learned vectors.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

_WIDTHS = {"free": None, "shared-intra-1024": 1024, "shared-intra-512": 512, "shared-inter-512": 512}
_STD = 0.02


class PromptPools(nn.Module):
    """The learned vectors of every modality over all N labels.

    Attributes:
        vectors: modality -> (N, D) parameter.
        maps: modality (or "all") -> linear layer from D to d; empty for free prompts.
    """

    def __init__(self, modalities: Sequence[str], count: int, dims: Mapping[str, int], prompt: str = "free"):
        super().__init__()
        width = _WIDTHS[prompt]
        self.modalities = tuple(modalities)
        self.vectors = nn.ParameterDict(
            {m: nn.Parameter(torch.zeros(count, width or dims[m])) for m in self.modalities}
        )
        self.maps = nn.ModuleDict()
        if width is not None:
            names = ("all",) if prompt.startswith("shared-inter") else self.modalities
            self.maps = nn.ModuleDict({n: nn.Linear(width, dims.get(n, next(iter(dims.values())))) for n in names})

    def forward(self, modality: str) -> Tensor:
        """The (N, d) class prompts of one modality."""
        vectors = self.vectors[modality]
        if not self.maps:
            return vectors
        return self.maps["all" if "all" in self.maps else modality](vectors)

    @torch.no_grad()
    def initialise(self, init: str, seed: int, text: Mapping[str, Tensor]) -> None:
        """Fill the pools.

        Args:
            init: `normal` (one draw of N(0, 0.02^2), the same in every pool), `ones` (one unit vector everywhere) or `text`.
            seed: of the draw.
            text: modality -> (N, d) text features of the class names; used by `text` only.
        """
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.maps.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            else:
                parameter.normal_(0.0, parameter.shape[1] ** -0.5, generator=generator)
        draws: dict[torch.Size, Tensor] = {}
        for modality, vectors in self.vectors.items():
            if init == "text":
                value = text[modality]
            elif init == "ones":
                value = torch.full(vectors.shape, vectors.shape[1] ** -0.5)
            else:
                if vectors.shape not in draws:
                    draws[vectors.shape] = torch.empty(vectors.shape).normal_(0.0, _STD, generator=generator)
                value = draws[vectors.shape]
            vectors.copy_(value)
