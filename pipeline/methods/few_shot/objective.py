"""The loss of a prompt learner, Eq. 14 of ProMPT; with one iteration it is plain cross entropy."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.methods.few_shot.features import FeatureLearner
from pipeline.methods.few_shot.task import ClassTexts, PromptLearner, Shots


class Objective(nn.Module):
    """L = sum over n = 1..N of decay^(N-n) * CE(p^n)."""

    def __init__(self, learner: PromptLearner, classes: ClassTexts, decay: float = 1.0):
        """Bind a method to the classes that it learns."""
        super().__init__()
        assert isinstance(learner, nn.Module)
        self.learner, self.decay = learner, decay
        self.classes = classes

    def forward(self, shots: Shots) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and by name: `loss`, and of every iteration `loss/n` and `accuracy/n`."""
        parts: dict[str, Tensor] = {}
        total = torch.zeros((), device=shots.labels.device)
        logits = self.learner(shots, self.classes)
        for n, scores in enumerate(logits, 1):
            loss = F.cross_entropy(scores, shots.labels)
            total = total + self.decay ** (len(logits) - n) * loss
            parts[f"loss/{n}"] = loss.detach()
            parts[f"accuracy/{n}"] = (scores.argmax(-1) == shots.labels).float().mean()
        if isinstance(self.learner, FeatureLearner) and (penalty := self.learner.penalty()) is not None:
            total, parts["penalty"] = total + penalty, penalty.detach()
        return total, {"loss": total.detach(), **parts}
