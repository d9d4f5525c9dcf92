"""Pictures of every page at both widths, light and dark, in English and German: ``make screens``.

python -m tests.browser.screens [--out build/screens] [--size medium] [--workspace FOLDER]
"""

import argparse
import itertools
import tempfile
from pathlib import Path

from tests.browser.pages import PAGES, settle
from tests.browser.stage import WIDTHS, browser, build, context_of, served, sign_in


def shoot(out: Path, root: Path) -> int:
    """Take the pictures; returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    taken = 0
    with served(root) as stage, browser() as started:
        for role, addresses in PAGES(stage).items():
            for width, (scheme, locale) in itertools.product(WIDTHS, (("light", "en-GB"), ("dark", "de-DE"))):
                context = context_of(started, stage, width, scheme, locale)
                page = context.new_page()
                if role:
                    sign_in(page, stage, role)
                for name, address in addresses.items():
                    page.goto(address)
                    settle(page)
                    page.screenshot(path=out / f"{role or 'nobody'}-{name}-{width}-{scheme}.png", full_page=True)
                    taken += 1
                context.close()
    return taken


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screens"))
    parser.add_argument("--size", default="medium")
    parser.add_argument("--workspace", type=Path, help="a simulated workspace without people; made where left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pacesetter-screens-") as scratch:
        root = arguments.workspace or Path(scratch) / "ws"
        if not root.exists():
            build(root, arguments.size)
        print(f"{shoot(arguments.out, root)} pictures in {arguments.out}")
