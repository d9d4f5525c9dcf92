"""The canonical model: tables and vocabularies, calendars as interval algebra, SLA policy, RACI.

Must not know engines, files or HTTP.
"""
