"""Tables of organisations and people."""

from pacesetter.model.columns import Id, Ref, Text, flag, money, num, on, ref, text
from pacesetter.model.schema import Table, table
from pacesetter.model.vocabularies import ORGANISATIONS

SECTION = "Organisations and people"

TABLES: tuple[Table, ...] = (
    table(
        "clients", SECTION, "The organisations that are served.",
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
        "sites", SECTION, "Places of a client.",
        Id("site_id", "the site's id"),
        Ref("client_id", "clients", "whose site it is"),
        Text("name", "the site's name"),
        text("time_zone", "IANA zone of the site"),
    ),
    table(
        "contacts", SECTION, "People of a client who ask for help.",
        Id("contact_id", "the contact's id"),
        Ref("client_id", "clients", "whom the contact belongs to"),
        text("name", "the contact's name"),
        text("email", "the contact's address"),
        text("department", "the contact's department"),
        flag("is_vip", "whether the contact is to be served first"),
    ),
    table(
        "teams", SECTION, "Groups of technicians, of the MSP, of a client's internal IT or of a vendor.",
        Id("team_id", "the team's id"),
        Text("name", "the team's name"),
        Text("organisation", "whose team it is", *ORGANISATIONS),
        ref("client_id", "clients", "the client whose internal IT this is"),
        num("tier", "level of support: 1, 2, 3 …", 0),
        ref("calendar_id", "calendars", "the hours in which this team works"),
    ),
    table(
        "technicians", SECTION, "People who do the work.",
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
        "team_memberships", SECTION, "Who belongs to which team, and when.",
        Ref("technician_id", "technicians", "who"),
        Ref("team_id", "teams", "belongs to which team"),
        on("valid_from", "first day"),
        on("valid_to", "first day no longer"),
        key=["technician_id", "team_id", "valid_from"], spans=[("valid_from", "valid_to")],
    ),
)  # fmt: skip
