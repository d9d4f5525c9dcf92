"""Worked examples of SLA clocks, each computed by hand in its comment."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
from clock_oracle import Event, Policy, Target, Ticket
from clock_world import load

from pacesetter.catalogue.facts import FACTS

CALENDARS = {
    "nine_to_five": ("Europe/Berlin", "mon-fri 09:00-17:00", {}, set()),
    "always": ("Europe/Berlin", "24x7", {}, set()),
}  # fmt: skip
BERLIN = ZoneInfo("Europe/Berlin")
LATE = "2026-12-01 00:00"


def at(text: str) -> int:
    """Berlin wall-clock time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def policy(*targets: Target, calendar: str | None = "nine_to_five", **more: str) -> Policy:
    return Policy(id="p", calendar=calendar, targets=list(targets), client="c", **more)  # type: ignore[arg-type]


def life(created: str, *events: tuple[str, str] | tuple[str, str, str], priority: str | None = None) -> Ticket:
    listed = [Event(at(e[0]), f"e{n:02d}", e[1], e[2] if len(e) > 2 else None) for n, e in enumerate(events)]
    return Ticket("t", "c", "incident", at(created), priority, listed)


def clocks(ticket: Ticket, *policies: Policy, as_of: str = LATE) -> dict[tuple[str, int], dict[str, object]]:
    """By clock and cycle the row that is valid at that instant; instants as Berlin wall time."""
    con = duckdb.connect()
    load(con, list(policies), [ticket], CALENDARS)
    cursor = con.execute(FACTS["clocks"].source.replace(":as_of", str(at(as_of))))
    names = [column[0] for column in cursor.description or ()]
    found = {}
    for row in cursor.fetchall():
        record = dict(zip(names, row, strict=True))
        for name in ("due_s", "judged_s", "stopped_s"):
            record[name] = (
                None if record[name] is None else f"{datetime.fromtimestamp(record[name], BERLIN):%a %Y-%m-%d %H:%M:%S}"
            )
        found[record["clock"], record["cycle"]] = record
    return found


def test_twenty_four_business_hours_from_friday_five() -> None:
    """Friday 17:00 is closing time. Monday, Tuesday and Wednesday have 8 hours each: 24 are used up on Wednesday at closing."""
    found = clocks(life("2026-06-05 17:00"), policy(Target("resolve", 24 * 60, "business")), as_of="2026-06-05 18:00")
    assert found["resolve", 1]["due_s"] == "Wed 2026-06-10 17:00:00"
    assert found["resolve", 1]["outcome"] == "running"


def test_exactly_at_due_is_met_and_a_second_later_is_not() -> None:
    """Created Monday 09:00, 8 hours: due at closing, Monday 17:00:00. Resolved then: met. At 17:00:01, still closed: broken at 17:00."""
    for resolved, outcome in (("2026-06-08 17:00:00", "met"), ("2026-06-08 17:00:01", "breached")):
        found = clocks(life("2026-06-08 09:00", (resolved, "resolved")), policy(Target("resolve", 480, "business")))
        assert found["resolve", 1]["outcome"] == outcome
        assert found["resolve", 1]["due_s"] == "Mon 2026-06-08 17:00:00"


def test_on_hold_from_february_to_august() -> None:
    """Opened Monday 2 February 09:00, waiting for the requester from 10:00 on, back on Monday 3 August 12:00. One hour of eight was used
    up; 12:00 to 17:00 are five more, two remain for Tuesday: due 4 August 11:00. Half a year of waiting costs nothing."""
    ticket = life(
        "2026-02-02 09:00",
        ("2026-02-02 10:00", "status", "waiting_requester"),
        ("2026-08-03 12:00", "status", "active"),
    )
    found = clocks(ticket, policy(Target("resolve", 480, "business")), as_of="2026-08-04 10:00")
    assert found["resolve", 1]["due_s"] == "Tue 2026-08-04 11:00:00"
    assert found["resolve", 1]["consumed_s"] == 3600
    on_hold = clocks(ticket, policy(Target("resolve", 480, "business")), as_of="2026-05-01 10:00")
    assert (on_hold["resolve", 1]["outcome"], on_hold["resolve", 1]["due_s"]) == ("paused", None)


def test_a_pause_over_a_weekend() -> None:
    """Friday 09:00 to 15:00 are 6 hours of 8. Waiting from Friday 15:00 to Monday 10:00. Two hours remain: due Monday 12:00.
    The pause is 67 hours by the wall, of which 3 were open."""
    ticket = life("2026-06-05 09:00", ("2026-06-05 15:00", "status", "waiting_vendor"), ("2026-06-08 10:00", "status", "active"),
                  ("2026-06-08 12:00", "resolved"))  # fmt: skip
    row = clocks(ticket, policy(Target("resolve", 480, "business")))["resolve", 1]
    assert (row["outcome"], row["due_s"], row["running_s"]) == ("met", "Mon 2026-06-08 12:00:00", 8 * 3600)
    assert row["paused_s"] == 67 * 3600


def test_round_the_clock_over_a_month_loses_no_minute_at_midnight() -> None:
    """March 2026 has 31 days in Berlin, one of 23 hours: 743 hours. Created on the 1st at 00:00, a target of 743 hours is due on
    1 April at 00:00, in business hours of a 24x7 calendar as in calendar hours."""
    for hours in ("business", "calendar"):
        found = clocks(
            life("2026-03-01 00:00"),
            policy(Target("resolve", 743 * 60, hours), calendar="always"),
            as_of="2026-03-15 00:00",
        )
        assert found["resolve", 1]["due_s"] == "Wed 2026-04-01 00:00:00"


def test_a_reopening_after_automatic_closing() -> None:
    """Created Monday 09:00, resolved 11:00, closed by itself on Thursday, reopened on Friday 10:00. Two of four hours are used up.
    Resume: due Friday 12:00. Restart: a new cycle with four hours, due 14:00, and the first stays met."""
    ticket = life(
        "2026-06-08 09:00",
        ("2026-06-08 11:00", "resolved"),
        ("2026-06-11 11:00", "closed"),
        ("2026-06-12 10:00", "reopened"),
    )
    target = Target("resolve", 240, "business")
    resumed = clocks(ticket, policy(target), as_of="2026-06-12 11:00")
    assert set(resumed) == {("resolve", 1)}
    assert (resumed["resolve", 1]["outcome"], resumed["resolve", 1]["due_s"]) == ("running", "Fri 2026-06-12 12:00:00")
    before = clocks(ticket, policy(target), as_of="2026-06-12 09:59:59")["resolve", 1]
    assert (before["outcome"], before["judged_s"]) == ("met", "Mon 2026-06-08 11:00:00")
    restarted = clocks(ticket, policy(target, on_reopen="restart"), as_of="2026-06-12 11:00")
    assert restarted["resolve", 1]["outcome"] == "met"
    assert (restarted["resolve", 2]["outcome"], restarted["resolve", 2]["due_s"]) == (
        "running",
        "Fri 2026-06-12 14:00:00",
    )


def test_reopened_in_the_second_of_the_resolution() -> None:
    """Created 09:00, resolved and reopened at 10:00:00. Resumed, one of two hours is left: due 11:00. Restarted: due 12:00."""
    ticket = life("2026-06-08 09:00", ("2026-06-08 10:00", "resolved"), ("2026-06-08 10:00", "reopened"))
    target = Target("resolve", 120, "business")
    resumed = clocks(ticket, policy(target), as_of="2026-06-08 10:30")
    assert (set(resumed), resumed["resolve", 1]["due_s"]) == ({("resolve", 1)}, "Mon 2026-06-08 11:00:00")
    restarted = clocks(ticket, policy(target, on_reopen="restart"), as_of="2026-06-08 10:30")
    assert (restarted["resolve", 1]["outcome"], restarted["resolve", 2]["due_s"]) == ("met", "Mon 2026-06-08 12:00:00")


def test_a_priority_that_changes() -> None:
    """P3 has 8 hours, P1 two; created Monday 09:00, P1 from 12:00 on. Retarget: three hours are used up, more than two: due at the
    change, 12:00. Keep: due 17:00. Restart: two hours from 12:00, due 14:00, and the first cycle falls away."""
    ticket = life("2026-06-08 09:00", ("2026-06-08 12:00", "priority", "P1"), priority="P3")
    targets = (Target("resolve", 480, "business", "P3"), Target("resolve", 120, "business", "P1"))
    dues = {
        rule: clocks(ticket, policy(*targets, on_priority_change=rule), as_of="2026-06-08 12:00")
        for rule in ("retarget", "keep", "restart")
    }
    assert dues["retarget"]["resolve", 1]["due_s"] == "Mon 2026-06-08 12:00:00"
    assert dues["keep"]["resolve", 1]["due_s"] == "Mon 2026-06-08 17:00:00"
    assert dues["restart"]["resolve", 2]["due_s"] == "Mon 2026-06-08 14:00:00"
    assert dues["restart"]["resolve", 1]["outcome"] == "cancelled"


def test_a_lower_priority_does_not_mend_a_broken_promise() -> None:
    """P1 has two hours: due Monday 11:00. At 12:00 the ticket becomes P3 with eight. It was broken at 11:00 and stays so."""
    ticket = life(
        "2026-06-08 09:00", ("2026-06-08 12:00", "priority", "P3"), ("2026-06-08 13:00", "resolved"), priority="P1"
    )
    targets = (Target("resolve", 480, "business", "P3"), Target("resolve", 120, "business", "P1"))
    row = clocks(ticket, policy(*targets))["resolve", 1]
    assert (row["outcome"], row["judged_s"]) == ("breached", "Mon 2026-06-08 11:00:00")
    assert (row["over_business_s"], row["over_calendar_s"], row["over_sla_s"]) == (7200, 7200, 7200)


def test_time_over_target_in_every_kind_of_hours() -> None:
    """Two hours from Friday 14:00: due 16:00. Waiting for the requester from 16:30 to Monday 09:30, resolved Monday 10:00. Over by the
    wall: Friday 16:00 to Monday 10:00, 66 h. In business hours: Friday 1 h, Monday 1 h. Less the pause: 30 min on each day."""
    ticket = life("2026-06-05 14:00", ("2026-06-05 16:30", "status", "waiting_requester"), ("2026-06-08 09:30", "status", "active"),
                  ("2026-06-08 10:00", "resolved"))  # fmt: skip
    row = clocks(ticket, policy(Target("resolve", 120, "business")))["resolve", 1]
    assert (row["over_calendar_s"], row["over_business_s"], row["over_sla_s"]) == (66 * 3600, 2 * 3600, 3600)


def test_updates_recur() -> None:
    """Every two business hours from Monday 09:00. Replies at 10:30 (in time), 13:00 (due 12:30: late) and none until the resolution at
    14:00, which ends the third cycle before it is due."""
    ticket = life(
        "2026-06-08 09:00",
        ("2026-06-08 10:30", "reply"),
        ("2026-06-08 13:00", "reply"),
        ("2026-06-08 14:00", "resolved"),
    )
    found = clocks(ticket, policy(Target("update", 120, "business")))
    assert [found["update", n]["outcome"] for n in (1, 2, 3)] == ["met", "breached", "cancelled"]
    assert found["update", 2]["due_s"] == "Mon 2026-06-08 12:30:00"


def test_what_answers_plans_and_cancels() -> None:
    """Planned at 10:00 (met); resolved at 11:00 without a word to the requester, before the answer was due at 13:00 (falls away)."""
    ticket = life("2026-06-08 09:00", ("2026-06-08 10:00", "status", "scheduled"), ("2026-06-08 11:00", "resolved"))
    found = clocks(ticket, policy(Target("respond", 240, "business"), Target("plan", 120, "business")))
    assert (found["respond", 1]["outcome"], found["plan", 1]["outcome"]) == ("cancelled", "met")
    late = life("2026-06-08 09:00", ("2026-06-08 14:00", "resolved"))
    assert clocks(late, policy(Target("respond", 240, "business")))["respond", 1]["outcome"] == "breached"


def test_no_calendar_and_no_target_are_said() -> None:
    """Business hours without a calendar: the row is there, without a due instant, and out for that reason. Plain hours need none."""
    ticket = life("2026-06-08 09:00", ("2026-06-08 10:00", "resolved"), ("2026-06-08 09:30", "reply"))
    found = clocks(ticket, policy(Target("resolve", 60, "business"), Target("respond", 60, "calendar"), calendar=None))
    assert (found["resolve", 1]["outcome"], found["resolve", 1]["out_as"]) == ("unknown", "no_calendar")
    assert found["respond", 1]["outcome"] == "met" and ("plan", 1) not in found


def test_the_policy_in_force_at_creation_judges() -> None:
    """Two hours until the end of June, one from July on (midnight in Berlin). A ticket of 30 June 23:59 has two hours: due 1 July
    11:00. One of 1 July 00:00 has one: due 10:00."""
    old, new = (policy(Target("resolve", minutes, "business")) for minutes in (120, 60))
    old.id, new.id, old.valid_to, new.valid_from = "old", "new", date(2026, 7, 1), date(2026, 7, 1)
    for created, due in (("2026-06-30 23:59", "11:00"), ("2026-07-01 00:00", "10:00")):
        found = clocks(life(created), old, new, as_of="2026-07-01 09:30")
        assert found["resolve", 1]["due_s"] == f"Wed 2026-07-01 {due}:00"


def test_the_most_specific_target_wins() -> None:
    """For priority and type, then priority, then type, then any."""
    targets = [Target("resolve", 60, "business"), Target("resolve", 120, "business", None, "incident"),
               Target("resolve", 180, "business", "P1"), Target("resolve", 240, "business", "P1", "incident")]  # fmt: skip
    for left, hour in ((4, 13), (3, 12), (2, 11), (1, 10)):
        found = clocks(life("2026-06-08 09:00", priority="P1"), policy(*targets[:left]), as_of="2026-06-08 09:30")
        assert found["resolve", 1]["due_s"] == f"Mon 2026-06-08 {hour}:00:00"


def test_a_clock_past_its_due_instant_is_broken_now() -> None:
    """Nobody has touched the ticket; due 11:00. At 11:00:00 it runs, a second later it is broken, as of then."""
    ticket = life("2026-06-08 09:00")
    for as_of, outcome in (("2026-06-08 11:00:00", "running"), ("2026-06-08 11:00:01", "breached")):
        assert (
            clocks(ticket, policy(Target("resolve", 120, "business")), as_of=as_of)["resolve", 1]["outcome"] == outcome
        )
    assert datetime.fromtimestamp(ticket.created_s, UTC).hour == 7
