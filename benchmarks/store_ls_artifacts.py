"""How long `store ls` takes in a workspace of 5,000 artifacts, and how that grows with their number."""

from grown import artifacts, measured
from side_by_side import Claim, tell

CLAIM = Claim("mmpt-pipeline store ls of 5,000 artifacts, seconds of a core", 2, at_least=False, unit=" s")

if __name__ == "__main__":
    tell(CLAIM, measured(artifacts("store", "ls"), (625, 5_000)), rounds=3)
