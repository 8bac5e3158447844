"""Rows that an earlier checkpoint already knows, found again by (modality, label) in a larger candidate set."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.labels import Candidates, Column


@dataclass(frozen=True)
class KnownRows:
    """What an earlier run learned.

    Attributes:
        tensors: its learned tensors by parameter name.
        columns: its columns, in the order of its rows.
        frozen: whether they must stay as they are.
    """

    tensors: Mapping[str, Tensor]
    columns: tuple[Column, ...]
    frozen: bool


@torch.no_grad()
def take_over(model: nn.Module, candidates: Candidates, known: KnownRows, rows_in: str) -> dict[str, Tensor]:
    """Copy what is known into a larger model.

    Args:
        model: the larger model, already initialised.
        candidates: its columns.
        known: the earlier run.
        rows_in: prefix of the parameters that have one row for each column.

    Returns:
        Parameter name -> boolean mask of the rows that must not move. Empty unless `known.frozen`. A parameter that is
        not made of rows (a shared map) is masked whole.
    """
    place = {column: i for i, column in enumerate(candidates.columns)}
    target = torch.tensor([place[column] for column in known.columns])
    masks = {}
    for name, parameter in model.named_parameters():
        if name not in known.tensors:
            continue
        old = known.tensors[name].to(parameter.device, parameter.dtype)
        index = target.to(parameter.device) if name.startswith(rows_in) else torch.arange(len(parameter))
        parameter[index] = old
        mask = torch.zeros(len(parameter), dtype=torch.bool, device=parameter.device)
        mask[index] = True
        masks[name] = mask
    return masks if known.frozen else {}
