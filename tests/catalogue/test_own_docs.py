"""The examples of the how-to load as they stand there."""

import re
import tomllib
from pathlib import Path

from pacesetter.catalogue import registry
from pacesetter.catalogue.own import OwnKpi, kpi_of
from pacesetter.catalogue.scorecards import card_of

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "define-your-own-kpi.md").read_text(encoding="utf-8")


def test_examples_load() -> None:
    own, card = (tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
    assert kpi_of(own, "how-to").id == "critical_share"
    assert card_of(card, "how-to", registry.catalogue()).id == "client_health"


def test_every_key_is_explained() -> None:
    assert not [
        name
        for name in OwnKpi.model_fields
        if f"`{name}`" not in TEXT
        and name not in ("default_variant", "variants", "numerator", "denominator", "example")
    ]
    assert all(f"[{name}]" in TEXT for name in ("numerator", "denominator", "example"))
