"""The reference data, beside the sources it was taken from."""

import csv
from pathlib import Path

import pytest
from flask import Flask

from pathway.acts import Act
from pathway.beds import board
from pathway.config import ROOT
from pathway.sites import queries
from pathway.staff.doing import Doing, Role
from pathway.staff.rules import scope
from tests.factories import NOW
from tests.shared import SHARED


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.shared
def test_the_prisons_are_the_active_ones_of_the_register() -> None:
    register = SHARED / "specs" / "uk-reference" / "hmpps-prisons.csv"
    if not register.exists():
        pytest.skip(f"{register} is not here: set PATHWAY_SHARED")
    active = {(row["prison_id"], row["name"]) for row in rows(register) if row["active"] == "true"}
    ours = rows(ROOT / "pathway" / "referrals" / "reference" / "prisons.csv")
    assert {(row["code"], row["name"]) for row in ours} == active
    assert {row["source"] for row in ours} == {"HMPPS prison register"}


def test_the_sites_are_those_of_the_borough(store: Flask) -> None:
    found = {site.code: site for site in queries.sites()}
    assert len(found) == 8
    assert found["respite-rooms"].confidential
    assert found["respite-rooms"].women_only
    assert found["st-giles"].max_support_level == "medium"
    assert sum(site.venue for site in found.values()) == 3
    assert all(site.phone is None and site.nrpf for site in found.values())


def test_there_are_seventy_four_beds_tonight(store: Flask) -> None:
    act = Act(NOW, 1, "x", frozenset({Role.OUTREACH.value}))
    sites = board.tonight(NOW, scope(act, Doing.COUNT_BEDS)).sites
    assert sum(one.counts.capacity for one in sites if one.counts) == 74


def test_every_public_line_can_be_reached_and_says_when_it_was_checked() -> None:
    lines = queries.public_lines()
    assert {line.code for line in lines} >= {"rts", "cgl", "inroads", "emergency"}
    assert all((line.phone or line.email) and line.checked_on for line in lines)
