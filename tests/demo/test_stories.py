"""Every planted story is there, in more than one seed, and the page about them is up to date."""

from pathlib import Path

import pytest

from pacesetter.demo.simulate import write_bundle
from pacesetter.demo.stories.catalogue import STORIES, parts_of
from pacesetter.demo.stories.page import story_page
from pacesetter.demo.stories.story import Story, open_bundle

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "planted-stories.md"
SMALL = [s for s in STORIES if s.from_size == "small"]


@pytest.fixture(scope="session")
def other_medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "other"
    write_bundle(folder, "medium", 11)
    return folder


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.name)
def test_story_is_in_the_medium_world(story: Story, medium: Path) -> None:
    figures = story.measure(open_bundle(medium), parts_of("medium"))
    assert story.holds(figures), figures


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.name)
def test_another_seed_keeps_the_story(story: Story, other_medium: Path) -> None:
    figures = story.measure(open_bundle(other_medium), parts_of("medium", 11))
    assert story.holds(figures), figures


@pytest.mark.parametrize("story", SMALL, ids=lambda s: s.name)
def test_story_is_in_the_small_world(story: Story, small: Path) -> None:
    figures = story.measure(open_bundle(small), parts_of("small"))
    assert story.holds(figures), figures


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s.name)
def test_story_is_not_found_where_it_was_not_planted(story: Story, medium: Path) -> None:
    """The same measure on another client, team or month says no."""
    parts = parts_of("medium")
    others = {
        "ping_pong": "co_managed", "two_speeds": "newcomer", "reset_flood": "newcomer", "leaving": "newcomer",
        "outage_series": "newcomer",
    }  # fmt: skip
    swapped = parts | {a: parts[b] for a, b in others.items()}
    swapped |= {"pause_team": "desk-europe", "wrong_role_team": "desk-pacific", "mix_team": "desk-europe"}
    swapped |= {"shift_start": "2026-03-01T00:00:00Z", "shift_end": "2026-04-01T00:00:00Z"}
    con = open_bundle(medium)
    colleague = con.execute(
        "SELECT technician_id FROM technicians WHERE team_id = 'systems' AND technician_id <> ? AND ended_on IS NULL "
        "ORDER BY technician_id LIMIT 1", [parts["specialist"]]
    ).fetchone()  # fmt: skip
    assert colleague is not None
    swapped["specialist"] = colleague[0]
    assert not story.holds(story.measure(con, swapped))


def test_the_page_is_up_to_date(medium: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == story_page(medium)
