"""Zones: the clock changes that are found by asking once a day are those in every zone's file."""

import itertools
import struct
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH, available_timezones

import pytest

from pacesetter.errors import BadDefinition
from pacesetter.model.calendar_zones import Offset, check_zone, instants_of, merged, zone_offsets

FIRST_S, LAST_S = 0, 2**31 - 86_400 * 200
DAY_S = 86_400


def listed_changes(zone: str) -> list[tuple[int, int]]:
    """(instant, offset from then on) of a zone's file, version 2 block (RFC 8536), where the offset changes."""
    path = next((p for p in (Path(folder) / zone for folder in TZPATH) if p.is_file()), None)
    raw = path.read_bytes() if path else (resources.files("tzdata") / "zoneinfo" / zone).read_bytes()

    def counts(at: int) -> tuple[int, ...]:
        return struct.unpack(">6l", raw[at + 20 : at + 44])

    utc, standard, leap, times, types, chars = counts(0)
    at = 44 + times * 5 + types * 6 + chars + leap * 8 + standard + utc
    utc, standard, leap, times, types, chars = counts(at)
    at += 44
    instants = struct.unpack(f">{times}q", raw[at : at + 8 * times])
    kinds = raw[at + 8 * times : at + 9 * times]
    offsets = [struct.unpack(">l", raw[at + 9 * times + 6 * n :][:4])[0] for n in range(types)]
    changes: list[tuple[int, int]] = []
    for instant, kind in zip(instants, kinds, strict=True):
        if not changes or changes[-1][1] != offsets[kind]:
            changes.append((instant, offsets[kind]))
    return changes


def test_no_change_is_missed_in_any_zone() -> None:
    seen = 0
    for zone in sorted(available_timezones()):
        listed = [change for change in listed_changes(zone) if FIRST_S < change[0] < LAST_S]
        gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(listed)]
        assert min(gaps, default=DAY_S * 9) > DAY_S, f"{zone} changes twice within a day"
        if listed and zone.split("/")[0] in ("Europe", "America", "Pacific", "Australia"):
            until = listed[-1][0]
            found = [(o.start_s, o.offset_s) for o in zone_offsets(zone, FIRST_S, until + 1)][1:]
            first_offset = zone_offsets(zone, FIRST_S, FIRST_S + 1)[0].offset_s
            assert found == [c for n, c in enumerate(listed) if n or c[1] != first_offset], zone
            seen += len(found)
    assert seen > 5_000


def test_offsets_cover_without_gap() -> None:
    offsets = zone_offsets("Australia/Lord_Howe", FIRST_S, LAST_S)
    assert offsets[0].start_s == FIRST_S and offsets[-1].end_s == LAST_S
    for earlier, later in itertools.pairwise(offsets):
        assert earlier.end_s == later.start_s and earlier.offset_s != later.offset_s
    assert {o.offset_s for o in offsets[-4:]} == {37_800, 39_600}  # half an hour


def test_samoa_goes_over_a_day() -> None:
    change = next(o for o in zone_offsets("Pacific/Apia", 1_320_000_000, 1_330_000_000) if o.offset_s == 50_400)
    assert datetime.fromtimestamp(change.start_s, UTC).isoformat() == "2011-12-30T10:00:00+00:00"


def test_skipped_walls_are_no_instant_and_repeated_ones_two() -> None:
    forward = [Offset(0, 1000, 0), Offset(1000, 2000, 100)]  # the wall jumps from 1000 to 1100
    assert instants_of([(900, 1150)], forward) == [(900, 1050)]
    assert instants_of([(1010, 1090)], forward) == []
    back = [Offset(0, 1000, 0), Offset(1000, 2000, -100)]  # the wall runs from 900 to 1000 twice
    assert instants_of([(900, 950)], back) == [(900, 950), (1000, 1050)]
    assert instants_of([(950, 1000)], back) == [(950, 1000), (1050, 1100)]
    assert instants_of([(0, 1500)], back) == [(0, 1600)]


def test_merged_counts_once() -> None:
    assert merged([(5, 9), (1, 3), (3, 4), (8, 12), (6, 7), (20, 20)]) == [(1, 4), (5, 12)]


def test_unknown_zones_are_refused_with_near_names() -> None:
    for name in ("Europe/Berln", "europe/berlin", "CEST+1", "../etc/passwd", ""):
        with pytest.raises(BadDefinition, match="is not an IANA time zone"):
            check_zone(name)
