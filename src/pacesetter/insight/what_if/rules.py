"""The rules of a what-if as tables: which rule holds for which tickets, and the policies that it makes of the present ones.

Owns ``what_if_rules``, ``clock_policies``, ``clock_targets`` and the calendar tables of calendars that the file brings. All are temporary.
Must not know how clocks run.
"""

from dataclasses import replace

import duckdb
import pyarrow as pa

from pacesetter.access.scope import Scope
from pacesetter.errors import BadDefinition
from pacesetter.insight.what_if.policy_file import PAUSES, CalendarRule, PolicyRule, WhatIf
from pacesetter.model.calendars import Calendar, read_calendar
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time import BusinessTime, read_business_time
from pacesetter.warehouse.business_time_arrays import NOTHING, Ints, build_arrays
from pacesetter.warehouse.business_time_tables import read_calendars
from pacesetter.warehouse.facts.clocks import CLOCKS, RUNS_ALWAYS, RUNS_IF_OURS

PREFIX = "what_if_"
_BITS = {"waiting_requester": 1 << 3, "waiting_vendor": 1 << 4, "scheduled": 1 << 5}
_POLICY = pa.schema(
    [("sla_policy_id", pa.string()), ("clock", pa.string()), ("on_reopen", pa.string()), ("on_priority_change", pa.string()),
     ("runs_in", pa.int64())]
)  # fmt: skip
_TARGET = pa.schema(
    [("sla_policy_id", pa.string()), ("clock", pa.string()), ("priority", pa.string()), ("type", pa.string()),
     ("hours", pa.string()), ("target_s", pa.int64())]
)  # fmt: skip
_RULE = pa.schema(
    [("client_id", pa.string()), ("sla_policy_id", pa.string()), ("rule", pa.int64()), ("what_if_policy_id", pa.string()),
     ("calendar_id", pa.string()), ("calendar_key", pa.int64())]
)  # fmt: skip
Target = tuple[str, str | None, str | None, str, int]  # clock, priority, type, hours, seconds


def write_rules(con: duckdb.DuckDBPyConnection, settings: Settings, what_if: WhatIf, scope: Scope) -> BusinessTime:
    """Write the temporary tables for the tickets within the scope; the look-ups to be used with them.

    Raises BadDefinition where a rule names a policy, client or calendar that does not exist, or a calendar that cannot be read.
    """
    _check_names(con, what_if, scope)
    time, keys = _calendars(con, settings, what_if)
    present = _present_policies(con)
    targets = _present_targets(con)
    pairs = con.execute("SELECT DISTINCT client_id, sla_policy_id FROM f_tickets").fetchall()
    rules, made = [], set()
    for client, policy in pairs:
        number = _first_fitting(what_if, client, policy) if scope.reaches(client) else None
        if number is None:
            continue
        named = what_if.policy[number].calendar
        made.add((number, policy))
        rules.append({
            "client_id": client, "sla_policy_id": policy, "rule": number, "what_if_policy_id": _name(number, policy),
            "calendar_id": named, "calendar_key": keys.get(named) if named else None,
        })  # fmt: skip
    policy_rows, target_rows = [], []
    for number, policy in sorted(made, key=str):
        rule = what_if.policy[number]
        listed = _targets(rule, targets.get(policy or "", []))
        reopen, change = present.get(policy or "", (None, None))
        target_rows += [
            dict(zip(_TARGET.names, (_name(number, policy), t[0], t[1], t[2], t[3], t[4]), strict=True)) for t in listed
        ]
        policy_rows += [
            {"sla_policy_id": _name(number, policy), "clock": clock, "on_reopen": rule.on_reopen or reopen or "resume",
             "on_priority_change": rule.on_priority_change or change or "retarget", "runs_in": _runs_in(rule, clock)}
            for clock in CLOCKS if any(t[0] == clock for t in listed)
        ]  # fmt: skip
    _write(con, "what_if_rules", rules, _RULE)
    _write(con, "clock_policies", policy_rows, _POLICY)
    _write(con, "clock_targets", target_rows, _TARGET)
    return time


def _first_fitting(what_if: WhatIf, client: str, policy: str | None) -> int | None:
    for number, rule in enumerate(what_if.policy):
        if (not rule.clients or client in rule.clients) and (not rule.policies or policy in rule.policies):
            return number
    return None


def _name(number: int, policy: str | None) -> str:
    return f"{number + 1}:{policy or ''}"


def _runs_in(rule: PolicyRule, clock: str) -> int:
    """The set of phases in which the clock runs, as bits."""
    pauses = next((p for name, p in rule.pauses.items() if name == clock), None)
    if pauses is None:
        return RUNS_ALWAYS if clock == "respond" else RUNS_IF_OURS
    return RUNS_ALWAYS - sum(_BITS[phase] for phase in PAUSES if phase in pauses)


def _targets(rule: PolicyRule, present: list[Target]) -> list[Target]:
    renewed = {t.clock for t in rule.targets}
    scale = rule.scale or 1.0
    kept = [(c, p, k, h, round(s * scale)) for c, p, k, h, s in present if c not in renewed]
    return kept + [(t.clock, t.priority, t.type, t.hours, round(t.minutes * 60)) for t in rule.targets]


def _present_policies(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str | None, str | None]]:
    rows = con.execute("SELECT sla_policy_id, on_reopen, on_priority_change FROM sla_policies").fetchall()
    return {policy: (reopen, change) for policy, reopen, change in rows}


def _present_targets(con: duckdb.DuckDBPyConnection) -> dict[str, list[Target]]:
    found: dict[str, list[Target]] = {}
    for policy, *target in con.execute(
        """SELECT sla_policy_id, clock, nullif(priority, ''), nullif(type, ''), hours, CAST(round(target_minutes * 60) AS BIGINT)
        FROM sla_targets ORDER BY ALL"""
    ).fetchall():
        found.setdefault(policy, []).append((target[0], target[1], target[2], target[3], target[4]))
    return found


def _check_names(con: duckdb.DuckDBPyConnection, what_if: WhatIf, scope: Scope) -> None:
    clients = {row[0] for row in con.execute("SELECT client_id FROM clients").fetchall() if scope.reaches(row[0])}
    policies = {row[0] for row in con.execute("SELECT sla_policy_id FROM sla_policies").fetchall()}
    calendars = {row[0] for row in con.execute("SELECT calendar_id FROM calendars").fetchall()} | set(what_if.calendars)
    for number, rule in enumerate(what_if.policy, 1):
        for kind, named, known in (
            ("client", rule.clients, clients),
            ("policy", rule.policies, policies),
            ("calendar", (rule.calendar,) if rule.calendar else (), calendars),
        ):
            for name in named:
                if name not in known:
                    listed = ", ".join(sorted(known)[:6]) or "none"
                    raise BadDefinition(
                        f"there is no {kind} '{name}'", where=f"policy[{number}]", do=f"there are {listed}"
                    )


def _calendars(
    con: duckdb.DuckDBPyConnection, settings: Settings, what_if: WhatIf
) -> tuple[BusinessTime, dict[str, int]]:
    """The look-ups, and the key of each calendar by id. The workspace's own tables serve where the file brings no calendar."""
    stored = con.execute(
        "SELECT calendar_id, calendar_key FROM calendar_versions WHERE calendar_id IS NOT NULL"
    ).fetchall()
    keys = {name: int(key) for name, key in stored}
    time = read_business_time(con)
    if not what_if.calendars:
        return time, keys
    layout = time.layout
    own = {keys[c.calendar_id]: c for c in read_calendars(con, settings.locale) if c.calendar_id in keys}
    pieces = [[(layout.origin_s, layout.last_s)]]
    pieces += [own[key].open_pieces(layout.origin_s, layout.last_s) for key in sorted(own)]
    for number, (name, rule) in enumerate(what_if.calendars.items(), len(pieces)):
        keys[name] = number
        pieces.append(_calendar(name, rule, settings).open_pieces(layout.origin_s, layout.last_s))
    arrays = build_arrays(pieces, layout.origin_s, layout.days)
    for table, columns in (("calendar_days", arrays.days), ("calendar_openings", arrays.openings)):
        con.register("what_if_arrow", _arrow(columns))
        con.execute(f"CREATE OR REPLACE TEMP TABLE {PREFIX}{table} AS SELECT * FROM what_if_arrow")
        con.unregister("what_if_arrow")
    return replace(time, layout=arrays.layout, prefix=PREFIX), keys


def _calendar(name: str, rule: CalendarRule, settings: Settings) -> Calendar:
    return read_calendar(
        calendar_id=name, time_zone=rule.time_zone, hours=rule.hours, holidays=rule.holidays, locale=settings.locale,
        exceptions=[(e.day, e.hours, e.name) for e in rule.exceptions],
    )  # fmt: skip


def _arrow(columns: dict[str, Ints]) -> pa.Table:
    return pa.table({name: pa.array(values, mask=values == NOTHING) for name, values in columns.items()})


def _write(con: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, object]], schema: pa.Schema) -> None:
    con.register("what_if_arrow", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM what_if_arrow")
    con.unregister("what_if_arrow")
