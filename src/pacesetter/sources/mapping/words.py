"""Header words of the systems that exports come from, and the canonical columns that they usually mean.

Owns the synonyms (ConnectWise, Autotask, HaloPSA, Zendesk, Freshdesk, Jira, ServiceNow, HP and BMC service managers, and
plain English and German). Must not know files.
"""

import re

SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "tickets": {
        "ticket_id": (
            "ticket id", "ticket number", "ticket no", "ticket", "ticket ref", "number", "incident id", "incident number",
            "issue key", "key", "case number", "case id", "request id", "sr number", "interaction id", "change id", "fault id",
            "service ticket number", "incidentnumber", "ticketnummer", "vorgangsnummer",
        ),
        "client_id": (
            "client", "client id", "client name", "company", "company name", "company id", "account", "account id",
            "account name", "organization", "organization id", "organisation", "customer", "customer name", "customer id",
            "kunde", "kundennummer", "mandant",
        ),
        "created_at": (
            "created at", "created", "created on", "created date", "create date", "createdate", "date created", "opened at",
            "opened", "open time", "open date", "date entered", "dateentered", "date opened", "dateoccured", "submitted at",
            "submitted on", "submit date", "reported date", "date logged", "entered", "erstellt am", "erstellt", "eroeffnet am",
        ),
        "type": ("type", "ticket type", "record type", "issue type", "tickettype", "vorgangstyp", "kategorie typ"),
        "subject": (
            "subject", "summary", "title", "short description", "ticket summary", "description", "betreff", "kurzbeschreibung",
        ),
        "channel": ("channel", "source", "contact type", "via", "origin", "ticket source", "reported source", "kanal", "quelle"),
        "priority": ("priority", "priority name", "ticket priority", "prio", "prioritaet", "priorität", "dringlichkeit prio"),
        "impact": ("impact", "auswirkung"),
        "urgency": ("urgency", "severity", "dringlichkeit"),
        "category": ("category", "issue", "service type", "board", "component s", "components", "kategorie", "category 1"),
        "subcategory": ("subcategory", "sub category", "subissue type", "sub issue", "subtype", "unterkategorie", "category 2"),
        "contact_id": (
            "contact", "contact id", "contact name", "requester", "requester id", "requester name", "caller", "caller id",
            "reporter", "user", "end user", "submitted by", "ansprechpartner", "melder",
        ),
        "site_id": ("site", "site id", "site name", "location", "standort"),
        "team_id": (
            "team", "team id", "group", "group id", "assignment group", "assigned group", "queue", "service team",
            "support group", "assignee group", "gruppe", "bearbeitergruppe",
        ),
        "technician_id": (
            "technician", "technician id", "agent", "agent id", "assignee", "assigned to", "assignee id", "owner", "resource",
            "primary resource", "assigned resource", "bearbeiter", "techniker",
        ),
        "asset": ("asset", "configuration item", "cmdb ci", "ci", "ci name", "device", "configuration", "geraet", "gerät"),
        "status": ("status", "state", "incident state", "ticket status", "status name", "ticketstatus"),
        "first_response_at": (
            "first response at", "first response", "first response date", "first responded at", "first response datetime",
            "date responded", "responded at", "first reply at", "responsedate", "erste antwort",
        ),
        "resolved_at": (
            "resolved at", "resolved", "resolved date", "resolution date", "date resolved", "resolved time", "solved at",
            "solved", "resolution time", "resolutiondate", "last resolved date", "geloest am", "gelöst am",
        ),
        "closed_at": (
            "closed at", "closed", "closed date", "close date", "date closed", "close time", "completed date", "completedate",
            "dateclosed", "geschlossen am", "abgeschlossen am",
        ),
        "due_at": ("due at", "due", "due date", "duedate", "fixbydate", "resolution due", "target date", "faellig am", "fällig am"),
        "resolution_code": ("resolution code", "close code", "closed code", "closure code", "resolution", "close reason"),
        "resolution_note": ("resolution note", "resolution notes", "close notes", "solution", "loesung", "lösung"),
        "root_cause": ("root cause", "cause", "ursache"),
        "worked_minutes": ("worked minutes", "time spent minutes", "minutes", "actual minutes"),
        "reopen_count": ("reopen count", "reopens", "reopened", "times reopened"),
        "reassignment_count": ("reassignment count", "reassignments", "times reassigned", "group stations"),
        "reported_resolution_met": ("made sla", "sla met", "resolution sla met", "sla resolution met", "within sla"),
        "reported_response_met": ("response sla met", "response met", "first response sla met"),
        "reported_first_contact": ("first call resolution", "first contact resolution", "fcr"),
    },
    "clients": {
        "client_id": ("client id", "company id", "account id", "organization id", "customer id", "company recid", "kundennummer"),
        "name": (
            "name", "client name", "company name", "account name", "company", "organization name", "customer name", "firma",
        ),
        "industry": ("industry", "market", "vertical", "branche"),
        "seats": ("seats", "users", "number of employees", "employees", "numberofemployees"),
        "started_on": ("signup date", "customer since", "started on", "client since", "date acquired", "kunde seit"),
        "ended_on": ("ended on", "churn date", "lost date", "end date"),
    },
    "time_entries": {
        "entry_id": ("entry id", "time entry id", "time entry", "worklog id", "time recid"),
        "technician_id": ("technician", "technician id", "member", "member id", "resource", "resource name", "user", "mitarbeiter"),
        "started_at": ("started at", "start", "start time", "time start", "work date", "date worked", "start date", "datum"),
        "duration_minutes": ("duration minutes", "minutes", "duration", "actual hours", "hours worked", "hours", "stunden"),
        "ticket_id": ("ticket", "ticket id", "ticket number", "charge to id", "issue key"),
        "client_id": ("client", "company", "company name", "account", "kunde"),
        "is_billable": ("billable", "is billable", "billable option", "abrechenbar"),
        "work_type": ("work type", "activity type", "role", "taetigkeit"),
    },
    "agreements": {
        "agreement_id": ("agreement id", "agreement", "contract id", "contract", "subscription id", "vertrag"),
        "client_id": ("client", "client id", "company", "account id", "company name", "customer", "kunde"),
        "offering_id": ("offering", "agreement type", "plan", "plan tier", "product", "service", "contract type"),
        "starts_on": ("starts on", "start date", "start", "effective date", "beginn"),
        "ends_on": ("ends on", "end date", "end", "expiration date", "ende"),
        "monthly_amount": ("monthly amount", "mrr", "mrr amount", "monthly revenue", "bill amount", "monatsbetrag"),
        "currency": ("currency", "currency code", "waehrung", "währung"),
        "quantity": ("quantity", "seats", "units", "menge"),
    },
    "surveys": {
        "survey_id": ("survey id", "response id", "rating id", "feedback id"),
        "sent_at": ("sent at", "sent", "survey sent", "date sent"),
        "answered_at": ("answered at", "responded at", "response date", "rated at", "submitted"),
        "score": ("score", "rating", "csat", "satisfaction", "satisfaction score", "satisfaction rating", "bewertung"),
        "ticket_id": ("ticket", "ticket id", "ticket number"),
        "client_id": ("client", "company", "account", "organization"),
        "comment": ("comment", "feedback", "kommentar"),
    },
}  # fmt: skip

UPDATED = (
    "updated at", "sys updated at", "sys updated on", "last updated", "modified", "changed at", "update time",
    "timestamp", "date time stamp", "datestamp", "event time", "changed on",
)  # fmt: skip


COUNTERS = ("sys mod count", "mod count", "update count", "sequence", "sequence number", "version", "revision")


def plain(header: str) -> str:
    """A header as words: ``Date_Entered`` and ``dateEntered`` become ``date entered``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    spaced = re.sub(r"\(.*?\)", " ", spaced)
    return re.sub(r"[^0-9a-zäöüß]+", " ", spaced.lower()).strip()


def guess_columns(table: str, headers: list[str]) -> dict[str, str]:
    """Canonical column -> header, for the headers whose words are known; each header serves once, better words first."""
    words = {header: plain(header) for header in headers}
    found: dict[str, str] = {}
    ranked = sorted(
        (rank, order, name, header)
        for order, (name, synonyms) in enumerate(SYNONYMS[table].items())
        for rank, synonym in enumerate(synonyms)
        for header, text in words.items()
        if text == synonym or text == name.replace("_", " ")
    )
    for _, _, name, header in ranked:
        if name not in found and header not in found.values():
            found[name] = header
    return found


def guess_table(headers: list[str]) -> tuple[str, dict[str, str]]:
    """The canonical table whose words fit best, and its columns; tickets where none fits."""
    guesses = {table: guess_columns(table, headers) for table in SYNONYMS}
    ids = {table: next(iter(columns)) for table, columns in SYNONYMS.items()}
    best = max(guesses, key=lambda t: (len(guesses[t]) + 2 * (ids[t] in guesses[t]), t == "tickets"))
    return (best, guesses[best]) if guesses[best] else ("tickets", {})
