"""Pacesetter: exact KPIs, SLA clocks and responsibility for managed service providers and their clients."""

__version__ = "0.1.0"
