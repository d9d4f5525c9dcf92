"""The pages about mappings say what the code does."""

import re
from pathlib import Path

import pytest

from pacesetter.sources.mapping import definition
from pacesetter.sources.mapping.lines import key_lines, line_of
from pacesetter.sources.mapping.loading import load_mapping, read_mapping, shipped_names

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = re.findall(
    r"```toml\n(.*?)```", (DOCS / "how-to" / "write-a-mapping.md").read_text(encoding="utf-8"), re.DOTALL
)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_loads(example: str) -> None:
    read_mapping(example, name="example", where="write-a-mapping.md")


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


def test_the_reference_names_every_key() -> None:
    page = (DOCS / "reference" / "mapping.md").read_text(encoding="utf-8")
    records = [r for r in vars(definition).values() if isinstance(r, type) and issubclass(r, definition.Record)]
    keys = {field.alias or name for record in records for name, field in record.model_fields.items()}
    missing = sorted(k for k in keys if not re.search(rf"\b{k}\b", page))
    assert missing == []


def test_shipped_mappings_load() -> None:
    for name in shipped_names():
        assert load_mapping(name).definition.notes


def test_lines_of_keys_in_nested_tables_inline_tables_and_lists() -> None:
    text = """title = "x"  # a = b
notes = [
  "[files.no]",
]
[files.a]
match = "a = [1]"

[files.a.add.n]
take = "count"
[[table]]
table = "clients"
rows = [
  { client_id = "1" },
  { client_id = "2", name = "two" },
]
[[table]]
columns.ticket_id = { column = "id", map = { x = "y" } }
"""
    lines = key_lines(text)
    expected = {
        ("title",): 1, ("notes",): 2, ("files", "a"): 5, ("files", "a", "match"): 6, ("files", "a", "add", "n", "take"): 9,
        ("table", 0): 10, ("table", 0, "table"): 11, ("table", 0, "rows"): 12, ("table", 1): 16,
        ("table", 1, "columns", "ticket_id"): 17, ("table", 1, "columns", "ticket_id", "map"): 17,
        ("table", 0, "rows", "name"): 14, ("table", 0, "nowhere"): 10, ("nowhere",): 1,
    }  # fmt: skip
    assert {path: line_of(lines, path) for path in expected} == expected
