"""Statements: what an MSP reports to a client about a period, sealed with the rows that it was computed from.

``issue`` makes one, ``verify`` recomputes one from nothing but the file. The format is docs/reference/statement-format.md.
"""
