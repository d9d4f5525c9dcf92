"""Every benchmark, each beside its baseline in the same run: ``make bench``, or ``python -m bench --tickets 10000000``.

Nothing here fails for being slow. The tables are printed and written to bench/out/*.json.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import business_time
from clusters import bench_clusters
from evaluator import bench_evaluator
from pages import bench_pages
from statements import bench_statements
from tables import save
from warehouse import bench_import, bench_increment, changed_tickets

BENCHES = ("import", "evaluator", "clusters", "increments", "pages", "statements", "business-time")

STATEMENT_TICKETS = 50_000
"""Tickets of the statement where nobody asks for that bench alone."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tickets", type=int, default=int(os.environ.get("BENCH_TICKETS", "1000000")))
    parser.add_argument("--only", choices=BENCHES, action="append", help="may be given several times")
    parser.add_argument("--folder", type=Path, help="where the bundle and the workspace go for the time being")
    arguments = parser.parse_args()
    only = arguments.only or BENCHES
    with tempfile.TemporaryDirectory(prefix="pacesetter-bench-", dir=arguments.folder) as name:
        folder = Path(name)
        if set(only) - {"business-time", "statements"}:
            print(f"{arguments.tickets:,} tickets in {folder}", file=sys.stderr)
            ws, full = bench_import(folder, arguments.tickets)
            if "evaluator" in only:
                bench_evaluator(ws)
            if "clusters" in only:
                bench_clusters(ws)
            if "increments" in only:
                bench_increment(folder, ws, full)
            if "pages" in only:
                bench_pages(folder, ws, changed_tickets(folder))
        if "statements" in only:
            place = folder / "statements"
            place.mkdir()
            bench_statements(place, arguments.tickets if arguments.only else min(arguments.tickets, STATEMENT_TICKETS))
    if "business-time" in only:
        rows = business_time.run(min(1.0, arguments.tickets / 10_000_000))
        print("\nBusiness time")
        business_time.show(rows)
        save("Business time", rows)


if __name__ == "__main__":
    main()
