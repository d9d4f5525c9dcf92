"""Awkward canonical bundles, the same for the same seed: ``write_bundle(folder, seed)``.

Writes only; what the bundle means is for the oracle to say.
"""

import csv
import gzip
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from oracle.drafts import DAY, EPOCH, HOUR, SECOND, Cast, Cells, Draft, iso
from oracle.profiles import PROFILES, STATUSES
from oracle.reading import seconds
from pacesetter.model.tables import BY_NAME

ERAS = (
    ("Europe/Berlin", date(2025, 9, 1), date(2026, 5, 1), date(2025, 10, 26)),
    ("America/New_York", date(2025, 9, 1), date(2026, 4, 1), date(2026, 3, 8)),
    ("Australia/Lord_Howe", date(2025, 9, 1), date(2026, 5, 1), date(2025, 10, 5)),
    ("America/Sao_Paulo", date(2018, 1, 1), date(2019, 1, 1), date(2018, 11, 4)),
    ("Asia/Kathmandu", date(2025, 11, 1), date(2026, 3, 1), date(2026, 1, 1)),
    ("America/Havana", date(2025, 9, 1), date(2026, 4, 1), date(2025, 11, 2)),
)


@dataclass(frozen=True)
class Plan:
    """What to ask of a bundle: zone, months covered, a special day, one as-of in the middle and one after all."""

    folder: Path
    zone: str
    first: date
    last: date
    special: date
    middle: int
    end: int


def write_table(folder: Path, name: str, rows: Iterable[Mapping[str, object]], *, packed: bool = False) -> None:
    """Write one table with those of its columns that any row fills (instants given in microseconds as ``*_at``)."""
    kept = list(rows)
    filled = {column for row in kept for column, value in row.items() if value is not None}
    columns = [c for c in BY_NAME[name].names if c in filled] + sorted(filled - set(BY_NAME[name].names))
    path = folder / f"{name}.csv{'.gz' if packed else ''}"
    with (gzip.open if packed else open)(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _cell(k, v) for k, v in row.items()} for row in kept)


def _cell(column: str, value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and column.endswith("_at"):
        return iso(value)
    return "" if value is None else value


def midnight(day: date, zone: ZoneInfo) -> int:
    """Microseconds of a local midnight (as zoneinfo resolves a missing one)."""
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - EPOCH) // timedelta(microseconds=1)


def _instants(rng: random.Random, zone: ZoneInfo, first: date, last: date, special: date) -> list[int]:
    start, end = midnight(first, zone) + 20 * DAY, midnight(last, zone) - 20 * DAY
    day, edges = first, []
    while day < last:
        if day.day == 1 and day > first:
            edges += [midnight(day, zone) + shift for shift in (-SECOND, -1, 0, 0, 1, SECOND)]
        day += timedelta(days=1)
    edges += [midnight(special, zone) + s * SECOND for s in (-1, 0, 1799, 3600, 5400, 7199, 7200, 7201, 10800, 86399)]
    usual = [rng.randrange(start // SECOND, end // SECOND) * SECOND for _ in range(50)]
    usual += [rng.randrange(start, end) for _ in range(5)]
    return edges + usual


def _cast(rng: random.Random, zone: ZoneInfo, first: date, last: date, special: date) -> Cast:
    clients = ["acme", "böhm", "c-3"]
    tiers = {"msp1": ["desk", "night"], "msp2": ["net"], "msp3": ["core"], "msp": ["misc"], "client": ["it-acme"],
             "vendor": ["maker"]}  # fmt: skip
    technicians: dict[str | None, list[str]] = {
        team: [f"{team}-{n}" for n in (1, 2)] for group in tiers.values() for team in group if team != "misc"
    }
    technicians[None] = ["floater"]
    return Cast(
        rng, zone, first, last, clients, {c: [f"{c}-p{n}" for n in (1, 2, 3)] for c in clients},
        {c: [f"{c}-s"] for c in clients}, tiers, technicians, _instants(rng, zone, first, last, special),
    )  # fmt: skip


def _write_people(folder: Path, cast: Cast, special: date) -> None:
    zones = ["Europe/Berlin", "Australia/Lord_Howe", None]
    write_table(folder, "clients", [{"client_id": c, "name": f"Client {c}", "time_zone": z}
                                    for c, z in zip(cast.clients, zones, strict=True)])  # fmt: skip
    write_table(folder, "sites", [{"site_id": s, "client_id": c, "name": s}
                                  for c, group in cast.sites.items() for s in group])  # fmt: skip
    people = [(c, p) for c, group in cast.contacts.items() for p in group]
    write_table(folder, "contacts", [{"contact_id": p, "client_id": c, "department": cast.rng.choice(["ops", None])}
                                     for c, p in people])  # fmt: skip
    tier = {"msp1": 1, "msp2": 2, "msp3": 3, "client": cast.rng.choice([1, None]), "vendor": 3}
    write_table(folder, "teams", [
        {"team_id": t, "name": f"Team {t}", "organisation": "msp" if g.startswith("msp") else g, "tier": tier.get(g),
         "client_id": "acme" if g == "client" else None}
        for g, ts in cast.tiers.items() for t in ts
    ])  # fmt: skip
    write_table(folder, "technicians", [{"technician_id": p, "name": p.title(), "team_id": None if p == "desk-2" else t}
                                        for t, ps in cast.technicians.items() for p in ps])  # fmt: skip
    write_table(folder, "team_memberships", [
        {"technician_id": p, "team_id": t, "valid_from": since, "valid_to": until} for p, t, since, until in _memberships(cast, special)
    ])  # fmt: skip
    write_table(folder, "ticket_statuses", [{"status": s, "phase": p} for s, p in STATUSES.items()])
    write_table(folder, "articles", [{"article_id": "a1", "title": "How to"}])


def _memberships(cast: Cast, special: date) -> list[tuple[str, str, date | None, date | None]]:
    """Who is known by a membership alone, went to a vendor or came from one, belonged to two teams at once or to none for a while."""
    early, late = cast.first + timedelta(days=50), cast.last - timedelta(days=50)
    return [
        ("desk-2", "desk", None, None),
        ("net-1", "net", None, special),
        ("net-1", "maker", special, late),
        ("net-1", "core", late, None),
        ("maker-2", "maker", None, early),
        ("maker-2", "desk", early, None),
        ("night-1", "night", None, None),
        ("night-1", "net", early, late),
        ("core-2", "core", late, None),
        ("floater", "it-acme", early, late),
    ]


def _surveys(cast: Cast, drafts: list[Draft], *, one_scale: bool) -> list[Cells]:
    rng, rows = cast.rng, []
    for number in range(len(drafts) // 2):
        draft = rng.choice([*drafts, None])
        kind = rng.choice(["csat", "csat", "nps"])
        sent = rng.choice(cast.instants) if draft is None else draft.now + rng.choice([0, HOUR])
        scale = 10 if kind == "nps" else rng.choice([None, 5] if one_scale else [None, 1, 5, 10, 7])
        best = scale or 5
        score = rng.choice([None, *range(best + 1), best, best])
        client = draft.row["client_id"] if draft else rng.choice(cast.clients)
        rows.append({
            "survey_id": f"s{number}", "kind": kind, "sent_at": sent, "score": score,
            "answered_at": sent + rng.choice([0, HOUR, 5 * DAY]) if score is not None or rng.random() < 0.3 else None,
            "scale_max": None if kind == "nps" else scale, "ticket_id": draft.id if draft else None,
            "client_id": client if draft is None or rng.random() < 0.5 else None,
        })  # fmt: skip
    return rows


def _drafts(cast: Cast, count: int) -> list[Draft]:
    drafts = []
    for number in range(1, count + 1):
        draft = Draft(cast, f"t{number}")
        profile = PROFILES[number % len(PROFILES)] if number < len(PROFILES) else cast.rng.choice(PROFILES)
        if number == 1:
            profile = PROFILES[0]
        profile(draft)
        if cast.rng.random() < 0.3:
            draft.row["team_id"] = draft.row.get("team_id") or draft.team
        drafts.append(draft)
    return drafts


def _repeats(cast: Cast) -> list[Draft]:
    """Pairs of incidents of one requester or asset, the second at the edges of the window after the first's end."""
    drafts = []
    gaps = [0, 1, 3 * 86_400 - 1, 3 * 86_400, 3 * 86_400 + 1, 30 * 86_400 - 1, 30 * 86_400, 30 * 86_400 + 1, -1]
    for number, gap in enumerate(gaps * 2):
        one, two = Draft(cast, f"r{number}a"), Draft(cast, f"r{number}b")
        common: Cells = {"type": "incident", "category": f"only {number}", "asset": f"device {number}"}
        common["client_id"] = one.row["client_id"]
        common["contact_id"] = cast.rng.choice([None, one.row["contact_id"]])
        one.row |= common | {"resolved_at": one.start - one.start % SECOND + 9 * HOUR}
        one.row["excluded_as"] = cast.rng.choice([None, None, None, "spam"])
        two.row |= common | {"created_at": int(str(one.row["resolved_at"])) + gap * SECOND}
        if number % 5 == 4:
            two.row |= {"client_id": cast.rng.choice(cast.clients), "contact_id": None}
        drafts += [one, two]
        for draft in (one, two):
            draft.row["site_id"] = None
    return drafts


def _contracts(folder: Path, cast: Cast, drafts: list[Draft], special: date, seed: int) -> None:
    """Agreements, of which none, one or several could be meant; draws of its own, so that it changes nothing in what the others draw."""
    rng, offerings = random.Random(f"contracts {seed}"), ["desk", "backup", "voice"]
    write_table(folder, "offerings", [{"offering_id": o, "name": o} for o in offerings])
    rows: list[Cells] = []
    for number in range(9):
        starts = rng.choice([cast.first, special, special + timedelta(days=1)])
        ends = rng.choice([None, None, special, special + timedelta(days=rng.randint(1, 40)), "9999-12-31"])
        rows.append({
            "agreement_id": f"a{number}", "client_id": rng.choice(cast.clients), "offering_id": rng.choice(offerings),
            "starts_on": starts, "ends_on": starts if ends is not None and str(ends) < str(starts) else ends, "monthly_amount": 10,
        })  # fmt: skip
    write_table(folder, "agreements", rows)
    policies = [{"sla_policy_id": f"p{n}", "name": f"p{n}", "agreement_id": rng.choice([None, *(f"a{n}" for n in range(9))])}
                for n in range(4)]  # fmt: skip
    write_table(folder, "sla_policies", policies)
    for draft in drafts:
        draft.row["offering_id"] = rng.choice([*offerings, None])
        draft.row["sla_policy_id"] = rng.choice([None] * 8 + [p["sla_policy_id"] for p in policies])


def _shifts(folder: Path, cast: Cast, events: list[Cells], seed: int) -> None:
    """Shifts about the instants at which things happen: to the second, over midnight, two at once, some of them absences."""
    rng, rows = random.Random(f"shifts {seed}"), list[Cells]()
    for number in range(120):
        near, length = int(str(rng.choice(events)["occurred_at"])), rng.choice([SECOND, HOUR, 8 * HOUR, 30 * HOUR])
        start = near - near % SECOND - rng.choice([0, 0, SECOND, length - SECOND, length, 3 * HOUR])
        who = rng.choice(cast.everybody)
        rows.append({"shift_id": f"s{number}", "technician_id": who, "starts_at": start, "ends_at": start + length,
                     "kind": rng.choice(["work", "work", None, "absence"])})  # fmt: skip
        if number % 4 == 0:
            rows.append({**rows[-1], "shift_id": f"S{number}", "starts_at": start - rng.choice([0, HOUR])})
    write_table(folder, "shifts", rows)


def write_bundle(folder: Path, seed: int) -> Plan:
    """Write the bundle of a seed into a new folder and say what to ask of it."""
    rng = random.Random(seed)
    zone_name, first, last, special = ERAS[seed % len(ERAS)]
    zone = ZoneInfo(zone_name)
    folder.mkdir(parents=True)
    cast = _cast(rng, zone, first, last, special)
    _write_people(folder, cast, special)
    drafts = _drafts(cast, rng.randint(40, 300) if seed % 4 else 40) + _repeats(cast)
    rng.shuffle(drafts)
    _contracts(folder, cast, drafts, special, seed)
    write_table(folder, "tickets", [d.row for d in drafts])
    events: list[Cells] = [e for d in drafts for e in d.events]
    _shifts(folder, cast, events, seed)
    rng.shuffle(events)
    for event in events:
        if rng.random() < 0.3:
            event["occurred_at"] = iso(int(str(event["occurred_at"])), rng.choice([zone, ZoneInfo("Asia/Kathmandu")]))
    write_table(folder, "ticket_events", events, packed=seed % 3 == 0)
    write_table(folder, "surveys", _surveys(cast, drafts, one_scale=seed % 3 == 0))
    write_table(folder, "time_entries", [
        {"entry_id": f"w{n}", "technician_id": rng.choice(cast.everybody), "started_at": rng.choice(cast.instants),
         "duration_minutes": rng.choice([0, 15, 20.5]), "ticket_id": rng.choice(drafts).id,
         "on_site": rng.choice([True, False, None])}
        for n in range(20)
    ])  # fmt: skip
    whole = midnight(last, zone) // SECOND
    happened = sorted(seconds(str(_cell("occurred_at", e["occurred_at"]))) for e in events)
    middle = happened[len(happened) // 2]
    return Plan(folder, zone_name, first, last, special, middle, whole + 800 * 86_400)
