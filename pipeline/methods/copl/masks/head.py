"""The head of sounding objects: AVSBench's decoder, which makes masks of the maps of four stages and of the sounds.

Of every level: a linear map of its stage's map, bicubic to the level's side, a sum of dilated convolutions, TPAVI. From the
smallest level to the largest they are joined, each time at twice the side. Dims: B clips, T segments, n = B T frames, L tokens,
C width of a tower, W channels of the decoder, S side of a mask, s side of a level.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.encoders.stepped.shape import BlockShape
from pipeline.methods.copl.masks.config import LEVELS, MasksHeadOptions
from pipeline.methods.copl.masks.joining import Answer, Joining
from pipeline.methods.copl.masks.tpavi import Tpavi


class Level(nn.Module):
    """One stage's map (n, L, C) -> (n, W, s, s), before TPAVI."""

    def __init__(self, options: MasksHeadOptions, level: int, block: BlockShape):
        """Draw it; the convolutions from N(0, 0.01^2), as AVSBench does.

        Args:
            options: of the head.
            level: 0 is the largest.
            block: the last of the stage that is read.
        """
        super().__init__()
        self._grid, self._extra, self._side = block.grid, block.extra, options.sides[level]
        into = options.level_widths[level]
        self.narrow = nn.Linear(block.width, into)
        self.dilated = nn.ModuleList(
            nn.Conv2d(into, options.width, 3, padding=spread, dilation=spread) for spread in options.dilations
        )
        for convolution in self.dilated:
            assert isinstance(convolution, nn.Conv2d)
            nn.init.normal_(convolution.weight, std=0.01)

    def forward(self, tokens: Tensor) -> Tensor:
        """A class token, of a ViT, is left out."""
        narrow: Tensor = self.narrow(tokens[:, self._extra :]).mT.unflatten(2, self._grid)
        if self._grid != (self._side, self._side):
            narrow = F.interpolate(narrow, (self._side, self._side), mode="bicubic", align_corners=False)
        first, *others = self.dilated
        summed: Tensor = first(narrow)
        for convolution in others:
            summed = summed + convolution(narrow)
        return summed


class MasksHead(nn.Module):
    """Maps of stages and audio tokens -> logits of masks."""

    def __init__(self, options: MasksHeadOptions, blocks: Sequence[BlockShape], audio: int):
        """Draw it.

        Args:
            options: of the head.
            blocks: for every level the last block of the stage that it reads.
            audio: width of the audio tokens.
        """
        super().__init__()
        self._options = options
        self.levels = nn.ModuleList(Level(options, level, block) for level, block in enumerate(blocks))
        hears = nn.Linear(audio, options.audio_width)
        self.hears = hears if options.tpavi else None
        self.tpavi = nn.ModuleDict({str(level): Tpavi(options.width, options.audio_width) for level in options.tpavi})
        self.joining = nn.ModuleList(Joining(options.width, joins=level < LEVELS - 1) for level in range(LEVELS))
        self.answer = Answer(options.width)

    def forward(self, maps: Sequence[Tensor], audio: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, S, S), and the masked audio-visual loss of all frames; 0 where its weight is.

        Args:
            maps: of every level its stage's map (B, T, L, C).
            audio: tokens (B, T, L, C) behind the final norm.
        """
        clips, segments = audio.shape[:2]
        dtype = self.answer.dtype
        levels = [level(each.flatten(0, 1).to(dtype)) for level, each in zip(self.levels, maps, strict=True)]
        sounds = self._sounds(audio.to(dtype))
        aligned: dict[int, Tensor] = {}
        for name, tpavi in self.tpavi.items():
            places = levels[int(name)].flatten(2).mT.unflatten(0, (clips, segments))
            met, aligned[int(name)] = tpavi(places, sounds)
            levels[int(name)] = met.flatten(0, 1).mT.unflatten(2, levels[int(name)].shape[2:])
        joined = self.joining[-1](levels[-1])
        for level in range(LEVELS - 2, -1, -1):
            joined = self.joining[level](joined, levels[level])
        logits: Tensor = self.answer(joined)
        return logits.unflatten(0, (clips, segments)), self._masked_av(logits, levels, aligned)

    def _sounds(self, audio: Tensor) -> Tensor:
        """(B, T, A); not read where there is no TPAVI."""
        pooled = audio.mean(2)
        if self.hears is None:
            return pooled
        return self.hears(torch.zeros_like(pooled) if self._options.audio == "zeroed" else pooled)

    def _masked_av(self, logits: Tensor, levels: Sequence[Tensor], aligned: dict[int, Tensor]) -> Tensor:
        """AVSBench's: KL(softmax of a sound || softmax of what is seen under the mask), both of length 1 before.

        A sum over frames, a mean over levels.
        """
        found = torch.zeros((), device=logits.device, dtype=logits.dtype)
        if not self._options.masked_av:
            return found
        for level in self._options.masked_av_levels:
            seen = levels[level]
            masks = F.adaptive_avg_pool2d(logits[:, None], (seen.shape[-2], seen.shape[-1])).sigmoid()
            under = F.normalize((seen * masks).mean((2, 3)), dim=-1).log_softmax(-1)
            heard = F.normalize(aligned[level].flatten(0, 1), dim=-1).softmax(-1)
            found = found + F.kl_div(under, heard, reduction="sum")
        return found / len(self._options.masked_av_levels)
