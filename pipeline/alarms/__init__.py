"""Alarms: what a user must know of a run that ended well. One rule a file, with its threshold and the reason for it.

A rule is given plain numbers and says what is wrong and what to type; tasks say which rules apply, and to what.
"""

from pipeline.alarms.alarm import STAGES, Alarm, as_values, from_values, listed

__all__ = ["STAGES", "Alarm", "as_values", "from_values", "listed"]
