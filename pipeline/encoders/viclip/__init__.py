"""ViCLIP in our own words: configuration (torch-free), model and towers.

Import `ViCLIP` from `pipeline.encoders.viclip.model`; this page stays free of torch.
"""

from pipeline.encoders.viclip.config import VICLIP_B16, VICLIP_L14, ViCLIPConfig

__all__ = ["VICLIP_B16", "VICLIP_L14", "ViCLIPConfig"]
