"""Tables of surveys, knowledge, training and improvement."""

from pacesetter.model.columns import At, Id, Num, On, Ref, Text, at, num, on, ref, text
from pacesetter.model.schema import Table, table

SECTION = "Voice, knowledge, improvement"

TABLES: tuple[Table, ...] = (
    table(
        "surveys", SECTION, "What people said when they were asked.",
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
        "articles", SECTION, "Articles of the knowledge base.",
        Id("article_id", "the article's id"),
        Text("title", "the article's title"),
        text("category", "kind of subject"),
        text("author", "who wrote it"),
        at("published_at", "when it was published"),
    ),
    table(
        "article_events", SECTION, "What people did in the help centre.",
        Id("event_id", "the event's id"),
        At("occurred_at", "when"),
        Text("kind", "what", "view", "search", "helpful", "not_helpful"),
        ref("article_id", "articles", "with which article"),
        ref("contact_id", "contacts", "by whom"),
        text("session", "the visit that it belongs to"),
    ),
    table(
        "trainings", SECTION, "Training that technicians had.",
        Id("training_id", "the training's id"),
        Ref("technician_id", "technicians", "who learned"),
        On("held_on", "on which day"),
        Num("hours", "how many hours", 0),
        Text("topic", "about what"),
        text("certificate", "the certificate that it led to"),
    ),
    table(
        "improvements", SECTION, "What technicians suggested.",
        Id("improvement_id", "the suggestion's id"),
        Ref("technician_id", "technicians", "who suggested it"),
        On("suggested_on", "when"),
        Text("title", "what"),
        on("decided_on", "when it was decided"),
        text("decision", "how it was decided", "adopted", "rejected"),
        spans=[("suggested_on", "decided_on")],
    ),
    table(
        "tool_uses", SECTION, "Uses of a tool by a technician.",
        Ref("technician_id", "technicians", "who"),
        At("used_at", "when"),
        Text("tool", "which tool"),
        ref("ticket_id", "tickets", "on which ticket"),
        key=["technician_id", "used_at", "tool", "ticket_id"],
    ),
)  # fmt: skip
