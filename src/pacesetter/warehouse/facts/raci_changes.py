"""Which tickets' facts of responsibility are out of date: their own change, their hours, the matrix, the people.

Owns the marks that tell so, kept beside the facts. Must not know how the facts are derived (``raci``).
"""

import duckdb

_ENTRIES = """
    SELECT ticket_id, count(*) AS entries, bit_xor(hash(row(entry_id, technician_id, started_at, duration_minutes))) AS mark
    FROM time_entries WHERE ticket_id IS NOT NULL GROUP BY ticket_id"""
_PEOPLE = """
    SELECT 'spell' AS kind, CAST(s AS VARCHAR) AS content FROM f_spells AS s
    UNION ALL SELECT 'technician', technician_id || ' ' || coalesce(team_id, '') FROM technicians
    UNION ALL SELECT 'team', team_id || ' ' || coalesce(organisation, '') || ' ' || coalesce(CAST(tier AS VARCHAR), '') FROM teams
    UNION ALL SELECT 'role', CAST(r AS VARCHAR) FROM raci_roles AS r"""
_SEEN = {"_raci_entries": _ENTRIES, "_raci_people": _PEOPLE}
_NEEDED = {"f_raci", "f_raci_duties", "f_raci_kinds", "f_raci_parts", *_SEEN}


def stale_keys(con: duckdb.DuckDBPyConnection, changed: str | None, kinds: str, parts: str, target: str) -> bool:
    """Write the ``ticket_key`` of every touched ticket to the table ``target``; False where all of them are.

    ``changed`` names the tickets that changed themselves, None for all; ``kinds`` and ``parts`` are the matrix as it is now, beside
    ``f_raci_kinds`` and ``f_raci_parts`` as it was.
    """
    tables = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()}
    if changed is None or not tables >= _NEEDED or _differ(con, _PEOPLE, "_raci_people"):
        return False
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {target} AS
        WITH kinds AS ({_difference(f"SELECT * FROM {kinds}", "SELECT * FROM f_raci_kinds")}),
        parts AS (SELECT DISTINCT task_id FROM ({_difference(f"SELECT * FROM {parts}", "SELECT * FROM f_raci_parts")})),
        hours AS (SELECT DISTINCT ticket_id FROM ({_difference(_ENTRIES, "SELECT * FROM _raci_entries")}))
        SELECT ticket_key FROM {changed}
        UNION SELECT t.ticket_key FROM hours AS h JOIN f_tickets AS t ON t.ticket_id = h.ticket_id
        UNION SELECT f.ticket_key FROM f_raci AS f JOIN parts AS p ON p.task_id = f.task_id
        UNION SELECT f.ticket_key FROM f_raci_duties AS f JOIN parts AS p ON p.task_id = f.task_id
        UNION SELECT r.ticket_key
        FROM kinds AS k
        JOIN f_resolutions AS r
            ON r.client_id = k.client_id AND r.type IS NOT DISTINCT FROM k.type AND r.category IS NOT DISTINCT FROM k.category
            AND r.priority IS NOT DISTINCT FROM k.priority
        JOIN f_tickets AS t ON t.ticket_key = r.ticket_key AND t.subcategory IS NOT DISTINCT FROM k.subcategory"""
    )
    return True


def _difference(now: str, before: str) -> str:
    return f"(({now}) EXCEPT ({before})) UNION ALL (({before}) EXCEPT ({now}))"


def _differ(con: duckdb.DuckDBPyConnection, query: str, table: str) -> bool:
    return bool(con.execute(f"SELECT count(*) FROM ({_difference(query, f'SELECT * FROM {table}')})").fetchall()[0][0])


def remember_marks(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what the facts were derived with."""
    for table, query in _SEEN.items():
        con.execute(f"CREATE OR REPLACE TABLE {table} AS {query}")
