"""Texts are set up whole or not at all; half a configuration refuses to start."""

import itertools
import subprocess

import pytest

from pathway import config
from pathway.config import SettingsError, Twilio
from tests.provider import ACCOUNT, NUMBER, TOKEN
from tests.serving import PATHWAY, environment

WHOLE = {
    "PATHWAY_TWILIO_ACCOUNT_SID": ACCOUNT,
    "PATHWAY_TWILIO_AUTH_TOKEN": TOKEN,
    "PATHWAY_TWILIO_FROM": NUMBER,
}

HALVES = [dict(some) for size in (1, 2) for some in itertools.combinations(WHOLE.items(), size)]


def test_without_any_of_it_nothing_is_sent() -> None:
    assert config.read({}).twilio is None
    assert config.read(dict.fromkeys(WHOLE, " ")).twilio is None


def test_all_of_it_is_an_account() -> None:
    assert config.read(WHOLE).twilio == Twilio(ACCOUNT, TOKEN, NUMBER)
    service = WHOLE | {"PATHWAY_TWILIO_FROM": "MG" + "a1" * 16}
    read = config.read(service | {"PATHWAY_TWILIO_API": "http://127.0.0.1:99/"}).twilio
    assert read == Twilio(ACCOUNT, TOKEN, "MG" + "a1" * 16, "http://127.0.0.1:99")


@pytest.mark.parametrize("half", HALVES)
def test_half_of_it_is_refused_by_name(half: dict[str, str]) -> None:
    """Promise 28: an empty token is none, and would sign for anybody."""
    for empty in ({}, dict.fromkeys(WHOLE.keys() - half.keys(), "")):
        with pytest.raises(SettingsError) as refusal:
            config.read(empty | half)
        before = str(refusal.value).split(" missing")[0]
        assert set(before.split(", ")) == WHOLE.keys() - half.keys()
        assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATHWAY_TWILIO_ACCOUNT_SID", "AC123"),
        ("PATHWAY_TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
        ("PATHWAY_TWILIO_FROM", "07700 900999"),
        ("PATHWAY_TWILIO_FROM", "MG123"),
        ("PATHWAY_TWILIO_FROM", "Pathway"),
        ("PATHWAY_TWILIO_API", "http://api.example.org"),
        ("PATHWAY_TWILIO_API", "ftp://127.0.0.1:99"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        config.read(WHOLE | {name: value})


@pytest.mark.parametrize("command", ["serve", "jobs"])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_service_does_not_start_with_half_of_it(database_url: str, command: str) -> None:
    done = subprocess.run(
        [*PATHWAY, command],
        env=environment(database_url, **HALVES[0], PATHWAY_TWILIO_AUTH_TOKEN=""),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("PATHWAY_TWILIO_AUTH_TOKEN, PATHWAY_TWILIO_FROM missing")
    assert len(done.stderr.splitlines()) == 1
