import sys
from pathlib import Path

# The plain computations that prompted towers and ProMPT are checked against; the writer of published layouts.
tests = Path(__file__).parents[1]
sys.path[:0] = [
    str(tests / folder) for folder in ("encoders/prompted", "methods/prompt", "datasets/few_shot", "few_shot")
]
