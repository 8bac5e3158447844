"""The report of a run of audio-visual events: one self-contained HTML file.

`pipeline.report.av_events.page.write_events_page` draws it; that import is left to its caller, since it brings matplotlib along.
"""

from pipeline.report.av_events.data import EventsReportData, ShownClip, Track

__all__ = ["EventsReportData", "ShownClip", "Track"]
