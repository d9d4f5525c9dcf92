"""Mappings: any export (CSV, Excel, Parquet) into the canonical tables, as a TOML file says.

Owns the mapping's shape, its messages, its translation to SQL and the shipped mappings. Must not know KPIs, facts or
HTTP; validation and loading of what comes out is the business of ``warehouse``.
"""

from pacesetter.sources.mapping.importing import import_with_mapping
from pacesetter.sources.mapping.loading import Mapping, load_mapping, shipped_names

__all__ = ["Mapping", "import_with_mapping", "load_mapping", "shipped_names"]
