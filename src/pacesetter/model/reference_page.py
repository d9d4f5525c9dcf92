"""The reference page of the canonical model, generated from its declaration.

Owns the page's text. Must not know files.
"""

from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import TABLES

_INTRO = """# The canonical tables

Generated from `src/pacesetter/model/tables/` by `python -m pacesetter.model.reference_page`; a test holds it to the code.

A bundle is a folder or zip with one file per table, `<table>.csv`, `.csv.gz` or `.parquet`, any subset of the tables, columns
in any order. Columns in *italics* may be empty. Instants are ISO 8601 with an offset or `Z`; dates are `2026-10-01`; money is an
exact decimal; bool is true or false. A column that is not listed is kept as an attribute of the row and becomes a dimension
`x_<name>`.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [_INTRO]
    family = ""
    for table in TABLES:
        if table.family != family:
            family = table.family
            parts.append(f"\n## {family}\n")
        parts.append(_section(table))
    return "\n".join(parts).rstrip() + "\n"


def _section(table: Table) -> str:
    lines = [f"### {table.name}", "", table.doc, ""]
    if len(table.key) > 1 or table.column(table.key[0]) is not table.columns[0]:
        lines += [f"Key: {', '.join(table.key)}.", ""]
    for start, end in table.spans:
        lines += [f"{end} may not lie before {start}.", ""]
    lines += ["| column | kind | meaning |", "|---|---|---|"]
    lines += [f"| {_name(c)} | {_kind(c)} | {_meaning(c)} |" for c in table.columns]
    return "\n".join([*lines, ""])


def _name(column: Column) -> str:
    return column.name if column.required else f"*{column.name}*"


def _kind(column: Column) -> str:
    return f"ref {column.refers_to}" if column.kind is Kind.REF else column.kind.value


def _meaning(column: Column) -> str:
    words = f" ({', '.join(f'`{w}`' for w in column.vocabulary)})" if column.vocabulary else ""
    return f"{column.doc}{words}"


if __name__ == "__main__":
    print(page(), end="")
