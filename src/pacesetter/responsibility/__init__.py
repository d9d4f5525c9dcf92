"""Responsibility: the rules of the RACI matrix, and the work against it. Must not know HTTP."""
