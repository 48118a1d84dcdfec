from __future__ import annotations

import pytest

from treue.app.core.zones import server_zone, zones


@pytest.fixture
def link(tmp_path):
    """Give a function that makes a link as systems keep one."""

    def make(zone):
        made = tmp_path / "localtime"
        made.symlink_to(tmp_path / "usr/share/zoneinfo" / zone)
        return made

    return make


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ("Europe/Oslo", "Europe/Oslo"),
        ("America/Argentina/Salta", "America/Argentina/Salta"),
        ("Mars/Base", "UTC"),
    ],
)
def test_the_zone_of_the_machine_is_what_its_link_names(link, zone, found):
    assert server_zone(link(zone)) == found


def test_a_machine_that_says_nothing_is_in_utc(tmp_path):
    assert server_zone(tmp_path / "none") == "UTC"


def test_what_is_offered_is_zones_of_places_and_utc():
    assert {"UTC", "Europe/Oslo"} <= set(zones())
    assert "CET" not in zones()
