"""Whatever the README tells people to type does what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pathway.config import ROOT
from tests.serving import environment, run, served

README = (ROOT / "README.md").read_text(encoding="utf-8")

NOT_RUN = {
    "make run     # sets everything up and serves a demonstration": "serves until it is stopped",
    "make test    # sets everything up and runs every test": "it is this very run",
    "make setup": "what is set up is being tested",
    ".venv/bin/pathway serve --port 8000": "serves until it is stopped",
    ".venv/bin/pathway serve --workers 2": "serves until it is stopped",
    ".venv/bin/pathway jobs": "runs until it is stopped",
    "export PATHWAY_DATABASE_URL="
    '"postgresql+psycopg://pathway@/pathway?host=/var/run/postgresql"': (
        "names a server of somebody's own"
    ),
}
"""The lines that no test can run, and why."""

PRELUDE = """
set -euo pipefail
pathway() { "$PYTHON" -c 'from pathway.commands import main; main()' "$@"; }
"""

BETWEEN = "\nprintf '\\f'; printf '\\f' >&2\n"
"""What parts the answers of one block from those of the next."""


def sections() -> dict[str, list[str]]:
    """Return the indented blocks below each heading."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^#+ ", README, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"(?:^ {4}.*\n)+(?:\n(?: {4}.*\n)+)*", text, flags=re.MULTILINE)
        found[title] = [
            re.sub(r"^ {4}", "", one, flags=re.MULTILINE)
            for block in blocks
            for one in re.split(r"\n\n(?= {4})", block)
        ]
    return found


def runs_of(blocks: list[str]) -> list[str]:
    """Return the blocks as a shell runs them, without what cannot run."""
    told = [block for block in blocks if not block.startswith("{")]
    kept = ["\n".join(line for line in one.splitlines() if line not in NOT_RUN) for one in told]
    return [one.replace(".venv/bin/pathway", "pathway") for one in kept if one.strip()]


def answers_of(blocks: list[str]) -> dict[int, Any]:
    """Return what is said to be answered, by the number of the block that asks."""
    asked, found = -1, {}
    for block in blocks:
        if block.startswith("{"):
            found[asked] = json.loads(re.sub(r"(, |(?<=\[))\.\.\.(?=[]}])", "", block))
        else:
            asked += 1
    return found


def shell(script: list[str], url: str, **more: str) -> list[str]:
    """Run blocks in one shell; return what each printed."""
    env = environment(url, PYTHON=sys.executable, **more)
    done = subprocess.run(
        ["bash", "-c", PRELUDE + BETWEEN.join(script)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    both = zip(done.stdout.split("\f"), done.stderr.split("\f"), strict=True)
    return [out + err for out, err in both]


def assert_told(told: Any, answered: Any) -> None:
    """Whatever is told is in the answer; “...” stands for any text."""
    if isinstance(told, dict):
        for name, value in told.items():
            assert name in answered, (name, answered)
            assert_told(value, answered[name])
    elif isinstance(told, list):
        assert isinstance(answered, list)
        for value in told:
            assert any(_is_told(value, one) for one in answered), (value, answered)
    elif told == "...":
        assert isinstance(answered, str)
    else:
        assert told == answered


def _is_told(told: Any, answered: Any) -> bool:
    try:
        assert_told(told, answered)
    except (AssertionError, TypeError):
        return False
    return True


EXAMPLES = "The API by example"
FOR_REAL = "Running it for real"


def test_every_command_is_run_or_on_the_list_of_those_that_cannot() -> None:
    found = sections()
    running = {title for title, blocks in found.items() if runs_of(blocks)}
    assert running == {EXAMPLES, FOR_REAL}
    lines = {line for blocks in found.values() for one in blocks for line in one.splitlines()}
    assert set(NOT_RUN) <= lines


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_api_answers_as_the_examples_say(database_url: str, tmp_path: Path) -> None:
    run(database_url, "demo", PATHWAY_DEMO="1")
    blocks = sections()[EXAMPLES]
    told = answers_of(blocks)
    assert len(told) == 6
    with served(database_url, tmp_path / "log", PATHWAY_DEMO="1") as address:
        script = [
            one.replace("http://127.0.0.1:8000", address).replace(
                "/dev/stderr", str(tmp_path / "x")
            )
            + (f'\ncat "{tmp_path / "x"}"' if "/dev/stderr" in one else "")
            for one in runs_of(blocks)
        ]
        printed = shell(script, database_url, PATHWAY_DEMO="1")
    for number, answer in told.items():
        assert_told(answer, json.loads(printed[number]))


def test_a_wrong_example_would_be_noticed() -> None:
    """The control of the test above."""
    assert not _is_told({"status": "held"}, {"status": "released"})
    assert not _is_told({"sites": [{"code": "165-hub"}]}, {"sites": []})
    assert not _is_told({"id": "..."}, {})


def test_running_it_for_real_works_as_told(empty_url: str) -> None:
    printed = "".join(shell(runs_of(sections()[FOR_REAL]), empty_url))
    assert "The database is up to date. Reference data loaded." in printed
    assert re.search(r"^https://pathway\.example\.org/set-password/\S{40,}$", printed, re.MULTILINE)
    assert re.search(r"^pw_\S{40,}$", printed, re.MULTILINE)


def test_the_table_of_settings_names_every_setting_and_no_other() -> None:
    config = (ROOT / "pathway" / "config.py").read_text(encoding="utf-8")
    read = set(re.findall(r"""["'](PATHWAY_[A-Z_]+)["']""", config))
    told = set(re.findall(r"^\| `(PATHWAY_[A-Z_]+)` \|", README, flags=re.MULTILINE))
    assert read
    assert told == read
