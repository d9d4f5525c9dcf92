"""The texts of a statement's page in other languages, from the catalogues that the web application has.

Owns the look-up. Must not know the page.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from babel.messages.pofile import read_po


@cache
def words_of(language: str) -> Mapping[str, str]:
    """Text in English → text in ``language``; empty where there is no catalogue."""
    found: dict[str, str] = {}
    folder = files("pacesetter").joinpath("web", "translations", language)
    for place in sorted(folder.iterdir(), key=lambda p: p.name) if folder.is_dir() else []:
        if place.name.endswith(".po"):
            with place.open("rb") as file:
                catalogue = read_po(file, locale=language)
            found |= {str(m.id): str(m.string) for m in catalogue if isinstance(m.id, str) and m.id and m.string}
    return MappingProxyType(found)
