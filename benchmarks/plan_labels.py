"""How long `plan` takes with the 21,841 class names of ImageNet-21k, and how that grows with their number."""

from grown import labels, measured
from side_by_side import Claim, tell

CLAIM = Claim("mmpt-pipeline plan with 21,841 labels, seconds of a core", 5, at_least=False, unit=" s")

if __name__ == "__main__":
    tell(CLAIM, measured(labels("plan"), (2_730, 21_841)), rounds=3)
