"""Tickets that are merged in a circle (A into B, B into A): each is out of the population, and no ticket is left to stand for them.

Owns the defect ``merged_in_a_circle``. It is about several tickets at once, so that it is looked for among all, whichever have changed.
"""

import duckdb

KIND = "merged_in_a_circle"
_STEPS = """
    CREATE OR REPLACE TEMP TABLE merge_steps AS
    SELECT t.ticket_key, t.ticket_id, coalesce(t.merged_into, e.target) AS target
    FROM tickets AS t
    LEFT JOIN (
        SELECT v.ticket_key, arg_min(v.to_value, (v.occurred_at, v.event_id)) AS target
        FROM ticket_events AS v JOIN tickets AS k ON k.ticket_key = v.ticket_key
        WHERE v.kind = 'merge' AND v.to_value IS NOT NULL AND v.to_value <> k.ticket_id GROUP BY v.ticket_key
    ) AS e ON e.ticket_key = t.ticket_key
    WHERE coalesce(t.merged_into, e.target) IS NOT NULL"""


def write_merge_circles(con: duckdb.DuckDBPyConnection) -> None:
    """Replace the defects of that kind in ``_defects``: one for each ticket of a circle, with the ticket that it was merged into."""
    con.execute(f"DELETE FROM _defects WHERE kind = '{KIND}'")
    con.execute(_STEPS)
    con.execute(
        """CREATE OR REPLACE TEMP TABLE merge_jumps AS
        SELECT ticket_id AS a, target AS b FROM merge_steps WHERE target IN (SELECT ticket_id FROM merge_steps)"""
    )
    steps = int(con.execute("SELECT count(*) FROM merge_jumps").fetchall()[0][0])
    # Jumps twice as long each time: those that lead out of all merges vanish, and those as long as there are merges end in a circle.
    for _ in range(steps.bit_length()):
        con.execute(
            """CREATE OR REPLACE TEMP TABLE merge_jumps AS
            SELECT j.a, k.b FROM merge_jumps AS j JOIN merge_jumps AS k ON k.a = j.b"""
        )
    con.execute(
        f"""INSERT INTO _defects BY NAME
        SELECT ticket_key, ticket_id, '{KIND}' AS kind, 'merged_into' AS detail, target AS column_value
        FROM merge_steps WHERE ticket_id IN (SELECT b FROM merge_jumps)"""
    )
