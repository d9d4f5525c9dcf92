"""People, roles, grants and scope. Must not know KPIs or HTTP."""
