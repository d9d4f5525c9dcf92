"""The pages about responsibility in one list, in the order in which their routes are tried."""

from pacesetter.web import accountability, hands, integrity, raci, raci_conformance, raci_edit, raci_records

ROUTERS = (
    raci.router, raci_edit.router, raci_records.router, raci_conformance.router, hands.router, accountability.router, integrity.router,
)  # fmt: skip
