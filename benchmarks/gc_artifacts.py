"""How long `store gc` takes to say what it would delete in a workspace of 5,000 artifacts, and how that grows."""

from grown import artifacts, measured
from side_by_side import Claim, tell

CLAIM = Claim(
    "mmpt-pipeline store gc of 5,000 artifacts without deleting, seconds of a core", 3, at_least=False, unit=" s"
)

if __name__ == "__main__":
    tell(CLAIM, measured(artifacts("store", "gc"), (625, 5_000)), rounds=3)
