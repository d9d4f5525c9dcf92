"""Family E, satisfaction and knowledge: what people say, and whether knowledge is used."""

from dataclasses import replace

from pacesetter.catalogue.record import Better, Companion, Definition, Example, Kpi, Part, Unit, count_of, share

_CSAT = count_of("surveys", "answered", where="kind = 'csat' AND answered_s IS NOT NULL")
_NPS = count_of("surveys", "answered", where="kind = 'nps' AND answered_s IS NOT NULL")
_WITHOUT_TICKET = "By creation it is of the tickets created in the period: surveys that are about no ticket are out."
_PROMOTERS_LESS_DETRACTORS = "CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END"

_MEAN_SCORE = Definition(
    text="mean answer, brought to a scale of five",
    numerator=Part(
        fact="surveys", anchor="answered", where=_CSAT.where, value="CAST(5.0 * score AS DOUBLE) / scale_max"
    ),
    denominator=_CSAT,
    statistics=("mean_score",),
    needs=("csat",),
)
_DECIDED = f"{_CSAT.where} AND (score >= 0.8 * scale_max OR score <= 0.4 * scale_max)"
_PASSIVE_OUT = f"{_NPS.where} AND (score >= 9 OR score <= 6)"


def _csat(text: str, of: Part) -> Definition:
    given = share(text, of, "score >= 0.8 * scale_max", "csat")
    return replace(given, companions={"mean_score": Companion(unit=Unit.POINTS, definition=_MEAN_SCORE)})


def _net(text: str, where: str, score: str) -> Definition:
    of = count_of("surveys", "answered", where=where)
    numerator = Part(fact="surveys", anchor="answered", where=where, value=score)
    return Definition(
        text=text, numerator=numerator, denominator=of, scale=100.0, statistics=("score",), needs=("nps",)
    )


KPIS = (
    Kpi(
        id="csat",
        family="E",
        title="Customer satisfaction (CSAT)",
        question="How many people are satisfied?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=_csat(
            "answers from 80 % of their scale on (4 and 5 of 5) ÷ answers; the mean answer beside it", _CSAT
        ),
        default_variant="all_answers",
        variants={
            "without_neutrals": _csat(
                "answers from 80 % of their scale on ÷ answers that are either so or at most 40 % of their scale (1 and 2 of 5)",
                count_of("surveys", "answered", where=_DECIDED),
            )
        },
        people=True,
        caveats=("Who does not answer is not in it; see csat_response_rate.", _WITHOUT_TICKET),
        users=("service delivery manager", "account manager", "client's IT manager", "technician"),
        example=Example(text="82 of 100 answers are 4 or 5: 82 %", value=82),
    ),
    Kpi(
        id="csat_response_rate",
        family="E",
        title="CSAT response rate",
        question="How many people answer when they are asked?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "answers ÷ surveys sent",
            count_of("surveys", "sent", where="kind = 'csat'"),
            "answered_s IS NOT NULL",
            "csat",
        ),
        people=True,
        caveats=(_WITHOUT_TICKET,),
        users=("service delivery manager", "account manager"),
        example=Example(text="30 answers to 100 surveys: 30 %", value=30),
    ),
    Kpi(
        id="nps",
        family="E",
        title="Net promoter score (NPS)",
        question="Would clients recommend us?",
        unit=Unit.POINTS,
        better=Better.HIGHER,
        definition=_net(
            "percentage of promoters (9–10) − percentage of detractors (0–6)", _NPS.where, _PROMOTERS_LESS_DETRACTORS
        ),
        default_variant="standard",
        variants={
            "without_passives": _net(
                "(promoters − detractors) ÷ (promoters + detractors): the passives (7–8) are dropped from the denominator",
                _PASSIVE_OUT,
                _PROMOTERS_LESS_DETRACTORS,
            ),
            "from_eight": _net(
                "percentage of 8–10 − percentage of 0–5, as some European surveys cut it",
                _NPS.where,
                "CASE WHEN score >= 8 THEN 1 WHEN score <= 5 THEN -1 ELSE 0 END",
            ),
        },
        caveats=("Only the default is comparable with published figures.", _WITHOUT_TICKET),
        people=True,
        users=("owner", "account manager"),
        example=Example(text="70 % promoters, 10 % detractors: 60", value=60),
    ),
    Kpi(
        id="kb_usage_rate",
        family="E",
        title="Use of the knowledge base",
        question="How often does an article help?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "resolved tickets with an article linked or sent ÷ resolved tickets",
            count_of("resolutions", "resolved"),
            "used_article",
            "resolutions",
            "articles",
        ),
        users=("service delivery manager",),
        example=Example(text="40 of 100 resolved tickets: 40 %", value=40),
    ),
    Kpi(
        id="kb_self_service_ratio",
        family="E",
        title="Self-service ratio",
        question="How many look for themselves, per person who opens a ticket?",
        unit=Unit.RATIO,
        better=Better.HIGHER,
        definition=Definition(
            text="different visitors of the help centre ÷ different requesters of tickets created, both in the period",
            numerator=Part(fact="visits", anchor="period", distinct=True, key="visitor"),
            denominator=Part(fact="tickets", anchor="created", distinct=True, key="contact_id"),
            statistics=("ratio",),
            needs=("article_views", "requesters"),
            additive=False,
        ),
        caveats=(
            "A person counts once in a period: months do not add up.",
            "A visitor who is not signed in counts as one per session.",
        ),
        users=("service delivery manager",),
        example=Example(text="80 visitors, 40 requesters: 2", value=2),
    ),
    Kpi(
        id="kb_deflection_rate",
        family="E",
        title="Deflection by the knowledge base",
        question="How often is reading enough?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "sessions that read an article and opened no ticket within 24 hours ÷ sessions that read an article",
            count_of("sessions", "session"),
            "was_deflected",
            "sessions",
        ),
        caveats=("Who is not signed in cannot be seen opening a ticket and counts as deflected.",),
        users=("service delivery manager",),
        example=Example(text="30 of 40 sessions without a ticket: 75 %", value=75),
    ),
    Kpi(
        id="kb_article_effectiveness",
        family="E",
        title="Effectiveness of articles",
        question="Which articles help?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=replace(
            share(
                "helpful votes ÷ votes; beside it the reopen rate of the resolved tickets on which the article was used",
                count_of("visits", "period", where="kind IN ('helpful', 'not_helpful')"),
                "kind = 'helpful'",
                "votes",
            ),
            companions={
                "reopen_rate": Companion(
                    unit=Unit.PERCENT,
                    definition=replace(
                        share(
                            "tickets reopened ÷ resolved tickets on which the article was used",
                            count_of("article_uses", "resolved"),
                            "was_reopened",
                            "resolutions",
                            "articles",
                        ),
                        statistics=("reopen_rate",),
                    ),
                )
            },
        ),
        floor=10,
        users=("service delivery manager", "author of articles"),
        example=Example(text="18 of 20 votes are helpful: 90 %", value=90),
    ),
)
