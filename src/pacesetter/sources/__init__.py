"""Where records come from: connectors to systems and mappings of exported files. Must not know HTTP faces or KPIs."""
