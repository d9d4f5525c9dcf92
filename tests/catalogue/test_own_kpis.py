"""A workspace's own KPIs: what the grammar takes, and a hundred things that it refuses in one plain line."""

from pathlib import Path
from typing import Any

import pytest

from pacesetter.catalogue.own import kpi_of, read_own
from pacesetter.errors import BadDefinition

GOOD: dict[str, Any] = {
    "id": "night_share", "title": "Critical work", "question": "How much is critical?", "unit": "percent", "better": "lower",
    "text": "P1 ÷ all", "scale": 100.0, "statistics": ["share"],
    "numerator": {"fact": "tickets", "anchor": "created", "value": "CASE WHEN priority = 'P1' THEN 1 ELSE 0 END"},
    "denominator": {"fact": "tickets", "anchor": "created"},
    "example": {"text": "5 of 100: 5 %", "value": 5},
}  # fmt: skip

HOSTILE = (
    "1; DROP TABLE tickets", "1; SELECT 2", ";", "1 --", "1 -- comment", "/* x */ 1", "1 /* x */", "1 # x\n;2",
    "(SELECT 1)", "(SELECT count(*) FROM tickets)", "1 FROM tickets", "1 FROM clients", "1, 2", "*", "f.*", "COUNT(*)",
    "1 UNION SELECT 2", "1 UNION ALL SELECT secret FROM people", "1 INTERSECT SELECT 1", "1 EXCEPT SELECT 1",
    "1 WHERE TRUE", "1 GROUP BY 1", "1 HAVING TRUE", "1 ORDER BY 1", "1 LIMIT 1", "1 QUALIFY TRUE", "DISTINCT 1",
    "tickets.client_id", "main.tickets.client_id", "f_tickets.ticket_key", "clients.name", "information_schema.tables",
    "no_such_column", "password", "rowid", "ticket_id", "\"ticket_key\".x", "x'", "'", "''''", "1 +", "+", "((1)", ")", "(",
    "read_csv('/etc/passwd')", "read_text('/etc/passwd')", "read_blob('/etc/passwd')", "glob('*')", "getenv('HOME')",
    "current_setting('memory_limit')", "pg_read_file('x')", "load_extension('x')", "system('id')", "exec('id')",
    "query('SELECT 1')", "query_table('tickets')", "sum(1)", "count(1)", "max(tier)", "avg(tier)", "list(tier)", "median(tier)",
    "row_number() OVER ()", "sum(1) OVER ()", "sum(1) FILTER (WHERE TRUE)", "random()", "now()", "current_timestamp",
    "current_date", "uuid()", "sleep(10)", "version()", "nextval('s')", "txid_current()", "hash(1)", "md5('x')",
    "regexp_matches(type, '(a+)+$')", "type LIKE '%a'", "type ILIKE 'a'", "type SIMILAR TO 'a'", "type || type", "concat(type, type)",
    "repeat('a', 1000000000)", "range(1000000000)", "generate_series(1, 10)", "unnest([1, 2])", "[1, 2]", "[1, 2][1]", "{'a': 1}",
    "list_transform([1], x -> x)", "x -> x", "struct_pack(a := 1)", "a := 1", "EXISTS (SELECT 1)", "tier IN (SELECT 1)",
    "tier = ANY (SELECT 1)", "tier IN (tier)", "tier IN (1 + 1)", "tier / 2", "tier // 2", "tier % 2", "2 ^ 2", "2 ** 2", "~1",
    "1 << 2", "CAST(tier AS DATE)", "TRY_CAST(type AS BIGINT)", "CAST(type AS BLOB)", "CAST(tier AS HUGEINT)",
    "type::JSON", "type->'a'", "type->>'$.a'", "DATE '2026-01-01'", "INTERVAL 1 DAY", "TIMESTAMP '2026-01-01'", "?", "$1", ":as_of",
    "@x", "@@version", "#1", "COLUMNS('.*')", "COLUMNS(*)", "ALIAS AS x", "1 AS x", "EXTRACT(year FROM created_s)",
    "type = 1", "type + 1", "TRUE + 1", "CASE WHEN 1 THEN 1 END", "CASE WHEN TRUE THEN 1 ELSE 'a' END", "'text'", "TRUE", "NOT 1",
    "COALESCE(type, 1)", "IF(TRUE, 1, 2)", "IIF(TRUE, 1, 2)", "SELECT 1", "INSERT INTO tickets VALUES (1)", "UPDATE tickets SET x = 1",
    "DELETE FROM tickets", "DROP TABLE tickets", "ATTACH 'x'", "COPY tickets TO 'x'", "PRAGMA database_list", "INSTALL httpfs",
    "SET memory_limit = '1GB'", "CALL x()", "EXPLAIN SELECT 1", "VACUUM", "", " ", "\x00", "1\x00", "(" * 2000 + "1" + ")" * 1999,
    "1" + " + 1" * 2000, "NOT " * 900 + "TRUE", "tіer", "１ + ¹", "PIVOT x", "FROM tickets", "VALUES (1)", "TABLE tickets",
)  # fmt: skip


def with_part(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "numerator": {**GOOD["numerator"], **changes}}


def test_a_good_one_is_read() -> None:
    kpi = kpi_of(GOOD, "kpis/night.toml")
    assert (kpi.id, kpi.family, kpi.definition.scale) == ("night_share", "C", 100.0)


def test_a_hundred_hostile_expressions_are_there() -> None:
    assert len(set(HOSTILE)) >= 150


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_are_refused(text: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        kpi_of(with_part(value=text), "kpis/bad.toml")
    line = refused.value.line()
    assert line.startswith("kpis/bad.toml: ") and "\n" not in line and "Traceback" not in line


@pytest.mark.parametrize("text", [t for t in HOSTILE if t not in ("TRUE",) and "NOT " * 10 not in t], ids=str)
def test_hostile_conditions_are_refused(text: str) -> None:
    with pytest.raises(BadDefinition):
        kpi_of(with_part(where=text), "kpis/bad.toml")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "Night Share"}, "small letters"), ({"id": "csat;"}, "small letters"), ({"unit": "bananas"}, "unit"),
        ({"better": "up"}, "better"), ({"surprise": 1}, "unknown key"), ({"hours": "lunch"}, "no kind of hours"),
        ({"numerator": {"fact": "people", "anchor": "created"}}, "there is no fact"),
        ({"numerator": {"fact": "tickets", "anchor": "birth"}}, "no anchor"),
        ({"denominator": None}, "every other formula has one"), ({"needs": ["luck"]}, "no need"),
        ({"scale": float("nan")}, "scale"), ({"example": None}, "example"), ({"statistics": ["median"]}, "durations"),
        ({"numerator": {"fact": "tickets", "anchor": "created", "distinct": True, "key": "secret"}}, "no column 'secret'"),
        ({"numerator": {"fact": "tickets", "anchor": "created", "sql": "x"}}, "unknown key"),
        ({"numerator": {"fact": "resolutions", "anchor": "resolved", "value": "resolved_after_s"}}, "default hours"),
    ],
    ids=str,
)  # fmt: skip
def test_each_mistake_is_said(change: dict[str, Any], said: str) -> None:
    content = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    with pytest.raises(BadDefinition) as refused:
        kpi_of(content, "kpis/bad.toml")
    assert said in refused.value.line()


def test_files_are_read_and_ids_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "kpis"
    folder.mkdir()
    text = (Path(__file__).parent / "own_kpi.toml").read_text(encoding="utf-8")
    (folder / "one.toml").write_text(text, encoding="utf-8")
    assert list(read_own(tmp_path)) == ["critical_share"]
    (folder / "two.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadDefinition, match="already"):
        read_own(tmp_path)
    (folder / "two.toml").write_text(text.replace("critical_share", "csat"), encoding="utf-8")
    with pytest.raises(BadDefinition, match="already"):
        read_own(tmp_path)
    (folder / "two.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(BadDefinition, match="not valid TOML"):
        read_own(tmp_path)


@pytest.mark.parametrize(
    ("fact", "anchor", "family"), [("ledger", "invoiced", "G"), ("work", "worked", "F"), ("tickets", "created", "C")]
)
def test_money_and_people_keep_their_permissions(fact: str, anchor: str, family: str) -> None:
    part = {"fact": fact, "anchor": anchor}
    assert kpi_of({**GOOD, "numerator": part, "denominator": part}, "x").family == family
