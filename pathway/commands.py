"""The ``pathway`` command line. Everything heavy is imported where it is used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from pathway.phone_command import phone_command

if TYPE_CHECKING:
    from flask import Flask

    from pathway.acts import Act

ROLES = ("outreach", "hub", "hub_lead", "swep_coordinator", "treatment", "manager", "admin")

KINDS = {"sites": "pathway.beds.imports", "people": "pathway.people.imports"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pathway")
def main() -> None:
    """Pathway: beds, placements and the way off the street in Camden."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, workers: int) -> None:
    """Serve the pages and the API."""
    from pathway import config, schema
    from pathway.server import Server
    from pathway.sites.queries import organisation_ids
    from pathway.staff.queries import anybody_made_up
    from pathway.web import create_app

    with _plain_refusals():
        settings = config.read()
        if settings.sqlite and workers > 1:
            _refuse("SQLite takes one worker. Use PostgreSQL for more, or --workers 1.")
        app = create_app(settings)
        with app.app_context():
            if schema.current() != schema.newest():
                _refuse("The database is not up to date. Run “pathway upgrade” first.")
            if settings.oidc and settings.oidc.organisation not in organisation_ids():
                _refuse("PATHWAY_OIDC_ORGANISATION is no organisation's code.")
            app.jinja_env.globals["demo"] = settings.demo or anybody_made_up()
    click.echo(f"Pathway serves on http://{host}:{port}")
    if settings.demo:
        from pathway.demo import sign_ins

        click.echo(sign_ins())
    Server(app, settings, bind=f"{host}:{port}", workers=workers).run()


@main.command()
def upgrade() -> None:
    """Bring the database to the newest schema and load the reference data."""
    with _database():
        from pathway import acts, schema
        from pathway.beds.imports import load_reference
        from pathway.db import transaction

        schema.move_to("head")
        with transaction():
            loaded = load_reference(acts.by_service(acts.now()))
    click.echo("The database is up to date." + (" Reference data loaded." if loaded else ""))


@main.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when people are recorded already.")
def demo(*, if_empty: bool) -> None:
    """Load fictional people and a night; refuses a database with people in it."""
    with _database() as app:
        from pathway import acts
        from pathway.demo import load
        from pathway.people.queries import anybody

        if anybody():
            if if_empty:
                return
            _refuse("There are people in this database. The demonstration needs an empty one.")
        click.echo(load(acts.now(), passwords=app.config["DEMO"]))


@main.group()
def staff() -> None:
    """Members of staff."""


@staff.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.option("--organisation", required=True, help="An organisation's code, like shp.")
@click.option("--site", "site_codes", multiple=True, help="A site's code; may be repeated.")
def add_staff(
    email: str, name: str, roles: tuple[str, ...], organisation: str, site_codes: tuple[str, ...]
) -> None:
    """Add a member of staff; print a link, good once, to set a password."""
    with _database() as app:
        from pathway import acts
        from pathway.db import transaction
        from pathway.staff import actions
        from pathway.staff.rules import SITE_ROLES, Role

        held = [Role(role) for role in roles]
        act = acts.by_service(acts.now())
        with transaction():
            told: dict[str, Any] = {"email": email, "name": name, "organisation": organisation}
            member = actions.add_staff(act, **told, roles=held, site_codes=site_codes)
            secret = actions.make_link(act, member)
        if not site_codes and SITE_ROLES & set(held):
            click.echo("Note: named for no site yet, so there is nothing to run.", err=True)
        click.echo(f"{app.config['PUBLIC_URL']}/set-password/{secret}")


@staff.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a new link to set a password; an older one ends."""
    with _member(email) as (act, ident):
        from flask import current_app

        from pathway.staff.actions import make_link

        secret = make_link(act, ident)
        address = f"{current_app.config['PUBLIC_URL']}/set-password/{secret}"
    click.echo(address)


@staff.command("left")
@click.argument("email")
def left(email: str) -> None:
    """Let somebody go: nothing of theirs lets them in any more."""
    with _member(email) as (act, ident):
        from pathway.staff.actions import leave

        leave(act, ident)
    click.echo(f"{email} has left. No sign-in, token or link of theirs is good any more.")


@staff.command("sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """Sign somebody out of every browser and shared screen."""
    with _member(email) as (act, ident):
        from pathway.staff.actions import end_sign_ins

        end_sign_ins(act, ident)
    click.echo(f"{email} is signed out everywhere. Their API tokens stay good.")


@staff.command("reset-factor")
@click.argument("email")
def reset_factor(email: str) -> None:
    """Take a lost second factor away, and sign them out everywhere."""
    with _member(email) as (act, ident):
        from pathway.staff.signing_in import remove_factor

        taken = remove_factor(act, ident)
    ended = "now and is signed out everywhere" if taken else "that could be taken away"
    click.echo(f"{email} has no second factor {ended}.")


@contextmanager
def _member(email: str) -> Iterator[tuple["Act", int]]:
    """Do something with a member of staff who has not left, in one transaction."""
    with _database():
        from pathway import acts
        from pathway.db import transaction
        from pathway.staff import queries

        known = queries.credentials(email)
        if known is None:
            _refuse(f"{email} is no member of staff. Add them with “pathway staff add”.")
        with transaction():
            yield acts.by_service(acts.now()), known.id


staff.add_command(phone_command(_member))


@main.command()
@click.argument("email")
@click.option("--revoke", is_flag=True, help="End every token of this member of staff instead.")
def token(email: str, *, revoke: bool) -> None:
    """Print one API bearer token for a member of staff."""
    with _database():
        from pathway import acts
        from pathway.db import transaction
        from pathway.staff import actions

        act = acts.by_service(acts.now())
        with transaction():
            if revoke:
                click.echo(f"{actions.revoke_tokens(act, email)} tokens ended.")
            else:
                click.echo(actions.make_token(act, email))


@main.group()
def audit() -> None:
    """Seal the audit trail, and verify it."""


@audit.command("seal")
def seal_trail() -> None:
    """Put every line so far under a chain of hashes; print the newest."""
    with _database():
        from pathway import acts, seals

        done = seals.seal(acts.by_service(acts.now()))
        click.echo(f"{done.lines:,} lines sealed. Keep this somewhere else: {done.head}")


@audit.command("verify")
@click.option("--head", help="A hash that sealing printed, as it was kept elsewhere.")
def verify_trail(head: str | None) -> None:
    """Say whether every sealed line is still what was sealed."""
    with _database():
        from pathway import seals

        found = seals.verify(head.strip().lower() if head else None)
        if found.findings:
            _refuse("\n".join(found.findings))
        click.echo(f"Whole: {found.sealed:,} lines are sealed, {found.unsealed:,} not yet.")


@main.command("import")
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Judge the file and change nothing.")
def import_file(kind: str, file: Path, *, dry_run: bool) -> None:
    """Read a CSV file: all of it or nothing."""
    from importlib import import_module

    with _database():
        from pathway import acts
        from pathway.csvfile import FileFault
        from pathway.db import transaction

        kinds = import_module(KINDS[kind])
        act = acts.by_service(acts.now())
        try:
            rows = kinds.read(file)
            with transaction(keep=not dry_run):
                said = kinds.write(act, rows)
        except FileFault as fault:
            _refuse("\n".join([*fault.sentences, "Nothing was imported."]))
        click.echo(said + (" (Dry run: nothing was changed.)" if dry_run else ""))


@contextmanager
def _database() -> Iterator["Flask"]:
    """Work on the database, with refusals as one clear line."""
    from pathway import config
    from pathway.db import bare_app

    with _plain_refusals():
        settings = config.read()
        app = bare_app(settings)
        app.config["DEMO"] = settings.demo
        app.config["PUBLIC_URL"] = settings.public_url
        with app.app_context():
            yield app


@contextmanager
def _plain_refusals() -> Iterator[None]:
    """Say why something was refused in one line, and exit with 1."""
    from sqlalchemy.exc import DBAPIError

    from pathway.config import SettingsError
    from pathway.errors import Busy, Invalid, Refused

    try:
        yield
    except Invalid as refusal:
        _refuse(" ".join(one for told in refusal.errors.values() for one in told))
    except Busy as refusal:
        _refuse(f"{refusal.detail} If it stays so, check PATHWAY_DATABASE_URL.")
    except Refused as refusal:
        _refuse(refusal.detail)
    except SettingsError as problem:
        _refuse(str(problem))
    except DBAPIError as problem:
        missing = "no such table" in str(problem.orig) or "does not exist" in str(problem.orig)
        hint = "Run “pathway upgrade” first." if missing else "Check PATHWAY_DATABASE_URL."
        _refuse(f"The database cannot be used ({type(problem.orig).__name__}). {hint}")


def _refuse(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)
