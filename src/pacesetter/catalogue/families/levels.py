"""Family D, service levels: whether what was promised was kept."""

from pacesetter.catalogue.record import Better, Definition, Example, Kpi, Unit, count_of, share


def _reported(text: str, verdict: str, hit: str, need: str) -> Definition:
    return share(text, count_of("resolutions", "resolved", where=verdict), hit, need)


_BOTH = "reported_response_met IS NOT NULL OR reported_resolution_met IS NOT NULL"
_ALL_MET = "COALESCE(reported_response_met, TRUE) AND COALESCE(reported_resolution_met, TRUE)"

KPIS: tuple[Kpi, ...] = ()

REPORTED = {
    "sla_response_compliance": _reported(
        "tickets whose response the source itself reports as in time ÷ resolved tickets with such a report",
        "reported_response_met IS NOT NULL", "reported_response_met", "reported_response",
    ),
    "sla_resolution_compliance": _reported(
        "tickets whose resolution the source itself reports as in time ÷ resolved tickets with such a report",
        "reported_resolution_met IS NOT NULL", "reported_resolution_met", "reported_resolution",
    ),
    "sla_compliance": _reported(
        "tickets for which every verdict that the source itself reports is met ÷ resolved tickets with such a report",
        _BOTH, _ALL_MET, "reported_sla",
    ),
}  # fmt: skip


def _compliance(kpi_id: str, title: str, question: str) -> Kpi:
    return Kpi(
        id=kpi_id,
        family="D",
        title=title,
        question=question,
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=REPORTED[kpi_id],
        default_variant="reported",
        people=kpi_id == "sla_response_compliance",
        users=("service delivery manager", "account manager", "client's IT manager"),
        example=Example(text="95 of 100 tickets: 95 %", value=95),
    )


KPIS = (
    _compliance("sla_response_compliance", "Response SLA met", "How often is the first answer in time?"),
    _compliance("sla_resolution_compliance", "Resolution SLA met", "How often is the solution in time?"),
    _compliance("sla_compliance", "SLA met", "How often is every promise to a ticket kept?"),
)
