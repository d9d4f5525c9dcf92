"""The warehouse: validation and quarantine, generations, facts. Must not know KPIs or HTTP."""
