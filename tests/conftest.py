"""What holds for all tests: the last line of a run is the runner's own summary."""

import atexit
import os


def _quieten_the_end() -> None:
    """Close standard error for what C code says after Python has gone.

    DuckDB is bound with nanobind, which lists at exit every type, function and constant of DuckDB's own module that the
    interpreter did not free before it ended (``nanobind: leaked 27 instances!``); after some runs with hypothesis the module
    itself is one of these. No connection is among them. nanobind lets only the binding's own code switch the list off.
    Python's own complaints come earlier, and a crash still shows in the exit status.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


atexit.register(_quieten_the_end)  # registered first, hence run last
