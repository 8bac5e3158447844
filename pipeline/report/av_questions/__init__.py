"""The report of a run of questions about clips: one self-contained HTML file.

`pipeline.report.av_questions.page.write_questions_page` draws it; that import is left to its caller, since it brings matplotlib
along.
"""

from pipeline.report.av_questions.data import QuestionsReportData, ShownAnswer, ShownClip, ShownQuestion

__all__ = ["QuestionsReportData", "ShownAnswer", "ShownClip", "ShownQuestion"]
