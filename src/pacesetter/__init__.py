"""Pacesetter: exact KPIs, SLA clocks and responsibility for managed service providers and their clients.

Time zones come from the pinned ``tzdata`` package, not from the machine, so that two machines give the same seconds.
"""

import zoneinfo

__version__ = "0.1.0"

zoneinfo.reset_tzpath(to=())
