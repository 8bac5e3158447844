"""The report of a run of open-vocabulary video: one self-contained HTML file.

`pipeline.report.open_video.page.write_open_video_page` draws it; that import is left to its caller, since it brings matplotlib
along.
"""

from pipeline.report.open_video.data import ClassGain, OpenVideoReportData, ShownClip, ShownMethod

__all__ = ["ClassGain", "OpenVideoReportData", "ShownClip", "ShownMethod"]
