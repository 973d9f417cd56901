"""The command line: done is 0, refused is 1 with one clear line, misuse is 2."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select, text, update

from pathway import db as database
from pathway.audit import AuditEntry
from pathway.beds.models import Placement
from pathway.commands import main
from pathway.commands_staff import ROLES
from pathway.config import Settings
from pathway.db import Base, bare_app, db, transaction
from pathway.outreach.models import Contact
from pathway.people.models import Person
from pathway.sites.models import Site
from pathway.staff.doing import Role
from pathway.staff.models import PasswordLink, Staff, StaffRole
from pathway.web import create_app
from tests.conftest import settings
from tests.trails import unguard

Run = Callable[..., Result]
File = Callable[[str], Path]

EMAIL = "robin@example.org"
ADD = ("staff", "add", EMAIL, "--name", "Robin", "--role", "outreach", "--organisation", "rts")
SECRET = {"PATHWAY_SECRET_KEY": "a secret for tests"}


@pytest.fixture
def run_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Run]:
    """Return the command line for the database at this URL, and nothing else set."""
    for name in [name for name in os.environ if name.startswith("PATHWAY_")]:
        monkeypatch.delenv(name)
    connect = database.connect
    apps: list[Flask] = []

    def connected(app: Flask, chosen: Settings) -> None:
        connect(app, chosen)
        apps.append(app)

    monkeypatch.setattr(database, "connect", connected)

    def at(url: str) -> Run:
        def run(*arguments: str | Path, **environ: str) -> Result:
            told = {"PATHWAY_DATABASE_URL": url} | environ
            result = CliRunner().invoke(main, [str(one) for one in arguments], env=told)
            while apps:
                dispose(apps.pop())
            return result

        return run

    return at


@pytest.fixture
def run(run_at: Callable[[str], Run], database_url: str) -> Run:
    """Return the command line for a database that is up to date."""
    return run_at(database_url)


@pytest.fixture
def run_empty(run_at: Callable[[str], Run], empty_url: str) -> Run:
    """Return the command line for a database without any table."""
    return run_at(empty_url)


@pytest.fixture
def run_small(run_at: Callable[[str], Run], tmp_path: Path) -> Run:
    """Return the command line where it does not matter which engine it is."""
    return run_at(f"sqlite:///{tmp_path / 'small.db'}")


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(content: str) -> Path:
        path = tmp_path / "file.csv"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@contextmanager
def looking_at(url: str) -> Iterator[None]:
    app = bare_app(settings(url))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def contents(url: str) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with looking_at(url):
        return {
            table.name: [tuple(row) for row in db.session.execute(select(*table.c))]
            for table in Base.metadata.sorted_tables
        }


def how_many(url: str, model: type[Base]) -> int:
    with looking_at(url):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def done(result: Result) -> str:
    """Return what a command printed that did what it was told."""
    assert result.exit_code == 0, result.output
    assert result.exception is None
    return result.stdout


def refused(result: Result) -> str:
    """Return the one line with which a command refused."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 1
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    return line


def misused(result: Result) -> str:
    """Return what a command said that was called wrongly."""
    assert result.exit_code == 2, result.output
    return result.stderr


def test_upgrade_makes_the_tables_and_loads_the_reference_data(
    run_empty: Run, empty_url: str
) -> None:
    assert done(run_empty("upgrade")) == ("The database is up to date. Reference data loaded.\n")
    assert how_many(empty_url, Site) == 8


def test_upgrade_twice_changes_nothing(run_empty: Run, empty_url: str) -> None:
    done(run_empty("upgrade"))
    before = contents(empty_url)
    assert done(run_empty("upgrade")) == "The database is up to date.\n"
    assert contents(empty_url) == before


def test_upgrade_leaves_a_site_as_it_was_changed(run: Run, file: File, database_url: str) -> None:
    header = "code,name,organisation,beds,admits\n"
    done(run("import", "sites", file(header + "165-hub,The Hub,shp,12,woman\n")))
    before = contents(database_url)
    done(run("upgrade"))
    assert contents(database_url) == before


@pytest.mark.parametrize(
    "command",
    [
        ("demo",),
        ADD,
        ("token", EMAIL),
        ("token", EMAIL, "--revoke"),
        ("import", "people"),
        ("import", "people", "--dry-run"),
        ("import", "sites"),
    ],
    ids=" ".join,
)
def test_before_an_upgrade_every_command_says_to_run_it(
    run_empty: Run, file: File, command: tuple[str, ...]
) -> None:
    header = "code,name,organisation,beds,admits\n" if "sites" in command else "ref\nR-1\n"
    more = [file(header)] if "import" in command else []
    assert "Run “pathway upgrade” first." in refused(run_empty(*command, *more))


def test_before_an_upgrade_nothing_is_served(run_empty: Run) -> None:
    assert "Run “pathway upgrade” first." in refused(run_empty("serve", **SECRET))


def test_demo_loads_fictional_people(run: Run, database_url: str) -> None:
    assert "fictional people" in done(run("demo"))
    assert how_many(database_url, Person) > 50


def test_demo_again_is_refused_and_changes_nothing(run: Run, database_url: str) -> None:
    done(run("demo"))
    before = contents(database_url)
    assert "There are people in this database" in refused(run("demo"))
    assert contents(database_url) == before


def test_demo_if_empty_says_nothing_when_somebody_is_there(
    run: Run, file: File, database_url: str
) -> None:
    done(run("import", "people", file("ref\nR-1\n")))
    assert done(run("demo", "--if-empty")) == ""
    assert how_many(database_url, Person) == 1


def test_demo_if_empty_loads_into_an_empty_database(run: Run, database_url: str) -> None:
    done(run("demo", "--if-empty"))
    assert how_many(database_url, Person) > 50


def test_demo_gives_passwords_only_where_the_demonstration_is_on(
    run: Run, database_url: str
) -> None:
    done(run("demo"))
    with looking_at(database_url):
        assert set(db.session.scalars(select(Staff.password_hash))) == {None}


def test_demo_marks_every_account_it_makes(run: Run, database_url: str) -> None:
    done(run("demo"))
    with looking_at(database_url):
        assert set(db.session.scalars(select(Staff.demo))) == {True}


def test_staff_add_prints_a_link_that_sets_a_password(run: Run, database_url: str) -> None:
    [line] = done(run(*ADD, PATHWAY_PUBLIC_URL="https://beds.example.org/")).splitlines()
    assert line.startswith("https://beds.example.org/set-password/")
    app = create_app(settings(database_url))
    path = line.removeprefix("https://beds.example.org")
    assert app.test_client().get(path).status_code == 200
    dispose(app)


def test_staff_add_twice_is_refused_and_the_first_link_stays_good(
    run: Run, database_url: str
) -> None:
    done(run(*ADD))
    before = contents(database_url)
    assert refused(run(*ADD)) == f"{EMAIL} is a member of staff already."
    assert contents(database_url) == before


def test_staff_add_knows_an_address_in_any_case(run: Run) -> None:
    done(run(*ADD))
    again = [EMAIL.upper() if part == EMAIL else part for part in ADD]
    assert "is a member of staff already" in refused(run(*again))


def test_staff_add_takes_several_roles_and_sites(run: Run, database_url: str) -> None:
    done(run(*ADD, "--role", "hub", "--site", "165-hub", "--site", "st-giles"))
    with looking_at(database_url):
        assert set(db.session.scalars(select(StaffRole.role))) == {"outreach", "hub"}


def test_staff_add_notes_a_hub_that_is_named_for_no_site(run: Run) -> None:
    result = run(*ADD, "--role", "hub_lead")
    assert "/set-password/" in done(result)
    assert "named for no site" in result.stderr


def test_every_role_can_be_given(run: Run, database_url: str) -> None:
    assert set(ROLES) == {role.value for role in Role}
    done(run(*ADD, *(part for role in ROLES for part in ("--role", role)), "--site", "165-hub"))
    with looking_at(database_url):
        assert set(db.session.scalars(select(StaffRole.role))) == set(ROLES)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--organisation", "nobody"), "There is no organisation “nobody”."),
        (("--site", "nowhere"), "There is no site “nowhere”."),
    ],
)
def test_staff_add_refuses_an_unknown_code_and_adds_nobody(
    run: Run, database_url: str, more: tuple[str, ...], why: str
) -> None:
    assert refused(run(*ADD, *more)) == why
    assert how_many(database_url, Staff) == how_many(database_url, PasswordLink) == 0


@pytest.mark.parametrize(
    "email", ["robin", "@", "robin@", "@example.org", "ro bin@example.org", ""]
)
def test_staff_add_refuses_what_is_no_address(run: Run, database_url: str, email: str) -> None:
    command = [email if part == EMAIL else part for part in ADD]
    assert "is not an e-mail address" in refused(run(*command))
    assert how_many(database_url, Staff) == 0


@pytest.mark.parametrize("place", [2, 4], ids=["email", "name"])
def test_staff_add_refuses_what_does_not_fit(run: Run, database_url: str, place: int) -> None:
    command = [*ADD]
    command[place] = "x" * 300 + command[place]
    assert "PATHWAY_DATABASE_URL" not in refused(run(*command))
    assert how_many(database_url, Staff) == 0


@pytest.mark.parametrize(
    "command",
    [
        ("staff", "add", EMAIL, "--name", "R", "--organisation", "rts", "--role", "king"),
        ("staff", "add", EMAIL, "--name", "R", "--organisation", "rts"),
        ("staff", "add", EMAIL, "--name", "R", "--role", "hub"),
        ("staff", "add", EMAIL, "--role", "hub", "--organisation", "rts"),
        ("staff", "add"),
        ("token",),
        ("import", "shoes", "shoes.csv"),
        ("import", "people"),
        ("serve", "--port", "many"),
        ("serve", "--workers", "0"),
        ("upgrade", "now"),
        ("--nonsense",),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_a_command_that_is_called_wrongly_is_misused(
    run_small: Run, command: tuple[str, ...]
) -> None:
    assert misused(run_small(*command))


def test_an_unknown_role_is_told_with_those_that_there_are(run_small: Run) -> None:
    told = misused(run_small(*ADD, "--role", "king"))
    assert all(role in told for role in ROLES)


def test_token_prints_one_line_that_opens_the_door_at_once(run: Run, database_url: str) -> None:
    done(run(*ADD))
    [token] = done(run("token", EMAIL)).splitlines()
    app = create_app(settings(database_url))
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/beds/tonight", headers=headers).status_code == 200
    dispose(app)


def test_a_second_token_leaves_the_first(run: Run, database_url: str) -> None:
    done(run(*ADD))
    tokens = [done(run("token", EMAIL)).strip() for _ in range(2)]
    assert len(set(tokens)) == 2
    assert [answer(database_url, token) for token in tokens] == [200, 200]


def test_token_revoke_ends_every_token(run: Run, database_url: str) -> None:
    done(run(*ADD))
    tokens = [done(run("token", EMAIL)).strip() for _ in range(2)]
    assert done(run("token", EMAIL, "--revoke")) == "2 tokens ended.\n"
    assert [answer(database_url, token) for token in tokens] == [401, 401]


def answer(url: str, token: str) -> int:
    app = create_app(settings(url))
    headers = {"Authorization": f"Bearer {token}"}
    status = app.test_client().get("/api/v1/beds/tonight", headers=headers).status_code
    dispose(app)
    return status


@pytest.mark.parametrize("more", [(), ("--revoke",)])
def test_token_for_nobody_is_refused(run: Run, more: tuple[str, ...]) -> None:
    assert f"{EMAIL} is no member of staff." in refused(run("token", EMAIL, *more))


def test_no_token_is_kept_in_the_database(run: Run, database_url: str) -> None:
    done(run(*ADD))
    token = done(run("token", EMAIL)).strip()
    assert token not in str(contents(database_url))


def test_import_people_tells_how_many(run: Run, file: File, database_url: str) -> None:
    path = file("ref,given_name\nR-1,Fern\nR-2,Moss\n")
    assert done(run("import", "people", path)).startswith("2 people added, 0 updated")
    assert done(run("import", "people", path)).startswith("0 people added, 0 updated")
    assert how_many(database_url, Person) == 2


def test_import_placements_tells_how_many(run: Run, file: File, database_url: str) -> None:
    done(run("import", "people", file("ref\nR-1\n")))
    path = file(
        "person,site,checked_in_at,departed_at\nR-1,165-hub,2025-03-01T22:00,2025-03-02T08:00\n"
    )
    said = (
        "1 placements added, 0 there already, 0 departures added. (Dry run: nothing was changed.)"
    )
    assert done(run("import", "placements", path, "--dry-run")).strip() == said
    assert how_many(database_url, Placement) == 0
    said = "1 placements added, 0 there already, 0 departures added."
    assert done(run("import", "placements", path)).strip() == said
    again = "0 placements added, 1 there already, 0 departures added."
    assert done(run("import", "placements", path)).strip() == again


def test_import_contacts_tells_how_many(run: Run, file: File, database_url: str) -> None:
    done(run("import", "people", file("ref\nR-1\n")))
    path = file("person,at,kind\nR-1,2025-03-01T23:00,bedded_down\n")
    said = "1 contacts added, 0 there already."
    assert done(run("import", "contacts", path)).strip() == said
    assert how_many(database_url, Contact) == 1


def test_import_of_a_bad_file_names_row_and_column_and_changes_nothing(
    run: Run, file: File, database_url: str
) -> None:
    before = contents(database_url)
    path = file("ref,date_of_birth,gender\nR-1,31/02/2020,man\nR-2,,male\n")
    result = run("import", "people", path)
    assert result.exit_code == 1
    assert result.stdout == ""
    told = result.stderr.splitlines()
    assert told[0].startswith("Row 2, date_of_birth:")
    assert told[1].startswith("Row 3, gender:")
    assert told[2] == "Nothing was imported."
    assert contents(database_url) == before


def test_import_of_bad_sites_names_row_and_column_and_changes_nothing(
    run: Run, file: File, database_url: str
) -> None:
    before = contents(database_url)
    rows = "one,One,shp,3,woman\ntwo,Two,nobody,3,woman\n"
    result = run("import", "sites", file(f"code,name,organisation,beds,admits\n{rows}"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Row 3, organisation:")
    assert contents(database_url) == before


@pytest.mark.parametrize("kind", ["people", "sites"])
def test_a_dry_run_says_what_would_be_done_and_changes_nothing(
    run: Run, file: File, database_url: str, kind: str
) -> None:
    before = contents(database_url)
    content = {
        "people": "ref,given_name\nR-1,Fern\n",
        "sites": "code,name,organisation,beds,admits\n165-hub,The Hub,shp,3,woman\n",
    }
    told = done(run("import", kind, file(content[kind]), "--dry-run"))
    assert told.endswith("(Dry run: nothing was changed.)\n")
    assert contents(database_url) == before


def test_a_dry_run_of_a_bad_file_is_refused(run: Run, file: File) -> None:
    result = run("import", "people", file("ref,gender\nR-1,male\n"), "--dry-run")
    assert result.exit_code == 1
    assert result.stderr.startswith("Row 2, gender:")


def test_import_of_a_file_that_is_not_there_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    result = run("import", "people", tmp_path / "nowhere.csv")
    assert result.exit_code == 1
    assert "nowhere.csv cannot be read" in result.stderr


def test_an_import_is_on_the_audit_trail(run: Run, file: File, database_url: str) -> None:
    done(run("import", "people", file("ref\nR-1\n")))
    with looking_at(database_url):
        query = select(AuditEntry).where(AuditEntry.what == "import people")
        [entry] = db.session.scalars(query)
        assert entry.detail == {"added": 1, "updated": 0}


def test_sealing_prints_a_head_that_verifying_takes(run: Run, file: File) -> None:
    done(run("import", "people", file("ref\nR-1\n")))
    said = done(run("audit", "seal"))
    lines, head = re.fullmatch(r"(\d+) lines sealed. Keep .*: ([0-9a-f]{64})\n", said).groups()  # type: ignore[union-attr]
    assert int(lines) > 0
    whole = f"Whole: {lines} lines are sealed, 0 not yet.\n"
    assert done(run("audit", "verify")) == whole
    assert done(run("audit", "verify", "--head", head.upper())) == whole
    done(run("import", "people", file("ref\nR-2\n")))
    assert done(run("audit", "verify", "--head", head)).endswith("sealed, 1 not yet.\n")


def test_a_trail_that_is_not_whole_is_refused_with_a_line_for_each_finding(
    run: Run, database_url: str, engine: str
) -> None:
    done(run("audit", "seal"))
    assert "is not in the chain" in refused(run("audit", "verify", "--head", "0f" * 32))
    with looking_at(database_url), transaction() as session:
        unguard(session, engine)
        session.execute(text("DELETE FROM audit_entry WHERE id = 2"))
    assert "were sealed" in refused(run("audit", "verify"))
    both = run("audit", "verify", "--head", "0f" * 32)
    assert both.exit_code == 1
    assert len(both.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    "url",
    [
        "mysql://localhost/pathway",
        "postgresql://localhost/pathway",
        "pathway.db",
        "postgresql+psycopg://localhost:port/pathway",
        "sqlite:////dev/null/pathway.db",
        "sqlite:///",
    ],
)
def test_a_database_that_cannot_be_is_refused_by_the_settings_name(
    run_small: Run, url: str
) -> None:
    for command in ("upgrade", "demo"):
        assert "PATHWAY_DATABASE_URL" in refused(run_small(command, PATHWAY_DATABASE_URL=url))


@pytest.mark.parametrize("command", [("upgrade",), ("demo",), ("token", EMAIL)], ids=" ".join)
def test_a_database_that_does_not_answer_is_told_by_the_settings_name(
    run_small: Run, command: tuple[str, ...]
) -> None:
    url = "postgresql+psycopg://pathway@127.0.0.1:1/pathway?connect_timeout=2"
    assert "PATHWAY_DATABASE_URL" in refused(run_small(*command, PATHWAY_DATABASE_URL=url))


@pytest.mark.parametrize(
    ("name", "value"),
    [("PATHWAY_DEMO", "maybe"), ("PATHWAY_DEMO", "2"), ("PATHWAY_PUBLIC_URL", "beds.example.org")],
)
def test_a_setting_that_is_wrong_is_refused_by_its_name(
    run_small: Run, name: str, value: str
) -> None:
    for command in ("upgrade", "serve"):
        assert refused(run_small(command, **SECRET, **{name: value})).startswith(name)


def test_nothing_is_served_without_a_secret(run: Run) -> None:
    for secret in ({}, {"PATHWAY_SECRET_KEY": ""}):
        assert "PATHWAY_SECRET_KEY is missing" in refused(run("serve", **secret))


def test_sqlite_is_served_by_one_worker(run_small: Run) -> None:
    assert "SQLite takes one worker" in refused(run_small("serve", "--workers", "2", **SECRET))


@pytest.mark.parametrize("command", ["--help", "serve --help", "staff add --help", "import --help"])
def test_help_is_always_there(run_small: Run, command: str) -> None:
    assert "Usage:" in done(run_small(*command.split()))


def program(*arguments: str, url: str) -> "subprocess.CompletedProcess[str]":
    """Run the installed program as a user does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PATHWAY_")}
    return subprocess.run(
        [Path(sys.executable).parent / "pathway", *arguments],
        env=kept | {"PATHWAY_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_installed_program_answers_with_the_same_codes(database_url: str) -> None:
    added = program(*ADD, url=database_url)
    assert (added.returncode, added.stderr) == (0, "")
    assert len(added.stdout.splitlines()) == 1
    again = program(*ADD, url=database_url)
    assert (again.returncode, again.stdout) == (1, "")
    assert len(again.stderr.splitlines()) == 1
    assert program("staff", "add", url=database_url).returncode == 2


def test_a_lost_link_is_made_anew_and_the_old_one_ends(run: Run, database_url: str) -> None:
    first = done(run(*ADD)).strip()
    second = done(run("staff", "link", EMAIL)).strip()
    assert "/set-password/" in second
    assert first != second
    assert how_many(database_url, PasswordLink) == 2
    assert "no member of staff" in refused(run("staff", "link", "nobody@example.org"))


def test_somebody_who_leaves_is_let_go_in_one_line(run: Run, database_url: str) -> None:
    done(run(*ADD))
    told = done(run("staff", "left", EMAIL))
    assert told == f"{EMAIL} has left. No sign-in, token or link of theirs is good any more.\n"
    assert refused(run("staff", "left", EMAIL)).startswith(f"{EMAIL} is no member of staff.")
    assert "no member of staff" in refused(run("token", EMAIL))


def test_the_address_of_somebody_who_left_is_not_given_again(run: Run) -> None:
    done(run(*ADD))
    done(run("staff", "left", EMAIL))
    assert refused(run(*ADD)) == (
        f"{EMAIL} belonged to somebody who has left. Use another address."
    )


def test_signing_somebody_out_leaves_their_tokens(run: Run) -> None:
    done(run(*ADD))
    told = done(run("staff", "sign-out", EMAIL))
    assert told == f"{EMAIL} is signed out everywhere. Their API tokens stay good.\n"


def test_a_lost_second_factor_is_taken_away_at_the_command_line(
    run: Run, database_url: str
) -> None:
    done(run(*ADD))
    with looking_at(database_url), transaction() as session:
        session.execute(update(Staff).values(totp_secret="locked"))
    told = done(run("staff", "reset-factor", EMAIL))
    assert told == f"{EMAIL} has no second factor now and is signed out everywhere.\n"
    told = done(run("staff", "reset-factor", EMAIL))
    assert told == f"{EMAIL} has no second factor that could be taken away.\n"


def test_a_mobile_number_is_set_at_the_command_line(run: Run, database_url: str) -> None:
    done(run(*ADD))
    told = done(run("staff", "phone", EMAIL, "07700 900123"))
    assert told == f"Texts for {EMAIL} go to +447700900123 from now on.\n"
    assert refused(run("staff", "phone", EMAIL, "999")).startswith("Give a mobile number")
    assert refused(run("staff", "phone", "nobody@example.org", "07700 900124"))
    done(run("staff", "add", "wren@example.org", *ADD[3:]))
    told = refused(run("staff", "phone", "wren@example.org", "07700 900123"))
    assert told.startswith("That number is in use.")
    with looking_at(database_url):
        kept = db.session.scalars(select(Staff.phone).order_by(Staff.id))
        assert list(kept) == ["+447700900123", None]


@pytest.mark.parametrize("verb", ["left", "sign-out", "reset-factor"])
def test_nothing_is_done_to_somebody_who_is_not_there(
    run: Run, database_url: str, verb: str
) -> None:
    before = contents(database_url)
    told = refused(run("staff", verb, "nobody@example.org"))
    assert told.startswith("nobody@example.org is no member of staff.")
    assert contents(database_url) == before


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PATHWAY_SECOND_FACTOR", "some", "write roles or all"),
        ("PATHWAY_PROXIES", "many", "write how many proxies there are"),
        ("PATHWAY_PROXIES", "6", "0 to 5"),
        ("PATHWAY_PROXIES", "-1", "0 to 5"),
    ],
)
def test_a_wrong_setting_of_sign_in_is_refused_by_name(
    run_small: Run, name: str, value: str, told: str
) -> None:
    sentence = refused(run_small("serve", **(SECRET | {name: value})))
    assert name in sentence
    assert told in sentence


def test_a_provider_for_an_unknown_organisation_is_refused(run: Run) -> None:
    names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ORGANISATION", "NAME")
    given = {f"PATHWAY_OIDC_{name}": "https://id.example.org" for name in names}
    told = refused(run("serve", **(SECRET | given)))
    assert told == "PATHWAY_OIDC_ORGANISATION is no organisation's code."


def test_what_is_kept_of_somebody_is_written_read_and_given(run: Run, tmp_path: Path) -> None:
    """The first run holds back what was typed; the second gives what was marked."""
    people = tmp_path / "people.csv"
    people.write_text("ref,given_name,gender\nP-1,Fern,woman\n", encoding="utf-8")
    met = tmp_path / "met.csv"
    met.write_text("person,at,kind,place\nP-1,2026-01-09T22:15,bedded_down,By the canal\n")
    assert run("import", "people", people).exit_code == 0
    assert run("import", "contacts", met).exit_code == 0
    first, second = tmp_path / "first", tmp_path / "second"
    done = run("subject-access", "P-1", first)
    assert (done.exit_code, "To be read and marked: 1" in done.output) == (0, True)
    assert [stat.S_IMODE(one.stat().st_mode) for one in sorted(first.iterdir())] == [0o600] * 2
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    assert "Fern" in (first / "records.txt").read_text(encoding="utf-8")
    assert "canal" not in (first / "records.txt").read_text(encoding="utf-8")
    listed = tmp_path / "first-to-read.csv"
    marked = tmp_path / "marked.csv"
    marked.write_text(listed.read_text(encoding="utf-8").replace("canal,", "canal,yes"))
    assert run("subject-access", "P-1", second, "--read", marked).exit_code == 0
    assert "By the canal" in (second / "records.json").read_text(encoding="utf-8")
    again = run("subject-access", "P-1", second, "--read", marked)
    assert (again.exit_code, "there already" in again.output) == (1, True)


def test_a_list_with_a_wrong_mark_or_an_unknown_person_writes_nothing(
    run: Run, tmp_path: Path
) -> None:
    marked = tmp_path / "marked.csv"
    marked.write_text("id,text,give\nab,Words,perhaps\n", encoding="utf-8")
    wrong = run("subject-access", "P-1", tmp_path / "new", "--read", marked)
    assert (wrong.exit_code, "write yes or no" in wrong.output) == (1, True)
    absent = run("subject-access", "P-1", tmp_path / "new")
    assert (absent.exit_code, absent.output) == (1, "There is no person P-1.\n")
    assert sorted(tmp_path.iterdir()) == [marked]
