"""Every canonical table and column, declared once.

Owns the tables and their vocabularies. What a source calls these things is the business of mappings and connectors.
Required columns are written with a capital helper (``Text``), optional ones with a small one (``text``).
"""

from pacesetter.model.schema import Column, Kind, Table, table

PHASES = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled", "resolved", "closed", "cancelled")
WORKING_PHASES = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled")
PAUSE_PHASES = ("waiting_requester", "waiting_vendor", "scheduled")
ORGANISATIONS = ("msp", "client", "vendor")
TICKET_TYPES = ("incident", "request", "problem", "change", "task", "alert")
CHANNELS = ("email", "phone", "portal", "chat", "walk_in", "monitoring")
LIVE_CHANNELS = ("phone", "chat", "walk_in")
OPENED_BY = ("requester", "technician", "automation")
ACTOR_KINDS = ("technician", "requester", "automation", "vendor")
EXCLUSIONS = ("spam", "merged", "deleted", "test")
EVENT_KINDS = (
    "created", "reply", "note", "status", "assignment", "team", "priority", "category", "escalation", "article",
    "approval", "notification", "consultation", "merge", "resolved", "reopened", "closed",
)  # fmt: skip


def _column(kind: Kind, required: bool, name: str, doc: str, *words: str, to: str | None = None,
            low: float | None = None, high: float | None = None) -> Column:  # fmt: skip
    return Column(
        name=name, kind=kind, required=required, doc=doc, refers_to=to, vocabulary=words, minimum=low, maximum=high
    )


def Id(name: str, doc: str) -> Column:
    """A required, non-empty text, unique in its table."""
    return _column(Kind.ID, True, name, doc)


def Ref(name: str, to: str, doc: str) -> Column:
    """A required id of table ``to``."""
    return _column(Kind.REF, True, name, doc, to=to)


def ref(name: str, to: str, doc: str) -> Column:
    """An optional id of table ``to``."""
    return _column(Kind.REF, False, name, doc, to=to)


def Text(name: str, doc: str, *words: str) -> Column:
    """A required text, of the closed list ``words`` where one is given."""
    return _column(Kind.TEXT, True, name, doc, *words)


def text(name: str, doc: str, *words: str) -> Column:
    """An optional text, of the closed list ``words`` where one is given."""
    return _column(Kind.TEXT, False, name, doc, *words)


def At(name: str, doc: str) -> Column:
    """A required instant (ISO 8601 with an offset or ``Z``)."""
    return _column(Kind.INSTANT, True, name, doc)


def at(name: str, doc: str) -> Column:
    """An optional instant."""
    return _column(Kind.INSTANT, False, name, doc)


def On(name: str, doc: str) -> Column:
    """A required date."""
    return _column(Kind.DATE, True, name, doc)


def on(name: str, doc: str) -> Column:
    """An optional date."""
    return _column(Kind.DATE, False, name, doc)


def Num(name: str, doc: str, low: float | None = None, high: float | None = None) -> Column:
    """A required number within the inclusive bounds."""
    return _column(Kind.NUM, True, name, doc, low=low, high=high)


def num(name: str, doc: str, low: float | None = None, high: float | None = None) -> Column:
    """An optional number within the inclusive bounds."""
    return _column(Kind.NUM, False, name, doc, low=low, high=high)


def Money(name: str, doc: str) -> Column:
    """A required exact decimal amount."""
    return _column(Kind.MONEY, True, name, doc)


def money(name: str, doc: str) -> Column:
    """An optional exact decimal amount."""
    return _column(Kind.MONEY, False, name, doc)


def Bool(name: str, doc: str) -> Column:
    """A required true or false."""
    return _column(Kind.BOOL, True, name, doc)


def flag(name: str, doc: str) -> Column:
    """An optional true or false."""
    return _column(Kind.BOOL, False, name, doc)


_PEOPLE = "Organisations and people"
_WORK = "Work"
_LEVELS = "Service levels"
_VOICE = "Voice, knowledge, improvement"
_BUSINESS = "Business"
_RACI = "Responsibility"
_YARDSTICKS = "Yardsticks"
_CURRENCY = "ISO 4217 code of the amount; the workspace's currency where empty"

TABLES: tuple[Table, ...] = (
    table(
        "clients", _PEOPLE, "The organisations that are served.",
        Id("client_id", "the client's id"),
        Text("name", "the client's name"),
        text("time_zone", "IANA zone in which the client's own reports are cut"),
        text("industry", "line of business"),
        num("seats", "people or devices under contract", 0),
        ref("calendar_id", "calendars", "the hours in which this client is served"),
        on("started_on", "first day as a client"),
        on("ended_on", "first day no longer a client"),
        text("end_reason", "why the client left"),
        spans=[("started_on", "ended_on")],
    ),
    table(
        "sites", _PEOPLE, "Places of a client.",
        Id("site_id", "the site's id"),
        Ref("client_id", "clients", "whose site it is"),
        Text("name", "the site's name"),
        text("time_zone", "IANA zone of the site"),
    ),
    table(
        "contacts", _PEOPLE, "People of a client who ask for help.",
        Id("contact_id", "the contact's id"),
        Ref("client_id", "clients", "whom the contact belongs to"),
        text("name", "the contact's name"),
        text("email", "the contact's address"),
        text("department", "the contact's department"),
        flag("is_vip", "whether the contact is to be served first"),
    ),
    table(
        "teams", _PEOPLE, "Groups of technicians, of the MSP, of a client's internal IT or of a vendor.",
        Id("team_id", "the team's id"),
        Text("name", "the team's name"),
        Text("organisation", "whose team it is", *ORGANISATIONS),
        ref("client_id", "clients", "the client whose internal IT this is"),
        num("tier", "level of support: 1, 2, 3 …", 0),
        ref("calendar_id", "calendars", "the hours in which this team works"),
    ),
    table(
        "technicians", _PEOPLE, "People who do the work.",
        Id("technician_id", "the technician's id"),
        Text("name", "the technician's name"),
        ref("team_id", "teams", "the technician's team where no membership says otherwise"),
        text("email", "the technician's address"),
        text("role", "job title or role"),
        money("cost_rate", "cost of one hour"),
        on("started_on", "first day of work"),
        on("ended_on", "first day no longer employed"),
        spans=[("started_on", "ended_on")],
    ),
    table(
        "team_memberships", _PEOPLE, "Who belongs to which team, and when.",
        Ref("technician_id", "technicians", "who"),
        Ref("team_id", "teams", "belongs to which team"),
        on("valid_from", "first day"),
        on("valid_to", "first day no longer"),
        key=["technician_id", "team_id", "valid_from"], spans=[("valid_from", "valid_to")],
    ),
    table(
        "tickets", _WORK, "Everything that was asked for, broke or was raised, one row each, as it stands now.",
        Id("ticket_id", "the ticket's id"),
        Ref("client_id", "clients", "whose ticket it is"),
        At("created_at", "when it was created"),
        text("type", "kind of work", *TICKET_TYPES),
        text("subject", "one line that says what it is about"),
        text("channel", "how it came in", *CHANNELS),
        text("opened_by", "who created the record", *OPENED_BY),
        text("priority", "the source's own word"),
        text("impact", "the source's own word"),
        text("urgency", "the source's own word"),
        text("category", "kind of subject"),
        text("subcategory", "kind of subject, finer"),
        ref("contact_id", "contacts", "who asked"),
        ref("site_id", "sites", "where"),
        ref("offering_id", "offerings", "under which offering"),
        ref("team_id", "teams", "the team that holds it now"),
        ref("technician_id", "technicians", "the technician who holds it now"),
        text("asset", "the device or service concerned"),
        text("status", "the status now, a key of ticket_statuses"),
        at("first_response_at", "first public reply by a human on the service side"),
        at("resolved_at", "when it was last resolved"),
        at("closed_at", "when it was last closed"),
        at("due_at", "when it is to be resolved, as the source says"),
        at("promised_at", "when somebody promised that it would be done"),
        text("resolution_code", "how it ended"),
        text("resolution_note", "what was done"),
        text("root_cause", "why it happened"),
        text("fix", "how lasting the remedy is", "permanent", "workaround"),
        flag("on_site", "whether somebody had to go there"),
        num("worked_minutes", "minutes of work, where the source gives only a total", 0),
        ref("sla_policy_id", "sla_policies", "the policy that applies, where the source says so"),
        num("reopen_count", "reopenings, where the source gives only a count", 0),
        num("reassignment_count", "changes of team, where the source gives only a count", 0),
        flag("reported_response_met", "the source's own verdict on the response target"),
        flag("reported_resolution_met", "the source's own verdict on the resolution target"),
        flag("reported_first_contact", "the source's own verdict on first contact resolution"),
        text("excluded_as", "why it counts in no KPI", *EXCLUSIONS),
        ref("merged_into", "tickets", "the ticket that it was merged into"),
        text("source", "the system that it comes from"),
    ),
    table(
        "ticket_events", _WORK, "What happened to a ticket, in order.",
        Id("event_id", "the event's id; at the same instant events keep the order of their ids"),
        Ref("ticket_id", "tickets", "to which ticket"),
        At("occurred_at", "when"),
        Text("kind", "what happened", *EVENT_KINDS),
        text("actor_kind", "who did it", *ACTOR_KINDS),
        text("actor_id", "id of the technician, contact or program"),
        text("from_value", "value before: a status, team, technician, priority …"),
        text("to_value", "value after"),
        flag("is_public", "whether the requester could see it"),
        text("channel", "through which channel"),
    ),
    table(
        "ticket_statuses", _WORK, "The source's statuses and the phase that each one stands for.",
        Text("status", "the source's own word"),
        Text("phase", "what it means here", *PHASES),
        key=["status"],
    ),
    table(
        "ticket_links", _WORK, "Ties between tickets.",
        Ref("ticket_id", "tickets", "this ticket"),
        Ref("other_id", "tickets", "is tied to that one"),
        Text("kind", "how; twin is the same case elsewhere", "twin", "parent", "duplicate", "caused_by"),
        key=["ticket_id", "other_id", "kind"],
    ),
    table(
        "time_entries", _WORK, "Hours worked.",
        Id("entry_id", "the entry's id"),
        Ref("technician_id", "technicians", "who worked"),
        At("started_at", "from when"),
        Num("duration_minutes", "how long", 0),
        ref("ticket_id", "tickets", "on which ticket"),
        ref("client_id", "clients", "for which client"),
        ref("project_id", "projects", "on which project"),
        flag("is_billable", "whether it is charged"),
        text("work_type", "kind of work"),
        flag("on_site", "whether it was done at the client's"),
    ),
    table(
        "shifts", _WORK, "When technicians were to work, and when they were absent.",
        Id("shift_id", "the shift's id"),
        Ref("technician_id", "technicians", "whose"),
        At("starts_at", "from"),
        At("ends_at", "to"),
        text("kind", "work where empty", "work", "absence"),
        spans=[("starts_at", "ends_at")],
    ),
    table(
        "calendars", _LEVELS, "Hours of service.",
        Id("calendar_id", "the calendar's id"),
        Text("name", "the calendar's name"),
        Text("time_zone", "IANA zone in which the hours are read"),
        Text("hours", "weekly hours: 'mon-fri 08:00-18:00; sat 09:00-12:00', '24x7'"),
        text("holidays", "country or country-subdivision whose public holidays are closed: 'DE', 'DE-BE'"),
    ),
    table(
        "calendar_exceptions", _LEVELS, "Days that differ from the week.",
        Ref("calendar_id", "calendars", "of which calendar"),
        On("day", "the day"),
        text("hours", "the hours of that day: '10:00-12:00, 13:00-15:00'; empty is closed"),
        text("name", "why"),
        key=["calendar_id", "day"],
    ),
    table(
        "sla_policies", _LEVELS, "What was promised, to whom, and from when to when.",
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
        "sla_targets", _LEVELS, "The targets of a policy.",
        Ref("sla_policy_id", "sla_policies", "of which policy"),
        Text("clock", "which clock", "respond", "plan", "update", "resolve"),
        Num("target_minutes", "how long it may run", 0),
        Text("hours", "in which hours it runs", "business", "calendar"),
        text("priority", "only for this priority; any where empty"),
        text("type", "only for this type; any where empty"),
        key=["sla_policy_id", "clock", "priority", "type"],
    ),
    table(
        "surveys", _VOICE, "What people said when they were asked.",
        Id("survey_id", "the survey's id"),
        Text("kind", "what was asked", "csat", "nps"),
        At("sent_at", "when it was sent"),
        at("answered_at", "when it was answered"),
        num("score", "the answer"),
        num("scale_max", "the best answer of a csat scale, 5 where empty; nps is 0 to 10", 1),
        ref("ticket_id", "tickets", "about which ticket"),
        ref("client_id", "clients", "to which client"),
        ref("contact_id", "contacts", "to whom"),
        text("comment", "in their own words"),
        spans=[("sent_at", "answered_at")],
    ),
    table(
        "articles", _VOICE, "Articles of the knowledge base.",
        Id("article_id", "the article's id"),
        Text("title", "the article's title"),
        text("category", "kind of subject"),
        text("author", "who wrote it"),
        at("published_at", "when it was published"),
    ),
    table(
        "article_events", _VOICE, "What people did in the help centre.",
        Id("event_id", "the event's id"),
        At("occurred_at", "when"),
        Text("kind", "what", "view", "search", "helpful", "not_helpful"),
        ref("article_id", "articles", "with which article"),
        ref("contact_id", "contacts", "by whom"),
        text("session", "the visit that it belongs to"),
    ),
    table(
        "trainings", _VOICE, "Training that technicians had.",
        Id("training_id", "the training's id"),
        Ref("technician_id", "technicians", "who learned"),
        On("held_on", "on which day"),
        Num("hours", "how many hours", 0),
        Text("topic", "about what"),
        text("certificate", "the certificate that it led to"),
    ),
    table(
        "improvements", _VOICE, "What technicians suggested.",
        Id("improvement_id", "the suggestion's id"),
        Ref("technician_id", "technicians", "who suggested it"),
        On("suggested_on", "when"),
        Text("title", "what"),
        on("decided_on", "when it was decided"),
        text("decision", "how it was decided", "adopted", "rejected"),
        spans=[("suggested_on", "decided_on")],
    ),
    table(
        "tool_uses", _VOICE, "Uses of a tool by a technician.",
        Ref("technician_id", "technicians", "who"),
        At("used_at", "when"),
        Text("tool", "which tool"),
        ref("ticket_id", "tickets", "on which ticket"),
        key=["technician_id", "used_at", "tool", "ticket_id"],
    ),
    table(
        "offerings", _BUSINESS, "What is sold.",
        Id("offering_id", "the offering's id"),
        Text("name", "the offering's name"),
        text("unit", "by what it is charged", "seat", "device", "hour", "flat"),
    ),
    table(
        "agreements", _BUSINESS, "Recurring contracts.",
        Id("agreement_id", "the agreement's id"),
        Ref("client_id", "clients", "with whom"),
        Ref("offering_id", "offerings", "about what"),
        On("starts_on", "first day covered"),
        on("ends_on", "first day not covered"),
        Money("monthly_amount", "value of one month"),
        text("currency", _CURRENCY),
        num("quantity", "seats, devices or hours covered", 0),
        text("end_reason", "why it ended"),
        spans=[("starts_on", "ends_on")],
    ),
    table(
        "invoice_lines", _BUSINESS, "What was invoiced.",
        Id("line_id", "the line's id"),
        Ref("client_id", "clients", "to whom"),
        On("invoiced_on", "when"),
        Money("amount", "how much"),
        text("currency", _CURRENCY),
        Bool("is_recurring", "whether it is charged again and again"),
        ref("offering_id", "offerings", "for which offering"),
        ref("agreement_id", "agreements", "under which agreement"),
        num("quantity", "how many"),
    ),
    table(
        "costs", _BUSINESS, "What the service costs to deliver.",
        Id("cost_id", "the cost's id"),
        On("incurred_on", "when"),
        Text("kind", "of what kind", "labor", "material", "software", "infrastructure", "overhead"),
        Money("amount", "how much"),
        text("currency", _CURRENCY),
        ref("client_id", "clients", "for which client"),
        ref("offering_id", "offerings", "for which offering"),
        ref("team_id", "teams", "of which team"),
        flag("is_support", "whether it belongs to the support group"),
    ),
    table(
        "exchange_rates", _BUSINESS, "Worth of one unit of a currency in the workspace's currency.",
        On("day", "from which day"),
        Text("currency", "ISO 4217 code"),
        Num("rate", "workspace currency per unit", 0),
        key=["day", "currency"],
    ),
    table(
        "opportunities", _BUSINESS, "Sales that were tried.",
        Id("opportunity_id", "the opportunity's id"),
        On("opened_on", "since when"),
        Money("amount", "how much it is worth"),
        text("currency", _CURRENCY),
        on("decided_on", "when it was decided"),
        text("outcome", "how it ended", "won", "lost"),
        text("lost_reason", "why it was lost"),
        text("owner", "who tried"),
        ref("client_id", "clients", "with whom"),
        ref("offering_id", "offerings", "about what"),
        spans=[("opened_on", "decided_on")],
    ),
    table(
        "services", _BUSINESS, "What is kept running for a client.",
        Id("service_id", "the service's id"),
        Ref("client_id", "clients", "for whom"),
        Text("name", "the service's name"),
        On("since_on", "first day in service"),
        on("until_on", "first day no longer in service"),
        num("weight", "share in the availability of the whole, 1 where empty", 0),
        spans=[("since_on", "until_on")],
    ),
    table(
        "outages", _BUSINESS, "When a service was down.",
        Id("outage_id", "the outage's id"),
        Ref("service_id", "services", "which service"),
        At("starts_at", "from"),
        at("ends_at", "to; still down where empty"),
        flag("is_planned", "whether it was announced"),
        num("users_affected", "share of the users, 0 to 1", 0, 1),
        text("cause", "why"),
        ref("ticket_id", "tickets", "the ticket about it"),
        spans=[("starts_at", "ends_at")],
    ),
    table(
        "projects", _BUSINESS, "Work with a date and a budget.",
        Id("project_id", "the project's id"),
        Ref("client_id", "clients", "for whom"),
        Text("name", "the project's name"),
        on("promised_on", "the baseline date"),
        on("delivered_on", "when it was delivered"),
        money("budget", "the baseline amount"),
        money("actual_cost", "what it cost"),
        text("currency", _CURRENCY),
    ),
    table(
        "raci_tasks", _RACI, "Kinds of work for which somebody is responsible.",
        Id("task_id", "the task's id"),
        Text("name", "the task's name"),
        ref("client_id", "clients", "only at this client; every client where empty"),
        text("type", "which tickets are this task; any where empty"),
        text("category", "which tickets are this task; any where empty"),
        text("subcategory", "which tickets are this task; any where empty"),
        text("priority", "which tickets are this task; any where empty"),
        on("valid_from", "first day"),
        on("valid_to", "first day no longer"),
        spans=[("valid_from", "valid_to")],
    ),
    table(
        "raci_roles", _RACI, "Roles and who fills them.",
        Id("role_id", "the role's id"),
        Text("name", "the role's name"),
        ref("client_id", "clients", "at which client"),
        ref("team_id", "teams", "the team that fills it"),
        ref("technician_id", "technicians", "the technician who fills it"),
        ref("contact_id", "contacts", "the contact who fills it"),
    ),
    table(
        "raci_assignments", _RACI, "Who is responsible, accountable, consulted or informed.",
        Ref("task_id", "raci_tasks", "for which task"),
        Ref("role_id", "raci_roles", "which role"),
        Text("letter", "Responsible, Accountable, Consulted, Informed", "R", "A", "C", "I"),
        num("within_minutes", "time within which they are to be reached", 0),
        on("valid_from", "first day"),
        on("valid_to", "first day no longer"),
        key=["task_id", "role_id", "letter", "valid_from"], spans=[("valid_from", "valid_to")],
    ),
    table(
        "targets", _YARDSTICKS, "What a KPI is to reach.",
        Text("kpi", "the KPI's id"),
        Num("value", "the target, in the KPI's unit"),
        num("warn", "the warning line, in the KPI's unit"),
        ref("client_id", "clients", "only for this client"),
        ref("team_id", "teams", "only for this team"),
        on("valid_from", "first day"),
        on("valid_to", "first day no longer"),
        key=["kpi", "client_id", "team_id", "valid_from"], spans=[("valid_from", "valid_to")],
    ),
    table(
        "benchmarks", _YARDSTICKS, "Published figures to compare with.",
        Text("kpi", "the KPI's id"),
        Num("value", "the figure"),
        Text("unit", "its unit"),
        Text("statistic", "mean, median …"),
        Text("definition", "what exactly was measured"),
        Num("year", "of which year"),
        Text("grade", "A the publisher's own page, B quoted by another, C opinion", "A", "B", "C"),
        Text("source", "where it was read"),
        text("segment", "of which population"),
        key=["kpi", "statistic", "segment", "source", "year"],
    ),
)  # fmt: skip

BY_NAME: dict[str, Table] = {t.name: t for t in TABLES}
