"""What happens to awkward tickets: one function for each kind of awkwardness."""

from oracle.drafts import DAY, HOUR, MINUTE, SECOND, Draft

STATUSES = {
    "Neu": "new", "Open": "active", "In work": "active", "Ask": "waiting_requester", "Vendor": "waiting_vendor",
    "Planned": "scheduled", "Solved": "resolved", "Done": "closed", "Void": "cancelled",
}  # fmt: skip
WORKING_WORDS = ("Neu", "Open", "In work", "Ask", "Vendor", "Planned", "Odd word", "active")


def plain(d: Draft) -> None:
    d.event("created", "requester", to_value=d.rng.choice(["Neu", "Open", None])).wait().reply().wait()
    d.status("Neu", d.rng.choice(WORKING_WORDS)).wait().solve().wait()
    if d.rng.random() < 0.6:
        d.event("closed", "automation")


def reopened(d: Draft) -> None:
    plain(d)
    for _ in range(d.rng.randint(1, 3)):
        d.wait()
        if d.rng.random() < 0.5:
            d.event("reopened", "requester")
        else:
            d.status("Solved", d.rng.choice(WORKING_WORDS))
        d.wait().solve()
    if d.rng.random() < 0.3:
        d.wait().event("reopened", "requester")
    elif d.rng.random() < 0.5:
        d.wait().event("closed", "automation")


def reopened_in_a_second(d: Draft) -> None:
    d.wait().reply().wait().event("resolved").event("reopened", "requester").event("resolved").wait(0, DAY)
    d.event("closed").event("reopened").status("Open", "Solved")


def auto_close_then_reopen(d: Draft) -> None:
    d.wait().solve().wait(3 * DAY).event("closed", "automation").wait().event("reopened", "requester")
    d.wait(60 * DAY, HOUR).solve().wait(3 * DAY).event("closed", "automation")


def automatic_first(d: Draft) -> None:
    d.event("reply", "automation", is_public=True).wait().event("reply", is_public=False).event("note").wait()
    if d.rng.random() < 0.7:
        d.event("reply", None, is_public=True, actor_id=d.rng.choice([None, "nobody", d.cast.member(d.team)])).wait()
    if d.rng.random() < 0.7:
        d.reply().wait()
    d.solve()


def live(d: Draft) -> None:
    d.row |= {"opened_by": "technician", "channel": d.rng.choice(["phone", "chat", "walk_in", "email", None])}
    if d.rng.random() < 0.5:
        d.wait().reply()
    if d.rng.random() < 0.7:
        d.wait().solve()


def out_of_population(d: Draft) -> None:
    d.rng.choice([plain, escalated, chatty])(d)
    way = d.rng.choice(["spam", "merged", "deleted", "test", "column", "event", "event"])
    if way == "column":
        d.row["merged_into"] = "t1"
    elif way == "event":
        d.wait().event("merge", to_value=d.rng.choice(["t1", "t1", None]))
    else:
        d.row["excluded_as"] = way


def alert(d: Draft) -> None:
    d.row |= {"type": "alert", "opened_by": "automation", "channel": "monitoring", "contact_id": None}
    d.rng.choice([plain, escalated, still_open])(d)


def escalated(d: Draft) -> None:
    up = d.rng.choice(d.cast.tiers["msp2"] + d.cast.tiers["msp3"] + d.cast.tiers["vendor"])
    low = d.team
    d.wait().event("assignment", from_value=None, to_value=d.cast.member(low)).wait()
    way = d.rng.choice(["event", "team", "team first", "event first", "no target", "same second"])
    if way in ("event", "event first", "no target"):
        d.event("escalation", from_value=low, to_value=None if way == "no target" else up)
    if way == "same second":
        d.event("escalation", from_value=low, to_value=up).move(up)
    if way in ("team", "team first", "event first"):
        d.wait().move(up)
    if way == "team first":
        d.wait(0, SECOND, MINUTE).event("escalation", from_value=low, to_value=up)
    d.team = low if way == "no target" else up
    d.wait().event("notification", to_value="boss").wait()
    d.event(d.rng.choice(["note", "reply", "assignment"]), actor_id=d.cast.member(d.rng.choice([low, up])))
    if d.rng.random() < 0.4:
        d.wait().move(low)
        if d.rng.random() < 0.5:
            d.wait().move(up)
    if d.rng.random() < 0.8:
        d.wait().reply().wait().solve()


def ping_pong(d: Draft) -> None:
    first = d.rng.random()
    if first < 0.4:
        d.team = None
    for _ in range(d.rng.randint(2, 6)):
        d.wait().move(d.rng.choice([*d.cast.teams, d.team, None if first > 0.8 else d.team]))
    d.wait().solve()
    if d.rng.random() < 0.3:
        d.wait().move(d.rng.choice(d.cast.teams))


def before_creation(d: Draft) -> None:
    d.wait().reply().wait().solve()
    for event in d.rng.sample(d.events, d.rng.randint(1, len(d.events))):
        event["occurred_at"] = d.start - d.rng.choice([1, SECOND, HOUR, DAY])
    if d.rng.random() < 0.3:
        d.event("escalation", at=d.start - MINUTE, to_value=d.rng.choice(d.cast.tiers["msp2"]))
    if d.rng.random() < 0.3:
        d.event("created", "requester", at=d.start + d.rng.choice([-HOUR, 0, HOUR]))


def columns_only(d: Draft) -> None:
    d.row["status"] = d.rng.choice([*WORKING_WORDS, "Solved", "Done", "Void", None])
    d.row["team_id"] = d.rng.choice([*d.cast.teams, None])
    d.row["technician_id"] = d.rng.choice([*d.cast.everybody, None])
    d.row["reopen_count"] = d.rng.choice([None, 0, 1, 3])
    d.row["reassignment_count"] = d.rng.choice([None, 0, 1, 4])
    for column in ("first_response_at", "resolved_at", "closed_at"):
        if d.rng.random() < 0.6:
            d.row[column] = d.wait().now
    if d.rng.random() < 0.15:
        d.row["resolved_at"] = d.start - d.rng.choice([SECOND, DAY])
    if d.rng.random() < 0.1:
        d.row["first_response_at"] = d.start - HOUR


def listed(d: Draft) -> None:
    """Of a source that tells neither history nor who opened."""
    columns_only(d)
    d.row |= dict.fromkeys(("reopen_count", "reassignment_count", "first_response_at", "opened_by", "fix"))
    d.row["source"] = "list"


def columns_and_some_events(d: Draft) -> None:
    columns_only(d)
    for kind in d.rng.sample(["reply", "resolved", "closed", "team", "assignment", "reopened", "note"], 3):
        if kind == "team":
            d.wait().move(d.rng.choice(d.cast.teams))
        elif kind == "assignment":
            d.wait().event(kind, from_value=None, to_value=d.cast.member(d.team))
        else:
            d.wait().event(kind, d.rng.choice(["technician", "requester"]))


def stale_columns(d: Draft) -> None:
    for column in ("first_response_at", "resolved_at", "closed_at"):
        d.row[column] = d.wait().now if d.rng.random() < 0.8 else None
    d.row |= {"team_id": d.rng.choice(d.cast.teams), "reopen_count": 2, "reassignment_count": 5}
    d.now = d.start
    d.rng.choice([still_open, chatty, reopened, ping_pong])(d)


def ended_otherwise(d: Draft) -> None:
    d.wait().status("Neu", "Open").wait()
    d.rng.choice([
        lambda: d.status("Open", "Void"),
        lambda: d.status("Open", "Void").wait().event("closed", "automation"),
        lambda: d.status("Open", "Void").wait().status("Void", "Open"),
        lambda: d.status("Open", "Void").wait().event("reopened").wait().event("resolved"),
        lambda: d.status("Open", "Done"),
        lambda: d.status("Open", "Solved").wait().status("Solved", "Done"),
        lambda: d.event("closed").wait().status("Done", "Solved"),
        lambda: d.status("Open", "Done").wait().status("Done", "Solved").wait().status("Solved", "Open"),
        lambda: d.status("Open", "Solved").wait().status("Solved", "Void"),
        lambda: d.status("Open", "Solved").status("Solved", "Void").wait(0, HOUR).status("Void", "Open").wait().solve(),
    ])()  # fmt: skip


def still_open(d: Draft) -> None:
    d.wait().reply().wait().status("Neu", d.rng.choice(WORKING_WORDS))


def changed(d: Draft) -> None:
    d.row["priority"], d.row["category"] = "P1", "mail"
    d.wait().event("priority", from_value=d.rng.choice(["P3", None]), to_value="P2").wait()
    d.event("category", from_value="print", to_value=d.rng.choice(["network", None])).wait().solve().wait()
    d.event("priority", from_value="P2", to_value="P1")


def with_article(d: Draft) -> None:
    plain(d)
    at = d.start + d.rng.randrange(max(1, d.now - d.start))
    d.event("article", d.rng.choice(["technician", "automation"]), at=at, to_value="a1")


def chatty(d: Draft) -> None:
    for _ in range(d.rng.randint(1, 6)):
        d.wait(SECOND, MINUTE, 599 * SECOND, 600 * SECOND, 601 * SECOND, HOUR)
        if d.rng.random() < 0.5:
            d.ask()
        else:
            d.reply()
    d.wait().status("Open", d.rng.choice(["Ask", "Vendor", "Planned"])).wait().status("Ask", "Open").wait().solve()


def chaos(d: Draft) -> None:
    for _ in range(d.rng.randint(2, 12)):
        d.wait()
        kind = d.rng.choice(["reply", "ask", "status", "status", "status", "team", "escalation", "resolved", "reopened",
                             "closed", "note", "assignment"])  # fmt: skip
        if kind == "ask":
            d.ask()
        elif kind == "status":
            d.status(d.rng.choice([*STATUSES, None]), d.rng.choice([*STATUSES, *WORKING_WORDS]))
        elif kind == "team":
            d.move(d.rng.choice(d.cast.teams))
        elif kind == "escalation":
            d.event(kind, to_value=d.rng.choice([*d.cast.teams, None]))
        elif kind == "assignment":
            d.event(kind, to_value=d.rng.choice([*d.cast.everybody, None]))
        else:
            d.event(kind, d.rng.choice(["technician", "requester", "automation", "vendor", None]))


PROFILES = (
    plain, plain, reopened, reopened, reopened_in_a_second, auto_close_then_reopen, automatic_first, live,
    out_of_population, out_of_population, alert, escalated, escalated, escalated, ping_pong, before_creation,
    columns_only, columns_only, listed, columns_and_some_events, stale_columns, ended_otherwise, ended_otherwise, still_open, changed,
    with_article, chatty, chatty, ended_otherwise, ended_otherwise, chaos, chaos,
)  # fmt: skip
