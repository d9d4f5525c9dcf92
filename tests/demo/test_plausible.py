"""The simulated MSP beside two real service desks: the shapes agree within the bounds that the docs state."""

import os
from pathlib import Path

import pytest

from pacesetter.demo.plausible import REAL_LOGS, Shape, compared, real_shape, simulated_shape

REAL = Path(os.environ.get("PACESETTER_REAL_DATA") or Path(__file__).parents[2] / ".." / "shared" / "data")
needs_real = pytest.mark.skipif(
    not all((REAL / log.file).exists() for log in REAL_LOGS),
    reason="the real logs are not there; set PACESETTER_REAL_DATA to their folder",
)


@pytest.fixture(scope="session")
def simulated(medium: Path) -> Shape:
    return simulated_shape(medium)


@pytest.fixture(scope="session")
def real() -> list[Shape]:
    return [real_shape(REAL / log.file, log) for log in REAL_LOGS]


@needs_real
def test_resolution_times_have_the_same_shape(simulated: Shape, real: list[Shape]) -> None:
    """Spread below and above the median, as ratios of quantiles, within a factor of three of the nearer log."""
    for name in ("p50_p25", "p90_p50"):
        values = [getattr(r, name) for r in real]
        assert min(values) / 3 <= getattr(simulated, name) <= max(values) * 3, (name, simulated, values)


@needs_real
def test_reopenings_and_reassignments_are_as_frequent(simulated: Shape, real: list[Shape]) -> None:
    assert min(r.reopened for r in real) <= simulated.reopened <= max(r.reopened for r in real)
    nearest = min(real, key=lambda r: abs(r.reassigned - simulated.reassigned)).reassigned
    assert nearest - 0.15 <= simulated.reassigned <= nearest + 0.05


@needs_real
@pytest.mark.parametrize(("rhythm", "bound"), [("hours", 0.20), ("days", 0.12)])
def test_day_and_week_have_the_same_rhythm(simulated: Shape, real: list[Shape], rhythm: str, bound: float) -> None:
    """Total variation distance of the shares: half the sum of the absolute differences."""
    for shape in real:
        pairs = zip(getattr(simulated, rhythm), getattr(shape, rhythm), strict=True)
        assert sum(abs(a - b) for a, b in pairs) / 2 <= bound, shape.name


@needs_real
def test_the_comparison_in_the_docs_is_up_to_date(simulated: Shape, real: list[Shape]) -> None:
    page = Path(__file__).parents[2] / "docs" / "explanation" / "simulated-msp.md"
    assert compared([simulated, *real]) in page.read_text(encoding="utf-8")


def test_a_flat_world_would_be_seen(simulated: Shape) -> None:
    """The measure can say no: a desk without rhythm lies outside the bounds."""
    assert sum(abs(a - 1 / 24) for a in simulated.hours) / 2 > 0.20
    assert sum(abs(a - 1 / 7) for a in simulated.days) / 2 > 0.12
