"""The reference page about the planted stories, made from their records and measured in the medium world.

Run as ``python -m pacesetter.demo.stories.page > docs/reference/planted-stories.md``.
"""

import json
import sys
import tempfile
from pathlib import Path

from pacesetter.demo import signs
from pacesetter.demo.simulate import write_bundle
from pacesetter.demo.sizes import DEFAULT_AS_OF, DEFAULT_SEED
from pacesetter.demo.stories.catalogue import STORIES, parts_of
from pacesetter.demo.stories.story import open_bundle

_HEAD = """# Planted stories

The simulated MSP (`pacesetter demo`) holds ten stories on purpose, so that a screen or an analysis can be judged by
whether it shows them. Each is told here: what there is to find, how it got there, where it is, where to look, and its
size in the medium world (seed {seed}, as of {as_of}), measured with plain SQL on the bundle. Another seed plays the same
stories with other names; a test measures them in several. Nothing else that looks like one of them was put there, but
chance makes its own small stories, as it does everywhere.

This page is made from the records in `src/pacesetter/demo/stories/`:
`python -m pacesetter.demo.stories.page > docs/reference/planted-stories.md`; a test compares.
"""

_CASES = """## Cases for the integrity signs

Beside the stories, five habits are planted for the integrity signs (`pacesetter raci signs`), each at one team; the pauses of story 5
are the sixth. The share is that of the tickets that could be a case. Elsewhere the same happens to {ordinary:.0%} of them for good
reasons, and is to be found by nobody. Every case stands in `{file}` beside the bundle.

| habit | team | share | cases of the habit, medium world | ordinary ones elsewhere |
|---|---|---:|---:|---:|
{rows}
"""


def story_page(medium: Path) -> str:
    """The page, with the figures measured in the medium bundle of the default seed in that folder."""
    parts, con = parts_of("medium"), open_bundle(medium)
    blocks = [_HEAD.format(seed=DEFAULT_SEED, as_of=f"{DEFAULT_AS_OF:%Y-%m-%d}")]
    for number, story in enumerate(STORIES, 1):
        figures = story.measure(con, parts)
        rows = "\n".join(f"| {name.replace('_', ' ')} | {_written(value)} |" for name, value in figures.items())
        smallest = (
            "" if story.from_size == "small" else "\n- **Sizes:** from medium on; in the small world chance drowns it."
        )
        blocks.append(
            f"## {number}. {story.title}\n\n{story.tells}\n\n- **Where:** {story.where.format(**parts)}\n"
            f"- **How it got there:** {story.planted}\n- **Look at:** {story.look_at}{smallest}\n\n"
            f"| figure | medium world |\n|---|---:|\n{rows}\n"
        )
    return "\n".join([*blocks, _cases(medium)])


def _cases(medium: Path) -> str:
    """The cases planted for the integrity signs, from the truth beside the bundle."""
    planted = json.loads((medium / signs.TRUTH).read_text("utf-8"))["signs"]
    rows = []
    for sign, share in signs.SHARES.items():
        own = [row for row in planted if row["sign"] == sign]
        habit = [row for row in own if row["is_planted"]]
        rows.append(
            f"| {sign.replace('_', ' ')} | `{habit[0]['team_id']}` | {share:.0%} | {len(habit):,} | {len(own) - len(habit):,} |"
        )
    return _CASES.format(rows="\n".join(rows), ordinary=signs.ORDINARY, file=signs.TRUTH)


def _written(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def main() -> None:
    """Simulate the medium world and print the page."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "medium"
        write_bundle(folder, "medium")
        sys.stdout.write(story_page(folder))


if __name__ == "__main__":
    main()
