"""The report of a few-shot recipe: one self-contained HTML file.

`pipeline.report.few_shot.page.write_few_shot_page` draws it; that import is left to its caller, since it brings matplotlib along.
"""

from pipeline.report.few_shot.data import AttentionRow, Confidences, FewShotReportData, LearnedMethod, Seen

__all__ = ["AttentionRow", "Confidences", "FewShotReportData", "LearnedMethod", "Seen"]
