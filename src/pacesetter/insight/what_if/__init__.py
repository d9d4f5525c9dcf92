"""What would have been: history replayed under other targets, calendars or pause rules. Nothing is written."""

from pacesetter.insight.what_if.policy_file import WhatIf, read_what_if
from pacesetter.insight.what_if.replay import Change, Report, Row, replay

__all__ = ["Change", "Report", "Row", "WhatIf", "read_what_if", "replay"]
