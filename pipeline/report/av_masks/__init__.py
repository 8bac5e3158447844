"""The report of a run of sounding objects: one self-contained HTML file.

`pipeline.report.av_masks.page.write_masks_page` draws it; that import is left to its caller, since it brings matplotlib along.
"""

from pipeline.report.av_masks.data import MasksReportData, SaidMasks, ShownClip

__all__ = ["MasksReportData", "SaidMasks", "ShownClip"]
