"""Public holidays by country or subdivision, from the ``holidays`` package.

Owns the code (``DE``, ``DE-BE``) and its refusals. Only days of the package's public category count: observances,
bank, school and half holidays do not close a desk. Must not know calendars.
"""

import warnings
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import version
from types import MappingProxyType

import holidays

from pacesetter.errors import BadDefinition


def check_holidays(code: str, where: str = "holidays") -> str:
    """``code``, if the package knows that country (and subdivision); otherwise BadDefinition with what it knows."""
    country, _, subdivision = code.partition("-")
    known = _countries()
    if country not in known:
        near = [country.upper()] if country.upper() in known else get_close_matches(country.upper(), known, 3, 0.5)
        do = f"did you mean {' or '.join(near)}?" if near else "write an ISO code such as DE, DE-BE, US-NY or GB-ENG"
        raise BadDefinition(f"'{country}' is not a country whose holidays are known", where=where, do=do)
    subdivisions = known[country]
    if "-" not in code or subdivision in subdivisions:
        return code
    if not subdivisions:
        raise BadDefinition(f"'{country}' has no subdivisions", where=where, do=f"write '{country}'")
    near = get_close_matches(subdivision.upper(), subdivisions, 3, 0.5) or sorted(subdivisions)[:20]
    raise BadDefinition(
        f"'{subdivision}' is not a subdivision of {country}", where=where, do=f"write one such as {country}-{near[0]}"
        + (f" ({', '.join(near)})" if len(near) > 1 else ""),
    )  # fmt: skip


@lru_cache(1)
def _countries() -> Mapping[str, frozenset[str]]:
    listed = holidays.list_supported_countries(include_aliases=False)
    return MappingProxyType({country: frozenset(parts) for country, parts in listed.items()})


@lru_cache(4096)
def public_holidays(code: str, year: int, locale: str | None = None) -> Mapping[date, str]:
    """The public holidays of one year, with their names, in order of day; of a known ``code``.

    Names are in the language of ``locale`` where the package has it, otherwise in the country's own.
    """
    country, _, subdivision = code.partition("-")
    spoken = _language(country, locale)
    with warnings.catch_warnings():  # the package warns of years that it does not know; they have no holidays here
        warnings.filterwarnings("ignore", message="Requested Holidays are available only")
        found = holidays.country_holidays(
            country, subdiv=subdivision or None, years=year, expand=False, language=spoken,
            categories=(holidays.PUBLIC,),
        )  # fmt: skip
    return MappingProxyType({day: found[day] for day in sorted(found) if day.year == year})


@lru_cache(512)
def _language(country: str, locale: str | None) -> str | None:
    """The package's language for a locale; the country's own by name, since the package would ask the environment."""
    listing = holidays.country_holidays(country)
    own: str | None = getattr(listing, "default_language", None)
    if not locale:
        return own
    wanted = locale.replace("-", "_")
    spoken = getattr(listing, "supported_languages", ())
    exact = [language for language in spoken if language == wanted]
    near = [language for language in spoken if language.partition("_")[0] == wanted.partition("_")[0]]
    return next(iter(exact + near), own)


def holidays_version() -> str:
    """The release of the ``holidays`` package."""
    return version("holidays")
