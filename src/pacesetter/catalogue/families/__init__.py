"""The KPIs, one file per family of the catalogue; each file has a tuple ``KPIS``."""
