"""Who may do what in the code: the rules of the house."""

import ast
import re
import subprocess
import sys

from pathway.config import ROOT
from tests.house.source import PACKAGE, calls, modules, tracked

ROOMS = {"rules", "models", "queries", "actions", "schemas", "pages", "api", "imports", "__init__"}

EXTRAS = {
    "assessments": {
        *("concern_schemas", "concerns", "lines", "notes", "safeguarding", "standing"),
    },
    "beds": {
        *("apart", "board", "bookings", "callers", "capacity", "capacity_pages", "card", "care"),
        *("claims", "couples", "deaths", "door_pages", "door_schemas", "extra", "fit", "history"),
        *("importing", "journal", "judging", "lapse", "late", "lately", "leaving", "life_api"),
        *("life_schemas", "lines", "moves_api", "moves_pages", "moves_schemas", "needed"),
        *("offering", "openings", "overdue", "paper", "paper_pages", "queue", "reach"),
        *("rewinding", "rooms", "settling", "shortcodes", "shown", "sight", "slips", "stays"),
        *("stretch", "suiting", "taps", "telling", "texts", "timing", "transfers", "turn"),
        *("turning", "undoing", "upkeep", "vacancies", "waited", "waiting", "waiting_api"),
        *("waiting_pages", "waiting_schemas", "words"),
    },
    "desk": {
        *("adding", "alarms", "alike", "alike_api", "answering", "assess", "assess_api", "card"),
        *("cautions", "concerns", "consent_api", "consents", "contact", "counts", "death"),
        *("drug_alerts", "found", "handover", "health", "hub", "inbound", "jobs", "line"),
        *("line_schemas", "metrics", "notes", "numbers", "phone", "place", "promises", "record"),
        *("same", "street_api", "texts", "ties", "timeline", "timeline_api", "trail"),
        *("turned_away", "watch", "webhooks", "who"),
    },
    "duty": {
        *("address", "banner", "walking", "walks"),
    },
    "messages": {
        *("choosing", "forgetting", "grouping", "inbox", "inbox_pages", "incoming", "notices"),
        *("outbox", "quiet", "sender", "septets", "signatures", "twilio", "verbs", "wording"),
        *("words",),
    },
    "outreach": {
        *("alert_schemas", "alerts", "banner", "chain", "classify", "count_queries"),
        *("count_rules", "count_schemas", "counts", "handover", "importing", "lines"),
        *("morning_pages", "mornings", "promise_schemas", "promises", "shift_pages"),
        *("shift_queries", "shift_rules", "shift_schemas", "shifts", "sight", "spots"),
    },
    "people": {
        *("agreed", "alike", "behind", "born", "carrying", "closing", "consent_models"),
        *("consent_rules", "consent_schemas", "consents", "editing", "facing", "finding", "keys"),
        *("likeness", "lines", "lookouts", "marks", "merging", "numbers", "probing", "sameness"),
        *("sieve", "sight", "sought", "sounds", "staging", "tie_rules", "tie_schemas", "tied"),
        *("ties", "timeline", "warned", "warnings"),
    },
    "privacy": {
        *("ageing", "asking", "columns", "columns_house", "columns_nights", "columns_people"),
        *("erasing", "exporting", "gathering", "given", "going", "hold_pages", "holding", "kinds"),
        *("ledger", "limits", "mentions", "plain", "reading", "recency", "request_schemas"),
        *("requests", "restoring", "retention", "retention_pages", "standing", "writing"),
    },
    "reports": {
        *("asking", "continents", "framework", "occupancy", "shown", "sleeping", "street"),
        *("street_pages", "turned_away", "unmet", "unmet_pages"),
    },
    "staff": {
        *("account", "acting", "browser", "doing", "factor", "identity", "leads", "may"),
        *("naming", "organisation_pages", "phones", "provider", "roster", "screens", "secrecy"),
        *("signing_in", "tries"),
    },
}
"""The named extras: one line of reason for each stands in its docstring."""

CLOCK = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|monotonic))$")

EDGES = {
    "pathway/clockwork.py",
    "pathway/commands.py",
    "pathway/commands_erasing.py",
    "pathway/commands_privacy.py",
    "pathway/commands_reports.py",
    "pathway/commands_staff.py",
    "pathway/desk/health.py",
    "pathway/desk/inbound.py",
    "pathway/desk/metrics.py",
    "pathway/desk/texts.py",
    "pathway/messages/sender.py",
    "pathway/staff/acting.py",
    "pathway/staff/browser.py",
    "pathway/staff/organisation_pages.py",
    "pathway/staff/pages.py",
    "pathway/staff/screens.py",
    "pathway/web.py",
}
"""The only modules that may ask what time it is."""


def test_only_one_module_commits() -> None:
    committing = {
        path
        for path, tree in modules()
        if any(call.endswith((".commit", "commit")) for call in calls(tree))
    }
    assert committing == {"pathway/db.py"}


def test_only_one_function_reads_the_clock() -> None:
    reading = {path for path, tree in modules() if any(CLOCK.search(call) for call in calls(tree))}
    assert reading == {"pathway/acts.py"}


def test_only_the_edges_ask_for_the_present() -> None:
    asking = set()
    for path, tree in modules():
        imported = {
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "pathway.acts"
            for name in node.names
        }
        if "now" in imported or {"acts.now"} & {ast.unparse(n) for n in ast.walk(tree)}:
            asking.add(path)
    assert asking == EDGES


def test_every_module_of_a_package_is_a_room_or_a_named_extra() -> None:
    for package in [path for path in PACKAGE.iterdir() if (path / "__init__.py").exists()]:
        found = {path.stem for path in package.glob("*.py")}
        assert found <= ROOMS | EXTRAS.get(package.name, set()), package.name


def test_imports_keep_to_their_storeys_and_rooms() -> None:
    found = subprocess.run(
        [str(ROOT / ".venv/bin/lint-imports"), "--no-cache"]
        if (ROOT / ".venv/bin/lint-imports").exists()
        else [sys.executable, "-m", "importlinter.cli", "lint"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "services", "managers"}
    assert not {path for path, _ in modules() if drawers & set(re.split(r"[/.]", path))}


def test_no_module_of_the_service_is_longer_than_three_hundred_lines() -> None:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in PACKAGE.rglob("*.py")}
    assert {path.name: lines for path, lines in lengths.items() if lines > 300} == {}


def test_locks_name_hashes_and_no_host() -> None:
    for path in tracked(".txt", "package-lock.json", ".in", "package.json"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path
        if path.name.endswith(".txt"):
            assert text.count("--hash=sha256:") >= text.count("=="), path


def test_nothing_waits_for_a_decision() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX")
    waiting = [
        str(path.relative_to(ROOT))
        for path in tracked(".py", ".html", ".js", ".scss", ".md")
        if any(mark in path.read_text(encoding="utf-8") for mark in marks)
    ]
    assert waiting == []
