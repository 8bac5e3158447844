"""The report of a run: one self-contained HTML file with tables and pictures.

`pipeline.report.page.write_report` draws it; that import is left to its caller, since it brings matplotlib along.
"""

from pipeline.report.data import Generation, LineageEntry, RejectedFile, ReportData

__all__ = ["Generation", "LineageEntry", "RejectedFile", "ReportData"]
