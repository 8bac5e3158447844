"""One training step of MOV with sound, all layers of its tower learned: frames' vectors stored, against both towers in the loop.

ViT-B-16 with random weights, one clip of 16 frames and one spectrogram of 8 x 50 patches. The frozen tower's vectors of frames
are the same in every step, so they are stored; the loss is the same.
"""

from plain_mov_step import measure
from side_by_side import Claim, tell

CLAIM = Claim("one MOV step with sound, ViT-B-16, all layers: both towers in the loop / frames stored", 3.0)

if __name__ == "__main__":
    tell(CLAIM, measure("sound", 16, "all"), rounds=3)
