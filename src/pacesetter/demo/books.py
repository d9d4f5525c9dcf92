"""The business side: agreements, invoices, costs, exchange rates, sales, projects, training, suggestions, targets.

Owns the money of the simulated MSP; amounts are exact decimals with two places.
"""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from pacesetter.demo.arrays import generator
from pacesetter.demo.clients import Client
from pacesetter.demo.kinds import CATEGORIES
from pacesetter.demo.staff import ENGINEERING, WATCH
from pacesetter.demo.world import World

ROW = dict[str, object]
OFFERINGS = (
    ("off-desk", "Service desk", "seat", 98.0), ("off-monitoring", "Monitoring and patching", "device", 34.0),
    ("off-security", "Security watch", "seat", 26.0), ("off-backup", "Backup", "device", 18.0),
    ("off-hours", "Work by the hour", "hour", 118.0),
)  # fmt: skip
_RATE = {"EUR": 1.0, "USD": 0.92, "GBP": 1.16}
_IDEAS = (
    "Template for recurring access requests", "Checklist for new starters", "Script that renews certificates",
    "Self-service for passwords", "Daily look at ageing tickets", "Swap shifts on patch days",
)  # fmt: skip


def money(amount: float) -> Decimal:
    """An exact amount with two places."""
    return Decimal(round(amount * 100)) / 100


def offering_rows() -> list[ROW]:
    """Rows of ``offerings``."""
    return [{"offering_id": i, "name": n, "unit": u} for i, n, u, _ in OFFERINGS]


def rate_rows(months: list[date], seed: int) -> list[ROW]:
    """Rows of ``exchange_rates``: one per month and currency, wandering a little."""
    rng = generator(seed, 10)
    rows: list[ROW] = []
    for currency in ("USD", "GBP"):
        rate = _RATE[currency]
        for day in months:
            rows.append({"day": day, "currency": currency, "rate": round(rate, 4)})
            rate *= 1 + 0.012 * float(rng.standard_normal())
    return rows


def ended_on(world: World, client: Client, gone: dict[int, int]) -> date | None:
    """The first day on which a client is no longer one, where that is in the past."""
    at = gone.get(client.number)
    if at is None or at >= world.as_of:
        return None
    return date(1970, 1, 1) + timedelta(days=at // 86_400)


def agreement_rows(world: World, gone: dict[int, int]) -> list[ROW]:
    """Rows of ``agreements``; the client about to leave has cut its seats, others grew."""
    rng = generator(world.seed, 11, world.shard)
    rows: list[ROW] = []
    for client in world.clients:
        start = client.started_on or world.first_day
        end = ended_on(world, client, gone)
        for place, (offering, _, unit, price) in enumerate(OFFERINGS[:4]):
            if place and rng.random() > 0.68:
                continue
            quantity = client.seats if unit == "seat" else max(2, round(client.seats * 1.2))
            local = price / _RATE[client.currency] * (0.92 + 0.16 * float(rng.random()))
            change = _change(world, client, rng, place)
            spans = [(start, end, quantity)]
            if change and start < change[0] and (end is None or change[0] < end):
                spans = [(start, change[0], quantity), (change[0], end, max(1, round(quantity * change[1])))]
            for version, (since, until, amount) in enumerate(spans):
                last = version == len(spans) - 1
                rows.append(
                    {"agreement_id": f"ag-{client.client_id}-{offering[4:]}-{version + 1}", "client_id": client.client_id,
                     "offering_id": offering, "starts_on": since, "ends_on": until, "monthly_amount": money(local * amount),
                     "currency": client.currency, "quantity": amount,
                     "end_reason": None if until is None else "client left" if last else "quantity changed"}
                )  # fmt: skip
    return rows


def _change(world: World, client: Client, rng: np.random.Generator, place: int) -> tuple[date, float] | None:
    """When the quantity of an agreement changed, and by which factor."""
    u, when = float(rng.random()), int(rng.integers(1, max(2, len(world.slices))))
    if client.part == "leaving" and place == 0:
        return world.slices[-2].first_day, 0.8
    if u < 0.3:
        return world.slices[min(when, len(world.slices) - 1)].first_day, 0.8 + 0.6 * float(rng.random())
    return None


def invoice_rows(world: World, agreements: list[ROW], hours: dict[tuple[int, int], float]) -> list[ROW]:
    """Rows of ``invoice_lines``: agreements by month, and hours (by client number and slice) that are charged apart."""
    rows: list[ROW] = []
    currency = {c.number: c for c in world.clients}
    for piece in world.slices:
        day = piece.first_day
        for a in agreements:
            since, until = a["starts_on"], a["ends_on"]
            assert isinstance(since, date)
            if since <= day and (until is None or (isinstance(until, date) and day < until)):
                rows.append({"client_id": a["client_id"], "invoiced_on": day, "amount": a["monthly_amount"],
                             "currency": a["currency"], "is_recurring": True, "offering_id": a["offering_id"],
                             "agreement_id": a["agreement_id"], "quantity": a["quantity"]})  # fmt: skip
        last = day + timedelta(days=27)
        for number, client in currency.items():
            worked = round(hours.get((number, piece.number), 0.0) * 4) / 4
            if worked > 0:
                price = OFFERINGS[4][3] / _RATE[client.currency]
                rows.append({"client_id": client.client_id, "invoiced_on": last, "amount": money(price * worked),
                             "currency": client.currency, "is_recurring": False, "offering_id": OFFERINGS[4][0],
                             "quantity": worked})  # fmt: skip
    return [{"line_id": f"inv-{world.shard + 1:02d}-{i + 1:06d}"} | r for i, r in enumerate(rows)]


def cost_rows(world: World) -> list[ROW]:
    """Rows of ``costs``: labour by team and month from the shifts, licences and machines by client, overhead."""
    rng = generator(world.seed, 12, world.shard)
    rows: list[ROW] = []
    for piece in world.slices:
        last = piece.first_day + timedelta(days=27)
        total = 0.0
        for team in (t for t in world.teams if t.organisation == "msp"):
            people = [t for t in world.technicians if t.team_on(piece.first_day) == team.number]
            hours = {
                t.number: _hours(t.work, piece.start, piece.end) + _hours(t.absent, piece.start, piece.end)
                for t in people
            }
            amount = sum(t.cost_rate * hours[t.number] for t in people)
            total += amount
            rows.append({"incurred_on": last, "kind": "labor", "amount": money(amount), "team_id": team.team_id,
                         "is_support": team.number != ENGINEERING})  # fmt: skip
        for client in world.clients:
            if client.started_on and client.started_on > piece.first_day:
                continue
            noise = 0.95 + 0.1 * float(rng.random())
            rows.append({"incurred_on": last, "kind": "software", "amount": money(client.seats * 9.5 * noise),
                         "client_id": client.client_id, "offering_id": "off-monitoring", "is_support": False})  # fmt: skip
            if rng.random() < 0.3:
                rows.append({"incurred_on": last, "kind": "material", "amount": money(180 + 900 * float(rng.random())),
                             "client_id": client.client_id, "is_support": False})  # fmt: skip
        rows.append({"incurred_on": last, "kind": "infrastructure", "amount": money(total * 0.09), "is_support": True})
        rows.append({"incurred_on": last, "kind": "overhead", "amount": money(total * 0.22), "is_support": False})
    base = {"currency": "EUR"}
    return [{"cost_id": f"cost-{world.shard + 1:02d}-{i + 1:06d}"} | base | r for i, r in enumerate(rows)]


def _hours(spans: list[tuple[int, int]], start: int, end: int) -> float:
    return sum(b - a for a, b in spans if start <= a < end) / 3600


def sales_rows(world: World, gone: dict[int, int]) -> list[ROW]:
    """Rows of ``opportunities``, some with clients (the one about to leave declines), some with strangers."""
    rng = generator(world.seed, 13, world.shard)
    rows: list[ROW] = []
    reasons = ("price", "went elsewhere", "no budget", "service not trusted")
    for piece in world.slices:
        for client in world.clients:
            known = (client.started_on or world.first_day) <= piece.first_day and client.number not in gone
            sure = client.part == "leaving" and piece.number == len(world.slices) - 2
            if not (sure or (known and rng.random() < 0.06)):
                continue
            opened = piece.first_day + timedelta(days=int(rng.integers(0, 25)))
            decided = opened + timedelta(days=14 if sure else int(rng.integers(10, 80)))
            won = not sure and bool(rng.random() < 0.42)
            over = decided < world.last_day
            offering = OFFERINGS[int(rng.integers(0, 4))][0]
            rows.append(
                {"opened_on": opened, "amount": money(float(np.exp(8.3 + 0.8 * rng.standard_normal()))),
                 "currency": client.currency, "decided_on": decided if over else None,
                 "outcome": ("won" if won else "lost") if over else None,
                 "lost_reason": ("service not trusted" if sure else reasons[int(rng.integers(0, 3))])
                 if over and not won else None, "owner": ("Robin Saltmarsh", "Kim Underbough")[piece.number % 2],
                 "client_id": client.client_id if sure or rng.random() < 0.7 else None, "offering_id": offering}
            )  # fmt: skip
    return [{"opportunity_id": f"opp-{world.shard + 1:02d}-{i + 1:05d}"} | r for i, r in enumerate(rows)]


def project_rows(world: World) -> list[ROW]:
    """Rows of ``projects``: about one per client and ten months; a third late, some dearer than planned."""
    rng = generator(world.seed, 14, world.shard)
    rows: list[ROW] = []
    titles = ("Move to the new office", "Mail migration", "Server renewal", "Wifi renewal", "Tenant consolidation")
    for client in world.clients:
        wanted = max(1, round(len(world.slices) / 10 * (0.6 + 0.8 * float(rng.random()))))
        for _ in range(wanted):
            promised = world.first_day + timedelta(days=int(rng.integers(20, len(world.slices) * 30 + 20)))
            if client.started_on and promised < client.started_on:
                promised = client.started_on + timedelta(days=60)
            slip = int(rng.integers(-6, 1)) if rng.random() < 0.64 else int(rng.integers(2, 40))
            delivered: date | None = promised + timedelta(days=slip)
            if delivered and delivered >= world.last_day:
                delivered = None
            budget = float(np.exp(9.4 + 0.6 * rng.standard_normal()))
            spent = budget * (
                0.9 + 0.1 * float(rng.random()) if rng.random() < 0.7 else 1.05 + 0.3 * float(rng.random())
            )
            rows.append({"client_id": client.client_id, "name": titles[int(rng.integers(len(titles)))],
                         "promised_on": promised, "delivered_on": delivered, "budget": money(budget),
                         "actual_cost": money(spent) if delivered else None, "currency": client.currency})  # fmt: skip
    return [{"project_id": f"project-{world.shard + 1:02d}-{i + 1:04d}"} | r for i, r in enumerate(rows)]


def training_rows(world: World) -> list[ROW]:
    """Rows of ``trainings``; a topic that is a category shortens the technician's work on it from that day on."""
    rows: list[ROW] = []
    for technician in world.technicians:
        for category, (day, hours) in sorted(technician.trained.items()):
            rows.append({"technician_id": technician.technician_id, "held_on": day, "hours": hours,
                         "topic": CATEGORIES[category],
                         "certificate": f"{CATEGORIES[category]} associate" if hours >= 16 else None})  # fmt: skip
    return [{"training_id": f"training-{world.shard + 1:02d}-{i + 1:05d}"} | r for i, r in enumerate(rows)]


def improvement_rows(world: World) -> list[ROW]:
    """Rows of ``improvements``."""
    rng = generator(world.seed, 15, world.shard)
    rows: list[ROW] = []
    for technician in world.technicians:
        for piece in world.slices:
            if rng.random() > 0.12 or not technician.started_on <= piece.first_day < (technician.ended_on or date.max):
                continue
            day = piece.first_day + timedelta(days=int(rng.integers(0, 27)))
            decided: date | None = day + timedelta(days=int(rng.integers(3, 60)))
            adopted = "adopted" if rng.random() < 0.45 else "rejected"
            if decided and (decided >= world.last_day or rng.random() < 0.15):
                decided = None
            rows.append({"technician_id": technician.technician_id, "suggested_on": day,
                         "title": _IDEAS[int(rng.integers(len(_IDEAS)))], "decided_on": decided,
                         "decision": adopted if decided else None})  # fmt: skip
    return [{"improvement_id": f"idea-{world.shard + 1:02d}-{i + 1:05d}"} | r for i, r in enumerate(rows)]


def target_rows(world: World) -> list[ROW]:
    """Rows of ``targets``: the MSP's own goals, one raised in July, one stricter for a client, one for a team."""
    july = date(world.last_day.year, 7, 1)
    goals = (("sla_compliance", 92, 88), ("sla_resolution_compliance", 94, 90), ("csat", 88, 84), ("nps", 35, 20),
             ("first_contact_resolution", 62, 55), ("reopen_rate", 4, 6), ("first_response_time", 3600, 5400),
             ("resolution_time", 57600, 72000), ("technician_utilization", 75, 65), ("close_ratio", 35, 25))  # fmt: skip
    rows: list[ROW] = [{"kpi": k, "value": v, "warn": w} for k, v, w in goals if k != "csat"]
    rows.append({"kpi": "csat", "value": 86, "warn": 82, "valid_to": july})
    rows.append({"kpi": "csat", "value": 88, "warn": 84, "valid_from": july})
    rows.append({"kpi": "sla_compliance", "value": 96, "warn": 93, "client_id": world.clients[6].client_id})
    rows.append({"kpi": "first_response_time", "value": 900, "warn": 1800, "team_id": world.teams[WATCH].team_id})
    return rows
