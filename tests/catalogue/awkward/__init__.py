"""The small simulated MSP made awkward. What it means is for the SQL beside it (``independent``) and the product to say."""

from pathlib import Path

from catalogue.awkward import books, matrix, tickets
from catalogue.awkward.told import Told


def write_awkward(bundle: Path, folder: Path, seed: int = 7) -> None:
    """Write the awkward version of ``bundle`` into the new folder ``folder``."""
    told = Told(bundle, seed)
    for step in (
        tickets.edges,
        tickets.reopenings,
        tickets.ties,
        tickets.moves,
        tickets.nulls,
        tickets.exclusions,
        tickets.to_the_second,
        tickets.repeats,
        tickets.promises,
        tickets.surveys,
        tickets.work,
        tickets.shifts,
        books.clients,
        books.money,
        books.sales_and_projects,
        books.outages,
        books.people,
        books.knowledge,
        tickets.readers,
        matrix.responsibility,
        books.leavers,
        tickets.careless,
        tickets.robots_alone,
        tickets.outsiders,
        tickets.openers,
    ):
        step(told)
    told.save(folder)
