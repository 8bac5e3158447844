"""One training step of MOV with flow whose tower learns its last block: stored activations, against both towers in the loop.

ViT-B-16 with random weights, one clip of 4 frames. The plain loop learns the same last block, and runs the eleven below it and
the frozen tower of the frames in every step; ours stores what enters the last block, of which it computes the class token alone.
The loss is the same.
"""

from plain_mov_step import measure
from side_by_side import Claim, tell

CLAIM = Claim("one MOV step with flow, ViT-B-16, last block: both towers in the loop / cut below it", 8.0)

if __name__ == "__main__":
    tell(CLAIM, measure("flow", 4, 1), rounds=3)
