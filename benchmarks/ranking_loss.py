"""The ranking loss without B x N x N against the B x N x N form: forward and backward, paper's size.

B: sentences in a batch, N: columns, P: labels of a sentence.
"""

from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim("ranking loss, 530 labels, 3 positives, B=768, forward and backward: B x N x N form / ours", 50)
B, N, P, MARGIN = 768, 530, 3, 1.0
REPEATS = 100


def measure(rounds: int) -> Finding:
    import torch

    from pipeline.methods.taam_cpt.ranking_loss import ranking_loss

    generator = torch.Generator().manual_seed(0)
    scores = (4 * torch.randn(B, N, generator=generator) / 22).requires_grad_()  # 4 * cosine of random directions
    positives = torch.stack([torch.randperm(N, generator=generator)[:P] for _ in range(B)])

    def full_form() -> torch.Tensor:
        is_positive = torch.zeros(B, N, dtype=torch.bool).scatter_(1, positives, True)
        hinge = (MARGIN - scores[:, :, None] + scores[:, None, :]).clamp_min(0)
        loss = (hinge * (is_positive[:, :, None] & ~is_positive[:, None, :])).sum() / B
        return torch.autograd.grad(loss, scores)[0]

    def ours() -> torch.Tensor:
        return torch.autograd.grad(ranking_loss(scores, positives, MARGIN)[0], scores)[0]

    difference = float((full_form() - ours()).abs().max())

    def ours_often() -> None:  # so that a round of ours, too, is long enough to meet what else the machine does
        for _ in range(REPEATS):
            ours()

    times = take_turns({"B x N x N": full_form, "ours": ours_often}, rounds)
    times["ours"] = [seconds / REPEATS for seconds in times["ours"]]
    return Finding(
        ratio(times["B x N x N"], times["ours"]),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[f"gradients: largest absolute difference {difference:.1e} (allowed 1e-6)"],
        sound=difference <= 1e-6,
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=5)
