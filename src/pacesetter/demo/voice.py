"""What people say and read: satisfaction after tickets, recommendation by quarter, visits to the help centre.

Owns how service turns into mood, mood into answers (with the bias of who answers), and mood into leaving.
"""

import numpy as np
import pyarrow as pa

from pacesetter.demo.arrays import Floats, Ints, generator
from pacesetter.demo.arrivals import Slice
from pacesetter.demo.levels import Levels
from pacesetter.demo.plans import BY_AUTOMATION, PORTAL, WORKED
from pacesetter.demo.telling import Telling, Told
from pacesetter.demo.words import Words, ids, instants, spelled
from pacesetter.demo.world import World

_COMMENTS = (
    "Nobody called back", "Took far too long", "Had to ask twice", "Fine", "Quick and friendly", "Solved at once",
    "Very patient, thank you",
)  # fmt: skip
_DAY = 86_400
CALM = 4.15


class Voice:
    """The voice of one shard's clients. ``mood`` is each client's, 1 to 5, smoothed over the months."""

    def __init__(self, world: World, words: Words, levels: Levels) -> None:
        self.world, self.words, self.levels = world, words, levels
        self.mood = np.full(len(world.clients), CALM)
        self._surveys = self._visits = self._clicks = 0
        self._stride = 40_000_000 * world.shard
        self.charm = generator(world.seed, 9, world.shard).normal(0, 0.18, max(1, len(world.technicians)))

    def after_tickets(self, telling: Telling, told: Told, numbers: Ints) -> pa.Table:
        """Rows of ``surveys`` about the resolved tickets of a batch; the mood of their clients moves with them."""
        b, rng, n = telling.b, telling.rng, telling.n
        asked_of = (told.resolved >= 0) & (b["fate"] == WORKED) & (b["opened"] != BY_AUTOMATION) & (b["contact"] >= 0)
        late = told.spent / self.levels.resolve_seconds(b).clip(1)
        latent = 4.5 - 0.5 * np.minimum(late, 3.0) - 0.9 * told.reopened + self.charm[b["by"][:, 0].clip(0)]
        latent = latent + rng.normal(0, 0.75, n) - 1.1 * b["neglect"]
        means = np.bincount(b["client"][asked_of], latent[asked_of], minlength=len(self.mood))
        counts = np.bincount(b["client"][asked_of], minlength=len(self.mood))
        weight = counts / (counts + 12)
        self.mood = (1 - weight) * self.mood + weight * np.divide(means, counts, out=self.mood.copy(), where=counts > 0)
        score = np.rint(latent).clip(1, 5).astype(np.int64)
        sent = told.resolved + 3600
        rows = np.flatnonzero(asked_of & (rng.random(n) < 0.45) & (sent < self.world.as_of))
        answers = np.array([0, 0.46, 0.36, 0.13, 0.17, 0.34])[score[rows]]
        answered = sent[rows] + rng.exponential(0.7 * _DAY, len(rows)).astype(np.int64) + 60
        said = (rng.random(len(rows)) < answers) & (answered < self.world.as_of)
        comment = (score[rows] + rng.integers(-1, 2, len(rows))).clip(0, len(_COMMENTS) - 1)
        return self._table(
            "csat", sent[rows], np.where(said, answered, -1), score[rows], numbers[rows], b["client"][rows],
            telling.contact[rows], np.where(said & (rng.random(len(rows)) < 0.3), comment, -1),
        )  # fmt: skip

    def _table(
        self,
        kind: str,
        sent: Ints,
        answered: Ints,
        score: Ints,
        ticket: Ints,
        client: Ints,
        contact: Ints,
        comment: Ints,
    ) -> pa.Table:
        n, first = len(sent), self._stride + self._surveys
        self._surveys += n
        return pa.table(
            {
                "survey_id": ids("V", np.arange(first, first + n), 10),
                "kind": spelled(np.zeros(n, np.int64), (kind,)),
                "sent_at": instants(sent),
                "answered_at": instants(answered),
                "score": pa.array(score.astype(float), mask=answered < 0),
                "scale_max": pa.array(np.full(n, 5.0 if kind == "csat" else 10.0)),
                "ticket_id": ids("T", ticket, 8),
                "client_id": spelled(client, [c.client_id for c in self.world.clients]),
                "contact_id": spelled(contact, self.words.list),
                "comment": spelled(comment, _COMMENTS),
            }
        )

    def quarter(self, rng: np.random.Generator, piece: Slice, gone: dict[int, int]) -> pa.Table | None:
        """Rows of ``surveys`` of kind nps, every third month; None in the others."""
        if piece.number % 3 != 2:
            return None
        client, contact = [], []
        for c in self.world.clients:
            begun = c.started_on is None or c.started_on < piece.first_day
            if begun and gone.get(c.number, piece.end) >= piece.end:
                asked = max(4, c.contacts // 3)
                client += [c.number] * asked
                contact += (c.first_contact + rng.permutation(c.contacts)[:asked]).tolist()
        who, n = np.array(client, dtype=np.int64), len(client)
        score = np.rint(7.7 + 2.8 * (self.mood[who] - CALM) + rng.normal(0, 2.0, n)).clip(0, 10).astype(np.int64)
        sent = piece.end - 12 * _DAY + rng.integers(0, 3600, n)
        answered = sent + rng.exponential(2 * _DAY, n).astype(np.int64) + 60
        said = (rng.random(n) < np.where((score >= 9) | (score <= 4), 0.5, 0.3)) & (answered < self.world.as_of)
        people = self.words.contact + np.array(contact, dtype=np.int64)
        nobody = np.full(n, -1)
        return self._table("nps", sent, np.where(said, answered, -1), score, nobody, who, people, nobody)

    def who_leaves(self, rng: np.random.Generator, piece: Slice, gone: dict[int, int]) -> None:
        """Clients whose mood is bad give notice; they are gone two months later."""
        hazard = (0.0022 * np.exp(2.6 * (CALM - 0.1 - self.mood))).clip(0, 0.25)
        draws = rng.random(len(self.mood))
        for client in self.world.clients:
            begun = client.started_on is None or client.started_on < piece.first_day
            if (
                client.part == "plain"
                and begun
                and client.number not in gone
                and draws[client.number] < hazard[client.number]
            ):
                ahead = piece.number + 3
                if ahead < len(self.world.slices):
                    gone[client.number] = self.world.slices[ahead].start

    def help_centre(self, telling: Telling, piece: Slice, gone: dict[int, int]) -> pa.Table:
        """Rows of ``article_events`` of a slice: visits with a search, one to three articles, and a vote by some."""
        rng, world = telling.rng, self.world
        rates = np.array(
            [0.0 if gone.get(c.number, piece.end) < piece.end else 0.8 * c.contacts for c in world.clients]
        )
        counts = rng.poisson(rates)
        client = np.repeat(np.arange(len(counts)), counts)
        first = np.array([c.first_contact for c in world.clients])[client]
        people = np.array([c.contacts for c in world.clients])[client]
        contact = first + (rng.random(len(client)) * people).astype(np.int64)
        days = max(1, (piece.end - piece.start) // _DAY)
        at = piece.start + rng.integers(0, days, len(client)) * _DAY + rng.integers(6 * 3600, 17 * 3600, len(client))
        b = telling.b
        eager = np.flatnonzero((b["channel"] == PORTAL) & (b["contact"] >= 0) & (rng.random(telling.n) < 0.12))
        contact = np.concatenate([contact, b["contact"][eager]])
        at = np.concatenate([at, b["created"][eager] - rng.integers(300, 7200, len(eager))])
        inside = at < world.as_of - 1200
        return self._clicks_of(rng, contact[inside], at[inside])

    def _clicks_of(self, rng: np.random.Generator, contact: Ints, at: Ints) -> pa.Table:
        n = len(at)
        visit = self._stride + self._visits + np.arange(n)
        self._visits += n
        out = self.world.article_published
        parts: list[tuple[Ints, Ints, Ints, Ints]] = []
        searched = rng.random(n) < 0.45
        parts.append((visit[searched], at[searched], np.full(int(searched.sum()), 1), np.full(int(searched.sum()), -1)))
        more: Floats = rng.random(n)
        for turn, share in ((1, 0.0), (2, 0.55), (3, 0.85)):
            article = (rng.random(n) ** 1.5 * len(out)).astype(np.int64)
            reads = (more >= share) & (out[article] < at)
            parts.append((visit[reads], at[reads] + 60 * turn, np.zeros(int(reads.sum()), np.int64), article[reads]))
            votes = reads & (rng.random(n) < 0.12)
            liked = np.where(rng.random(n) < 0.8, 2, 3)
            parts.append((visit[votes], at[votes] + 60 * turn + 40, liked[votes], article[votes]))
        columns = [np.concatenate(c) for c in zip(*parts, strict=True)]
        order = np.lexsort((columns[1], columns[0]))
        session, when, kind, article = (c[order] for c in columns)
        start = self._stride + self._clicks
        self._clicks += len(when)
        who = contact[session - visit[0]] if n else session
        return pa.table(
            {
                "event_id": ids("H", np.arange(start, start + len(when)), 10),
                "occurred_at": instants(when),
                "kind": spelled(kind, ("view", "search", "helpful", "not_helpful")),
                "article_id": spelled(np.where(article >= 0, self.words.article + article, -1), self.words.list),
                "contact_id": spelled(self.words.contact + who, self.words.list),
                "session": ids("S", session, 10),
            }
        )
