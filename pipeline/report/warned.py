"""What is wrong with a run though nothing failed: the first thing on its page."""

from collections.abc import Sequence

from pipeline.alarms import Alarm
from pipeline.report.html import Markup, join, tag


def warnings_section(alarms: Sequence[Alarm]) -> tuple[str, str, Markup] | None:
    """Every alarm with its remedy; None where there is none."""
    if not alarms:
        return None
    rows = [
        tag("li", tag("p", alarm.problem, "."), tag("p", tag("b", "What to do: "), alarm.remedy)) for alarm in alarms
    ]
    return "warnings", f"Warnings ({len(alarms)})", join([tag("ol", rows)])
