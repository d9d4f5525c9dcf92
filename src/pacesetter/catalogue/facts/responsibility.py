"""Facts about responsibility: which task tickets are, who did the work, who was consulted and informed."""

from pacesetter.catalogue.facts.clocks import VERDICT, VERDICT_OUT
from pacesetter.catalogue.facts.record import COMMON, OUT, B, Fact, N, X, durations

_VALID = "f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)"
_TASK = {"task_id": X, "accountable": X}


def _kind(state: str, ticket: str) -> str:
    """The join to the matrix: the row that held when the ticket was created. ``state`` has priority and category."""
    return f"""LEFT JOIN f_raci_kinds AS k
                ON k.client_id = {ticket}.client_id AND k.type IS NOT DISTINCT FROM {ticket}.type
                AND k.category IS NOT DISTINCT FROM {state}.category AND k.subcategory IS NOT DISTINCT FROM {ticket}.subcategory
                AND k.priority IS NOT DISTINCT FROM {state}.priority
                AND k.from_s <= {ticket}.created_s AND k.to_s > {ticket}.created_s"""


FACTS = (
    Fact(
        name="raci_tickets",
        doc="every ticket with the task of the RACI matrix that it was when it was created, if any",
        source=f"""
            SELECT f.*, {OUT}, k.task_id, k.accountable, coalesce(k.is_valid, FALSE) AS has_valid_row
            FROM f_tickets AS f {_kind("f", "f")} WHERE f.created_s <= :as_of""",
        dated_source=f"""
            SELECT f.* EXCLUDE (phase, team_id, organisation, tier, technician_id, priority, category),
                i.phase, i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category, {OUT},
                k.task_id, k.accountable, coalesce(k.is_valid, FALSE) AS has_valid_row
            FROM f_tickets AS f JOIN f_intervals AS i ON i.ticket_key = f.ticket_key {_kind("i", "f")}
            WHERE i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)""",
        anchors={"created": "created_s"},
        columns={**COMMON, **_TASK, "phase": X, "has_valid_row": B},
    ),
    Fact(
        name="raci_work",
        doc="the final resolution of each resolved ticket with a task, with the role that did most of the work until then",
        source=f"""
            SELECT f.* EXCLUDE (excluded_as, excluded_s),
                CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as WHEN f.basis IS NULL THEN 'nobody_known' END AS out_as
            FROM f_raci AS f WHERE {_VALID}""",
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={
            **COMMON, **_TASK, "resolved_s": N, "is_valid": B, "done_by": X, "is_conforming": B, "deviation": X, "basis": X,
            "worked_s": N, "others_worked_s": N, "was_reopened": B,
        },
        hours=durations("resolved"),
        bad_time="is_early",
        shift_at="resolved_s",
    ),
    Fact(
        name="raci_duties",
        doc="every role to consult or inform about a resolved ticket with a task, once it was reached or its time is over",
        source=f"""
            SELECT f.*, {OUT}, coalesce(f.reached_s <= :as_of AND (f.due_s IS NULL OR f.reached_s <= f.due_s), FALSE) AS was_reached
            FROM f_raci_duties AS f
            WHERE {_VALID} AND (f.due_s IS NULL OR f.due_s <= :as_of OR f.reached_s <= :as_of)""",
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={**COMMON, **_TASK, "resolved_s": N, "is_valid": B, "letter": X, "role_id": X, "was_reached": B},
        shift_at="resolved_s",
    ),
    Fact(
        name="raci_verdicts",
        doc="each ticket with a task whose SLA clocks are judged",
        source=f"""
            SELECT f.*, {VERDICT_OUT}, k.task_id, k.accountable, t.subcategory
            FROM f_verdicts AS f JOIN f_tickets AS t ON t.ticket_key = f.ticket_key
            {_kind("f", "t")}
            WHERE k.task_id IS NOT NULL AND {VERDICT}""",
        anchors={"due": "judged_s", "created": "created_s"},
        columns={**COMMON, **_TASK, "is_kept": B, "judged_s": N, "subcategory": X},
        shift_at="judged_s",
    ),
)  # fmt: skip
