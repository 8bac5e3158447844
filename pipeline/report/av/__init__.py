"""What reports of runs of clips share: their methods, the ladder, and what each costs.

`pipeline.report.av.ladder` draws; that import is left to its caller, since it brings matplotlib along.
"""

from pipeline.report.av.data import AvReportData, ShownMethod

__all__ = ["AvReportData", "ShownMethod"]
