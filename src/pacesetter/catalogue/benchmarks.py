"""Published industry figures, each as it was read on the page named.

Owns the table. A figure is shown with a KPI only beside its definition; ``variant`` and ``statistic`` say which answer it fits, and
``difference`` names what is not the same where nothing fits fully. Grade A: the publisher's own page; B: a named study quoted by another
page; C: opinion. Must not know how answers are computed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One figure in the unit of the KPI. ``high`` is the other end where the source gives a range or band."""

    kpi: str
    value: float
    unit: str
    statistic: str
    definition: str
    year: int | None
    grade: str
    source: str
    segment: str | None = None
    high: float | None = None
    hours: str | None = None
    difference: str | None = None


_HDI_2015 = "blog.freshservice.com/it-service-desk-industry-metric-benchmarks (HDI 2015)"
_HDI_2013 = "dc.ubm-us.com/i/352670 page 7 (HDI 2013, n = 196)"
_METRICNET = "metricnet.com/it-support-metrics-roundup (MetricNet 2012)"
_ZENDESK_2018 = "gist.github.com/jaymay/b774ce28186483b07801197233e49720 (Zendesk benchmark 2018)"
_LEADERSHIP = "members.bta.org, news 224735 (Service Leadership Q2 2024)"
_OWN_FCR = "what counts as solved on first contact is each desk's own rule"
_USD = "in US dollars, North America"
_CALENDAR = "in calendar hours"

BENCHMARKS = (
    Benchmark(kpi="first_contact_resolution", value=66, unit="percent", statistic="mean", segment="incidents",
              definition="mean of service desks, incidents", year=2015, grade="B", source=_HDI_2015, difference=_OWN_FCR),
    Benchmark(kpi="first_contact_resolution", value=66.9, unit="percent", statistic="mean", segment="requests",
              definition="mean of service desks, requests", year=2015, grade="B", source=_HDI_2015, difference=_OWN_FCR),
    Benchmark(kpi="first_contact_resolution", value=64.1, unit="percent", statistic="mean", segment="customer support",
              definition="mean, calls of customer support", year=2013, grade="A", source=_HDI_2013,
              difference="calls only, customer support"),
    Benchmark(kpi="first_contact_resolution", value=74, unit="percent", statistic="mean", definition="mean; range 41–94 %",
              year=None, grade="B", source="manageengine.com, first-call-resolution calculator page (MetricNet, undated)",
              difference=_OWN_FCR),
    Benchmark(kpi="cost_per_ticket", value=22, unit="currency", statistic="mean", definition="mean, level 1", year=2012,
              grade="A", source=_METRICNET, segment="level 1", difference=f"{_USD}, level 1"),
    Benchmark(kpi="cost_per_ticket", value=62, high=84, unit="currency", statistic="mean",
              definition="mean, level 2 alone; 84 with level 1", year=2012, grade="A", source=_METRICNET,
              segment="level 2", difference=f"{_USD}, level 2"),
    Benchmark(kpi="csat", value=82, unit="percent", statistic="mean", definition="satisfied of answered, all industries",
              year=2013, grade="A", source="zendesk.com/newsroom, benchmark Q3 2013 (16,000 companies)",
              segment="all industries", difference="answers are good or bad, there is no scale of five"),
    Benchmark(kpi="csat", value=95, unit="percent", statistic="mean", year=2012, grade="B",
              definition="satisfied of answered, IT services and consultancy",
              source="customer satisfaction index, March 2012 (Zendesk)", segment="IT services and consultancy",
              difference="answers are good or bad, there is no scale of five"),
    Benchmark(kpi="first_response_time", value=285 * 60, unit="s", statistic="median", definition="median, manufacturing",
              year=2018, grade="B", source=_ZENDESK_2018, segment="manufacturing", hours="calendar", difference=_CALENDAR),
    Benchmark(kpi="first_response_time", value=1491 * 60, unit="s", statistic="mean", definition="mean, manufacturing",
              year=2018, grade="B", source=_ZENDESK_2018, segment="manufacturing", hours="calendar", difference=_CALENDAR),
    Benchmark(kpi="first_response_time", value=98 * 60, unit="s", statistic="median", definition="median, consultancy",
              year=2018, grade="B", source=_ZENDESK_2018, segment="consultancy", hours="calendar", difference=_CALENDAR),
    Benchmark(kpi="resolution_time", value=1542 * 60, unit="s", statistic="median", definition="median, manufacturing",
              year=2018, grade="B", source=_ZENDESK_2018, segment="manufacturing", hours="calendar", difference=_CALENDAR),
    Benchmark(kpi="resolution_time", value=8708 * 60, unit="s", statistic="mean", definition="mean, manufacturing",
              year=2018, grade="B", source=_ZENDESK_2018, segment="manufacturing", hours="calendar", difference=_CALENDAR),
    Benchmark(kpi="gross_margin", value=46.2, unit="percent", statistic="mean", definition="mean gross margin, managed services",
              year=2024, grade="B", source=_LEADERSHIP, segment="managed services"),
    Benchmark(kpi="gross_margin", value=19.4, unit="percent", statistic="mean", definition="mean gross margin, projects",
              year=2024, grade="B", source=_LEADERSHIP, segment="projects", difference="projects only"),
    Benchmark(kpi="gross_margin", value=26.3, unit="percent", statistic="mean", definition="mean gross margin, product",
              year=2024, grade="B", source=_LEADERSHIP, segment="product", difference="product sales only"),
    Benchmark(kpi="gross_margin", value=49.4, unit="percent", statistic="top quarter", year=2021, grade="B",
              definition="services, top quarter by profit; bottom quarter 38 %",
              source="channelpronetwork.com, 2022 profitability report (Service Leadership 2021)", segment="services",
              difference="of the most profitable quarter; the bottom quarter has 38 %"),
    Benchmark(kpi="sla_compliance", value=95, unit="percent", statistic="rule of thumb", definition="more than 95 %", year=None,
              grade="C", source="logmein.com/blog, ten MSP metrics", difference="a rule of thumb, not a measured figure"),
    Benchmark(kpi="technician_utilization", value=75, unit="percent", statistic="rule of thumb", year=None, grade="C",
              definition="of available hours less absences", source="bmkcommunity.com/?p=9063",
              difference="a rule of thumb, not a measured figure"),
    Benchmark(kpi="client_churn_rate", value=10, unit="percent", statistic="rule of thumb", year=None, grade="C",
              definition="annual client retention of at least 90 %", source="channele2e.com, 10 KPIs for MSPs",
              difference="a rule of thumb, said as retention of a whole year"),
    Benchmark(kpi="recurring_revenue_rate", value=85, unit="percent", statistic="rule of thumb", year=2025, grade="C",
              definition="recurring share of revenue", source="mspsuccess.com, MSP scorecard",
              difference="a rule of thumb, not a measured figure"),
)  # fmt: skip
"""Found nowhere, so left blank: lifetime value, close ratio, escalation rate, NPS, lost business hours of MSPs."""
