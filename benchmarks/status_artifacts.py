"""How long `status` takes in a workspace of 5,000 artifacts, and how that grows with their number."""

from grown import artifacts, measured
from side_by_side import Claim, tell

CLAIM = Claim("mmpt-pipeline status of 5,000 artifacts, seconds of a core", 2, at_least=False, unit=" s")

if __name__ == "__main__":
    tell(CLAIM, measured(artifacts("status"), (625, 5_000)), rounds=3)
