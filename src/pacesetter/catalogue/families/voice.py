"""Family E, satisfaction and knowledge: what people say, and whether knowledge is used."""

from pacesetter.catalogue.record import Better, Definition, Example, Kpi, Part, Unit, count_of, share

_CSAT = count_of("surveys", "answered", where="kind = 'csat' AND answered_s IS NOT NULL")
_NPS = count_of("surveys", "answered", where="kind = 'nps' AND answered_s IS NOT NULL")
_PROMOTERS_LESS_DETRACTORS = "CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END"

KPIS = (
    Kpi(
        id="csat",
        family="E",
        title="Customer satisfaction (CSAT)",
        question="How many people are satisfied?",
        unit=Unit.PERCENT,
        better=Better.HIGHER,
        definition=share(
            "answers from 80 % of their scale on (4 and 5 of 5) ÷ answers", _CSAT, "score >= 0.8 * scale_max", "csat"
        ),
        people=True,
        caveats=("Who does not answer is not in it; see csat_response_rate.",),
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
        definition=Definition(
            text="percentage of promoters (9–10) − percentage of detractors (0–6)",
            numerator=Part(fact="surveys", anchor="answered", where=_NPS.where, value=_PROMOTERS_LESS_DETRACTORS),
            denominator=_NPS,
            scale=100.0,
            statistics=("score",),
            needs=("nps",),
        ),
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
)
