"""The shape of a service desk's log in a few figures, of the simulated MSP and of real logs, to lay side by side.

Owns the figures and the table of the explanation page. Run as ``python -m pacesetter.demo.plausible DATA``.
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pacesetter.demo.simulate import write_bundle
from pacesetter.demo.stories.story import open_bundle


@dataclass(frozen=True, kw_only=True)
class RealLog:
    """A real log: its file below the data folder, and the query that brings it into the common form."""

    name: str
    file: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Figures of one log. Quantiles in hours; shares 0 to 1; ``hours`` from 0 to 23, ``days`` from Monday on."""

    name: str
    tickets: int
    p25: float
    p50: float
    p90: float
    p50_p25: float
    p90_p50: float
    reopened: float
    reassigned: float
    hours: tuple[float, ...]
    days: tuple[float, ...]


REAL_LOGS = (
    RealLog(
        name="ServiceNow incidents (2016)", file="servicenow_incidents/incident_event_log.csv.gz",
        sql="""
SELECT strptime(min(opened_at), '%d/%m/%Y %H:%M') AS opened,
       strptime(arg_max(resolved_at, sys_mod_count::INT), '%d/%m/%Y %H:%M') AS resolved,
       arg_max(reopen_count::INT, sys_mod_count::INT) > 0 AS reopened,
       arg_max(reassignment_count::INT, sys_mod_count::INT) > 0 AS reassigned
FROM read_csv('{file}', all_varchar = true, nullstr = '?') GROUP BY number""",
    ),
    RealLog(
        name="Rabobank incidents (from October 2013)", file="rabobank_itil/Detail_Incident.csv.gz",
        sql="""
SELECT try_strptime("Open Time", '%d/%m/%Y %H:%M:%S') AS opened, try_strptime("Resolved Time", '%d/%m/%Y %H:%M:%S') AS resolved,
       "Reopen Time" IS NOT NULL AS reopened, "# Reassignments"::INT > 0 AS reassigned
FROM read_csv('{file}', all_varchar = true, delim = ';', header = true, null_padding = true, ignore_errors = true)
WHERE "Incident ID" IS NOT NULL AND try_strptime("Open Time", '%d/%m/%Y %H:%M:%S') >= DATE '2013-10-01'""",
    ),
)  # fmt: skip

_SIMULATED = """
SELECT timezone(c.time_zone, t.created_at) AS opened, timezone(c.time_zone, t.resolved_at) AS resolved,
       e.reopened IS NOT NULL AND e.reopened AS reopened, e.moved IS NOT NULL AND e.moved AS reassigned
FROM tickets t JOIN clients c USING (client_id)
LEFT JOIN (SELECT ticket_id, bool_or(kind = 'reopened') AS reopened, bool_or(kind IN ('team', 'escalation')) AS moved
           FROM ticket_events GROUP BY 1) e USING (ticket_id)
WHERE t.type = 'incident' AND t.excluded_as IS NULL AND t.source = 'simulated-psa'"""


def real_shape(file: Path, log: RealLog) -> Shape:
    """The figures of a real log."""
    return _shape(duckdb.connect(), log.sql.format(file=file), log.name)


def simulated_shape(folder: Path) -> Shape:
    """The figures of the incidents in a simulated bundle, in the clients' local time."""
    return _shape(open_bundle(folder), _SIMULATED, "simulated, medium")


def _shape(con: duckdb.DuckDBPyConnection, sql: str, name: str) -> Shape:
    con.execute(f"CREATE TEMP TABLE log AS {sql}")
    row = con.execute(
        "SELECT count(*), avg(reopened::INT), avg(reassigned::INT), quantile_cont(h, [0.25, 0.5, 0.9]) FROM "
        "(SELECT *, nullif(greatest(date_diff('second', opened, resolved), 0), 0) / 3600 AS h FROM log)"
    ).fetchone()
    assert row is not None
    p25, p50, p90 = row[3]
    return Shape(
        name=name, tickets=row[0], p25=p25, p50=p50, p90=p90, p50_p25=p50 / p25, p90_p50=p90 / p50, reopened=row[1],
        reassigned=row[2], hours=_shares(con, "hour(opened)", range(24)), days=_shares(con, "isodow(opened)", range(1, 8)),
    )  # fmt: skip


def _shares(con: duckdb.DuckDBPyConnection, of: str, places: range) -> tuple[float, ...]:
    found = dict(con.execute(f"SELECT {of}, count(*) / (SELECT count(*) FROM log) FROM log GROUP BY 1").fetchall())
    return tuple(float(found.get(p, 0.0)) for p in places)


def compared(shapes: list[Shape]) -> str:
    """The shapes side by side as a Markdown table."""
    lines = [
        "| figure | " + " | ".join(s.name for s in shapes) + " |",
        "|---|" + "---:|" * len(shapes),
        "| incidents | " + " | ".join(f"{s.tickets:,}" for s in shapes) + " |",
    ]
    for label, name in (("resolution p25, hours", "p25"), ("resolution median, hours", "p50"), ("resolution p90, hours", "p90"),
                        ("median / p25", "p50_p25"), ("p90 / median", "p90_p50")):  # fmt: skip
        lines.append(f"| {label} | " + " | ".join(f"{getattr(s, name):.1f}" for s in shapes) + " |")
    for label, name in (("reopened", "reopened"), ("changed team", "reassigned")):
        lines.append(f"| {label} | " + " | ".join(f"{100 * getattr(s, name):.1f} %" for s in shapes) + " |")
    for day, label in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")):
        lines.append(f"| opened on {label} | " + " | ".join(f"{100 * s.days[day]:.1f} %" for s in shapes) + " |")
    for first in range(0, 24, 3):
        shares = (f"{100 * sum(s.hours[first : first + 3]):.1f} %" for s in shapes)
        lines.append(f"| opened from {first:02d} to {first + 3:02d} | " + " | ".join(shares) + " |")
    return "\n".join(lines)


def main() -> None:
    """Simulate the medium world and print the comparison with the logs in the folder that the first argument names."""
    data = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        write_bundle(Path(scratch) / "medium", "medium")
        shapes = [simulated_shape(Path(scratch) / "medium"), *(real_shape(data / r.file, r) for r in REAL_LOGS)]
    sys.stdout.write(compared(shapes) + "\n")


if __name__ == "__main__":
    main()
