"""Tables of targets and published figures."""

from pacesetter.model.columns import Num, Text, num, on, ref, text
from pacesetter.model.schema import Table, table

SECTION = "Yardsticks"

TABLES: tuple[Table, ...] = (
    table(
        "targets", SECTION, "What a KPI is to reach.",
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
        "benchmarks", SECTION, "Published figures to compare with.",
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
