"""Tables of calendars and of what was promised."""

from pacesetter.model.columns import Id, Num, On, Ref, Text, num, on, ref, text
from pacesetter.model.schema import Table, table

SECTION = "Service levels"

TABLES: tuple[Table, ...] = (
    table(
        "calendars", SECTION, "Hours of service.",
        Id("calendar_id", "the calendar's id"),
        Text("name", "the calendar's name"),
        Text("time_zone", "IANA zone in which the hours are read"),
        Text("hours", "weekly hours: 'mon-fri 08:00-18:00; sat 09:00-12:00', '24x7'"),
        text("holidays", "country or country-subdivision whose public holidays are closed: 'DE', 'DE-BE'"),
    ),
    table(
        "calendar_exceptions", SECTION, "Days that differ from the week.",
        Ref("calendar_id", "calendars", "of which calendar"),
        On("day", "the day"),
        text("hours", "the hours of that day: '10:00-12:00, 13:00-15:00'; empty is closed"),
        text("name", "why"),
        key=["calendar_id", "day"],
    ),
    table(
        "sla_policies", SECTION, "What was promised, to whom, and from when to when.",
        Id("sla_policy_id", "the policy's id"),
        Text("name", "the policy's name"),
        ref("calendar_id", "calendars", "the hours in which business targets run"),
        ref("client_id", "clients", "only for this client"),
        ref("agreement_id", "agreements", "only under this agreement"),
        num("rank", "lowest first where several policies fit"),
        on("valid_from", "first day in force"),
        on("valid_to", "first day no longer in force"),
        text("on_reopen", "what a reopening does to the resolution clock", "resume", "restart"),
        text("on_priority_change", "what a change of priority does to running clocks", "retarget", "keep", "restart"),
        spans=[("valid_from", "valid_to")],
    ),
    table(
        "sla_targets", SECTION, "The targets of a policy.",
        Ref("sla_policy_id", "sla_policies", "of which policy"),
        Text("clock", "which clock", "respond", "plan", "update", "resolve"),
        Num("target_minutes", "how long it may run", 0),
        Text("hours", "in which hours it runs", "business", "calendar"),
        text("priority", "only for this priority; any where empty"),
        text("type", "only for this type; any where empty"),
        key=["sla_policy_id", "clock", "priority", "type"],
    ),
)  # fmt: skip
