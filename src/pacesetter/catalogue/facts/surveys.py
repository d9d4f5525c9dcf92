"""Facts about what people said."""

from pacesetter.catalogue.facts.record import COMMON, OUT, Fact, N, X

FACTS = (
    Fact(
        name="surveys",
        doc="every survey that was sent",
        source=f"""
            SELECT f.* EXCLUDE (answered_s), CASE WHEN f.answered_s <= :as_of THEN f.answered_s END AS answered_s, {OUT}
            FROM f_surveys AS f WHERE f.sent_s <= :as_of""",
        anchors={"answered": "answered_s", "sent": "sent_s", "created": "created_s"},
        columns={**COMMON, "kind": X, "score": N, "scale_max": N, "answered_s": N, "sent_s": N},
        row_id="survey_id",
    ),
)  # fmt: skip
