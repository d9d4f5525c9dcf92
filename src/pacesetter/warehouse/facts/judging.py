"""What tickets are judged by, as small tables: policies with their validity as instants, calendars of policies, clients and teams.

Owns ``policy_words`` and ``calendar_words``. Must not know tickets. A validity date begins at midnight of the policy's calendar, else of
the workspace's zone.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pacesetter.errors import BadDefinition
from pacesetter.settings import Settings

FOREVER = 1 << 60

_POLICIES = """
    SELECT p.sla_policy_id, coalesce(p.client_id, a.client_id) AS client_id, p.rank, c.time_zone,
        p.valid_from, p.valid_to, a.offering_id, a.starts_on, a.ends_on,
        CASE WHEN p.agreement_id IS NOT NULL THEN 0 WHEN p.client_id IS NOT NULL THEN 1 ELSE 2 END AS breadth
    FROM sla_policies AS p
    LEFT JOIN agreements AS a ON a.agreement_id = p.agreement_id
    LEFT JOIN calendars AS c ON c.calendar_id = p.calendar_id
    ORDER BY p.sla_policy_id"""

_CALENDARS = """
    CREATE OR REPLACE TEMP TABLE calendar_words AS
    WITH named AS (
        SELECT 'policy' AS kind, sla_policy_id AS id, calendar_id FROM sla_policies WHERE calendar_id IS NOT NULL
        UNION ALL SELECT 'client', client_id, calendar_id FROM clients WHERE calendar_id IS NOT NULL
        UNION ALL SELECT 'team', team_id, calendar_id FROM teams WHERE calendar_id IS NOT NULL
        UNION ALL SELECT 'workspace', NULL, calendar_id FROM calendars WHERE calendar_id = ?
    )
    SELECT n.kind, n.id, n.calendar_id, v.calendar_key
    FROM named AS n JOIN calendar_versions AS v ON v.calendar_id = n.calendar_id"""


def write_words(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write ``policy_words`` and ``calendar_words`` from the canonical tables and ``calendar_versions``."""
    if settings.calendar:
        known = con.execute("SELECT count(*) FROM calendars WHERE calendar_id = ?", [settings.calendar]).fetchall()
        loaded = con.execute("SELECT count(*) FROM calendars").fetchall()
        if loaded[0][0] and not known[0][0]:
            raise BadDefinition(
                f"there is no calendar '{settings.calendar}'",
                where="pacesetter.toml: calendar",
                do="name one that is loaded",
            )
    con.execute(_CALENDARS, [settings.calendar])
    rows = [_policy(row, settings) for row in con.execute(_POLICIES).fetchall()]
    schema = pa.schema(
        [("sla_policy_id", pa.string()), ("client_id", pa.string()), ("rank", pa.float64()), ("breadth", pa.int64()),
         ("valid_from_s", pa.int64()), ("valid_to_s", pa.int64()), ("agreement_offering_id", pa.string()),
         ("agreement_from_s", pa.int64()), ("agreement_to_s", pa.int64())]
    )  # fmt: skip
    con.register("policy_rows", pa.Table.from_pylist(rows, schema=schema))
    con.execute("CREATE OR REPLACE TEMP TABLE policy_words AS SELECT * FROM policy_rows")
    con.unregister("policy_rows")


def _policy(row: tuple[object, ...], settings: Settings) -> dict[str, object]:
    policy, client, rank, zone_name, valid_from, valid_to, offering, starts, ends, breadth = row
    zone = ZoneInfo(str(zone_name or settings.time_zone))
    return {
        "sla_policy_id": policy, "client_id": client, "rank": rank, "breadth": breadth,
        "valid_from_s": _midnight(valid_from, zone, -FOREVER), "valid_to_s": _midnight(valid_to, zone, FOREVER),
        "agreement_offering_id": offering,
        "agreement_from_s": _midnight(starts, zone, -FOREVER), "agreement_to_s": _midnight(ends, zone, FOREVER),
    }  # fmt: skip


def _midnight(day: object, zone: ZoneInfo, without: int) -> int:
    return (
        without if not isinstance(day, date) else int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
    )
