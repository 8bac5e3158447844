"""One training step of CoPL on three questions about one clip, against the same step written straightforwardly.

As `copl_questions`; ours runs the clip once for all of them, and its gradients are those of three runs.
"""

from copl_questions import compare
from side_by_side import Claim, Finding, tell

CLAIM = Claim(
    "one CoPL training step on three questions of a clip, a block of every stage of Swin-V2-L, 21 prompts, 2 seconds: "
    "straightforward / ours",
    3.0,
)


def measure(rounds: int) -> Finding:
    return compare(3, rounds)


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=5)
