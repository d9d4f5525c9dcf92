"""Changes of what figures are judged by, before they are made: the rows that they come to, and what they would do."""

from pacesetter.insight.changes.record import Proposal, Watched, guard_of, stamp

__all__ = ["Proposal", "Watched", "guard_of", "stamp"]
