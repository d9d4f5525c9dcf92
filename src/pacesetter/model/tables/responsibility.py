"""Tables of the RACI matrix."""

from pacesetter.model.columns import Id, Ref, Text, num, on, ref, text
from pacesetter.model.schema import Table, table

SECTION = "Responsibility"

TABLES: tuple[Table, ...] = (
    table(
        "raci_tasks", SECTION, "Kinds of work for which somebody is responsible.",
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
        "raci_roles", SECTION, "Roles and who fills them.",
        Id("role_id", "the role's id"),
        Text("name", "the role's name"),
        ref("client_id", "clients", "at which client"),
        ref("team_id", "teams", "the team that fills it"),
        ref("technician_id", "technicians", "the technician who fills it"),
        ref("contact_id", "contacts", "the contact who fills it"),
    ),
    table(
        "raci_assignments", SECTION, "Who is responsible, accountable, consulted or informed.",
        Ref("task_id", "raci_tasks", "for which task"),
        Ref("role_id", "raci_roles", "which role"),
        Text("letter", "Responsible, Accountable, Consulted, Informed", "R", "A", "C", "I"),
        num("within_minutes", "time within which they are to be reached", 0),
        on("valid_from", "first day"),
        on("valid_to", "first day no longer"),
        key=["task_id", "role_id", "letter", "valid_from"], spans=[("valid_from", "valid_to")],
    ),
)  # fmt: skip
